"""JPEG: EXIF, XMP and extended XMP, IPTC, comments, labels in APP segments, and Samsung's trailer.

Exif 2.32, 4.7; XMP specification part 3, 1.1.3; ITU-T T.81, annex B. Segments stand before the first scan; behind the
picture, only the directory that Samsung's phones write at the very end is read.
"""

import struct

from lowbackground.manifests.metadata import iptc, samsung
from lowbackground.manifests.metadata.exif import read_tiff
from lowbackground.manifests.metadata.fields import MAX_PARTS, CapReached, Data, Gathering, piece, text_of
from lowbackground.manifests.metadata.xmp import MAX_PACKET_BYTES, read_xmp

MAX_GAP = 4096  # bytes of padding between two segments, as in the C2PA pre-check
_SEGMENT = struct.Struct(">BBH")
_COM, _SOS, _EOI, _APP0, _APP1, _APP13, _APP15 = 0xFE, 0xDA, 0xD9, 0xE0, 0xE1, 0xED, 0xEF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EXIF = b"Exif\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_HEADER = len(_EXTENDED) + 40  # digest of the whole (32 letters), its length, offset of this part
_PHOTOSHOP = b"Photoshop 3.0\0"


def walk(data: Data, out: Gathering) -> None:
    """Follow the segments up to the first scan, then look at the end of the file.

    Raises:
        CapReached: there are more segments than a real file has.
    """
    extended: list[tuple[int, int, int]] = []
    at = 2
    for _ in range(MAX_PARTS):
        if at + 4 > len(data):
            out.irregular = True
            break
        prefix, marker, length = _SEGMENT.unpack_from(data, at)
        if prefix != 0xFF:
            gap = bytes(data[at : at + MAX_GAP]).find(b"\xff")
            if gap < 0:
                out.irregular = True
                break
            at += gap
            continue
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # markers without a length
            at += 2
            continue
        end = at + 2 + length
        if marker in {_SOS, _EOI} or length < 2 or end > len(data):
            out.irregular = out.irregular or marker not in {_SOS, _EOI}
            break
        _segment(data, marker, at, end, out, extended)
        at = end
    else:
        raise CapReached("parts")
    if extended:
        _read_extended(data, extended, out)
    samsung.read_trailer(data, len(data), out, "JPEG Samsung trailer")


def _segment(data: Data, marker: int, at: int, end: int, out: Gathering, extended: list[tuple[int, int, int]]) -> None:
    body = at + 4
    if marker in _FRAMES and end - body >= 6:
        height, width = struct.unpack_from(">HH", data, body + 1)
        out.size = (width, height)
    elif marker == _COM:
        out.add("jpeg:Comment", text_of(piece(data, body, end)), "JPEG COM", at)
    elif _APP0 <= marker <= _APP15:
        head = bytes(data[body : min(end, body + 80)])
        if marker == _APP1 and head.startswith(_EXIF):
            read_tiff(data, body + 6, end, out, "JPEG APP1")
        elif marker == _APP1 and head.startswith(_XMP):
            read_xmp(data[body + len(_XMP) : end], out, "JPEG APP1 XMP", at)
        elif marker == _APP1 and head.startswith(_EXTENDED) and end - body > _EXTENDED_HEADER:
            offset = struct.unpack_from(">I", data, body + len(_EXTENDED) + 36)[0]
            extended.append((offset, body + _EXTENDED_HEADER, end))
        elif marker == _APP13 and head.startswith(_PHOTOSHOP):
            iptc.read_resources(data[body + len(_PHOTOSHOP) : end], out, "JPEG APP13 IPTC", body + len(_PHOTOSHOP))
        elif head.lstrip(b"\0").startswith((b"AIGC", b'{"AIGC"')):  # TC260 guide: bare in an APP segment
            value = text_of(piece(data, body, end).lstrip(b"\0"))
            out.add("jpeg:AIGC", value, f"JPEG APP{marker - _APP0}", at)


def _read_extended(data: Data, parts: list[tuple[int, int, int]], out: Gathering) -> None:
    """The packet that was too long for one segment, its parts in the order of their offsets."""
    if sum(end - start for _, start, end in parts) > MAX_PACKET_BYTES:
        raise CapReached("xmp-bytes")
    packet = b"".join(bytes(data[start:end]) for _, start, end in sorted(parts))
    read_xmp(packet, out, "JPEG APP1 extended XMP", parts[0][1])

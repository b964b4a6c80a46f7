"""RIFF: WebP's EXIF and XMP chunks; the INFO lists, ID3 tags, XMP and `AIGC` chunks of WAV and AVI.

Multimedia Programming Interface and Data Specifications 1.0; WebP container specification; XMP specification part 3.
"""

import struct

from lowbackground.manifests.metadata import id3
from lowbackground.manifests.metadata.exif import read_tiff
from lowbackground.manifests.metadata.fields import MAX_PARTS, CapReached, Data, Gathering, piece, text_of
from lowbackground.manifests.metadata.xmp import read_xmp

_CHUNK = struct.Struct("<4sI")


def walk(data: Data, out: Gathering) -> None:
    """Follow the chunks of the first RIFF chunk, and those of its INFO lists.

    Raises:
        CapReached: there are more chunks than a real file has.
        struct.error: it ends within its header.
    """
    form = bytes(data[8:12]).decode("latin-1").strip()
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    if bytes(data[:4]) in {b"RF64", b"BW64"}:  # EBU 3306: the size stands elsewhere
        end = len(data)
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        name, length = _CHUNK.unpack_from(data, at)
        body, stop = at + 8, at + 8 + length
        if name == b"data" and length == 0xFFFFFFFF:
            return
        if stop > len(data):
            out.irregular = True
            stop = len(data)
        if name == b"LIST" and bytes(data[body : body + 4]) == b"INFO":
            _info(data, body + 4, stop, out, form)
        elif name == b"EXIF":
            start = body + 6 if bytes(data[body : body + 6]) == b"Exif\0\0" else body
            read_tiff(data, start, stop, out, "WebP EXIF")
        elif name in {b"XMP ", b"_PMX"}:
            read_xmp(data[body:stop], out, f"{form} {name.decode().strip()}", at)
        elif name == b"AIGC":  # China's label beside the INFO list, as gtkit/aigc writes it
            out.add("riff:AIGC", text_of(piece(data, body, stop)), f"{form} AIGC", at)
        elif name in {b"id3 ", b"ID3 "}:
            id3.read_tag(data[body:stop], out, f"{form} id3", body)
        elif name in {b"VP8 ", b"VP8L", b"VP8X"} and out.size is None:
            out.size = _webp_size(name, bytes(data[body : body + 10]))
        at += 8 + length + (length & 1)
    raise CapReached("parts")


def _info(data: Data, at: int, end: int, out: Gathering, form: str) -> None:
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        name, length = _CHUNK.unpack_from(data, at)
        value = text_of(piece(data, at + 8, min(at + 8 + length, end)))
        if value:
            key = name.decode("latin-1")
            out.add(f"riff:{key}", value, f"{form} INFO {key}", at)
        at += 8 + length + (length & 1)
    raise CapReached("parts")


def _webp_size(name: bytes, body: bytes) -> tuple[int, int] | None:
    """RFC 9649, 2.5 to 2.7; RFC 6386, 9.1."""
    if len(body) < 10:
        return None
    if name == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF

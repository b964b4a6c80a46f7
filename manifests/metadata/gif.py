"""GIF: comments, and XMP in an application extension (GIF89a; XMP specification part 3, 1.1.2)."""

import struct

from lowbackground.manifests.metadata.fields import MAX_VALUE_BYTES, CapReached, Data, Gathering, text_of
from lowbackground.manifests.metadata.xmp import MAX_PACKET_BYTES, read_xmp

MAX_BLOCKS = 1 << 20  # sub-blocks of at most 255 bytes: a quarter of a gigabyte
_XMP = b"XMP DataXMP"
_TRAILER = b"\1\xff\xfe"  # where XMP ends and its "magic" descending bytes begin


def walk(data: Data, out: Gathering) -> None:
    """Follow the blocks up to the trailer.

    Raises:
        CapReached: there are more blocks than a real file has.
        struct.error: it ends within a descriptor.
    """
    raw = data if isinstance(data, bytes) else bytes(data)
    width, height, flags = struct.unpack_from("<HHB", raw, 6)
    out.size = (width, height)
    at = 13 + _table(flags)
    left = MAX_BLOCKS
    while at < len(raw):
        if raw[at] == 0x3B:  # trailer
            return
        if raw[at] == 0x2C:  # picture: descriptor, colour table, code size, sub-blocks
            at += 11 + _table(struct.unpack_from("B", raw, at + 9)[0])
        elif raw[at] == 0x21:
            at = _extension(raw, at, out)
        else:
            break
        at, left = _skip(raw, at, left)
    out.irregular = True


def _table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _extension(raw: bytes, at: int, out: Gathering) -> int:
    """Look at the extension at `at`; where its sub-blocks begin."""
    label = struct.unpack_from("B", raw, at + 1)[0]
    if label == 0xFE:
        out.add("gif:Comment", text_of(_joined(raw, at + 2, MAX_VALUE_BYTES)), "GIF comment", at)
    elif label == 0xFF and raw[at + 3 : at + 14] == _XMP:
        end = raw.find(_TRAILER, at + 14, at + 14 + MAX_PACKET_BYTES)  # written plainly, as XMP wants it
        plain = raw[at + 14 : end] if end >= 0 else b""
        packet = plain if plain.lstrip()[:1] == b"<" else _joined(raw, at + 14, MAX_PACKET_BYTES)
        read_xmp(packet, out, "GIF XMP", at)
    return at + 2


def _joined(raw: bytes, at: int, limit: int) -> bytes:
    """The bytes of a chain of sub-blocks (GIF89a, section 15)."""
    pieces = []
    total = 0
    while at < len(raw) and raw[at]:
        total += raw[at]
        if total > limit:
            raise CapReached("value-bytes")
        pieces.append(raw[at + 1 : at + 1 + raw[at]])
        at += 1 + raw[at]
    return b"".join(pieces)


def _skip(raw: bytes, at: int, left: int) -> tuple[int, int]:
    """Behind the chain of sub-blocks at `at`, and how many blocks may follow."""
    size = len(raw)
    while left and at < size:
        left -= 1
        length = raw[at]
        at += 1 + length
        if not length:
            return at, left
    if not left:
        raise CapReached("parts")
    return at, left

"""ZIP and what is built on it (EPUB, OOXML, OpenDocument): the entry `META-INF/content_credential.c2pa`.

C2PA 2.2, A.4.1. c2pa-rs reads stored entries only, and no XMP.
"""

import struct

from lowbackground.manifests.carriers.presence import Data, Presence, Span, found

NAME = b"META-INF/content_credential.c2pa"
_TAIL = 22 + 0xFFFF  # end record and the longest comment: APPNOTE 4.3.16
_END = struct.Struct("<4s4H2IH")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")


def walk(data: Data) -> Presence:
    """Look for the name in the central directory, or in the whole file where that is not found."""
    size = len(data)
    tail_at = max(0, size - _TAIL)
    tail = bytes(data[tail_at:])
    at = tail.rfind(b"PK\x05\x06")
    directory, shift = None, 0
    if 0 <= at <= len(tail) - _END.size:
        _, _, _, _, _, length, offset, _ = _END.unpack_from(tail, at)
        if offset + length <= tail_at + at and length < 0xFFFFFFFF:
            start = (
                tail_at + at - length
            )  # where it must lie; `offset` is wrong where something stands before the archive
            directory = bytes(data[start : tail_at + at])
            shift = start - offset
    if directory is None or (directory and directory[:4] != b"PK\x01\x02"):
        return found("zip", irregular=NAME in bytes(data))
    hit = directory.find(NAME)
    if hit < 0:
        return found("zip")
    span = _entry(data, directory, hit - _CENTRAL.size, shift)
    return found("zip", [span] if span else [], irregular=span is None)


def _entry(data: Data, directory: bytes, at: int, shift: int) -> Span | None:
    """Where the stored bytes of an entry lie; null where its headers do not say so."""
    if at < 0 or directory[at : at + 4] != b"PK\x01\x02":
        return None
    fields = _CENTRAL.unpack_from(directory, at)
    method, compressed, name_length, local = fields[4], fields[8], fields[10], fields[16] + shift
    if method or name_length != len(NAME) or local < 0 or local + _LOCAL.size > len(data):
        return None
    header = _LOCAL.unpack_from(data, local)
    start = local + _LOCAL.size + header[9] + header[10]
    return (start, start + compressed) if header[0] == b"PK\x03\x04" and start + compressed <= len(data) else None

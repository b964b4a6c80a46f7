"""ZIP and what is built on it (EPUB, OOXML, OpenDocument): the entry `META-INF/content_credential.c2pa`.

C2PA 2.2, A.4.1. c2pa-rs reads stored entries only, and no XMP. How long a directory is, the file says itself, so nothing of
it is copied: it is searched where it lies.
"""

import re
import struct
from dataclasses import dataclass

from lowbackground.manifests.carriers.presence import Data, Presence, Span, found

NAME = b"META-INF/content_credential.c2pa"
_NAME = re.compile(re.escape(NAME))
_TAIL = 22 + 0xFFFF  # end record and the longest comment: APPNOTE 4.3.16
_END = struct.Struct("<4s4H2IH")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")


def walk(data: Data) -> Presence:
    """Look for the name in the central directory, or in the whole file where that is not found."""
    central = central_directory(data)
    if central is None:
        return found("zip", irregular=_NAME.search(data) is not None)
    directory, shift = central
    hit = _NAME.search(directory)
    if hit is None:
        return found("zip")
    entry = entry_at(data, directory, hit.start() - _CENTRAL.size, shift)
    stored = entry is not None and not entry.method and entry.name_length == len(NAME)
    return found("zip", [entry.span] if entry and stored else [], irregular=not stored)


def central_directory(data: Data) -> tuple[memoryview, int] | None:
    """The central directory, and how far entries lie behind where it says; null where it is not found."""
    size = len(data)
    tail_at = max(0, size - _TAIL)
    tail = bytes(data[tail_at:])
    at = tail.rfind(b"PK\x05\x06")
    if not 0 <= at <= len(tail) - _END.size:
        return None
    _, _, _, _, _, length, offset, _ = _END.unpack_from(tail, at)
    if offset + length > tail_at + at or length == 0xFFFFFFFF:
        return None
    start = tail_at + at - length  # where it must lie; `offset` is wrong where something stands before the archive
    directory = memoryview(data)[start : tail_at + at]
    return (directory, start - offset) if not directory or _is_entry(directory, 0) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: `at` is its local header, `span` where its bytes lie, packed by `method` (0 stored, 8 deflated)."""

    at: int
    span: Span
    method: int
    encrypted: bool
    name_length: int


def entry_at(data: Data, directory: memoryview, at: int, shift: int) -> Entry | None:
    """The entry whose central header stands at `at` of the directory; null where its headers do not say where it lies."""
    if at < 0 or not _is_entry(directory, at):
        return None
    fields = _CENTRAL.unpack_from(directory, at)
    flags, method, compressed, name_length, local = fields[3], fields[4], fields[8], fields[10], fields[16] + shift
    if local < 0 or local + _LOCAL.size > len(data):
        return None
    header = _LOCAL.unpack_from(data, local)
    start = local + _LOCAL.size + header[9] + header[10]
    if header[0] != b"PK\x03\x04" or start + compressed > len(data):
        return None
    return Entry(local, (start, start + compressed), method, bool(flags & 1), name_length)


def _is_entry(directory: memoryview, at: int) -> bool:
    return bytes(directory[at : at + 4]) == b"PK\x01\x02"

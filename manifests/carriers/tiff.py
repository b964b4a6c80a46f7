"""TIFF, BigTIFF and camera raw formats built on them: tag 0xCD41 of a page (C2PA 2.2, A.3.3); XMP in tag 700."""

import struct

from lowbackground.manifests.carriers.presence import Data, Presence, Span, found, has_link, too_many

MAX_PAGES = 2000  # c2pa-rs refuses more (tiff_io.rs, MAX_PAGES)
MAX_ENTRIES = 1_000_000  # over all pages, which may overlap: 12 MB to search
_C2PA, _XMP = 0xCD41, 700


def walk(data: Data) -> Presence:
    """Follow the chain of page directories; c2pa-rs looks at the last and the first of them."""
    size = len(data)
    order = "<" if bytes(data[:2]) == b"II" else ">"
    magic = bytes(data[2:4])
    big = magic in {b"+\0", b"\0+"}
    if size < 16 or magic not in {b"*\0", b"\0*", b"+\0", b"\0+"}:
        return found("tiff", irregular=True)
    offset = struct.Struct(order + ("Q" if big else "I"))
    count = struct.Struct(order + ("Q" if big else "H"))
    entry = struct.Struct(order + ("HHQQ" if big else "HHII"))
    spans: list[Span] = []
    remote = False
    seen: set[int] = set()
    entries = 0
    at = offset.unpack_from(data, 8 if big else 4)[0]
    while at:
        if at in seen or at + count.size > size:
            return found("tiff", spans, remote=remote, irregular=True)
        seen.add(at)
        number = count.unpack_from(data, at)[0]
        first = at + count.size
        end = first + number * entry.size
        if end + offset.size > size:
            return found("tiff", spans, remote=remote, irregular=True)
        entries += number
        if len(seen) > MAX_PAGES or entries > MAX_ENTRIES:
            return too_many("tiff")
        directory = bytes(data[first:end])
        spans += [(start, start + length) for _, _, length, start in _values(directory, entry, _C2PA)]
        for _, _, length, start in _values(directory, entry, _XMP):
            remote = remote or has_link(data, start, start + length)
        at = offset.unpack_from(data, end)[0]
    odd = any(end > size for _, end in spans)
    return found("tiff", [(start, min(end, size)) for start, end in spans], remote=remote, irregular=odd)


def _values(directory: bytes, entry: struct.Struct, tag: int) -> list[tuple[int, int, int, int]]:
    """The entries of this tag: tag, type, count, offset. C searches the column of tags; Python sees only its hits."""
    first, second = struct.pack(entry.format[:1] + "H", tag)
    column = directory[:: entry.size]
    hits = []
    at = column.find(first)
    while at >= 0:
        if directory[at * entry.size + 1] == second:
            hits.append(entry.unpack_from(directory, at * entry.size))
        at = column.find(first, at + 1)
    return hits

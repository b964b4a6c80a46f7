"""RIFF (WebP, WAV, AVI): the `C2PA` chunk directly below the first RIFF chunk (C2PA 2.2, A.3.4); XMP in `XMP `."""

import struct

from lowbackground.manifests.carriers.presence import MAX_PARTS, Data, Presence, Span, found, has_link, too_many

_CHUNK = struct.Struct("<4sI")
_XMP = frozenset((b"XMP ", b"_PMX"))  # WebP container specification; XMP specification part 3 for AVI and WAV


def walk(data: Data) -> Presence:
    """Follow the chunks below the first RIFF chunk, up to its declared end."""
    size = len(data)
    spans: list[Span] = []
    remote = False
    if size < 12:
        return found("riff", irregular=True)
    end = 8 + _CHUNK.unpack_from(data, 0)[1]  # as declared: a last chunk that is cut short hides nothing behind it
    at = 12
    for _ in range(MAX_PARTS):
        if at >= end:
            return found("riff", spans, remote=remote)
        if at + 8 > size:
            return found("riff", spans, remote=remote, irregular=True)
        name, length = _CHUNK.unpack_from(data, at)
        if name == b"C2PA":
            if at + 8 + length > size:
                return found("riff", irregular=True)
            spans.append((at + 8, at + 8 + length))
        elif name in _XMP:
            remote = remote or has_link(data, at + 8, at + 8 + length)
        at += 8 + length + (length & 1)
    return too_many("riff")

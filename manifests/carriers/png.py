"""PNG: the `caBX` chunk (C2PA 2.2, A.3.2); XMP in an iTXt chunk."""

import struct

from lowbackground.manifests.carriers.presence import MAX_PARTS, Data, Presence, Span, found, has_link, too_many

_CHUNK = struct.Struct(">I4s")
_XMP = b"XML:com.adobe.xmp\0"  # XMP specification part 3, 1.1.5
_AROUND = 12  # length, name, CRC


def walk(data: Data) -> Presence:
    """Follow the chunks up to IEND."""
    last = len(data) - _AROUND
    spans: list[Span] = []
    remote = False
    at = 8
    for _ in range(MAX_PARTS):
        if at > last:
            return found("png", spans, remote=remote, irregular=True)
        length, name = _CHUNK.unpack_from(data, at)
        if name == b"caBX":
            spans.append((at + 8, at + 8 + length))
        elif name == b"iTXt" and bytes(data[at + 8 : at + 26]) == _XMP:
            compressed = bytes(data[at + 26 : at + 27]) != b"\0"
            remote = remote or compressed or has_link(data, at + 26, at + 8 + length)
        elif name == b"IEND":
            return found("png", spans, remote=remote, irregular=at + length > last)
        at += _AROUND + length
    return too_many("png")

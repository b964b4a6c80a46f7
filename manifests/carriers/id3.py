"""MP3 and FLAC: a GEOB frame of an ID3v2 tag at the very start (C2PA 2.2, A.3.6); XMP in a PRIV frame.

Frame names stand in the clear even where frames are compressed or unsynchronised, so a tag without the letters
`GEO` holds no store: https://id3.org/id3v2.4.0-structure, https://id3.org/id3v2.3.0
"""

import struct

from lowbackground.manifests.carriers.presence import Data, Presence, Span, found, has_link

_HEADER = 10
_TYPES = (b"application/c2pa\0", b"application/x-c2pa-manifest-store\0")
_MAX_NAMES = 1024  # MIME type, file name and description together; c2pa-rs writes 43 bytes
_FRAME = struct.Struct(">4sIBB")


def synchsafe(value: int) -> int:
    """A number of seven bits a byte (ID3v2.4 structure, section 6.2)."""
    return value & 0x7F | value >> 1 & 0x3F80 | value >> 2 & 0x1FC000 | value >> 3 & 0xFE00000


def walk(data: Data) -> Presence:
    """Look for a GEOB frame in the tag; sound without a tag in front cannot carry a store."""
    if bytes(data[:4]) == b"fLaC":
        return found("flac")
    if bytes(data[:3]) != b"ID3":
        return found("mp3")
    if len(data) < _HEADER or data[3] not in {2, 3, 4}:
        return found("mp3", irregular=True)
    version, flags = data[3], data[5]
    declared = _HEADER + synchsafe(int.from_bytes(data[6:10], "big"))
    tag = bytes(data[: declared + _HEADER])  # the last frame may begin in the tag and end behind it
    container = "flac" if tag[declared : declared + 4] == b"fLaC" else "mp3"
    if b"GEO" not in tag and b"PRI" not in tag:
        return found(container)
    if version == 2 or flags & 0xE0 or declared > len(data):
        return found(container, irregular=True)
    return _walk_frames(data, tag, container, version)


def _walk_frames(data: Data, tag: bytes, container: str, version: int) -> Presence:
    spans: list[Span] = []
    remote = False
    at = _HEADER
    end = len(tag) - _HEADER
    while at < end and tag[at]:  # a zero begins the padding
        name, size, _, encoded = _FRAME.unpack_from(tag, at)
        size = synchsafe(size) if version == 4 else size
        body = at + _HEADER
        at = body + size
        if not name.isalnum() or at > len(data):
            return found(container, spans, remote=remote, irregular=True)
        if name not in {b"GEOB", b"PRIV"}:
            continue
        if encoded:  # compressed, encrypted, unsynchronised, grouped
            return found(container, spans, irregular=True)
        if name == b"PRIV":
            remote = remote or has_link(data, body, at)
        elif bytes(data[body + 1 : body + 40]).startswith(_TYPES):
            start = _object_of(bytes(data[body : min(at, body + _MAX_NAMES)]))
            if start is None:
                return found(container, spans, irregular=True)
            spans.append((body + start, at))
    return found(container, spans, remote=remote)


def _object_of(head: bytes) -> int | None:
    """Where the object of a GEOB frame begins: behind its encoding, MIME type, file name and description."""
    wide = head[:1] in {b"\1", b"\2"}  # UTF-16: file name and description end with two zeros
    at = head.find(b"\0", 1) + 1
    for _ in range(2):
        stop = head.find(b"\0\0" if wide else b"\0", at)
        if stop < 0:
            return None
        at = stop + (2 + (stop - at) % 2 if wide else 1)
    return at

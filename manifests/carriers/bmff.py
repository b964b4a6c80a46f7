"""ISO base media (HEIC, AVIF, MP4, MOV, M4A) and the JPEG XL container: top-level boxes.

ISO base media: a `uuid` box for C2PA (C2PA 2.2, A.5.1), another for XMP. JPEG XL: a `jumb` box, `xml ` for XMP.
"""

import struct

from lowbackground.manifests.carriers.presence import MAX_PARTS, Data, Presence, Span, found, has_link, too_many

_BOX = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA 2.2, A.5.1
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # XMP specification part 3, 1.2.7.1
_STORES = frozenset((b"manifest", b"original", b"update"))
_PURPOSE_AT = 28  # box header (8), user type (16), version and flags (4)
_MAX_PURPOSE = 64  # the longest defined purpose has eight letters


def walk(data: Data) -> Presence:
    """Follow the top-level boxes of an ISO base media file."""
    return _walk(data, "bmff")


def walk_jxl(data: Data) -> Presence:
    """Follow the boxes of a JPEG XL container."""
    return _walk(data, "jxl")


def _walk(data: Data, container: str) -> Presence:
    look = _look_at_uuid if container == "bmff" else _look_at_jxl
    wanted = (b"uuid",) if container == "bmff" else (b"jumb", b"xml ", b"brob")
    size = len(data)
    spans: list[Span] = []
    remote = odd = False
    at = 0
    for _ in range(MAX_PARTS):
        if at + 8 > size:
            return found(container, spans, remote=remote, irregular=odd or at != size)
        length, kind = _BOX.unpack_from(data, at)
        header = 8
        if length == 0:  # to the end of the file
            length = size - at
        elif length == 1 and at + 16 <= size:
            length, header = _LARGE.unpack_from(data, at + 8)[0], 16
        if length < header or at + length > size:
            return found(container, spans, remote=remote, irregular=True)
        if kind in wanted:
            span, linked, strange = look(data, kind, at, header, at + length)
            spans += span
            remote = remote or linked
            odd = odd or strange
        at += length
    return too_many(container)


_Look = tuple[list[Span], bool, bool]


def _look_at_uuid(data: Data, _kind: bytes, at: int, header: int, end: int) -> _Look:
    """Spans of a store, whether there is a remote link, whether the box is odd."""
    user_type = bytes(data[at + header : at + header + 16])
    if user_type == _XMP:
        return [], has_link(data, at + header + 16, end), False
    if user_type != _C2PA:
        return [], False, False
    purpose, nul, _ = bytes(data[at + _PURPOSE_AT : min(end, at + _PURPOSE_AT + _MAX_PURPOSE)]).partition(b"\0")
    start = at + _PURPOSE_AT + len(purpose) + 1 + 8  # behind the offset of the first Merkle box
    if header != 8 or not nul or start > end or purpose not in _STORES:
        return [], False, True
    return [(start, end)], False, False


def _look_at_jxl(data: Data, kind: bytes, at: int, header: int, end: int) -> _Look:
    if kind == b"jumb":
        is_store = bytes(data[at + header + 4 : at + header + 12]) == b"jumdc2pa"
        return ([(at, end)] if is_store else []), False, False
    if kind == b"xml ":
        return [], has_link(data, at + header, end), False
    wrapped = bytes(data[at + header : at + header + 4])  # ISO/IEC 18181-2, 9.7: brob holds a box under Brotli
    return [], wrapped == b"xml ", wrapped == b"jumb"

"""ISO base media: items of HEIC and AVIF, tags of MP4, MOV and M4A, XMP boxes; the boxes of a JPEG XL container.

ISO/IEC 14496-12; ISO/IEC 23008-12, annex A; QuickTime File Format, "Metadata"; XMP specification part 3, 1.2.7.
"""

import struct
from collections.abc import Iterator

from lowbackground.manifests.metadata import samsung
from lowbackground.manifests.metadata.exif import read_tiff
from lowbackground.manifests.metadata.fields import (
    MAX_PARTS,
    MAX_VALUE_BYTES,
    CapReached,
    Data,
    Gathering,
    piece,
    text_of,
)
from lowbackground.manifests.metadata.xmp import MAX_PACKET_BYTES, read_xmp

_BOX = struct.Struct(">I4s")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # XMP specification part 3, 1.2.7.1
_HOLDERS = frozenset((b"moov", b"udta", b"meta", b"ilst"))
MAX_DEPTH = 8
MAX_ITEMS = 4096  # a HEIC of 48 Mpx is cut into about 100 tiles

_Box = tuple[bytes, int, int, int]  # kind, start of the box, start of its contents, end


def walk(data: Data, out: Gathering) -> None:
    """Follow the boxes, down to metadata only.

    Raises:
        CapReached: there are more boxes or items than a real file has.
        struct.error: a box ends within a field.
    """
    _walk_boxes(data, 0, len(data), out, 0, [MAX_PARTS], [])


def walk_jxl(data: Data, out: Gathering) -> None:
    """Follow the boxes of a JPEG XL container (ISO/IEC 18181-2); offsets in a compressed one are those of its box."""
    for kind, at, body, end in _boxes(data, 0, len(data), [MAX_PARTS], out):
        if kind == b"Exif":
            _exif(data, body, end, out, "JPEG XL Exif")
        elif kind == b"xml ":
            read_xmp(data[body:end], out, "JPEG XL xml", at)
        elif kind == b"brob" and bytes(data[body : body + 4]) in {b"Exif", b"xml "}:
            packed = _unbrotli(piece(data, body + 4, end), out)
            if bytes(data[body : body + 4]) == b"xml ":
                read_xmp(packed, out, "JPEG XL brob xml", at)
            elif packed:
                inner = out.beside()
                _exif(packed, 0, len(packed), inner, "JPEG XL brob Exif")
                out.take(inner, at)


def _unbrotli(raw: bytes, out: Gathering) -> bytes:
    import brotli

    try:
        plain: bytes = brotli.Decompressor().process(raw, output_buffer_limit=MAX_VALUE_BYTES)
    except brotli.error:
        out.irregular = True
        return b""
    out.spend(len(plain))
    if len(plain) >= MAX_VALUE_BYTES:
        raise CapReached("inflated-bytes")
    return plain


def _boxes(data: Data, at: int, end: int, left: list[int], out: Gathering) -> Iterator[_Box]:
    """The boxes of a range; `left` counts down over the whole file."""
    while at + 8 <= end:
        left[0] -= 1
        if left[0] < 0:
            raise CapReached("parts")
        length, kind = _BOX.unpack_from(data, at)
        header = 8
        if length == 0:
            length = end - at
        elif length == 1:
            length, header = struct.unpack_from(">Q", data, at + 8)[0], 16
        if length < header:
            out.irregular = True
            return
        if at + length > end:
            out.irregular = True
        yield kind, at, at + header, min(at + length, end)
        at += length


def _walk_boxes(data: Data, start: int, end: int, out: Gathering, depth: int, left: list[int], keys: list[str]) -> None:
    """`keys` are the names of a `keys` box, to which the entries of the `ilst` beside it refer by number."""
    for kind, at, body, stop in _boxes(data, start, end, left, out):
        if kind == b"meta" and depth < MAX_DEPTH:
            version = 0 if bytes(data[body + 4 : body + 8]) in {b"hdlr", b"keys"} else 4  # QuickTime's has no version
            if depth == 0:
                _items(data, body + version, stop, out, left)
            _walk_boxes(data, body + version, stop, out, depth + 1, left, [])
        elif kind == b"ilst":
            _list(data, body, stop, out, left, keys)
        elif kind in _HOLDERS and depth < MAX_DEPTH:
            _walk_boxes(data, body, stop, out, depth + 1, left, keys)
        elif kind == b"keys":
            keys[:] = _keys(data, body + 8, stop)
        elif kind == b"uuid" and bytes(data[body : body + 16]) == _XMP_UUID:
            read_xmp(data[body + 16 : stop], out, "MP4 uuid XMP", at)
        elif kind == b"sefd":
            samsung.read_trailer(data, stop, out, "Samsung sefd")
        elif kind == b"XMP_":
            read_xmp(data[body:stop], out, "MP4 XMP_", at)
        elif kind[:1] == b"\xa9" and depth:  # QuickTime user data: length, language, text
            length = struct.unpack_from(">H", data, body)[0]
            name = kind.decode("latin-1")
            out.add(f"mp4:{name}", text_of(piece(data, body + 4, min(body + 4 + length, stop))), f"MP4 {name}", at)


def _keys(data: Data, at: int, end: int) -> list[str]:
    names: list[str] = []
    while at + 8 <= end and len(names) < MAX_ITEMS:
        size = struct.unpack_from(">I", data, at)[0]
        if size < 8:
            break
        names.append(bytes(data[at + 8 : min(at + size, at + 300, end)]).decode("utf-8", "replace"))
        at += size
    return names


def _list(data: Data, start: int, end: int, out: Gathering, left: list[int], keys: list[str]) -> None:
    """Entries named by four letters, by number of a key, or (`----`) by a `name` box of their own."""
    for kind, at, body, stop in _boxes(data, start, end, left, out):
        number = int.from_bytes(kind, "big")
        name = keys[number - 1] if 0 < number <= len(keys) else kind.decode("latin-1")
        for inner, _, begin, close in _boxes(data, body, stop, left, out):
            if inner == b"name":
                name = bytes(data[begin + 4 : min(close, begin + 300)]).decode("utf-8", "replace")
            elif inner == b"data" and close - begin >= 8:
                form = struct.unpack_from(">I", data, begin)[0]
                if form not in {0, 1, 2}:  # implicit, UTF-8, UTF-16: QuickTime, "Well-known types"
                    continue
                raw = piece(data, begin + 8, close)
                value = raw.decode("utf-16-be", "replace") if form == 2 else text_of(raw)
                out.add(f"mp4:{name}", value, f"MP4 ilst {name[:100]}", at)


def _items(data: Data, start: int, end: int, out: Gathering, left: list[int]) -> None:
    """EXIF and XMP items of a picture file: `iinf` names their types, `iloc` their places."""
    types: dict[int, str] = {}
    places: dict[int, tuple[int, int, int]] = {}
    stored = 0
    sizes: list[tuple[int, int]] = []
    for kind, _, body, stop in _boxes(data, start, end, left, out):
        if kind == b"iinf":
            types = _item_types(data, body, stop, out, left)
        elif kind == b"iloc":
            places = _item_places(data, body, stop)
        elif kind == b"idat":
            stored = body
        elif kind == b"iprp":
            sizes = _extents(data, body, stop, out, left)
    if sizes:
        out.size = max(sizes)
    for number, type_ in types.items():
        if number not in places:
            continue
        method, at, length = places[number]
        at += stored if method == 1 else 0
        if method > 1 or at + length > len(data):
            continue
        if type_ == "Exif":
            _exif(data, at, at + length, out, "HEIF Exif item")
        elif length <= MAX_PACKET_BYTES:
            read_xmp(data[at : at + length], out, "HEIF XMP item", at)


def _exif(data: Data, at: int, end: int, out: Gathering, place: str) -> None:
    """An EXIF block begins with the distance to its TIFF header (ISO/IEC 23008-12, A.2.1)."""
    start = at + 4 + struct.unpack_from(">I", data, at)[0]
    if start + 8 <= end:
        read_tiff(data, start, end, out, place)


def _item_types(data: Data, body: int, end: int, out: Gathering, left: list[int]) -> dict[int, str]:
    """`Exif`, or `XMP` for RDF in XML, by item."""
    found = {}
    version = struct.unpack_from("B", data, body)[0]
    for kind, _, at, stop in _boxes(data, body + (6 if version == 0 else 8), end, left, out):
        if kind != b"infe":
            continue
        wide = 4 if struct.unpack_from("B", data, at)[0] >= 3 else 2
        number = int.from_bytes(bytes(data[at + 4 : at + 4 + wide]), "big")
        type_at = at + 6 + wide
        type_ = bytes(data[type_at : type_at + 4])
        if type_ == b"Exif":
            found[number] = "Exif"
        elif type_ == b"mime" and b"application/rdf+xml\0" in bytes(data[type_at + 4 : min(stop, type_at + 300)]):
            found[number] = "XMP"
        if len(found) > MAX_ITEMS:
            raise CapReached("items")
    return found


def _item_places(data: Data, body: int, end: int) -> dict[int, tuple[int, int, int]]:
    """Construction method, offset, length of items that lie in one piece (ISO/IEC 14496-12, 8.11.3)."""
    version = struct.unpack_from("B", data, body)[0]
    sizes = struct.unpack_from(">H", data, body + 4)[0]
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    at = body + 6
    count, at = _take(data, at, wide)
    found = {}
    for _ in range(min(count, MAX_ITEMS)):
        number, at = _take(data, at, wide)
        method = 0
        if version:
            method, at = _take(data, at, 2)
        at += 2  # data reference
        base, at = _take(data, at, base_size)
        extents, at = _take(data, at, 2)
        if at > end:
            break
        if extents == 1:
            offset, _ = _take(data, at + index_size, offset_size)
            length, _ = _take(data, at + index_size + offset_size, length_size)
            found[number] = (method & 15, base + offset, length)
        at += extents * (index_size + offset_size + length_size)
    return found


def _take(data: Data, at: int, width: int) -> tuple[int, int]:
    return int.from_bytes(bytes(data[at : at + width]), "big"), at + width


def _extents(data: Data, body: int, end: int, out: Gathering, left: list[int]) -> list[tuple[int, int]]:
    """Sizes in pixels of the items of a picture (`ispe`); the whole is the largest of them."""
    found: list[tuple[int, int]] = []
    for kind, _, at, stop in _boxes(data, body, end, left, out):
        if kind == b"ipco":
            for inner, _, place, close in _boxes(data, at, stop, left, out):
                if inner == b"ispe" and close - place >= 12:
                    found.append(struct.unpack_from(">II", data, place + 4))
    return found

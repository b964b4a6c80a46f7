"""JPEG, PNG, GIF, TIFF, SVG: where a store may stand, where it does not count, and what is damaged."""

import struct

import pytest

from lowbackground.manifests.precheck import precheck, store_of
from tests.assets import tiny
from tests.signing import signed_tiny
from tests.stores import assertions, store

STORE = store(assertions(2))
LINK = b'<x:xmpmeta><rdf:Description dcterms:provenance="https://example.invalid/a"/></x:xmpmeta>'
JPEG = tiny("image/jpeg")


def segment(marker: int, contents: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(contents)) + contents


def app11(piece: bytes, number: int, instance: int = 0x211) -> bytes:
    """One piece of a store; from the second on, LBox and TBox are repeated."""
    repeated = STORE[:8] if number > 1 else b""
    return segment(0xEB, b"JP" + struct.pack(">HI", instance, number) + repeated + piece)


def jpeg(*segments: bytes) -> bytes:
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def test_jpeg_pieces_are_joined() -> None:
    data = jpeg(app11(STORE[:100], 1), app11(STORE[100:200], 2), app11(STORE[200:], 3))
    found = precheck(data)
    assert found.store_bytes == len(STORE)
    assert store_of(data, found) == STORE


def test_jpeg_other_boxes_in_app11_are_not_stores() -> None:
    assert precheck(jpeg(app11(STORE.replace(b"jumdc2pa", b"jumdjson"), 1))).manifest == "absent"


@pytest.mark.parametrize("behind", [JPEG + app11(STORE, 1), JPEG[:-2] + app11(STORE, 1) + JPEG[-2:]])
def test_jpeg_behind_the_first_scan_nothing_counts(behind: bytes) -> None:
    found = precheck(behind)
    assert (found.manifest, found.irregular) == ("absent", False)


@pytest.mark.parametrize("harmless", [b"\0\0", b"\xff\xff", segment(0xDD, b"\0\x10"), segment(0xFE, b"words")])
def test_jpeg_padding_and_plain_segments_are_followed(harmless: bytes) -> None:
    plain, holding = precheck(jpeg(harmless)), precheck(jpeg(harmless, app11(STORE, 1)))
    assert (plain.manifest, plain.irregular) == ("absent", False)
    assert (holding.store_bytes, holding.irregular) == (len(STORE), False)


@pytest.mark.parametrize(
    "odd", [segment(0xDD, b"\xff\xeb"), b"\xff\xd0", b"\xff\x01", b"\xff\xe0\0\1", b"\xff\xe0\xff\xff", bytes(5000)]
)
def test_jpeg_what_parsers_read_differently_is_irregular(odd: bytes) -> None:
    found = precheck(jpeg(odd))
    assert (found.manifest, found.remote, found.irregular) == ("possible", "possible", True)


@pytest.mark.parametrize("size", [2, 3, 30, 200])
def test_jpeg_without_a_scan_is_irregular(size: int) -> None:
    assert precheck(JPEG[:size]).irregular


def test_jpeg_links_count_in_xmp_alone() -> None:
    xmp = b"http://ns.adobe.com/xap/1.0/\0"
    assert precheck(jpeg(segment(0xE1, xmp + LINK))).remote == "possible"
    assert precheck(jpeg(segment(0xE1, xmp + b"<x/>"))).remote == "absent"
    assert precheck(jpeg(segment(0xE1, b"Exif\0\0" + LINK))).remote == "absent"
    assert precheck(jpeg(segment(0xFE, LINK))).remote == "absent"


def png_chunk(name: bytes, contents: bytes) -> bytes:
    return struct.pack(">I", len(contents)) + name + contents + bytes(4)


def png(*chunks: bytes) -> bytes:
    plain = tiny("image/png")
    return plain[:33] + b"".join(chunks) + plain[33:]


def test_png_chunk_is_the_store() -> None:
    data = png(png_chunk(b"caBX", STORE))
    assert store_of(data, precheck(data)) == STORE


def test_png_behind_the_end_nothing_counts() -> None:
    found = precheck(tiny("image/png") + png_chunk(b"caBX", STORE))
    assert (found.manifest, found.irregular) == ("absent", False)


def test_png_other_text_is_not_xmp() -> None:
    key = b"XML:com.adobe.xmp\0"
    assert precheck(png(png_chunk(b"iTXt", key + b"\0\0\0\0" + LINK))).remote == "possible"
    assert precheck(png(png_chunk(b"iTXt", key + b"\1\0\0\0" + b"deflated"))).remote == "possible"
    assert precheck(png(png_chunk(b"iTXt", b"Comment\0\0\0\0\0" + LINK))).remote == "absent"
    assert precheck(png(png_chunk(b"tEXt", LINK))).remote == "absent"


@pytest.mark.parametrize("cut", [1, 5, 12, 20])
def test_png_without_an_end_is_irregular(cut: int) -> None:
    assert precheck(tiny("image/png")[:-cut]).irregular


def test_png_length_beyond_the_file_is_irregular() -> None:
    assert precheck(png(b"\xff\xff\xff\xffIDAT")).irregular


def blocks(data: bytes) -> bytes:
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def gif(*extensions: bytes) -> bytes:
    plain = tiny("image/gif")
    return plain[:-1] + b"".join(extensions) + plain[-1:]


def test_gif_blocks_are_joined() -> None:
    data = gif(b"\x21\xff\x0bC2PA_GIF\x01\x00\x00" + blocks(STORE))
    found = precheck(data)
    assert found.store_bytes == len(STORE)
    assert store_of(data, found) == STORE


@pytest.mark.parametrize("written", [blocks(bytes(250) + LINK), LINK + b"\1" + bytes(range(255, -1, -1)) + b"\0"])
def test_gif_links_are_seen_in_both_ways_of_writing_xmp(written: bytes) -> None:
    assert precheck(gif(b"\x21\xff\x0bXMP DataXMP" + written)).remote == "possible"
    assert precheck(gif(b"\x21\xfe" + written)).remote == "absent"


def tiff(order: str, pages: list[list[tuple[int, int, int, int]]], *, big: bool = False, behind: bytes = b"") -> bytes:
    """A TIFF of directories alone; an entry's offset counts from the start of `behind`."""
    wide, number, entry = ("Q", "Q", "HHQQ") if big else ("I", "H", "HHII")
    mark = b"II" if order == "<" else b"MM"
    head = struct.calcsize(order + ("HHH" if big else "H")) + 2 + struct.calcsize(order + wide)
    sizes = [struct.calcsize(order + number) + len(page) * struct.calcsize(order + entry) for page in pages]
    starts = [head + sum(sizes[:index]) + index * struct.calcsize(order + wide) for index in range(len(pages) + 1)]
    out = mark + struct.pack(order + ("HHH" if big else "H"), *((43, 8, 0) if big else (42,)))
    out += struct.pack(order + wide, starts[0])
    for index, page in enumerate(pages):
        out += struct.pack(order + number, len(page))
        out += b"".join(struct.pack(order + entry, t, k, n, starts[-1] + at) for t, k, n, at in page)
        out += struct.pack(order + wide, starts[index + 1] if index + 1 < len(pages) else 0)
    return out + behind


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("page", [0, 1])
def test_tiff_any_page_may_hold_the_store(order: str, big: bool, page: int) -> None:
    pages = [[(256, 3, 1, 0)], [(257, 3, 1, 0)]]
    pages[page].append((0xCD41, 7, len(STORE), 0))
    data = tiff(order, pages, big=big, behind=STORE)
    assert store_of(data, precheck(data)) == STORE
    plain = tiff(order, [[(256, 3, 0xCD41, 0xCD41)]], big=big)
    assert precheck(plain).manifest == "absent"


@pytest.mark.parametrize("order", "<>")
def test_tiff_link_counts_in_tag_700_alone(order: str) -> None:
    assert precheck(tiff(order, [[(700, 1, len(LINK), 0)]], behind=LINK)).remote == "possible"
    assert precheck(tiff(order, [[(701, 1, len(LINK), 0)]], behind=LINK)).remote == "absent"


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0\x08\0\0\0",
        b"II*\0\x08\0\0\0\xff\xff" + bytes(20),
        b"II*\0\x08\0\0\0\0\0\x08\0\0\0" + bytes(4),
        b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + b"\xff" * 8 + bytes(20),
        tiff("<", [[(0xCD41, 7, 1 << 31, 0)]]),
    ],
)
def test_tiff_damage_and_cycles_are_irregular(data: bytes) -> None:
    found = precheck(data)
    assert (found.manifest, found.irregular) == ("possible", True)


@pytest.mark.parametrize(
    "text, irregular",
    [
        (
            b"<svg><metadata><c2pa:manifest xmlns:c2pa='http://c2pa.org/manifest'>AAAA</c2pa:manifest></metadata></svg>",
            False,
        ),
        (b"<svg><metadata><c2pa:manifest>AAAA</c2pa:manifest></metadata></svg>", False),
        (b"<svg><!-- c2pa:manifest --></svg>", True),
        (b"<svg><c2pa:manifest", True),
    ],
)
def test_svg_element_is_possible(text: bytes, irregular: bool) -> None:
    found = precheck(text, "image/svg+xml")
    assert (found.manifest, found.irregular) == ("possible", irregular)
    assert store_of(text, found) == (None if irregular else bytes(3))


def test_svg_that_is_no_base64_has_an_empty_store() -> None:
    text = b"<svg><metadata><c2pa:manifest>A</c2pa:manifest></metadata></svg>"
    assert store_of(text, precheck(text)) == b""


def test_svg_is_told_by_its_root_without_a_hint() -> None:
    assert precheck(signed_tiny("image/svg+xml")).container == "svg"

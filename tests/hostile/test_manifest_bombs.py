"""Files made to stall a verifier cost a walk of bounded length, and those that would reach it are refused."""

import struct

import pytest

from lowbackground.manifests.carriers import tiff
from lowbackground.manifests.carriers.presence import MAX_PARTS, MAX_STORE_BYTES
from lowbackground.manifests.jumbf import MAX_ASSERTIONS
from lowbackground.manifests.precheck import precheck, refusal, store_of
from tests.assets import box, chunk, tiny
from tests.stores import assertions, compressed, described, store

FTYP = box(b"ftyp", b"isom", bytes(4))
PNG = b"\x89PNG\r\n\x1a\n"


def png(contents: bytes) -> bytes:
    plain = tiny("image/png")
    return plain[:33] + struct.pack(">I", len(contents)) + b"caBX" + contents + bytes(4) + plain[33:]


def test_a_film_of_100_000_empty_boxes_is_absent() -> None:
    found = precheck(FTYP + box(b"free") * 100_000)
    assert (found.manifest, found.over_limit) == ("absent", None)


def test_a_picture_of_100_000_empty_chunks_is_absent() -> None:
    found = precheck(PNG + (bytes(4) + b"tEXt" + bytes(4)) * 100_000 + bytes(4) + b"IEND" + bytes(4))
    assert (found.manifest, found.over_limit) == ("absent", None)


@pytest.mark.parametrize(
    "data",
    [
        FTYP + box(b"free") * (MAX_PARTS + 1),
        PNG + (bytes(4) + b"tEXt" + bytes(4)) * 1_000_000,
        chunk(b"RIFF", b"WEBP", chunk(b"JUNK") * (MAX_PARTS + 1)),
        b"\xff\xd8" + b"\xff\xfe\0\2" * (MAX_PARTS + 1),
        tiny("image/jxl") + box(b"free") * (MAX_PARTS + 1),
    ],
)
def test_more_parts_than_any_real_file_has_are_refused(data: bytes) -> None:
    found = precheck(data)
    assert found.over_limit == refusal(data, found) == "parts"


def test_a_million_fill_bytes_end_the_walk_of_a_jpeg() -> None:
    assert precheck(b"\xff\xd8" + b"\xff" * 1_000_000).over_limit == "parts"


@pytest.mark.parametrize(
    "made, reason",
    [
        (store(assertions(20_000)), "assertions"),
        (store(compressed(assertions(MAX_ASSERTIONS + 1))), "assertions"),
        (store(compressed(bytes(MAX_STORE_BYTES * 4))), "store-bytes"),
        (described(b"c2pa", "c2pa", bytes(MAX_STORE_BYTES)), "store-bytes"),
    ],
)
@pytest.mark.parametrize("wrap", [png, lambda made: FTYP + made, lambda made: made], ids=["png", "bmff", "alone"])
def test_a_store_too_large_to_verify_is_refused(made: bytes, reason: str, wrap) -> None:
    if wrap(b"")[:8] == FTYP[:8]:
        uuid = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
        made = box(b"uuid", uuid, bytes(4), b"manifest\0", bytes(8), made)
    data = wrap(made)
    found = precheck(data)
    assert found.manifest == "possible"
    assert refusal(data, found) == reason


def test_a_store_hidden_by_damage_is_refused_as_well() -> None:
    data = PNG + b"\xff\xff\xff\xffIDAT" + store(assertions(20_000))
    found = precheck(data)
    assert (found.irregular, found.store_bytes) == (True, None)
    assert refusal(data, found) == "assertions"


def test_tiff_pages_that_overlap_have_a_cap() -> None:
    entries, step = 0xFFFF, 16
    length = 2 + 12 * entries
    pages = tiff.MAX_ENTRIES // entries + 1
    data = bytearray(8 + step * pages + length + 4)
    data[:8] = b"II*\0" + struct.pack("<I", 8)
    for start in range(8, 8 + step * pages, step):
        struct.pack_into("<H", data, start, entries)
        struct.pack_into("<I", data, start + length, start + step)
    assert precheck(bytes(data)).over_limit == "parts"


def test_tiff_more_pages_than_c2pa_rs_reads_are_refused() -> None:
    pages = b"".join(struct.pack("<HI", 0, 8 + 6 * (page + 1)) for page in range(tiff.MAX_PAGES + 1))
    data = b"II*\0\x08\0\0\0" + pages + bytes(6)
    assert precheck(data).over_limit == "parts"


def test_a_directory_full_of_store_tags_is_searched_once() -> None:
    entries = 0xFFFF
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + b"\x41\xcd\x07\0\0\0\0\0\0\0\0\0" * entries + bytes(4)
    found = precheck(data)
    assert (found.manifest, found.store_bytes) == ("possible", 0)
    assert store_of(data, found) == b""


def test_gif_chains_without_end_are_cut() -> None:
    chain = (b"\xff" + bytes(255)) * (MAX_STORE_BYTES // 255 + 10)
    data = tiny("image/gif")[:-1] + b"\x21\xff\x0bC2PA_GIF\x01\x00\x00" + chain
    assert refusal(data, precheck(data)) == "store-bytes"


@pytest.mark.parametrize("opening", [b"/ObjStm stream\n", b"/ObjStm ", b"/XRef stream\nendstream "])
def test_pdf_names_without_end_cost_one_pass(opening: bytes) -> None:
    found = precheck(b"%PDF-1.7\n" + opening * 100_000)
    assert found.irregular or found.manifest == "absent"


@pytest.mark.parametrize("text", [b"<g>" * 300_000, b"<c2pa:manifest " * 100_000, b"<c2pa:manifest>" * 100_000])
def test_svg_of_any_depth_costs_one_pass(text: bytes) -> None:
    data = b"<svg xmlns='http://www.w3.org/2000/svg'>" + text
    assert precheck(data).container == "svg"
    assert refusal(data, precheck(data)) is None


@pytest.mark.parametrize(
    "start", [tiny("audio/mpeg"), b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"GEOB" * 10, b"PK\x05\x06" + b"\xff" * 18]
)
def test_declared_lengths_are_never_believed(start: bytes) -> None:
    found = precheck(start + b"\xff" * 100)
    assert found.over_limit is None

"""RIFF, ISO base media, JPEG XL, ID3: where a store may stand, where it does not count, and what is damaged."""

import struct

import pytest

from lowbackground.manifests.carriers.id3 import synchsafe
from lowbackground.manifests.precheck import precheck, store_of
from tests.assets import box, chunk, tiny
from tests.stores import assertions, store

STORE = store(assertions(2))
LINK = b'<rdf:Description dcterms:provenance="https://example.invalid/a"/>'
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def riff(*chunks: bytes, form: bytes = b"WEBP") -> bytes:
    return chunk(b"RIFF", form, *chunks)


def test_riff_chunk_below_the_top_is_the_store() -> None:
    data = riff(chunk(b"VP8 ", b"odd"), chunk(b"C2PA", STORE))
    assert store_of(data, precheck(data)) == STORE


@pytest.mark.parametrize("hidden", [chunk(b"LIST", b"INFO", chunk(b"C2PA", STORE)), chunk(b"data", b"C2PA" + STORE)])
def test_riff_deeper_chunks_do_not_count(hidden: bytes) -> None:
    assert precheck(riff(hidden)).manifest == "absent"


def test_riff_behind_the_first_form_nothing_counts() -> None:
    found = precheck(riff(chunk(b"VP8 ", bytes(8))) + chunk(b"C2PA", STORE))
    assert (found.manifest, found.irregular) == ("absent", False)


@pytest.mark.parametrize("name, remote", [(b"XMP ", "possible"), (b"_PMX", "possible"), (b"EXIF", "absent")])
def test_riff_links_count_in_xmp_alone(name: bytes, remote: str) -> None:
    assert precheck(riff(chunk(name, LINK))).remote == remote


def test_riff_cut_inside_its_last_chunk_hides_nothing() -> None:
    found = precheck(riff(chunk(b"VP8 ", bytes(800)))[:-400])
    assert (found.manifest, found.irregular) == ("absent", False)


@pytest.mark.parametrize(
    "data", [b"RIFF", riff(chunk(b"VP8 ", b""), chunk(b"EXIF", b""))[:-8], riff(chunk(b"C2PA", STORE))[:-1]]
)
def test_riff_cut_where_a_store_could_follow_is_irregular(data: bytes) -> None:
    found = precheck(data)
    assert (found.manifest, found.irregular) == ("possible", True)


def provenance(purpose: bytes, contents: bytes = STORE) -> bytes:
    return box(b"uuid", C2PA_UUID, bytes(4), purpose + b"\0", bytes(8), contents)


def bmff(*boxes: bytes) -> bytes:
    return box(b"ftyp", b"isom", bytes(4)) + b"".join(boxes) + box(b"mdat", bytes(16))


@pytest.mark.parametrize("purpose", [b"manifest", b"original", b"update"])
def test_bmff_box_is_the_store(purpose: bytes) -> None:
    data = bmff(provenance(purpose))
    assert store_of(data, precheck(data)) == STORE


@pytest.mark.parametrize("purpose", [b"merkle", b"unheard of", b"x" * 100])
def test_bmff_other_purposes_are_left_to_c2pa_rs(purpose: bytes) -> None:
    found = precheck(bmff(provenance(purpose)))
    assert (found.manifest, found.store_bytes, found.irregular) == ("possible", None, True)


def test_bmff_deeper_boxes_do_not_count() -> None:
    assert precheck(bmff(box(b"moov", provenance(b"manifest")))).manifest == "absent"


def test_bmff_large_sizes_are_followed() -> None:
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 20) + bytes(20)
    data = bmff(large, provenance(b"manifest"))
    assert store_of(data, precheck(data)) == STORE


def test_bmff_a_box_to_the_end_ends_the_walk() -> None:
    found = precheck(box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\0mdat" + provenance(b"manifest"))
    assert (found.manifest, found.irregular) == ("absent", False)


@pytest.mark.parametrize("user_type, remote", [(XMP_UUID, "possible"), (bytes(16), "absent")])
def test_bmff_links_count_in_xmp_alone(user_type: bytes, remote: str) -> None:
    assert precheck(bmff(box(b"uuid", user_type, LINK))).remote == remote


@pytest.mark.parametrize(
    "odd", [b"\0\0\0\4free", b"\xff\xff\xff\xfffree", struct.pack(">I4sQ", 1, b"free", 1 << 63), b"\0\0\0\1fre"]
)
def test_bmff_sizes_that_do_not_fit_are_irregular(odd: bytes) -> None:
    assert precheck(box(b"ftyp", b"isom", bytes(4)) + odd).irregular


def test_old_quicktime_without_ftyp_is_walked() -> None:
    data = box(b"wide") + box(b"mdat", bytes(8)) + box(b"moov")
    found = precheck(data)
    assert (found.container, found.manifest) == ("bmff", "absent")


def jxl(*boxes: bytes) -> bytes:
    plain = tiny("image/jxl")
    return plain[:32] + b"".join(boxes) + plain[32:]


@pytest.mark.parametrize(
    "boxes, manifest, remote",
    [
        (STORE, "possible", "absent"),
        (STORE.replace(b"jumdc2pa", b"jumdjson"), "absent", "absent"),
        (box(b"brob", b"jumb", b"?"), "possible", "possible"),
        (box(b"brob", b"xml ", b"?"), "absent", "possible"),
        (box(b"brob", b"Exif", b"?"), "absent", "absent"),
        (box(b"xml ", LINK), "absent", "possible"),
        (box(b"xml ", b"<x/>"), "absent", "absent"),
    ],
)
def test_jxl_boxes_tell(boxes: bytes, manifest: str, remote: str) -> None:
    found = precheck(jxl(boxes))
    assert (found.container, found.manifest, found.remote) == ("jxl", manifest, remote)


def test_a_bare_jxl_codestream_has_no_place_for_a_store() -> None:
    assert precheck(b"\xff\x0a" + STORE).container is None


def unsynchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, contents: bytes, version: int = 4, flags: bytes = b"\0\0") -> bytes:
    size = unsynchsafe(len(contents)) if version == 4 else struct.pack(">I", len(contents))
    return name + size + flags + contents


def tagged(
    *frames: bytes, version: int = 4, flags: int = 0, sound: bytes = b"\xff\xfb\x90\x64", padding: int = 0
) -> bytes:
    body = b"".join(frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, flags]) + unsynchsafe(len(body)) + body + sound


GEOB = b"\3application/c2pa\0c2pa\0c2pa manifest store\0" + STORE


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("sound, container", [(b"\xff\xfb\x90\x64", "mp3"), (b"fLaC", "flac")])
@pytest.mark.parametrize("padding", [0, 500])
def test_id3_frame_is_the_store(version: int, sound: bytes, container: str, padding: int) -> None:
    title = frame(b"TIT2", b"\3" + b"x" * 200, version)
    data = tagged(title, frame(b"GEOB", GEOB, version), version=version, sound=sound, padding=padding)
    found = precheck(data)
    assert found.container == container
    assert store_of(data, found) == STORE


def test_id3_wide_names_are_followed() -> None:
    wide = b"\1application/x-c2pa-manifest-store\0" + "\ufeffc2pa".encode("utf-16-le") + b"\0\0" + b"\xff\xfea\0\0\0"
    data = tagged(frame(b"GEOB", wide + STORE))
    assert store_of(data, precheck(data)) == STORE


@pytest.mark.parametrize(
    "data",
    [
        tagged(frame(b"GEOB", b"\0application/octet-stream\0a\0b\0" + STORE)),
        tagged(frame(b"TIT2", b"\3GEOB of a kind")),
        tagged(frame(b"APIC", b"\0image/png\0\0GEOB" + STORE)),
        tagged(padding=2000) + frame(b"GEOB", GEOB),
        b"fLaC" + STORE,
        b"\xff\xfb\x90\x64" + STORE,
    ],
)
def test_id3_other_objects_and_places_do_not_count(data: bytes) -> None:
    found = precheck(data, "audio/mpeg")
    assert (found.manifest, found.irregular) == ("absent", False)


@pytest.mark.parametrize(
    "data",
    [
        tagged(frame(b"GEOB", GEOB, flags=b"\0\x08")),
        tagged(frame(b"GEOB", GEOB), flags=0x80),
        tagged(frame(b"GEO\0", GEOB), version=2),
        tagged(frame(b"GEOB", GEOB))[:200],
        tagged(frame(b"GEOB", b"\3application/c2pa\0c2pa without an end")),
        b"ID3\x09\0\0\0\0\0\0GEOB",
    ],
)
def test_id3_what_the_walk_does_not_follow_is_irregular(data: bytes) -> None:
    found = precheck(data)
    assert (found.manifest, found.irregular) == ("possible", True)


def test_id3_links_count_in_priv_alone() -> None:
    assert precheck(tagged(frame(b"PRIV", b"XMP\0" + LINK))).remote == "possible"
    assert precheck(tagged(frame(b"TXXX", b"\3" + LINK))).remote == "absent"


@pytest.mark.parametrize("size", [0, 1, 127, 128, 2_000_000, (1 << 28) - 1])
def test_synchsafe_numbers_come_back(size: int) -> None:
    assert synchsafe(int.from_bytes(unsynchsafe(size), "big")) == size

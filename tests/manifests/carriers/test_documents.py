"""PDF and ZIP: where a store may stand, where it does not count, and what is damaged."""

import io
import struct
import zipfile
import zlib

import pytest

from lowbackground.manifests.carriers import pdf as pdf_carrier
from lowbackground.manifests.precheck import precheck, refusal, store_of
from tests.assets import tiny
from tests.signing import signed, signed_tiny
from tests.stores import assertions, store

STORE = store(assertions(2))
PDF = tiny("application/pdf")


def stream(dictionary: bytes, contents: bytes) -> bytes:
    return b"9 0 obj\n<<%s/Length %d>>stream\n%s\nendstream\nendobj\n" % (dictionary, len(contents), contents)


def objects(contents: bytes, more: bytes = b"/Filter/FlateDecode") -> bytes:
    return stream(b"/Type/ObjStm" + more, zlib.compress(contents, 1))


def pdf(*parts: bytes) -> bytes:
    return PDF[:15] + b"".join(parts) + PDF[15:]


@pytest.mark.parametrize("name", [b"/C2PA_Manifest", b"/C2PA#5FManifest", b"/#432PA_Manifest", b"/C2PA_#4danifest"])
def test_pdf_relationship_is_possible_however_it_is_spelled(name: bytes) -> None:
    data = pdf(b"<</AFRelationship" + name + b">>", stream(b"", STORE))
    assert store_of(data, precheck(data)) == STORE


def test_pdf_words_in_a_text_are_no_name() -> None:
    assert precheck(pdf(b"(C2PA_Manifest)")).manifest == "absent"


def test_pdf_relationship_without_a_store_is_irregular() -> None:
    found = precheck(pdf(b"/C2PA_Manifest"))
    assert (found.manifest, found.store_bytes, found.irregular) == ("possible", None, True)


def test_pdf_object_streams_are_looked_into() -> None:
    plain = precheck(pdf(objects(b"1 0 <</Type/Catalog>>"), objects(b"<</Type/Page>>")))
    holding = precheck(pdf(objects(b"1 0 <<>>"), objects(b"<</AFRelationship/C2PA_Manifest>>"), stream(b"", STORE)))
    assert (plain.manifest, plain.irregular) == ("absent", False)
    assert holding.store_bytes == len(STORE)


@pytest.mark.parametrize(
    "odd",
    [
        objects(b"x", b"/Filter/FlateDecode/DecodeParms<</Predictor 12>>"),
        stream(b"/Type/ObjStm/Filter/LZWDecode", b"\x80\x0b\x60"),
        stream(b"/Type/ObjStm/Filter/FlateDecode", zlib.compress(b"x" * 999)[:-3]),
        b"<</Type/ObjStm>>",
        b"<</Type/ObjStm>>stream\n",
    ],
)
def test_pdf_object_streams_that_are_not_plainly_deflated_are_irregular(odd: bytes) -> None:
    found = precheck(pdf(odd))
    assert (found.manifest, found.irregular) == ("possible", True)


@pytest.mark.parametrize("kind", [b"/Type/ObjStm", b"/Type /XRef"])
def test_pdf_bombs_are_refused(kind: bytes) -> None:
    squeezed = zlib.compress(bytes(pdf_carrier.MAX_INFLATED), 1)
    data = pdf(stream(kind, squeezed))
    found = precheck(data)
    assert found.over_limit == refusal(data, found) == "inflated-bytes"


def test_pdf_many_small_streams_add_up() -> None:
    one = objects(bytes(pdf_carrier.MAX_INFLATED // 8))
    assert precheck(pdf(*[one] * 7)).over_limit is None
    assert precheck(pdf(*[one] * 8)).over_limit == "inflated-bytes"


def zipped(*entries: tuple[str, bytes], comment: bytes = b"", method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.comment = comment
        for name, contents in entries:
            archive.writestr(name, contents)
    return out.getvalue()


NAME = "META-INF/content_credential.c2pa"


@pytest.mark.parametrize("comment", [b"", b"c" * 60_000])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n"])
def test_zip_entry_is_the_store(comment: bytes, before: bytes) -> None:
    data = before + zipped(("a.txt", b"x" * 100), (NAME, STORE), ("b.txt", b"y"), comment=comment)
    assert store_of(data, precheck(data, "application/zip")) == STORE


def test_zip_other_entries_do_not_count() -> None:
    data = zipped(("a/" + NAME.lower(), STORE), ("b.c2pa", STORE), ("c.txt", NAME.encode()))
    found = precheck(data)
    assert (found.container, found.manifest, found.irregular) == ("zip", "absent", False)


def test_zip_deflated_store_is_left_to_c2pa_rs() -> None:
    found = precheck(zipped((NAME, STORE), method=zipfile.ZIP_DEFLATED))
    assert (found.manifest, found.store_bytes, found.irregular) == ("possible", None, True)


@pytest.mark.parametrize("cut", [1, 22, 100])
def test_zip_without_its_end_is_searched_whole(cut: int) -> None:
    assert precheck(zipped((NAME, STORE))[:-cut]).manifest == "possible"
    assert precheck(zipped(("a.txt", STORE))[:-cut]).manifest == "absent"


def test_zip_lengths_that_lie_are_irregular() -> None:
    made = signed(tiny("application/epub+zip"), "application/epub+zip")
    size = struct.pack("<I", len(made.store))
    found = precheck(made.asset.replace(size, b"\xff\xff\xff\xff"))
    assert (found.manifest, found.irregular) == ("possible", True)
    assert store_of(made.asset, precheck(signed_tiny("application/epub+zip"))) == made.store

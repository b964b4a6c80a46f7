"""PDF: the information dictionary and the document's own XMP are found however the file is written."""

import io

import pytest

from lowbackground.manifests.metadata.read import read_metadata
from tests.metadata_files import DC, pdf, xmp

PACKET = xmp(DC, {"source": "here"})
SOURCE = f"xmp:{DC}source"


def values(data: bytes, media_type: str | None = None) -> dict[str, str]:
    return {field.key: field.value for field in read_metadata(data, media_type).fields}


@pytest.mark.parametrize("mode", ["disable", "generate"])
@pytest.mark.parametrize("linear", [False, True])
def test_pdf_information_and_xmp_are_read(mode: str, linear: bool) -> None:
    import pikepdf

    made = pdf(
        {"AIGC": '{"Label":"1"}', "Title": "Ünïcode (x) \\ 豆包"},
        PACKET,
        object_stream_mode=getattr(pikepdf.ObjectStreamMode, mode),
        linearize=linear,
    )
    expected = {"pdf:AIGC": '{"Label":"1"}', "pdf:Title": "Ünïcode (x) \\ 豆包", SOURCE: "here"}
    assert values(made).items() >= expected.items()


def test_pdf_xmp_of_a_picture_in_it_is_not_the_documents() -> None:
    import pikepdf

    with pikepdf.new() as document:
        document.add_blank_page()
        stream = document.make_stream(PACKET)
        stream.Type, stream.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        placed = document.make_stream(b"pixels")
        placed.Metadata = stream
        document.pages[0].obj.Placed = placed
        out = io.BytesIO()
        document.save(out, compress_streams=False)
    assert PACKET in out.getvalue()
    assert SOURCE not in values(out.getvalue())


@pytest.mark.parametrize("space", [b"\n", b"\r\n", b"\r"])
def test_pdf_objects_whose_every_word_has_a_line_are_found(space: bytes) -> None:
    document = b"%PDF-1.4 4 0 obj << /Type /Catalog >> endobj 5 0 obj << /Creator (a) /Names << /b (c) >> >> endobj "
    document += b"trailer << /Root 4 0 R /Info 5 0 R >> %%EOF"
    assert values(document.replace(b" ", space)) == {"pdf:Creator": "a", "pdf:b": "c"}


def test_pdf_xmp_may_be_deflated() -> None:
    import zlib

    import pikepdf

    with pikepdf.new() as document:
        document.add_blank_page()
        stream = document.make_stream(zlib.compress(PACKET))
        stream.Type, stream.Subtype, stream.Filter = pikepdf.Name.Metadata, pikepdf.Name.XML, pikepdf.Name.FlateDecode
        document.Root.Metadata = stream
        out = io.BytesIO()
        document.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert PACKET not in out.getvalue()
    assert values(out.getvalue())[SOURCE] == "here"


def test_pdf_strings_of_an_encrypted_file_stay_unread() -> None:
    import pikepdf

    made = pdf({"Title": "secret"}, encryption=pikepdf.Encryption(owner="a", user="b", R=4, aes=True))
    assert not any(key.startswith("pdf:") for key in values(made))

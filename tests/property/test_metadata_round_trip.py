"""Whatever text another program writes into a field, the walk reads the same text out of it."""

import io
import struct

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lowbackground.manifests.metadata.read import read_metadata
from tests.assets import tiny
from tests.metadata_files import DC, USER_COMMENT, jpeg, mp3, pdf, png, user_comment, webp, xmp

# Characters that XML, ID3 and PDF can carry; controls and lone surrogates are left to the fuzz test.
WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufeff\ufffe\uffff"),
    min_size=1,
    max_size=80,
).filter(lambda text: text.strip() == text)
LATIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=80).filter(
    lambda text: text.strip() == text
)
QUICK = settings(max_examples=40, deadline=None)


def value(data: bytes, key: str) -> str | None:
    return next((field.value for field in read_metadata(data).fields if field.key == key), None)


@QUICK
@given(WORDS, st.sampled_from(["iTXt", "zTXt", "tEXt"]))
def test_text_chunks(text: str, form: str) -> None:
    made = png({"Comment": text}, form=form if text.isascii() else "iTXt")
    assert value(made, "png:Comment") == text


@QUICK
@given(st.builds(str.__add__, LATIN, WORDS), st.sampled_from([jpeg, webp, png]))
def test_user_comments_that_hold_a_latin_letter(text: str, make: type) -> None:
    assert value(make(exif={USER_COMMENT: user_comment(text)}), "exif:UserComment") == text


@QUICK
@given(WORDS, st.booleans())
def test_xmp_properties(text: str, attributes: bool) -> None:
    assert value(jpeg(xmp=xmp(DC, {"source": text}, attributes=attributes)), f"xmp:{DC}source") == text


@QUICK
@given(WORDS, st.sampled_from([1, 3]), st.sampled_from([3, 4]))
def test_id3_comments(text: str, encoding: int, version: int) -> None:
    from mutagen.id3 import COMM

    made = mp3(COMM(encoding=encoding, lang="eng", desc="d", text=text), version=version)
    assert value(made, "id3:COMM:d") == text


def _reads_as_utf_8(text: str) -> bool:
    """Whether the bytes in PDF's own encoding are UTF-8 of another text; many writers put UTF-8 there."""
    try:
        return not text.isascii() and text.encode("pdfdoc").decode("utf-8") != text
    except UnicodeError:
        return False


@QUICK
@given(WORDS, st.sampled_from(["disable", "generate"]))
def test_pdf_information(text: str, mode: str) -> None:
    import pikepdf

    assume(not _reads_as_utf_8(text))
    made = pdf({"Title": text}, object_stream_mode=getattr(pikepdf.ObjectStreamMode, mode))
    assert value(made, "pdf:Title") == text


@QUICK
@given(WORDS)
def test_mp4_free_form_tags(text: str) -> None:
    from mutagen.mp4 import MP4

    from tests.metadata_files import sound

    out = io.BytesIO(sound("ipod", {"title": "t"}, "aac"))
    tags = MP4(out)
    tags["----:com.apple.iTunes:AIGC"] = [text.encode()]
    out.seek(0)
    tags.save(out)
    assert value(out.getvalue(), "mp4:AIGC") == text


@QUICK
@given(WORDS)
def test_vorbis_comments(text: str) -> None:
    from mutagen.flac import FLAC

    out = io.BytesIO(tiny("audio/flac"))
    tags = FLAC(out)
    tags["AIGC"] = text
    out.seek(0)
    tags.save(out)
    assert value(out.getvalue(), "vorbis:AIGC") == text


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_in_a_comment_segment_are_read_without_a_word(raw: bytes) -> None:
    plain = tiny("image/jpeg")
    made = plain[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(raw)) + raw + plain[2:]
    assert not read_metadata(made).irregular

"""Charset: valid UTF-8 is never second-guessed, declarations beat guesses, and no bytes can make it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.extract.charset import GUESSED, REPLACED, Decoded, decode

JAPANESE = "こんにちは世界。今日はとても良い天気ですね。" * 4
RUSSIAN = "Привет, мир. Сегодня очень хорошая погода." * 4
LABELS = st.sampled_from(
    [None, "utf-8", "gbk", "utf-16", "big5", "iso-2022-jp", "zlib", "x-user-defined", "", '"', "idna"]
)


@given(
    text=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\x1b\ufeff"), max_size=200), hint=LABELS
)
def test_utf8_is_read_as_utf8_whatever_was_declared(text: str, hint: str | None) -> None:
    assert decode(text.encode(), hint) == Decoded(text)


@given(raw=st.binary(max_size=300), hint=LABELS, markup=st.booleans())
def test_any_bytes_give_characters_that_utf8_can_hold(raw: bytes, hint: str | None, markup: bool) -> None:
    decode(raw, hint, markup=markup).text.encode()


@pytest.mark.parametrize(
    "text, codec, label",
    [
        (JAPANESE, "shift_jis", "Shift_JIS"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        (JAPANESE, "utf-16-le", "utf-16le"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (RUSSIAN, "cp1251", "windows-1251"),
        ("①②", "cp932", "shift_jis"),  # WHATWG's Shift_JIS is Microsoft's
        ("“déjà”", "cp1252", "iso-8859-1"),  # WHATWG's Latin-1 is windows-1252
        ("€㐀", "gb18030", "gb2312"),
        ("똠", "cp949", "euc-kr"),
    ],
)
def test_a_declared_charset_is_taken_without_a_note(text: str, codec: str, label: str) -> None:
    assert decode(text.encode(codec), label) == Decoded(text, wide=codec.startswith("utf-16"))


@pytest.mark.parametrize("text, codec", [(JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (RUSSIAN, "cp1251")])
def test_an_undeclared_charset_is_guessed_and_says_so(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == Decoded(text, (GUESSED,))


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="koi8-r">',
        "<META content='text/html; charset=KOI8-R' http-equiv=Content-Type>",
        '<?xml version="1.0" encoding="koi8-r"?>',
    ],
)
def test_a_page_may_declare_its_charset_itself(declaration: str) -> None:
    page = declaration + RUSSIAN
    assert decode(page.encode("koi8-r"), markup=True) == Decoded(page)


def test_the_transport_beats_the_page() -> None:
    page = "<meta charset=koi8-r>" + RUSSIAN
    assert decode(page.encode("cp1251"), "windows-1251", markup=True) == Decoded(page)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_text(codec: str) -> None:
    assert decode(JAPANESE.encode(codec), "koi8-r") == Decoded(JAPANESE, wide="8" not in codec)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_known_by_its_zeros(codec: str) -> None:
    page = "<!DOCTYPE html><html><title>x</title>" + RUSSIAN
    assert decode(page.encode(codec)) == Decoded(page, wide=True)


def test_seven_bit_japanese_is_not_taken_for_ascii() -> None:
    assert decode(JAPANESE.encode("iso2022_jp")) == Decoded(JAPANESE)


def test_a_few_broken_bytes_do_not_cost_the_rest() -> None:
    raw = JAPANESE.encode() + b"\xff" + RUSSIAN.encode() + b"\xd0"
    assert decode(raw) == Decoded(f"{JAPANESE}\ufffd{RUSSIAN}\ufffd", (REPLACED,))


def test_latin1_declared_as_utf8_is_guessed() -> None:
    text = "Où est passé le garçon ? Là-bas, près du château."
    assert decode(text.encode("cp1252"), "utf-8") == Decoded(text, (GUESSED,))

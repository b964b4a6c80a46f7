"""The normal form undoes how a text was typed, marked up or taken apart, and leaves what was written."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lowbackground.detectors.text_classifier.alphabet import LETTER, readable
from lowbackground.detectors.text_classifier.normalise import normalise

PIECES = (
    "a", "b ", "can not ", " can not", "http://x", "www.", " ", "  ", "\n", "\n\n", "- ", "* ", "*", "`", "```", "~~~", "--", " - ",
    "\u2014", "\u2026", "..", ". .", "'s", " '", " n't", "n't", "0", "12. ", "#", "# ", "<b>", "<", "a>", ">", "[", "](", "x)", ")",
    "&", "&amp;", "&lt;", "&#x41;", "_", "|", "=", "====", "+", "++++", "\r", "\r\n", "\t", "\x00", "\u200b", "\u00e9", "e\u0301",
    "\u0430", "\u0416", "\u5b57", "\u2606", "\u2022", "\u00a7", "''", "``", '"', "-LRB-", "LRB", "\\", "\u00b4", "\ufb01", "\u00bd", "\ud800",
)  # fmt: skip
MARKED = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def normal(text: str) -> str:
    return readable(normalise(text.encode("utf-8", "surrogatepass")))


@given(st.one_of(MARKED, st.text(max_size=80)))
@example("\n#### - 1. \u2022 * x")
def test_a_normal_form_is_its_own(text: str) -> None:
    once = normalise(text.encode("utf-8", "surrogatepass"))
    assert normalise(readable(once).encode()) == once


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\u201cIt\u2019s late\u201d \u2014 he said\u2026", "\"It's late\"\u2014he said\u2026"),
        ("so late -- he said . . .", "so late\u2014he said\u2026"),
        ("ca\u00adfe\u0301 fi\u200bn\ufb01n", "cafe finfin"),
        ("\uff26\uff55\uff4c\uff4c \uff57\uff49\uff44\uff54\uff48 \U0001d4dc\U0001d4ea\U0001d4fd\U0001d4f1 \u24d0", "Full width Math a"),
        ("I did n't say `` it 's fine '' , did I ?", "I didn't say \" it's fine \", did I?"),
        ("I can not go -LRB- now -RRB- .", "I cannot go (now)."),
        ("**Bold** and `code` and [text](https://x.org/a?b=c) and <b>tag</b>", "Bold and code and text and tag"),
        ("# Head\n\n* one\n* two\n3. three\n> said", "# Head\n\n\u2022one\n\u2022two\n\u2022three\nsaid"),
        ("before\n```python\nx = 1\n```\nafter", "before\n\nafter"),
        ("never closed\n```\nstays prose", "never closed\n\nstays prose"),
        ("See https://example.org/a_b or www.example.org .", "See or."),
        ("Tom &amp; Ann &lt; 5", "Tom + Ann 0"),
        ("In 1987, 3.5%", "In 0000, 0.0%"),
        ("a\r\nb\rc\td", "a\nb\nc d"),
        ("one\n\n\n\n  two  \n", "one\n\ntwo"),
        ("\u0418\u0432\u0430\u043d", "\u0436" * 4),
        ("\u6e2f\u53e3 \U0001f600", "\u5b57\u5b57 \u2606"),
    ],
)  # fmt: skip
def test_what_is_undone(typed: str, expected: str) -> None:
    assert normal(typed) == expected


def test_look_alikes_are_folded_in_a_latin_text() -> None:
    text = "The harbour was quiet in the morning, and nobody spoke about it."
    swapped = text.translate(
        str.maketrans("aceiopsxyHTM", "\u0430\u0441\u0435\u0456\u043e\u0440\u0455\u0445\u0443\u041d\u0422\u041c")
    )
    assert swapped != text
    assert normal(swapped) == normal(text)


def test_cyrillic_and_greek_texts_stay_what_they_are() -> None:
    russian = "\u0420\u043e\u0441\u0441\u0438\u044f \u2014 \u0441\u0442\u0440\u0430\u043d\u0430, \u0430 \u0441\u043e\u043a \u2014 \u0441\u043e\u043a."
    greek = "\u03a4\u03bf \u03bb\u03b9\u03bc\u03ac\u03bd\u03b9 \u03ae\u03c4\u03b1\u03bd \u03ae\u03c3\u03c5\u03c7\u03bf."
    for text in (russian, greek):
        letters = [byte for byte in normalise(text.encode()) if byte >= 0x80 or chr(byte).isalpha()]
        assert LETTER in letters
        assert not any(byte < 0x80 for byte in letters)


def test_letters_of_an_other_alphabet_in_a_latin_text_are_no_latin_letters_unless_they_look_so() -> None:
    assert normal("the letter \u0416 is called zhe") == "the letter \u0436 is called zhe"


@pytest.mark.parametrize(
    "data",
    [b"`" * 50_000, b"\n```" * 20_000, b"<a" * 50_000, b"](" * 50_000, b"- " * 50_000, b"&" * 50_000, b"&a" * 50_000,
     b" '" * 50_000, b"." * 50_000, b". " * 50_000, b"\n- " * 30_000, b"\n#" * 50_000, b"www." * 20_000, b"http://" * 10_000,
     "\ufdfa".encode() * 20_000, "e\u0301\u0301".encode() * 10_000, b"\xff" * 50_000, b"=" * 50_000, b"-" * 50_000],
)  # fmt: skip
def test_no_text_takes_more_than_linear_work(data: bytes) -> None:
    """The steps of an expression that backtracks would be counted in billions here; none is."""
    normalise(data * 4)


def test_random_bytes_have_a_normal_form() -> None:
    rng = random.Random(1)
    for _ in range(300):
        once = normalise(rng.randbytes(rng.randint(0, 200)))
        assert normalise(readable(once).encode()) == once

"""Windows are cut after normalising, at spaces, and never inside a character."""

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.windows import Windows, beginning, windowed


@given(st.text(max_size=40), st.integers(1, 60))
def test_a_beginning_cuts_no_character(text: str, size: int) -> None:
    cut = beginning(text.encode(), size)
    assert text.startswith(cut.decode())
    assert len(text.encode()) <= size or size - 4 < len(cut) <= size


def test_bytes_that_are_no_text_have_a_beginning_too() -> None:
    assert beginning(b"\x80" * 100, 50) == b"\x80" * 46


def test_short_texts_are_looked_at_whole() -> None:
    assert windowed(b"short text", Windows(head=20)) == b"short text"


def test_words_are_not_cut() -> None:
    text = b"the boats lay where the tide had left them"
    assert windowed(text, Windows(head=14)) == b"the boats lay"


def test_the_second_window_is_the_middle_of_the_rest() -> None:
    text = b" ".join(b"%03d" % number for number in range(100))
    head, middle = windowed(text, Windows(head=40, middle=40)).split(b"\n\n")
    assert head.split()[-1] == b"009"
    assert b"054" in middle
    assert set(middle.split()) <= set(text.split())


def test_one_word_without_end_is_cut_hard() -> None:
    assert len(windowed(b"x" * 1000, Windows(head=100, middle=50))) == 152


def test_spaces_and_invisible_characters_move_no_window() -> None:
    text = "The boats lay where the tide had left them. " * 200
    spread = text.replace(" ", "  ").replace("t", "t\u200b")
    assert prepared(spread.encode(), Windows()) == prepared(text.encode(), Windows())

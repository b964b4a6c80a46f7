"""Nothing that content says reaches a terminal as anything but letters."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from lowbackground.pipeline.screen import shown


@settings(deadline=None)
@given(st.text(max_size=300))
def test_what_is_shown_is_one_line_of_visible_characters(text: str) -> None:
    found = shown(text)
    assert found.isprintable()
    assert not any(unicodedata.category(c)[0] == "C" or unicodedata.category(c) in {"Zl", "Zp"} for c in found)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=160))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_long_text_is_cut_before_it_costs_anything() -> None:
    assert shown("x" * 10_000_000, 10) == "x" * 10 + "…"


def test_known_attacks_are_escaped() -> None:
    assert shown("\x1b]0;owned\x07") == "\\x1b]0;owned\\x07"
    assert shown("gpj\u202egnp") == "gpj\\u202egnp"
    assert shown("a\U000e0100b\ufe00c") == "a\\U000e0100b\\ufe00c"
    assert shown("line\r\nbreak\u2028sep\u0085") == "line\\r\\nbreak\\u2028sep\\x85"
    assert shown("\ud800") == "\\ud800"


def test_letters_of_every_script_stay_letters() -> None:
    assert shown("Zoë Ωμέγα 写真 фото") == "Zoë Ωμέγα 写真 фото"

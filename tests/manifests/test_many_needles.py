"""The search for many byte strings finds what a plain search finds, wherever the words of the buffer begin."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.bulk_search import PIECE
from lowbackground.manifests.many_needles import ManyNeedles, Place

NEEDLES = [b"noai", b"needle", b"a-needle-in-hay", b"data-start=", b"needle in a hay", b"\xe2\x80\xa0L", b"aaaaaaaa"]


def plainly(rows: list[bytes | None], needles: list[bytes]) -> list[Place]:
    """What a search row by row, byte by byte, finds."""
    found = []
    for row, value in enumerate(rows):
        folded = (value or b"").lower()
        for number, needle in enumerate(needles):
            places = [at for at in range(len(folded)) if folded.startswith(needle.lower(), at)]
            found += [Place(row, at, number) for at in places]
    return sorted(found, key=lambda each: (each.row, each.start, each.needle))


piece = st.sampled_from(
    [
        *NEEDLES,
        b"x",
        b"aa",
        b" NEEDLE",
        b"data-",
        b"start=",
        b"noa",
        b"I",
        b"",
        b"\xff\x00",
        b"DATA-START\x1d",
        b"\xa0\x80",
        b"\xc2",
    ]
)


@given(st.lists(st.none() | st.lists(piece, max_size=12).map(b"".join), max_size=8), st.integers(0, 3))
def test_it_finds_what_a_plain_search_finds(rows: list[bytes | None], skipped: int) -> None:
    column = pa.array([b"pad" * 3] * skipped + rows, pa.large_binary()).slice(skipped)
    assert ManyNeedles(NEEDLES).places(column) == plainly(rows, NEEDLES)


@pytest.mark.parametrize("at", [0, 1, 2, 3, PIECE * 4 - 9, PIECE * 4 - 3, PIECE * 4, PIECE * 4 + 1])
def test_a_needle_across_two_pieces_is_found(at: int) -> None:
    for number, needle in enumerate(NEEDLES):
        text = b"." * at + needle + b"." * 5
        assert ManyNeedles(NEEDLES).places(pa.array([text])).count(Place(0, at, number)) == 1


def test_a_needle_across_two_rows_is_none() -> None:
    column = pa.array([b"a-needle-", b"in-hay"], pa.large_binary())
    assert ManyNeedles([b"a-needle-in-hay"]).places(column) == []


def test_only_the_rows_that_are_named_are_searched() -> None:
    column = pa.array(["noai", "noai", None, "NoAI data-start="])
    found = ManyNeedles(NEEDLES).places(column, [1, 2, 3])
    assert found == [Place(1, 0, 0), Place(3, 0, 0), Place(3, 5, 3)]


def test_letters_match_in_either_case_and_nothing_else_does() -> None:
    column = pa.array(["DATA-START=", "data-start\x1d"])  # 0x1d is '=' without the bit that tells case
    assert [place.row for place in ManyNeedles([b"data-start="]).places(column)] == [0]


@pytest.mark.parametrize("short", [b"", b"abc"])
def test_a_needle_of_less_than_a_word_is_refused(short: bytes) -> None:
    with pytest.raises(ValueError, match="too short"):
        ManyNeedles([short])


def test_no_needles_and_no_rows_find_nothing() -> None:
    assert ManyNeedles([]).places(pa.array(["noai"])) == []
    assert ManyNeedles(NEEDLES).places(pa.array([], pa.string())) == []

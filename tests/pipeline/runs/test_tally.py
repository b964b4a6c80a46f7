"""Tallies add up in any order, and survive the ledger."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.runs.tally import Tally

counters = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 9)).map(Counter)
tallies = st.builds(Tally, *[st.integers(0, 9)] * 3, *[counters] * 12, st.integers(0, 9))


@given(tallies, tallies, tallies)
def test_addition_is_associative_and_commutative(a: Tally, b: Tally, c: Tally) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a


@given(tallies)
def test_a_tally_read_back_from_its_json_is_the_same(tally: Tally) -> None:
    assert Tally.from_json(tally.to_json()) == tally


def test_the_identity_notices_a_lost_record() -> None:
    assert Tally(read=4, kept=1, rejected=1, unreadable=Counter(x=1), skipped=Counter(y=1)).balances()
    assert not Tally(read=5, kept=1, rejected=1, unreadable=Counter(x=1), skipped=Counter(y=1)).balances()


def test_a_tally_that_was_written_before_a_counter_existed_is_read() -> None:
    line = Tally(read=1, kept=1).to_json()
    del line["withheld"]
    assert Tally.from_json(line) == Tally(read=1, kept=1)

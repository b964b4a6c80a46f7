"""The sequential test saves work on texts that are not marked, and loses none that is."""

import numpy as np
import pytest

from lowbackground.detectors.watermarks.early_stop import GreenCount, count_green
from lowbackground.detectors.watermarks.green_scheme import GreenKey
from tests.marked_text import golden, unmarked_ids

VOCAB = 1000


class Counting(GreenKey):
    """A key that counts how many pairs it was asked about."""

    def green(self, pairs: np.ndarray, vocab_size: int) -> np.ndarray:
        ASKED.append(len(pairs))
        return super().green(pairs, vocab_size)


ASKED: list[int] = []
KEY = Counting("x", 15485863)


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    ASKED.clear()


def test_a_text_that_is_not_marked_is_given_up_long_before_its_end() -> None:
    pairs = KEY.pairs(unmarked_ids(1000))
    assert count_green(KEY, pairs, VOCAB, 1000) == GreenCount(len(pairs), None)
    assert sum(ASKED) < 500


def test_a_marked_text_is_counted_to_its_end() -> None:
    pairs = KEY.pairs(np.array(golden()["marked"]["lefthash"]))
    counted = count_green(KEY, pairs, VOCAB, 1000)
    assert counted == GreenCount(len(pairs), int(KEY.green(pairs, VOCAB).sum()))


def test_a_text_whose_second_half_is_marked_is_not_given_up() -> None:
    marked = np.array(golden()["marked"]["lefthash"])
    counted = count_green(KEY, KEY.pairs(np.concatenate([unmarked_ids(200), marked])), VOCAB, 1000)
    assert counted.green is not None
    assert KEY.null(VOCAB).tail(counted.tokens, counted.green).p < 1e-9


def test_no_more_than_the_cap_is_looked_at() -> None:
    pairs = KEY.pairs(np.array(golden()["marked"]["lefthash"]))
    assert count_green(KEY, pairs, VOCAB, 120).tokens == 120
    assert sum(ASKED) == 120


def test_nothing_is_counted_in_an_empty_text() -> None:
    assert count_green(KEY, KEY.pairs(np.array([], np.int64)), VOCAB, 100) == GreenCount(0, 0)

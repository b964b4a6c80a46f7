"""Counts green tokens, and stops as soon as a text is plainly not marked: nearly all texts, after a hundred tokens or so.

- Wald's sequential test against the weakest mark worth finding, its lower boundary alone. By Ville's inequality a text
  with at least that share of green tokens is given up at most once in `1 / GIVE_UP`, whatever its length.
- To give up can only silence a test. What is not given up is judged by the exact tail of all its tokens, so the p-values
  stay what they say.
- Tokens are looked at in an order that spreads over the text, so that a marked part counts from the start.
"""

from dataclasses import dataclass
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.watermarks.green_scheme import GreenKey

GIVE_UP = 1e-3  # chance of giving up a text that is marked as weakly as `_WEAKEST` says
_WEAKEST = 0.2  # of the tokens that would have been red, the share that the weakest mark turns green
_BLOCK = 25  # tokens between two looks
_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, spread evenly however many are taken (Weyl 1916)


@dataclass(frozen=True, slots=True)
class GreenCount:
    """`tokens` that count; `green` of them are green, or null where the test was given up."""

    tokens: int
    green: int | None


def count_green(key: GreenKey, pairs: NDArray[np.uint64], vocab_size: int, at_most: int) -> GreenCount:
    """The green ones of these pairs of seed and token, of which `at_most` are looked at."""
    chosen = pairs[_spread(len(pairs))[:at_most]]
    share = key.green_size(vocab_size) / vocab_size
    marked = share + _WEAKEST * (1 - share)
    for_green, for_red = log(marked / share), log1p(-marked) - log1p(-share)
    green, ratio = 0, 0.0
    for start in range(0, len(chosen), _BLOCK):
        found = key.green(chosen[start : start + _BLOCK], vocab_size)
        hits = int(found.sum())
        green += hits
        ratio += hits * for_green + (len(found) - hits) * for_red
        if ratio < log(GIVE_UP):
            return GreenCount(len(chosen), None)
    return GreenCount(len(chosen), green)


def _spread(count: int) -> NDArray[np.intp]:
    """The numbers below `count` in an order of which every beginning is spread evenly."""
    return np.argsort(np.arange(count) * _GOLDEN % 1.0, kind="stable")

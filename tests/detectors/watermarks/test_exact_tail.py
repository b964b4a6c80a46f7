"""Tails of sums are exact, however small."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.watermarks.exact_tail import Lattice, binomial


def binomial_tail(terms: int, least: int, share: Fraction) -> Fraction:
    return sum(
        (comb(terms, k) * share**k * (1 - share) ** (terms - k) for k in range(least, terms + 1)), start=Fraction(0)
    )


@pytest.mark.parametrize("share", [Fraction(1, 4), Fraction(1, 2), Fraction(9, 10)])
@pytest.mark.parametrize("terms", [1, 7, 100, 400])
def test_binomial_tails_are_those_of_whole_numbers(share: Fraction, terms: int) -> None:
    lattice = binomial(float(share))
    for least in {0, 1, terms // 4, terms // 3, terms // 2, 3 * terms // 4, terms - 1, terms}:
        expected = float(binomial_tail(terms, least, share))
        assert lattice.tail(terms, least).p == pytest.approx(expected, rel=1e-9)


def test_a_tail_of_one_in_ten_to_the_hundred_is_exact_too() -> None:
    expected = float(binomial_tail(1000, 750, Fraction(1, 4)))
    assert expected < 1e-100
    assert binomial(0.25).tail(1000, 750).p == pytest.approx(expected, rel=1e-9)


@given(
    weights=st.lists(st.integers(0, 20), min_size=2, max_size=9).filter(any),
    terms=st.integers(1, 6),
    observed=st.integers(-2, 60),
)
def test_sums_of_any_lattice_have_the_tail_of_their_convolution(weights: list[int], terms: int, observed: int) -> None:
    one = np.array(weights) / sum(weights)
    sums = np.ones(1)
    for _ in range(terms):
        sums = np.convolve(sums, one)
    tail = Lattice(one).tail(terms, observed)
    assert tail.p == pytest.approx(sums[max(0, observed) :].sum(), rel=1e-9, abs=1e-30)
    equal = sums[observed] if 0 <= observed < len(sums) else 0.0
    assert tail.equal == pytest.approx(equal, rel=1e-9, abs=1e-13)


def test_outside_the_possible_sums_a_tail_is_certain_or_empty() -> None:
    lattice = binomial(0.25)
    assert lattice.tail(10, -1).p == 1
    assert lattice.tail(10, 0).p == pytest.approx(1)
    assert lattice.tail(10, 11).p == 0
    assert lattice.tail(0, 0).p == pytest.approx(1)


def test_z_counts_standard_deviations() -> None:
    assert binomial(0.25).z(300, 75) == pytest.approx(0)
    assert binomial(0.25).z(300, 90) == pytest.approx(15 / (300 * 0.25 * 0.75) ** 0.5)
    assert Lattice(np.array([0.0, 1.0])).z(10, 10) == 0

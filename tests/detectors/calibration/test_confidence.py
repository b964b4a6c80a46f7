"""The exact bounds, against the table of collapse theory and against the binomial distribution itself."""

from math import comb

import numpy as np
import pytest

from lowbackground.detectors.calibration.confidence import DELTA, allowed_hits, records_needed, upper_bound


def tail(k: int, n: int, rate: float) -> float:
    """P(Binomial(n, rate) <= k), summed by hand."""
    return sum(comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(k + 1))


@pytest.mark.parametrize(("rate", "records"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_how_many_records_prove_a_rate_without_a_hit(rate: float, records: int) -> None:
    assert records_needed(rate) == records
    assert allowed_hits(records, rate) == 0
    assert allowed_hits(records - 1, rate) is None


@pytest.mark.parametrize(
    ("n", "rate", "k"),
    [
        (1000, 0.05, 38),
        (1000, 0.01, 4),
        (1000, 0.001, None),
        (10_000, 0.05, 463),
        (10_000, 0.01, 83),
        (10_000, 0.001, 4),
        (472, 0.01, 0),
        (473, 0.01, 1),
    ],
)
def test_how_many_hits_still_prove_a_rate(n: int, rate: float, k: int | None) -> None:
    assert allowed_hits(n, rate) == k


@pytest.mark.parametrize("n", [59, 300, 777])
def test_one_hit_more_would_not_do(n: int) -> None:
    k = allowed_hits(n, 0.05)
    assert k is not None
    assert tail(k, n, 0.05) <= DELTA < tail(k + 1, n, 0.05)


def test_the_bound_is_where_so_few_hits_become_improbable() -> None:
    for hits, n in ((0, 100), (3, 100), (17, 60)):
        (bound,) = upper_bound(np.array([hits]), n)
        assert tail(hits, n, float(bound)) == pytest.approx(DELTA)


def test_the_bound_is_one_where_all_hit_or_there_is_nothing() -> None:
    assert upper_bound(np.array([5]), 5).tolist() == [1.0]
    assert upper_bound(np.array([0, 0]), np.array([0, 59])).tolist() == [1.0, pytest.approx(0.0495, abs=1e-4)]


@pytest.mark.parametrize("rate", [0.05, 0.01, 0.001])
@pytest.mark.parametrize("n", [59, 299, 472, 473, 2995, 12_345])
def test_bound_and_allowed_hits_agree(n: int, rate: float) -> None:
    bounds = upper_bound(np.arange(n), n)
    k = allowed_hits(n, rate)
    assert np.count_nonzero(bounds <= rate) == (0 if k is None else k + 1)

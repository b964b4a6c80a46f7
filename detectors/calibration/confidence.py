"""How sure a number of hits among human records makes us: the exact bounds of Clopper and Pearson (Biometrika 26, 1934).

The threshold of a stratum is chosen so that, with probability 1 - `DELTA` over the human records that were drawn, the
share of human content beyond it is at most the rate: the "umbrella" of Tong, Feng and Li (Science Advances 4, 2018).
"""

from math import ceil, log

import numpy as np
from numpy.typing import NDArray

DELTA = 0.05  # one-sided, so every bound holds with 95 % confidence
RATES = (0.05, 0.01, 0.001)  # for which a stratum has a threshold, where it has the records: 59, 299 and 2,995


def upper_bound(hits: NDArray[np.int64], n: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """The largest rates at which so few hits among `n` records still have the probability `DELTA`; 1 where all hit."""
    from scipy.stats import beta

    bounds = beta.ppf(1 - DELTA, hits + 1.0, np.maximum(n - hits, 0.5))
    return np.where(hits >= n, 1.0, bounds)


def allowed_hits(n: int, rate: float) -> int | None:
    """k: the most hits among `n` human records at which the rate is still proven; null where not even none will do.

    The largest k with P(Binomial(n, rate) <= k) <= `DELTA`.
    """
    from scipy.stats import binom

    k = int(binom.ppf(DELTA, n, rate))
    if binom.cdf(k, n, rate) > DELTA:
        k -= 1
    return k if k >= 0 else None


def records_needed(rate: float) -> int:
    """The fewest human records that can prove a rate, by showing no hit at all: 59 for 5 %, 299 for 1 %, 2,995 for 0.1 %."""
    return ceil(log(DELTA) / log(1 - rate))

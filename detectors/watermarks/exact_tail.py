"""The exact upper tail of a sum of independent whole numbers with one known distribution.

Green tokens are such a sum (each 0 or 1), and so are the scores of SynthID-Text (each one of 65,536 known values).
The distribution of the sum is a power of its Fourier transform. Tails far below the rounding error of that transform
come out with full relative precision because the distribution is tilted first: term k is multiplied by exp(theta k),
with the theta that puts the mean at the observed sum (Esscher 1932), and the tilt is taken off the summed terms.
"""

from dataclasses import dataclass
from functools import cached_property
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

_WINDOW_SD = 12  # standard deviations of the tilted sum kept on either side; beyond lies less than exp(-70)
_BISECTIONS = 60  # of theta; more would be below the precision of a float
_MAX_EXPONENT = 700.0  # exp() overflows beyond 709


@dataclass(frozen=True, slots=True)
class Tail:
    """P(sum > observed) and P(sum = observed)."""

    above: float
    equal: float

    @property
    def p(self) -> float:
        """P(sum >= observed): the p-value."""
        return min(1.0, self.above + self.equal)


@dataclass(frozen=True)
class Lattice:
    """The distribution of one term: `weights[k]` is the probability of k, for k from 0 on; float64, adding up to 1."""

    weights: NDArray[np.float64]

    @cached_property
    def mean(self) -> float:
        """Of one term."""
        return _moments(self.weights)[0]

    @cached_property
    def sd(self) -> float:
        """The standard deviation of one term."""
        return _moments(self.weights)[1]

    def z(self, terms: int, observed: int) -> float:
        """How many standard deviations a sum of `terms` terms lies above its mean; 0 where it cannot vary."""
        spread = self.sd * sqrt(terms)
        return (observed - terms * self.mean) / spread if spread else 0.0

    def tail(self, terms: int, observed: int) -> Tail:
        """The upper tail, at `observed`, of the sum of `terms` terms."""
        top = len(self.weights) - 1
        if not 0 <= observed <= terms * top:
            return Tail(float(observed < 0), 0.0)
        theta = self._tilt(observed / terms) if terms else 0.0
        tilted, log_mass = self._tilted(theta)
        first, sums = _sum_of(tilted, terms)
        here = observed - first
        scale = exp(min(0.0, terms * log_mass - theta * observed))
        if here < 0:  # far below the mean, where nothing was tilted
            return Tail(1.0, 0.0)
        beyond = sums[here + 1 :]
        above = float(beyond @ np.exp(-theta * np.arange(1, len(beyond) + 1)))
        return Tail(min(1.0, above * scale), min(1.0, float(sums[here]) * scale) if here < len(sums) else 0.0)

    def _tilt(self, wanted: float) -> float:
        """The theta, not below 0, whose tilted mean is `wanted`, or the largest that can be computed."""
        low, high = 0.0, _MAX_EXPONENT / (len(self.weights) - 1)
        if wanted <= self.mean:
            return 0.0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            below = _moments(self._tilted(middle)[0])[0] < wanted
            low, high = (middle, high) if below else (low, middle)
        return low

    def _tilted(self, theta: float) -> tuple[NDArray[np.float64], float]:
        """The tilted distribution, and the logarithm of what it was divided by."""
        top = len(self.weights) - 1
        raised = self.weights * np.exp(
            theta * (np.arange(top + 1) - top)
        )  # relative to the last, so as not to overflow
        mass = float(raised.sum())
        return raised / mass, float(np.log(mass)) + theta * top


def binomial(share: float) -> Lattice:
    """A term that is 1 with probability `share`, else 0."""
    return Lattice(np.array([1 - share, share]))


def _moments(weights: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation."""
    values = np.arange(len(weights))
    mean = float(values @ weights)
    return mean, sqrt(float((values - mean) ** 2 @ weights))


def _sum_of(weights: NDArray[np.float64], terms: int) -> tuple[int, NDArray[np.float64]]:
    """The distribution of the sum of `terms` terms: its first value and the probabilities from there on."""
    top = len(weights) - 1
    mean, sd = _moments(weights)
    reach = _WINDOW_SD * sd * sqrt(terms) + top + 1
    first = max(0, int(terms * mean - reach))
    last = min(terms * top, int(terms * mean + reach))
    size = 1 << max(last - first, top).bit_length()  # a circle on which nothing that counts meets itself
    circle = np.fft.irfft(np.fft.rfft(weights, size) ** terms, size)
    return first, np.maximum(circle[np.arange(first, last + 1) % size], 0.0)

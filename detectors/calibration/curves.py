"""From the scores of a stratum to its two curves: how rare a score is among humans, and what it is worth.

Scores here are oriented: more is more machine-like.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.calibration.confidence import RATES, allowed_hits, upper_bound

Floats = NDArray[np.float64]

MIN_MACHINE = 59  # fewer machine records carry no ratio: as few as humans may carry a rate
BIN_RECORDS = 30  # of either class in a bin on average; fewer, and neighbouring ratios are noise
MAX_BINS = 40  # cuts at quantiles of either class
_KNOT_RATIO = 1.15  # between the tail counts that the curve of `fpr` keeps: its value rises by at most as much


def thresholds(humans: Floats, rates: Sequence[float] = RATES) -> tuple[tuple[float, float], ...]:
    """(rate, score) for each rate that the number of humans proves: the (k+1)-th largest human score."""
    found = [(rate, threshold(humans, rate)) for rate in rates]
    return tuple((rate, score) for rate, score in found if score is not None)


def threshold(humans: Floats, rate: float) -> float | None:
    """The score beyond which at most `rate` of human content lies, with 95 % confidence; null for too few humans."""
    k = allowed_hits(len(humans), rate)
    return None if k is None else float(np.partition(humans, len(humans) - 1 - k)[len(humans) - 1 - k])


def fpr_curve(humans: Floats, rates: Sequence[float] = RATES) -> tuple[Floats, Floats]:
    """Scores, and the upper bounds of the share of human content strictly beyond each of them.

    Of all distinct scores those are kept whose counts of humans beyond grow by `_KNOT_RATIO`; for a score between two
    of them the more frequent one counts, so that leaving some out never makes a score look rarer.
    """
    scores, counts = np.unique(humans, return_counts=True)
    beyond = len(humans) - np.cumsum(counts)
    wanted = _tail_counts(len(humans), rates)
    kept = np.unique(np.searchsorted(-beyond, [-count for count in wanted], side="left").clip(max=len(scores) - 1))
    return scores[kept], upper_bound(beyond[kept], len(humans))


def _tail_counts(n: int, rates: Sequence[float]) -> list[int]:
    """Numbers of humans beyond a knot, from all but none to none, and those at the thresholds among them."""
    counts, count = {0, n}, 1.0
    while count < n:
        counts.add(int(count))
        count = max(count + 1, count * _KNOT_RATIO)
    counts |= {k for rate in rates if (k := allowed_hits(n, rate)) is not None}
    return sorted(counts, reverse=True)


def llr_curve(humans: Floats, machines: Floats) -> tuple[Floats, Floats] | None:
    """Scores, and ln P(score | synthetic) - ln P(score | human) there; null for too few machine records.

    Histogram with one pseudo-count a bin, made monotone by pooling adjacent violators (Ayer et al., 1955), each side
    capped by what its class can support: nobody who saw n humans may claim odds of more than n + 1.
    """
    from scipy.optimize import isotonic_regression

    if len(machines) < MIN_MACHINE or len(humans) < MIN_MACHINE:
        return None
    edges = _edges(humans, machines)
    bins = len(edges) + 1
    human = np.bincount(np.searchsorted(edges, humans, side="right"), minlength=bins)
    machine = np.bincount(np.searchsorted(edges, machines, side="right"), minlength=bins)
    raw = np.log((machine + 1) / (len(machines) + bins)) - np.log((human + 1) / (len(humans) + bins))
    smooth = isotonic_regression(raw, weights=(human + machine + 2).astype(float)).x
    values = np.clip(smooth, -log(len(machines) + 1), log(len(humans) + 1))
    centres = _centres(humans, machines, edges)
    return np.array([score for score, _ in centres]), np.array([values[bin_] for _, bin_ in centres])


def _edges(humans: Floats, machines: Floats) -> Floats:
    """Where bins end: quantiles of either class, so that both tails are resolved."""
    cuts = [
        np.quantile(scores, np.linspace(0, 1, min(MAX_BINS // 2, len(scores) // BIN_RECORDS) + 2)[1:-1])
        for scores in (humans, machines)
    ]
    return np.unique(np.concatenate(cuts))


def _centres(humans: Floats, machines: Floats, edges: Floats) -> list[tuple[float, int]]:
    """The median score of each bin that holds any, and the bin."""
    everyone = np.sort(np.concatenate([humans, machines]))
    bounds = [0, *np.searchsorted(everyone, edges, side="left"), len(everyone)]
    return [
        (float(np.median(everyone[first:last])), bin_)
        for bin_, (first, last) in enumerate(pairwise(bounds))
        if first < last
    ]

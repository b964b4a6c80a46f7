"""Sorts records into strata by language and length, and decides which strata can stand by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.calibration.calibration import Refused, StratumKey
from lowbackground.detectors.calibration.confidence import DELTA, records_needed

Floats = NDArray[np.float64]

EDGES = (50, 100, 200, 400)  # words: below 50 nothing holds, and a threshold for all lengths is off by a factor of four
LEAST = records_needed(0.05)  # human records without which nobody can say that a stratum is like its parent

_TAIL = 20  # highest scores that are looked at where the rate itself would be fewer

TOO_FEW = "too-few-human"
DIFFERS = "differs-from-parent"
TOO_SHORT = "too-short"


@dataclass(frozen=True, slots=True)
class Pool:
    """Records whose curves are computed together: their indices, human and machine."""

    key: StratumKey
    humans: NDArray[np.intp]
    machines: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Strata that can be covered, each with its own records and the pool that speaks for it, and those that cannot."""

    covered: tuple[tuple[Pool, Pool], ...]
    refused: tuple[Refused, ...]


def sort_strata(
    places: Sequence[tuple[str, int | None]],
    machine: NDArray[np.bool_],
    scores: Floats,
    edges: Sequence[int],
    rate: float,
) -> Sorted:
    """The strata of these records; `places` are group and words of each, `scores` oriented."""
    own, parents = _pools(places, machine, edges)
    needed = records_needed(rate)
    covered, refused = [], []
    for pool in own:
        parent = parents.get(pool.key.group)
        if pool.key.words_from == 0:
            refused.append(_refused(pool, TOO_SHORT, 0))
        elif len(pool.humans) >= needed:
            covered.append((pool, pool))
        elif parent is None or len(pool.humans) < LEAST or len(parent.humans) < needed:
            refused.append(_refused(pool, TOO_FEW, needed - len(pool.humans)))
        elif _differs(pool, parent, scores, rate):
            refused.append(_refused(pool, DIFFERS, needed - len(pool.humans)))
        else:
            covered.append((pool, parent))
    return Sorted(tuple(covered), tuple(refused))


def _refused(pool: Pool, reason: str, missing: int) -> Refused:
    return Refused(pool.key, len(pool.humans), len(pool.machines), reason, missing)


def _pools(
    places: Sequence[tuple[str, int | None]], machine: NDArray[np.bool_], edges: Sequence[int]
) -> tuple[list[Pool], dict[str, Pool]]:
    """The pool of each stratum, in order, and of each language over all its lengths."""
    by_key: dict[StratumKey, list[int]] = {}
    for index, place in enumerate(places):
        by_key.setdefault(_key(*place, edges), []).append(index)
    own = [_pool(key, by_key[key], machine) for key in sorted(by_key, key=lambda key: (key.group, key.words_from or 0))]
    parents: dict[str, list[int]] = {}
    for key, members in by_key.items():
        if key.words_from:  # neither media, which have no parent, nor texts that are too short
            parents.setdefault(key.group, []).extend(members)
    whole = {group: _pool(StratumKey(group, edges[0]), members, machine) for group, members in parents.items()}
    return own, whole


def _key(group: str, words: int | None, edges: Sequence[int]) -> StratumKey:
    if words is None:
        return StratumKey(group)
    at = int(np.searchsorted(edges, words, side="right"))
    return StratumKey(group, edges[at - 1] if at else 0, edges[at] if at < len(edges) else None)


def _pool(key: StratumKey, members: Sequence[int], machine: NDArray[np.bool_]) -> Pool:
    indices = np.array(sorted(members), np.intp)
    return Pool(key, indices[~machine[indices]], indices[machine[indices]])


def _differs(pool: Pool, parent: Pool, scores: Floats, rate: float) -> bool:
    """Whether the humans of a stratum score otherwise than those of its language's other lengths.

    As a whole, by the two-sample test of Kolmogorov and Smirnov; or in the tail that matters, by how many of the
    highest scores of the language are theirs (hypergeometric).
    """
    from scipy.stats import hypergeom, ks_2samp

    rest = np.setdiff1d(parent.humans, pool.humans, assume_unique=True)
    if len(rest) < LEAST or ks_2samp(scores[pool.humans], scores[rest], method="asymp").pvalue < DELTA:
        return True
    n = len(parent.humans)
    top = max(_TAIL, ceil(rate * n))
    among = np.isin(parent.humans[np.argsort(-scores[parent.humans], kind="stable")[:top]], pool.humans)
    return bool(hypergeom.sf(np.count_nonzero(among) - 1, n, len(pool.humans), top) < DELTA)

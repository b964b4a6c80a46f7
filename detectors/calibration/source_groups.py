"""Raises thresholds until no source group pays for the others with false positives of its own.

A pooled rate hides the source whose people write like machines: at a pooled 1 %, notices of one government office had
4.4 %. So each group with enough human records must stay below `group_rate` by the one-sided 95 % Clopper-Pearson bound,
over all strata together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.calibration.calibration import SourceGroup
from lowbackground.detectors.calibration.confidence import allowed_hits, upper_bound

Floats = NDArray[np.float64]

LARGEST_GROUPS = 50  # of those that no bound holds for, this many are listed


@dataclass(frozen=True, slots=True)
class Covered:
    """The records in covered strata: which pool's threshold each answers to, and its group; one element a record."""

    scores: Floats
    machine: NDArray[np.bool_]
    pools: NDArray[np.intp]
    groups: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class _Bound:
    """A group that may have `allowed` hits: scores and pools of its human records."""

    allowed: int
    scores: Floats
    pools: NDArray[np.intp]

    def beyond(self, cuts: Floats) -> NDArray[np.bool_]:
        """Which of its records are hits."""
        return np.asarray(self.scores > cuts[self.pools])

    def holds(self, cuts: Floats) -> bool:
        """Whether these are not too many."""
        return int(np.count_nonzero(self.beyond(cuts))) <= self.allowed


def raised(records: Covered, thresholds: Floats, group_rate: float) -> Floats:
    """The thresholds of the pools, raised as far as every group with enough human records demands, and no further.

    Groups that may have the fewest hits come first: they leave the least choice. Where the last ones make what was done
    for the first ones needless, it is taken back.
    """
    groups = _bound_groups(records, group_rate)
    cuts = thresholds.copy()
    in_pool = [np.sort(records.scores[records.pools == pool]) for pool in range(len(cuts))]
    for group in groups:
        while not group.holds(cuts):
            pool, cut = _cheapest(group, cuts, in_pool)
            cuts[pool] = cut
    for pool in range(len(cuts)):
        cuts[pool] = _lowest(pool, cuts, thresholds[pool], groups)
    return cuts


def _bound_groups(records: Covered, group_rate: float) -> list[_Bound]:
    human = ~records.machine
    names, counts = np.unique(records.groups[human], return_counts=True)
    found = []
    for name, count in zip(names, counts, strict=True):
        allowed = allowed_hits(int(count), group_rate)
        if allowed is not None:
            mine = human & (records.groups == name)
            found.append(_Bound(allowed, records.scores[mine], records.pools[mine]))
    return sorted(found, key=lambda group: group.allowed)


def _cheapest(group: _Bound, cuts: Floats, in_pool: Sequence[Floats]) -> tuple[int, float]:
    """The pool whose lowest hit of the group can be let go at the price of the fewest other records, and its new cut."""
    beyond, steps = group.beyond(cuts), []
    for pool in np.unique(group.pools[beyond]):
        lowest = group.scores[beyond & (group.pools == pool)].min()
        passed = np.searchsorted(in_pool[pool], [cuts[pool], lowest], side="right")
        steps.append((int(passed[1] - passed[0]), int(pool), float(lowest)))
    _, pool, cut = min(steps)
    return pool, cut


def _lowest(pool: int, cuts: Floats, pooled: float, groups: Sequence[_Bound]) -> float:
    """The lowest cut of a pool, from the pooled one up, at which all groups still hold, the other cuts as they are."""
    inside = [group.scores[(group.pools == pool) & (group.scores > pooled)] for group in groups]
    steps = np.unique(np.concatenate([[pooled], *inside]))
    low, high = 0, int(np.searchsorted(steps, cuts[pool]))
    tried = cuts.copy()
    while low < high:
        middle = (low + high) // 2
        tried[pool] = steps[middle]
        if all(group.holds(tried) for group in groups):
            high = middle
        else:
            low = middle + 1
    return float(steps[high])


def listed(records: Covered, thresholds: Floats, group_rate: float) -> tuple[tuple[SourceGroup, ...], int]:
    """The groups that `group_rate` binds, worst first, then the largest others; and how many are left out."""
    human = ~records.machine
    hit = human & (records.scores > thresholds[records.pools])
    names, inverse = np.unique(records.groups, return_inverse=True)
    counts = [np.bincount(inverse[mask], minlength=len(names)) for mask in (human, records.machine, hit)]
    bounds = upper_bound(counts[2], counts[0])
    groups = [
        SourceGroup(str(name), int(humans), int(machines), int(hits), float(f"{bound:.6g}"))
        for name, humans, machines, hits, bound in zip(names, *counts, bounds, strict=True)
    ]
    bound = [group for group in groups if is_bound(group, group_rate)]
    others = [group for group in groups if not is_bound(group, group_rate)]
    bound.sort(key=lambda group: (-group.bound, group.name))
    others.sort(key=lambda group: (-group.n_human, -group.n_machine, group.name))
    return (*bound, *others[:LARGEST_GROUPS]), max(0, len(others) - LARGEST_GROUPS)


def is_bound(group: SourceGroup, group_rate: float) -> bool:
    """Whether a group has the human records that can prove the rate."""
    return allowed_hits(group.n_human, group_rate) is not None

"""Raises thresholds until no source group pays for the others with false positives of its own.

A pooled rate hides the source whose people write like machines: at a pooled 1 %, notices of one government office had
4.4 %. So each group with enough human records must stay below `group_rate` by the one-sided 95 % Clopper-Pearson bound,
over all strata together.
"""

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


def raised(records: Covered, thresholds: Floats, group_rate: float) -> Floats:
    """The thresholds of the pools, raised as far as every group with enough human records demands.

    One hit of the group after the other is let go: each time, of the pools in which it has hits, in the one where the
    fewest other records lie between its threshold and the lowest of them.
    """
    cuts = thresholds.copy()
    in_pool = [np.sort(records.scores[records.pools == pool]) for pool in range(len(cuts))]
    names, counts = np.unique(records.groups[~records.machine], return_counts=True)
    for group, humans in zip(names, counts, strict=True):
        allowed = allowed_hits(int(humans), group_rate)
        if allowed is None:
            continue
        mine = ~records.machine & (records.groups == group)
        scores, pools = records.scores[mine], records.pools[mine]
        while np.count_nonzero(scores > cuts[pools]) > allowed:
            beyond = scores > cuts[pools]
            steps = []
            for pool in np.unique(pools[beyond]):
                lowest = scores[beyond & (pools == pool)].min()
                passed = np.searchsorted(in_pool[pool], [cuts[pool], lowest], side="right")
                steps.append((int(passed[1] - passed[0]), int(pool), float(lowest)))
            _, pool, cut = min(steps)
            cuts[pool] = cut
    return cuts


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

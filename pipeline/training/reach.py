"""What a detector reaches on each source when its models have seen nothing of that source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reach:
    """One source: its texts, and the chance that a machine text scores above a human one (AUROC, ties count half).

    A source of one side alone is held against all texts of the other side; null where there are none.
    """

    source: str
    n_human: int
    n_machine: int
    auroc: float | None


def reach_by_source(scores: Floats, machine: NDArray[np.bool_], sources: Sequence[str]) -> tuple[Reach, ...]:
    """The sources, worst first."""
    names = np.array(sources, np.str_)
    found = []
    for name in np.unique(names):
        mine = names == name
        human, made = mine & ~machine, mine & machine
        sides = scores[human if human.any() else ~machine], scores[made if made.any() else machine]
        found.append(Reach(str(name), int(human.sum()), int(made.sum()), auroc(*sides)))
    return tuple(sorted(found, key=lambda each: (1.0 if each.auroc is None else each.auroc, each.source)))


def auroc(human: Floats, machine: Floats) -> float | None:
    """P(machine > human) + P(equal) / 2, by the rank sum of Mann and Whitney (1947); null for an empty side."""
    from scipy.stats import rankdata

    if not (len(human) and len(machine)):
        return None
    ranks = rankdata(np.concatenate([human, machine]))[len(human) :]
    n = len(machine)
    return float((ranks.sum() - n * (n + 1) / 2) / (n * len(human)))

"""Figures of scores: how well they rank, and how much machine text lies beyond the score that few human texts reach."""

from dataclasses import dataclass

import numpy as np

RATES = (0.01, 0.001)  # of false positives


@dataclass(frozen=True, slots=True)
class Figures:
    """AUROC, and the share of machine texts found at 1 % and at 0.1 % false positives; nan where there are too few texts."""

    humans: int
    machines: int
    auroc: float
    found: tuple[float, float]

    def row(self) -> list[object]:
        """For JSON."""
        return [self.humans, self.machines, rounded(self.auroc), *(rounded(each) for each in self.found)]


def rounded(value: float, digits: int = 4) -> float | None:
    """A figure as it is printed; null where there is none."""
    return None if np.isnan(value) else round(float(value), digits)


def figures(human: np.ndarray, machine: np.ndarray) -> Figures:
    """Figures of the scores of one population of each class."""
    found = tuple(
        float(np.mean(machine > cut)) if len(machine) and not np.isnan(cut) else np.nan for cut in cuts(human)
    )
    return Figures(len(human), len(machine), auroc(human, machine), (found[0], found[1]))


def cuts(human: np.ndarray) -> list[float]:
    """The scores that 1 % and 0.1 % of human texts lie beyond; nan for fewer texts than make one such text."""
    ordered = np.sort(human)[::-1]
    return [float(ordered[int(rate * len(ordered))]) if len(ordered) >= 1 / rate else np.nan for rate in RATES]


def auroc(human: np.ndarray, machine: np.ndarray) -> float:
    """The probability that a machine text scores higher than a human one (Mann-Whitney)."""
    from scipy.stats import rankdata

    if not len(human) or not len(machine):
        return float("nan")
    ranks = rankdata(np.concatenate([human, machine]))[len(human) :].sum()
    return float((ranks - len(machine) * (len(machine) + 1) / 2) / (len(human) * len(machine)))

"""Figures of scores: how well they rank, and how much machine text lies beyond the score that few human texts reach."""

from dataclasses import dataclass

import numpy as np

from lowbackground.pipeline.training.reach import auroc

RATES = (0.01, 0.001)  # of false positives


@dataclass(frozen=True, slots=True)
class Figures:
    """AUROC, and the share of machine texts found at 1 % and at 0.1 % false positives, nan for too few texts."""

    humans: int
    machines: int
    auroc: float | None
    found: tuple[float, float]

    def row(self) -> list[object]:
        """For JSON."""
        return [self.humans, self.machines, rounded(self.auroc), *(rounded(each) for each in self.found)]


def rounded(value: float | None, digits: int = 4) -> float | None:
    """A figure as it is printed; null where there is none."""
    return None if value is None or np.isnan(value) else round(float(value), digits)


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

"""The table of `ai_text`: every figure is of a text that the model which scored it saw no neighbour of.

`table()` takes the scores of one seed; `over_seeds` puts several together as mean, least and most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ai_text.families import family
from benchmarks.ai_text.measure import RATES, cuts, figures, rounded
from benchmarks.ai_text.sources import rewritten
from benchmarks.ai_text.texts import Texts

EDGES = (50, 100, 200, 400)  # words at which a length begins, as in the calibration
FEW = 50  # texts below which no share is printed

Rows = dict[str, list[object]]


@dataclass(frozen=True, slots=True)
class Scored:
    """Texts with their scores (nan: a gate stopped the text), words in the windows, and held-out groups."""

    texts: Texts
    scores: np.ndarray
    words: np.ndarray
    groups: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Whether a text has a score."""
        return ~np.isnan(self.scores)

    @property
    def human(self) -> np.ndarray:
        """Scored human texts."""
        return self.known & (self.texts.kind == "human")

    @property
    def core(self) -> np.ndarray:
        """Scored machine texts of the claim: unedited, by models that were tuned to follow instructions."""
        return self.known & (self.texts.kind == "core")

    @property
    def counted(self) -> np.ndarray:
        """As the study counted: with texts that a model wrote anew from human ones."""
        return self.core | (self.known & rewritten(self.texts.file, self.texts.kind))


def table(scored: Scored) -> dict[str, Rows]:
    """All sections that one set of scores gives."""
    beyond = beyond_cuts(scored)
    return {
        "pooled": pooled(scored, beyond),
        "groups": by_group(scored),
        "lengths": by_length(scored),
        "families": by(beyond, scored.core, [", ".join(family(name)) for name in scored.texts.generator.tolist()]),
        "machine domains": by(beyond, scored.core, _domains(scored.texts)),
        "edited and attacked": by(
            beyond, scored.known & np.isin(scored.texts.kind, ("edited", "attack")), _splits(scored.texts)
        ),
        "base models, outside of the claim": by(
            beyond, scored.known & (scored.texts.kind == "base"), scored.texts.file.tolist()
        ),
        "human sources": by(beyond, scored.human, scored.texts.file.tolist()),
        "human domains": by(beyond, scored.human, _domains(scored.texts)),
    }


def beyond_cuts(scored: Scored) -> np.ndarray:
    """Whether each score lies beyond the scores that 1 % and 0.1 % of the human texts of its length do."""
    beyond = np.zeros((len(scored.scores), len(RATES)), bool)
    for inside in lengths(scored.words).values():
        for place, cut in enumerate(cuts(scored.scores[scored.human & inside])):
            beyond[:, place] |= inside & scored.known & (np.nan_to_num(scored.scores, nan=-np.inf) > cut)
    return beyond


def lengths(words: np.ndarray) -> dict[str, np.ndarray]:
    """Which texts have each length."""
    ends = (*EDGES[1:], 1 << 30)
    names = [
        f"{low}-{high - 1} words" if high < 1 << 30 else f"{low} words and more"
        for low, high in zip(EDGES, ends, strict=True)
    ]
    return {name: (words >= low) & (words < high) for name, low, high in zip(names, EDGES, ends, strict=True)}


def pooled(scored: Scored, beyond: np.ndarray) -> Rows:
    """All held-out groups together, by one threshold for all lengths and by one for each."""
    rows: Rows = {}
    for name, machine in (("the claim", scored.core), ("as the study counted", scored.counted)):
        found = figures(scored.scores[scored.human], scored.scores[machine])
        rows[f"{name}, one threshold"] = found.row()
        by_bin = [rounded(each) for each in beyond[machine].mean(axis=0)]
        rows[f"{name}, a threshold for each length"] = [found.humans, found.machines, rounded(found.auroc), *by_bin]
    return rows


def by_group(scored: Scored) -> Rows:
    """Each held-out group by itself, with thresholds on its own human texts."""
    rows: Rows = {}
    for group in dict.fromkeys(scored.groups.tolist()):
        inside = scored.groups == group
        rows[group] = figures(scored.scores[scored.human & inside], scored.scores[scored.counted & inside]).row()
    return rows


def by_length(scored: Scored) -> Rows:
    """The claim at each length, with thresholds on the human texts of the length."""
    return {
        name: figures(scored.scores[scored.human & inside], scored.scores[scored.core & inside]).row()
        for name, inside in lengths(scored.words).items()
    }


def by(beyond: np.ndarray, among: np.ndarray, names: Sequence[str]) -> Rows:
    """Number of texts of each name, and the shares beyond the thresholds of their lengths."""
    label = np.array(names)
    rows: Rows = {}
    for name in np.unique(label[among]).tolist():
        chosen = among & (label == name)
        if np.count_nonzero(chosen) >= FEW:
            rows[name] = [int(np.count_nonzero(chosen)), *(rounded(each) for each in beyond[chosen].mean(axis=0))]
    return dict(sorted(rows.items(), key=lambda row: -float(str(row[1][1]))))


def _domains(texts: Texts) -> list[str]:
    return [f"{file}: {domain}" for file, domain in zip(texts.file.tolist(), texts.domain.tolist(), strict=True)]


def _splits(texts: Texts) -> list[str]:
    named = zip(texts.file.tolist(), texts.split.tolist(), texts.kind.tolist(), strict=True)
    return [f"{file}: {split} ({kind})" for file, split, kind in named]


def over_seeds(tables: Sequence[Mapping[str, Rows]]) -> dict[str, dict[str, list[object]]]:
    """The same tables over several seeds: counts once, every share as [mean, least, most]."""
    first = tables[0]
    return {
        section: {name: _over([table[section].get(name, row) for table in tables]) for name, row in rows.items()}
        for section, rows in first.items()
    }


def _over(rows: Sequence[Sequence[object]]) -> list[object]:
    cells: list[object] = []
    for values in zip(*rows, strict=True):
        numbers = [float(value) for value in values if isinstance(value, float)]
        whole = isinstance(values[0], int) or not numbers
        cells.append(values[0] if whole else [rounded(np.mean(numbers)), min(numbers), max(numbers)])
    return cells

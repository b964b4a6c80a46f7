"""Trains on the frozen folds: outputs for every text by a model that never saw its group, and the model that ships.

Models of different folds agree in the order of texts and differ in where their scales lie. So the outputs of each are
put on the scale of the model that ships, by mean and deviation over human texts that no model is trained on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.ai_text.sources import REWRITES, Folds
from benchmarks.ai_text.texts import Texts
from lowbackground.detectors.text_classifier.fit import Material, fit, outputs
from lowbackground.detectors.text_classifier.fit_examples import Examples, Seen
from lowbackground.detectors.text_classifier.fit_heads import HEADS, HeadsFit, Recipe


@dataclass(frozen=True, slots=True)
class Diet:
    """What trains: how much each kind counts, and how many texts of a file and kind there are at most."""

    emphasis: Mapping[str, float] = field(
        default_factory=lambda: {"human": 1.0, "core": 1.0, "edited": 0.2, "base": 0.25}
    )
    most: int = 4000  # more of the same source adds time alone


@dataclass(frozen=True, slots=True)
class Aligned:
    """Heads of a fold with the slope and shift that put each output on the scale of the model that ships."""

    heads: HeadsFit
    slope: np.ndarray
    shift: np.ndarray

    def __call__(self, seen: Seen) -> np.ndarray:
        """The outputs on the common scale."""
        return self.heads(seen) * self.slope + self.shift


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Outputs of heads for each text and each piece, by a model that saw nothing of its group; nan where there is none.

    In `calibrating` and `calibrating_pieces` those of human texts that never train are of the model that ships: it is new
    to them too, and may have met machine texts of their genre.
    """

    whole: np.ndarray
    pieces: np.ndarray
    calibrating: np.ndarray
    calibrating_pieces: np.ndarray
    folds: Mapping[str, Aligned]
    final: HeadsFit


def examples_of(texts: Texts, diet: Diet) -> Examples:
    """The texts as examples; those of models without instruction tuning are negatives, as their style is human."""
    positive = np.isin(texts.kind, ("core", "edited", "attack"))
    source = np.char.add(np.char.add(texts.file.astype(str), "/"), texts.kind.astype(str))
    emphasis = np.array([diet.emphasis.get(kind, 0.0) for kind in texts.kind.tolist()])
    return Examples(texts.normal, positive, source, emphasis, texts.domain.astype(str))


def training_rows(texts: Texts, diet: Diet, seed: int) -> np.ndarray:
    """Whether each text trains: its licence allows it, its kind is one that trains, its source is not over its share."""
    rewritten = (texts.kind == "edited") & np.isin(texts.file, REWRITES)
    wanted = texts.trains & (np.isin(texts.kind, ("human", "core", "base")) | rewritten)
    wanted &= np.isin(texts.kind, sorted(diet.emphasis))
    order = np.random.default_rng(seed).permutation(len(texts))
    taken: dict[tuple[str, str], int] = {}
    for row in order.tolist():
        if wanted[row]:
            cell = (str(texts.file[row]), str(texts.kind[row]))
            taken[cell] = taken.get(cell, 0) + 1
            wanted[row] = taken[cell] <= diet.most
    return wanted


def groups_of(texts: Texts, folds: Folds) -> np.ndarray:
    """The group of each text."""
    return np.array([folds.group_of[file] for file in texts.file.tolist()])


def cross_fit(
    texts: Texts, ready: Material, folds: Folds, recipe: Recipe, diet: Diet, seed: int, *, touch: bool
) -> CrossFit:
    """Models by group, and one of all; `touch` says whether the group that is touched once takes part at all."""
    groups = groups_of(texts, folds)
    trains = training_rows(texts, diet, seed)
    present = np.ones(len(texts), bool) if touch else groups != folds.touched_once
    trains &= present
    final = fit(ready, np.flatnonzero(trains), recipe, seed)
    bridge = (texts.kind == "human") & ~texts.trains & present
    wanted = outputs(final, ready, np.flatnonzero(bridge))
    whole = np.full((len(texts), len(HEADS)), np.nan)
    pieces = np.full((len(ready.of), len(HEADS)), np.nan)
    fitted: dict[str, Aligned] = {}
    for group in np.unique(groups[present]).tolist():
        rows = np.flatnonzero(groups == group)
        heads = fit(ready, np.flatnonzero(trains & (groups != group)), recipe, seed)
        others = groups[bridge] != group
        fitted[group] = aligned(
            heads, outputs(heads, ready, np.flatnonzero(bridge & (groups != group))), wanted[others]
        )
        whole[rows] = fitted[group](ready.seen.only(rows))
        cut = np.flatnonzero(groups[ready.of] == group)
        pieces[cut] = fitted[group](ready.piece_seen.only(cut))
        print(f"  seed {seed}: {len(rows):,} texts of {group} scored by a model without it", flush=True)
    by_final, cut_by_final = whole.copy(), pieces.copy()
    by_final[bridge] = wanted
    of_bridge = np.flatnonzero(bridge[ready.of])
    cut_by_final[of_bridge] = final(ready.piece_seen.only(of_bridge))
    return CrossFit(whole, pieces, by_final, cut_by_final, fitted, final)


def aligned(heads: HeadsFit, found: np.ndarray, wanted: np.ndarray) -> Aligned:
    """Heads whose outputs for the same texts get the mean and deviation that are wanted."""
    slope = wanted.std(axis=0) / np.maximum(found.std(axis=0), 1e-9)
    return Aligned(heads, slope, wanted.mean(axis=0) - slope * found.mean(axis=0))

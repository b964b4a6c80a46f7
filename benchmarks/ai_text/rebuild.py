"""Trains on the frozen folds: scores of every text by a model that never saw its group, and the weights that ship."""

from dataclasses import dataclass

import numpy as np

from benchmarks.ai_text.sources import Folds
from benchmarks.ai_text.texts import Texts
from lowbackground.detectors.text_classifier.fit import Material, cross_fitted, fit, material, outputs
from lowbackground.detectors.text_classifier.fit_examples import Examples
from lowbackground.detectors.text_classifier.fit_heads import HEADS, HeadsFit, Recipe

MOST_OF_A_SOURCE = 4000  # texts of one file and kind that train: more of the same adds time alone
EMPHASIS = {"human": 1.0, "core": 1.0, "edited": 0.4, "base": 0.5}  # kinds that train, and how much each counts
REWRITES = {"l2r", "hppt", "mixset", "hc3plus"}  # edited files whose texts a model wrote anew from a human one


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Outputs of heads for each text, by a model that saw nothing of its group; nan where there is none."""

    outputs: np.ndarray
    final: HeadsFit | None


def examples_of(texts: Texts) -> Examples:
    """The texts as examples; those of models without instruction tuning are negatives, as their style is human."""
    positive = np.isin(texts.kind, ("core", "edited", "attack"))
    source = np.char.add(np.char.add(texts.file.astype(str), "/"), texts.kind.astype(str))
    emphasis = np.array([EMPHASIS.get(kind, 0.0) for kind in texts.kind])
    return Examples(texts.normal, positive, source, emphasis)


def training_rows(texts: Texts, seed: int) -> np.ndarray:
    """Whether each text trains: its licence allows it, its kind is one that trains, and its source is not over its share."""
    wanted = texts.trains & (
        np.isin(texts.kind, ("human", "core", "base"))
        | ((texts.kind == "edited") & np.isin(texts.file, sorted(REWRITES)))
    )
    order = np.random.default_rng(seed).permutation(len(texts))
    place: dict[tuple[str, str], int] = {}
    for row in order.tolist():
        if wanted[row]:
            cell = (str(texts.file[row]), str(texts.kind[row]))
            place[cell] = place.get(cell, 0) + 1
            wanted[row] = place[cell] <= MOST_OF_A_SOURCE
    return wanted


def cross_fit(
    texts: Texts, folds: Folds, recipe: Recipe, seed: int, *, touch: bool, ready: Material | None = None
) -> CrossFit:
    """Models by group; `touch` includes the group that is touched once, and trains the weights that ship."""
    ready = ready or material(examples_of(texts), seed)
    trains = training_rows(texts, seed)
    groups = np.array([folds.group_of[file] for file in texts.file.tolist()])
    found = np.full((len(texts), len(HEADS)), np.nan)
    held_back = groups == folds.touched_once
    if not touch:
        trains &= ~held_back
    for group, heads, rows in cross_fitted(ready, groups, trains, recipe, seed):
        if touch or group != folds.touched_once:
            found[rows] = outputs(heads, ready, rows)
            print(f"  seed {seed}: scored {len(rows):,} texts of {group} by a model without it", flush=True)
    return CrossFit(found, fit(ready, np.flatnonzero(trains), recipe, seed) if touch else None)

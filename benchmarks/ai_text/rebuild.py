"""Trains on the frozen folds: outputs for every text by a model that never saw its group, and the model that ships.

The outputs of each fold are put on the scale of the model that ships by human texts that no model is trained on, since
their licences do not allow it (`lowbackground.detectors.text_classifier.fit_folds`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.ai_text.sources import Folds, rewritten
from benchmarks.ai_text.texts import Texts
from lowbackground.detectors.text_classifier.fit import Material
from lowbackground.detectors.text_classifier.fit_examples import Examples
from lowbackground.detectors.text_classifier.fit_folds import Aligned, fit_kept, fit_without
from lowbackground.detectors.text_classifier.fit_heads import GUARDED, PLAIN, HeadsFit, Recipe


@dataclass(frozen=True, slots=True)
class Diet:
    """What trains: how much each kind counts in each of the recipe's diets, and how many texts of a file and kind at most."""

    emphasis: Mapping[int, Mapping[str, float]] = field(
        default_factory=lambda: {
            GUARDED: {"human": 1.0, "core": 1.0, "edited": 0.2, "base": 0.25},
            PLAIN: {"human": 1.0, "core": 1.0, "edited": 1.0},
        }
    )
    most: int = 4000  # more of the same source adds time alone


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
    emphasis = [[diet.emphasis[each].get(kind, 0.0) for each in sorted(diet.emphasis)] for kind in texts.kind.tolist()]
    return Examples(texts.normal, positive, source, np.array(emphasis), texts.domain.astype(str))


def training_rows(texts: Texts, diet: Diet, seed: int) -> np.ndarray:
    """Whether each text trains: its licence allows it, its kind is one that trains, its source is not over its share."""
    wanted = texts.trains & (np.isin(texts.kind, ("human", "core", "base")) | rewritten(texts.file, texts.kind))
    wanted &= np.isin(texts.kind, sorted({kind for each in diet.emphasis.values() for kind in each}))
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
    bridge = (texts.kind == "human") & ~texts.trains & present
    kept = fit_kept(ready, trains, bridge, recipe, seed)
    whole = np.full((len(texts), len(recipe.heads)), np.nan)
    pieces = np.full((len(ready.of), len(recipe.heads)), np.nan)
    fitted: dict[str, Aligned] = {}
    for group in np.unique(groups[present]).tolist():
        inside = groups == group
        rows, cut = np.flatnonzero(inside), np.flatnonzero(inside[ready.of])
        fitted[group] = fit_without(kept, ready, inside, recipe, seed)
        whole[rows] = fitted[group](ready.seen.only(rows))
        pieces[cut] = fitted[group](ready.piece_seen.only(cut))
        print(f"  seed {seed}: {len(rows):,} texts of {group} scored by a model without it", flush=True)
    by_kept, cut_by_kept = whole.copy(), pieces.copy()
    by_kept[bridge] = kept.on_bridge
    of_bridge = np.flatnonzero(bridge[ready.of])
    cut_by_kept[of_bridge] = kept.heads(ready.piece_seen.only(of_bridge))
    return CrossFit(whole, pieces, by_kept, cut_by_kept, fitted, kept.heads)

"""Outputs of folds on the scale of the kept heads: whatever a fold's own scale is, its texts get the same scores."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowbackground.detectors.calibration.curves import threshold
from lowbackground.detectors.text_classifier import fit_folds
from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.fit import WINDOWS, Material, material
from lowbackground.detectors.text_classifier.fit_examples import Examples, Seen
from lowbackground.detectors.text_classifier.fit_folds import Aligned, Kept, aligned, fit_kept, fit_without
from lowbackground.detectors.text_classifier.fit_heads import DIETS, combination, combine
from tests.detectors.text_classifier.toy import prose, small_recipe

RECIPE = small_recipe(bits=12)
HEADS = len(RECIPE.heads)
TEXTS = 180
MACHINE = np.arange(TEXTS) % 3 == 1
FOLDS = np.arange(TEXTS) // 3 % 3
BRIDGE = ~MACHINE & (np.arange(TEXTS) % 5 == 0)

slopes = st.lists(st.floats(0.05, 20.0), min_size=HEADS, max_size=HEADS)
shifts = st.lists(st.floats(-50.0, 50.0), min_size=HEADS, max_size=HEADS)


@dataclass(frozen=True)
class Moved:
    """Heads whose scale lies elsewhere."""

    heads: Callable[[Seen], Any]
    slope: Any
    shift: Any

    def __call__(self, seen: Seen) -> Any:
        return self.heads(seen) * self.slope + self.shift


@cache
def toy() -> Material:
    normal = [
        prepared(prose(machine=bool(made), words=90, seed=seed).encode(), WINDOWS) for seed, made in enumerate(MACHINE)
    ]
    return material(Examples(normal, MACHINE, FOLDS.astype(str), np.ones((TEXTS, DIETS))), RECIPE, 0)


@cache
def kept() -> Kept:
    return fit_kept(toy(), ~BRIDGE, BRIDGE, RECIPE, 0)


@cache
def bridge_outside(number: int) -> tuple[Seen, np.ndarray]:
    """The bridge outside of a fold, and the outputs that are wanted for it."""
    outside = number != FOLDS
    return toy().seen.only(np.flatnonzero(BRIDGE & outside)), kept().on_bridge[outside[BRIDGE]]


@cache
def of_fold(number: int) -> Seen:
    return toy().seen.only(np.flatnonzero(number == FOLDS))


@cache
def fold(number: int) -> Aligned:
    return fit_without(kept(), toy(), number == FOLDS, RECIPE, 0)


def held_out(folds: list[Aligned]) -> np.ndarray:
    found = np.zeros((TEXTS, HEADS))
    for number, heads in enumerate(folds):
        found[number == FOLDS] = heads(of_fold(number))
    return found


def cut(outputs: np.ndarray) -> float:
    scores = combine(outputs, combination(outputs, MACHINE, RECIPE))
    return threshold(scores[~MACHINE], 0.05)


@settings(max_examples=25, deadline=None)
@given(slopes, shifts, st.integers(0, 2))
def test_another_scale_of_a_fold_changes_no_threshold(slope: list[float], shift: list[float], moved: int) -> None:
    before = [fold(number) for number in range(3)]
    bridge, wanted = bridge_outside(moved)
    heads = Moved(before[moved].heads, np.array(slope), np.array(shift))
    after = aligned(heads, heads(bridge), wanted)
    changed = held_out([after if number == moved else each for number, each in enumerate(before)])
    assert np.allclose(changed, held_out(before), atol=1e-6)
    assert cut(changed) == pytest.approx(cut(held_out(before)), rel=1e-5)


def test_raw_outputs_of_a_fold_of_another_scale_would_change_it() -> None:
    raw = [replace(fold(number), slope=np.ones(HEADS), shift=np.zeros(HEADS)) for number in range(3)]
    moved = [replace(raw[0], slope=np.full(HEADS, 3.0), shift=np.full(HEADS, 2.0)), *raw[1:]]
    assert abs(cut(held_out(moved)) - cut(held_out(raw))) > 0.1


def test_alignment_gives_the_wanted_mean_and_deviation() -> None:
    found = np.random.default_rng(0).normal(3, 2, (50, 3))
    wanted = np.random.default_rng(1).normal(-1, 5, (50, 3))
    moved = aligned(lambda _seen: found, found, wanted)(toy().seen)
    assert np.allclose(moved.mean(axis=0), wanted.mean(axis=0))
    assert np.allclose(moved.std(axis=0), wanted.std(axis=0))


def test_heads_that_give_all_texts_the_same_are_only_shifted() -> None:
    moved = aligned(lambda _seen: np.full((4, 3), 2.0), np.full((4, 3), 2.0), np.arange(12.0).reshape(4, 3))
    assert np.allclose(moved(toy().seen), np.arange(12.0).reshape(4, 3).mean(axis=0))


def test_neither_the_group_nor_the_bridge_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    trained_on: list[set[int]] = []
    fit = fit_folds.fit
    monkeypatch.setattr(
        fit_folds, "fit", lambda whole, rows, *rest: trained_on.append(set(rows.tolist())) or fit(whole, rows, *rest)
    )
    group = FOLDS == 1
    of_all = fit_kept(toy(), ~BRIDGE, BRIDGE, RECIPE, 0)
    heads = fit_without(of_all, toy(), group, RECIPE, 0)
    assert trained_on == [set(np.flatnonzero(~BRIDGE)), set(np.flatnonzero(~BRIDGE & ~group))]
    outside = np.flatnonzero(BRIDGE & ~group)
    wanted = of_all.heads(toy().seen.only(outside))
    assert np.allclose(heads(toy().seen.only(outside)).mean(axis=0), wanted.mean(axis=0))

"""Fitting: what trains, what weighs how much, and that what ships computes what was fitted."""

from functools import cache

import numpy as np
import pytest

from lowbackground.detectors.text_classifier import fit as fit_module
from lowbackground.detectors.text_classifier import fit_linear as fit_linear_module
from lowbackground.detectors.text_classifier.features import prepared, word_counts
from lowbackground.detectors.text_classifier.fit import WINDOWS, Material, english, fit, material, outputs
from lowbackground.detectors.text_classifier.fit_examples import PIECES, Examples, balanced, pieces
from lowbackground.detectors.text_classifier.fit_heads import (
    DIETS,
    GUARDED,
    PLAIN,
    Recipe,
    combination,
    combine,
)
from lowbackground.detectors.text_classifier.fit_linear import LinearRecipe, Training, fit_linear, steadiness
from lowbackground.detectors.text_classifier.score import Scorer
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import write_weights
from tests.detectors.text_classifier.toy import prose, small_recipe

RECIPE = small_recipe(bits=14)


@cache
def toy_material() -> Material:
    machine = np.arange(160) % 2 == 1
    normal = [
        prepared(prose(machine=bool(one), words=200, seed=seed).encode(), WINDOWS) for seed, one in enumerate(machine)
    ]
    source = np.array([f"source-{seed % 4}" for seed in range(160)])
    return material(Examples(normal, machine, source, np.ones((160, DIETS))), RECIPE, 0)


def test_pieces_are_parts_of_their_texts():
    whole = toy_material()
    cut, of = pieces(whole.examples, 1)
    assert len(of) == PIECES * len(whole.examples)
    for piece, row in zip(cut.normal, of.tolist(), strict=True):
        assert piece in whole.examples.normal[row]
        assert len(piece) < len(whole.examples.normal[row])
    assert (cut.machine == whole.examples.machine[of]).all()


def test_the_same_seed_cuts_the_same_pieces():
    examples = toy_material().examples
    assert pieces(examples, 3)[0].normal == pieces(examples, 3)[0].normal
    assert pieces(examples, 3)[0].normal != pieces(examples, 4)[0].normal


def test_short_texts_are_left_whole():
    short = Examples([b"only a few words"], np.array([True]), np.array(["a"]), np.ones((1, 1)))
    assert len(pieces(short, 0)[0]) == 0


def test_classes_weigh_the_same_and_sources_as_the_root_of_their_number():
    source = np.array(["large"] * 16 + ["small"] * 4 + ["human"] * 3)
    weight = balanced(Examples((), source != "human", source, np.ones((23, 1))))
    assert weight[source == "human"].sum() == pytest.approx(23 / 2)
    assert weight[source == "large"].sum() == pytest.approx(2 * weight[source == "small"].sum())


def test_emphasis_counts_within_a_class():
    source = np.array(["a", "b", "human"])
    weight = balanced(Examples((), np.array([True, True, False]), source, np.array([[0.25], [1.0], [1.0]])))
    assert weight[1] == pytest.approx(4 * weight[0])


def test_what_a_diet_leaves_out_weighs_nothing_in_it():
    source = np.array(["a", "a", "a", "a", "b", "human"])
    emphasis = np.ones((6, 2))
    emphasis[:3, 1] = 0.0
    examples = Examples((), source != "human", source, emphasis)
    weight = balanced(examples, 1)
    assert (weight > 0).tolist() == [False, False, False, True, True, True]
    assert weight.sum() == pytest.approx(3)
    assert weight[3] == pytest.approx(weight[4]) != pytest.approx(balanced(examples, 0)[4])


def test_what_differs_in_every_source_is_steadier_than_what_differs_in_one():
    from scipy.sparse import csr_matrix

    machine = np.arange(400) % 2 == 1
    source = np.array([f"s{row // 2 % 5}" for row in range(400)])
    everywhere, once = machine * 0.5, (machine & (source == "s0")) * 2.5
    noise = np.random.default_rng(0).uniform(0, 0.1, 400)
    found = steadiness(
        csr_matrix(np.column_stack([everywhere + noise, once + noise])),
        Examples((), machine, source, np.ones((400, 1))),
    )
    assert found[0] > 3 * found[1]


def test_many_parts_of_sources_are_worked_through_some_columns_at_a_time(monkeypatch):
    from scipy.sparse import random

    machine = np.arange(1200) % 2 == 1
    examples = Examples((), machine, np.array([f"s{row // 2 % 12}" for row in range(1200)]), np.ones((1200, 1)))
    matrix = random(1200, 67, 0.3, "csr", np.float32, 1)
    whole = steadiness(matrix, examples)
    widths = []
    moments = fit_linear_module._moments
    monkeypatch.setattr(
        fit_linear_module, "_moments", lambda means, *rest: widths.append(means.shape[1]) or moments(means, *rest)
    )
    monkeypatch.setattr(fit_linear_module, "MAX_WHOLE", 5)
    assert np.allclose(steadiness(matrix, examples), whole, rtol=1e-5)
    assert max(widths) == 67 * 5 // 24


def test_with_few_sources_nothing_is_scaled():
    from scipy.sparse import csr_matrix

    machine = np.arange(100) % 2 == 1
    matrix = csr_matrix(np.random.default_rng(0).uniform(size=(100, 3)))
    assert (steadiness(matrix, Examples((), machine, np.array(["one"] * 100), np.ones((100, 1)))) == 1).all()


def test_heads_tell_unseen_texts_of_both_kinds_apart():
    whole = toy_material()
    heads = fit(whole, np.arange(100), RECIPE, 0)
    found = outputs(heads, whole, np.arange(100, 160))
    machine = whole.examples.machine[100:]
    assert (found[machine, 0].min() > found[~machine, 0].max()).all()
    assert (found[machine].mean(axis=0) > found[~machine].mean(axis=0)).all()


def test_the_same_seed_gives_the_same_heads():
    whole, rows = toy_material(), np.arange(80)
    one, two = (outputs(fit(whole, rows, RECIPE, 7), whole, rows) for _ in range(2))
    assert (one == two).all()


@pytest.mark.parametrize("bits", [20, 16])
def test_what_ships_computes_what_was_fitted(tmp_path, bits):
    whole = toy_material()
    recipe = small_recipe(bits=bits)
    heads = fit(whole, np.arange(100), recipe, 0)
    found = outputs(heads, whole, np.arange(160))
    weighed = combination(found, whole.examples.machine, recipe)
    language, tables = english(heads, weighed, 50)
    weights = write_weights(
        tmp_path / "ai_text.json", {"en": language}, tables, version="1", made="2026-01-01", about={}
    )
    tokens = tokenise(whole.examples.normal[:60])
    shipped = Scorer(weights.card.languages["en"], weights.tables).english(tokens, word_counts(tokens))
    assert np.abs(shipped - combine(found, weighed)[:60]).max() < 1e-4


def test_heads_count_in_deviations_of_their_outputs_for_humans():
    found = np.random.default_rng(0).normal(size=(300, 5)) * [1.0, 5.0, 0.1, 2.0, 30.0]
    machine = np.arange(300) % 2 == 1
    weights = combination(found, machine, Recipe()).weights[0]
    shares = np.array([Recipe().shares[head] for head in ("w", "t", "k", "s", "n")])
    assert np.allclose(np.array(weights) * found[~machine].std(axis=0), shares)


def test_pieces_train_only_in_diets_that_have_them(monkeypatch):
    whole = toy_material()
    given = []
    monkeypatch.setattr(fit_module, "fit_heads", lambda _seen, examples, *_rest: given.append(examples))
    fit(whole, np.arange(40), RECIPE, 0)
    (examples,) = given
    assert len(examples) == 40 * (1 + PIECES)
    assert (examples.emphasis[:, GUARDED] == 1).all()
    assert examples.emphasis[:, PLAIN].tolist() == [1.0] * 40 + [0.0] * 40 * PIECES


def test_a_head_is_the_mean_of_its_trainings():
    whole = toy_material()
    one, other = Training(passes=2), Training(rarity=0.25, passes=2)
    matrix = whole.seen.bags["word_ngrams"]
    fitted = [
        fit_linear(matrix, whole.examples, LinearRecipe(trainings, bits=14), 0)
        for trainings in ((one,), (other,), (one, other))
    ]
    first, second, both = (each(matrix) for each in fitted)
    assert np.abs(both - (first + second) / 2).max() < 0.05 * both.std()
    assert first.std() == pytest.approx(1, rel=0.05)

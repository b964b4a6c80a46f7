"""Fitting: what trains, what weighs how much, and that what ships computes what was fitted."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from lowbackground.detectors.text_classifier.features import prepared, word_counts
from lowbackground.detectors.text_classifier.fit import WINDOWS, Material, english, fit, material, outputs
from lowbackground.detectors.text_classifier.fit_examples import PIECES, Examples, balanced, pieces
from lowbackground.detectors.text_classifier.fit_heads import Recipe, combination, combine
from lowbackground.detectors.text_classifier.fit_linear import LinearRecipe, steadiness
from lowbackground.detectors.text_classifier.score import Scorer
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import write_weights
from tests.detectors.text_classifier.toy import prose

SMALL = LinearRecipe(bits=14, passes=2)
RECIPE = Recipe(word=SMALL, masked=SMALL, rounds=4, leaves=4)


@cache
def toy_material() -> Material:
    machine = np.arange(160) % 2 == 1
    normal = [
        prepared(prose(machine=bool(one), words=200, seed=seed).encode(), WINDOWS) for seed, one in enumerate(machine)
    ]
    source = np.array([f"source-{seed % 4}" for seed in range(160)])
    return material(Examples(normal, machine, source, np.ones(160)), 0)


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
    short = Examples([b"only a few words"], np.array([True]), np.array(["a"]), np.ones(1))
    assert len(pieces(short, 0)[0]) == 0


def test_classes_weigh_the_same_and_sources_as_the_root_of_their_number():
    source = np.array(["large"] * 16 + ["small"] * 4 + ["human"] * 3)
    weight = balanced(Examples((), source != "human", source, np.ones(23)))
    assert weight[source == "human"].sum() == pytest.approx(23 / 2)
    assert weight[source == "large"].sum() == pytest.approx(2 * weight[source == "small"].sum())


def test_emphasis_counts_within_a_class():
    source = np.array(["a", "b", "human"])
    weight = balanced(Examples((), np.array([True, True, False]), source, np.array([0.25, 1.0, 1.0])))
    assert weight[1] == pytest.approx(4 * weight[0])


def test_what_differs_in_every_source_is_steadier_than_what_differs_in_one():
    from scipy.sparse import csr_matrix

    machine = np.arange(400) % 2 == 1
    source = np.array([f"s{row // 2 % 5}" for row in range(400)])
    everywhere, once = machine * 0.5, (machine & (source == "s0")) * 2.5
    noise = np.random.default_rng(0).uniform(0, 0.1, 400)
    found = steadiness(
        csr_matrix(np.column_stack([everywhere + noise, once + noise])), Examples((), machine, source, np.ones(400))
    )
    assert found[0] > 3 * found[1]


def test_with_few_sources_nothing_is_scaled():
    from scipy.sparse import csr_matrix

    machine = np.arange(100) % 2 == 1
    matrix = csr_matrix(np.random.default_rng(0).uniform(size=(100, 3)))
    assert (steadiness(matrix, Examples((), machine, np.array(["one"] * 100), np.ones(100))) == 1).all()


def test_heads_tell_unseen_texts_of_both_kinds_apart():
    whole = toy_material()
    heads = fit(whole, np.arange(100), RECIPE, 0)
    found = outputs(heads, whole, np.arange(100, 160))
    machine = whole.examples.machine[100:]
    assert (found[machine, :2].min(axis=0) > found[~machine, :2].max(axis=0)).all()
    assert found[machine, 2].mean() > found[~machine, 2].mean()


def test_the_same_seed_gives_the_same_heads():
    whole, rows = toy_material(), np.arange(80)
    one, two = (outputs(fit(whole, rows, RECIPE, 7), whole, rows) for _ in range(2))
    assert (one == two).all()


@pytest.mark.parametrize("bits", [20, 16])
def test_what_ships_computes_what_was_fitted(tmp_path, bits):
    whole = toy_material()
    recipe = replace(RECIPE, word=LinearRecipe(bits=bits), masked=LinearRecipe(bits=bits))
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
    found = np.random.default_rng(0).normal(size=(300, 3)) * [1.0, 5.0, 0.1]
    machine = np.arange(300) % 2 == 1
    weights = combination(found, machine, Recipe()).weights[0]
    shares = np.array([Recipe().shares[head] for head in ("w", "m", "s")])
    assert np.allclose(np.array(weights) * found[~machine].std(axis=0), shares)

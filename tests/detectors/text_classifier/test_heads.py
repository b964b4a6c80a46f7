"""Heads compute what their formulas say, in whole numbers."""

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from lowbackground.detectors.text_classifier.bags import Bags
from lowbackground.detectors.text_classifier.classify import Text, classifier
from lowbackground.detectors.text_classifier.features import features, prepared, word_counts
from lowbackground.detectors.text_classifier.heads import linear, network, trees
from lowbackground.detectors.text_classifier.quantise import LEAF_SCALE, count_values, forest, to_codes, to_int8
from lowbackground.detectors.text_classifier.score import Scorer, combined
from lowbackground.detectors.text_classifier.style import STYLE_NAMES
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import Combine, Linear, Network, Trees
from lowbackground.detectors.text_classifier.windows import Windows
from tests.detectors.text_classifier.toy import chinese_prose, chinese_score_by_hand, prose, toy_weights

BAG = Bags(np.array([0, 2, 2, 3]), np.array([5, 1 << 19, 7], np.int32), np.array([1, 3, 99], np.int32))


def test_codes_give_back_the_weights() -> None:
    weights = np.random.default_rng(0).normal(size=5000) ** 3
    codes, scale = to_codes(weights)
    restored = scale * codes.astype(float) * np.abs(codes.astype(float))
    assert np.abs(restored - weights).max() < np.abs(weights).max() / 100
    assert np.corrcoef(restored, weights)[0, 1] > 0.9999


def test_int8_gives_back_the_numbers() -> None:
    numbers = np.random.default_rng(0).normal(size=500)
    whole, scale = to_int8(numbers)
    assert np.abs(whole * scale - numbers).max() <= scale / 2


def test_weights_that_are_all_zero_stay_so() -> None:
    codes, scale = to_codes(np.zeros(4))
    assert codes.tolist() == [0] * 4
    assert scale > 0


def test_a_linear_head_is_its_formula() -> None:
    head = Linear("w", "word_ngrams", 20, "codes", "values", 0.5)
    codes = np.zeros(1 << 20, np.int8)
    codes[[5, 1 << 19, 7]] = 10, -20, 3
    values = count_values()
    one, three, last = int(values[1]), int(values[3]), int(values[-1])
    found = linear(head, BAG, {"codes": codes, "values": values})
    assert found[0] == pytest.approx(0.5 * (100 * one - 400 * three) / np.hypot(one, three))
    assert found[1] == 0
    assert found[2] == pytest.approx(0.5 * 9 * last / last)


def test_a_network_is_its_formula() -> None:
    rng = np.random.default_rng(3)
    head = Network(
        "n", "word_ngrams", 4, "e", "values", 0.02, ("x",), "mean", "deviation", "hidden", "bias", "out", 0.3
    )
    tables = {
        "e": rng.integers(-100, 100, (16, 3)).astype(np.int8),
        "values": count_values(),
        "mean": np.array([2], np.float32),
        "deviation": np.array([0.5], np.float32),
        "hidden": rng.normal(size=(4, 5)).astype(np.float32),
        "bias": rng.normal(size=5).astype(np.float32),
        "out": rng.normal(size=5).astype(np.float32),
    }
    x = np.array([2.25, 0.0, 100.0])
    found = network(head, BAG, {"x": x}, tables)
    pooled = np.zeros((3, 3))
    value = tables["values"].astype(float)
    pooled[0] = tables["e"][0] * value[1] + tables["e"][8] * value[3]
    pooled[0] /= np.hypot(value[1], value[3])
    pooled[2] = tables["e"][0]
    inputs = np.column_stack((pooled * 0.02, [0.5, -4, 5]))
    expected = np.maximum(inputs @ tables["hidden"] + tables["bias"], 0) @ tables["out"] + 0.3
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_forest_scores_as_lightgbm_does() -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(600, 5)).astype(np.float32)
    labels = (inputs[:, 0] * inputs[:, 1] + inputs[:, 2] > 0).astype(int)
    inputs[:50, 3] = 0
    options = {"objective": "binary", "num_leaves": 12, "verbose": -1, "num_threads": 1, "seed": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(inputs, labels), 30)
    head = Trees("s", tuple("abcde"), "feature", "threshold", "left", "right", "leaf", "root", LEAF_SCALE)
    found = trees(head, dict(zip("abcde", inputs.T.astype(np.float64), strict=True)), forest(booster))
    assert found == pytest.approx(booster.predict(inputs, raw_score=True), abs=30 * LEAF_SCALE)


def test_a_forest_without_splits_is_a_constant() -> None:
    options = {"objective": "regression", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 100}
    booster = lightgbm.train(options, lightgbm.Dataset(np.ones((10, 1)), np.arange(10.0)), 2)
    found = forest(booster)
    assert len(found["feature"]) == 0
    assert (found["root"] < 0).all()


def test_weights_change_with_length_between_knots_and_not_beyond() -> None:
    combine = Combine(("a", "b"), (100, 300), ((1.0, 0.0), (3.0, 1.0)), (0.0, 10.0))
    outputs = {"a": np.ones(5), "b": np.full(5, 2.0)}
    found = combined(combine, outputs, np.array([0, 100, 200, 300, 9999]))
    assert found.tolist() == [1.0, 1.0, 2.0 + 1.0 + 5.0, 15.0, 15.0]


def test_one_knot_holds_everywhere() -> None:
    found = combined(Combine(("a",), (100,), ((2.0,),), (1.0,)), {"a": np.ones(3)}, np.array([1, 100, 1000]))
    assert found.tolist() == [3.0] * 3


def test_a_score_is_the_sum_of_its_heads(tmp_path: Path) -> None:
    weights = toy_weights(tmp_path)
    language, tables = weights.card.languages["en"], weights.tables
    normal = [prepared(prose(machine=bool(seed % 2), seed=seed).encode(), Windows()) for seed in range(6)]
    tokens, found = tokenise(normal), features(normal)
    w = linear(language.heads[0], found.bags["word_ngrams"], tables)
    inputs = {"sentence.variation": found.style[:, STYLE_NAMES.index("sentence.variation")].astype(float), "w": w}
    s = trees(language.heads[1], inputs, tables)
    n = network(language.heads[2], found.bags["masked_ngrams"], inputs, tables)
    expected = combined(language.combine, {"w": w, "s": s, "n": n}, found.words)
    assert Scorer(language, tables).english(tokens, word_counts(tokens)).tolist() == expected.tolist()
    assert (expected[1::2] > expected[::2].max()).all()


def test_a_chinese_score_is_its_formula(tmp_path: Path) -> None:
    weights = toy_weights(tmp_path, chinese=True)
    text = chinese_prose()
    (outcome,) = classifier(weights)([Text(text.encode())])
    assert outcome.language == "zh"
    assert outcome.score == chinese_score_by_hand(text, weights)

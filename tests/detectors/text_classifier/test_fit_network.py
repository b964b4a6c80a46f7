"""The network learns what no sum of words can say, and ships as it was fitted."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from lowbackground.detectors.text_classifier.bags import MAX_BITS, Bags
from lowbackground.detectors.text_classifier.fit_examples import Examples, unit_rows
from lowbackground.detectors.text_classifier.fit_network import NetworkFit, NetworkRecipe, fit_network
from lowbackground.detectors.text_classifier.heads import network
from lowbackground.detectors.text_classifier.quantise import count_values
from lowbackground.detectors.text_classifier.weights import Network

RECIPE = NetworkRecipe(bits=10, width=4, units=8, passes=80, inner_rate=0.3, dropped=0.0)
TEXTS = 400


def either_or(seed: int = 0) -> tuple[csr_matrix, np.ndarray, Examples]:
    """Texts of two words; those in which one of two signs stands, a word or a trait of style, but not both, are machines'."""
    random = np.random.default_rng(seed)
    word, trait = random.integers(0, 2, (2, TEXTS))
    buckets = np.sort(np.stack((word + 1, 5 + random.integers(0, 20, TEXTS)), axis=1) << (MAX_BITS - 10), axis=1)
    matrix = csr_matrix(
        (np.full(2 * TEXTS, 0.7, np.float32), buckets.ravel(), np.arange(0, 2 * TEXTS + 1, 2)),
        shape=(TEXTS, 1 << MAX_BITS),
    )
    style = np.stack((trait, random.uniform(size=TEXTS)), axis=1).astype(np.float32)
    return matrix, style, Examples((), (word + trait) == 1, np.array(["a"] * TEXTS), np.ones((TEXTS, 1)))


def fitted(seed: int = 0) -> NetworkFit:
    matrix, style, examples = either_or()
    return fit_network(matrix, style, examples, np.ones(TEXTS), RECIPE, seed)


def test_a_network_learns_either_or() -> None:
    matrix, style, examples = either_or(seed=1)
    found = fitted()(matrix, style)
    assert np.mean((found > 0) == examples.machine) > 0.9


def test_the_same_seed_gives_the_same_network() -> None:
    matrix, style, _ = either_or()
    assert (fitted(3)(matrix, style) == fitted(3)(matrix, style)).all()
    assert (fitted(3)(matrix, style) != fitted(4)(matrix, style)).any()


def test_texts_without_weight_do_not_train() -> None:
    matrix, style, examples = either_or()
    weight = np.where(np.arange(TEXTS) < 200, 1.0, 0.0)
    first = fit_network(matrix, style, examples, weight, RECIPE, 0)
    alone = fit_network(matrix[:200], style[:200], examples.only(np.arange(200)), weight[:200], RECIPE, 0)
    assert (first.embedding == alone.embedding).all()
    assert (first.hidden == alone.hidden).all()


def test_the_head_that_ships_gives_what_was_fitted() -> None:
    random = np.random.default_rng(2)
    net = fitted()
    bucket = np.sort(random.choice(1 << MAX_BITS, (6, 9), replace=False), axis=1).astype(np.int32)
    count = random.integers(1, 5, (6, 9)).astype(np.int32)
    bag = Bags(np.arange(0, 55, 9), bucket.ravel(), count.ravel())
    style = random.uniform(-1, 2, (6, 2)).astype(np.float32)
    names = ("embedding", "mean", "deviation", "hidden", "hidden_bias", "out")
    head = Network(
        "n", "word_ngrams", net.bits, values="values", pool_scale=net.scale, inputs=("x", "y"), out_bias=net.out_bias,
        **{name: name for name in names},
    )  # fmt: skip
    tables = {"values": count_values(), **{name: getattr(net, name) for name in names}}
    inputs = {"x": style[:, 0].astype(np.float64), "y": style[:, 1].astype(np.float64)}
    assert network(head, bag, inputs, tables) == pytest.approx(net(unit_rows([bag]), style), abs=1e-5)

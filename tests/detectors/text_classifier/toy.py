"""Weights that are fitted on toy text in a moment, so that tests need none that ship."""

import json
import random
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np

from lowbackground.detectors import text_classifier
from lowbackground.detectors.text_classifier.chinese import character_ngrams, normalise_chinese
from lowbackground.detectors.text_classifier.features import Features, features, prepared
from lowbackground.detectors.text_classifier.fit_heads import GUARDED, Forest, Recipe
from lowbackground.detectors.text_classifier.fit_linear import LinearRecipe
from lowbackground.detectors.text_classifier.fit_network import NetworkRecipe
from lowbackground.detectors.text_classifier.quantise import LEAF_SCALE, count_values, to_codes, to_int8
from lowbackground.detectors.text_classifier.weights import (
    Combine,
    Language,
    Linear,
    Network,
    Trees,
    Weights,
    write_weights,
)
from lowbackground.detectors.text_classifier.windows import Windows

BITS = 12
_SMALL = ("the", "a", "of", "and", "is", "it", "to")
_WORDS = json.loads(resources.files(text_classifier).joinpath("frequent_words.json").read_text())[100:700]


def prose(*, machine: bool, words: int = 160, seed: int = 0) -> str:
    """Prose of two kinds that are easily told apart; the same seed gives the same text."""
    rng = random.Random(seed)
    known = _WORDS[1::2] if machine else _WORDS[::2]
    text, count = [], 0
    while count < words:
        size = rng.randint(9, 12) if machine else rng.randint(3, 20)
        sentence = " ".join(rng.choice(_SMALL if rng.random() < 0.5 else known) for _ in range(size)).capitalize()
        text.append(sentence + ".")
        count += size
    return " ".join(text)


def toy_weights(folder: Path, *, chinese: bool = False) -> Weights:
    """A linear head by centroids, a tree, a small network with fixed numbers; written to `folder`/card.json."""
    texts = [(prose(machine=bool(seed % 2), seed=seed), seed % 2) for seed in range(40)]
    found = features([prepared(text.encode(), Windows()) for text, _ in texts])
    codes, scale = to_codes(_centroids(found, [label for _, label in texts]))
    rng = np.random.default_rng(5)
    embedding, pool_scale = to_int8(rng.normal(size=(1 << BITS, 4)))
    tables = {
        "values": count_values(),
        "en.words": codes,
        "en.embedding": embedding,
        "en.mean": np.zeros(1, np.float32),
        "en.deviation": np.ones(1, np.float32),
        "en.hidden": rng.normal(size=(5, 3)).astype(np.float32),
        "en.hidden_bias": np.zeros(3, np.float32),
        "en.out": np.full(3, 0.1, np.float32),
        "en.feature": np.array([0, 1], np.int16),
        "en.threshold": np.array([0.45, 1.0], np.float32),
        "en.left": np.array([1, -2], np.int32),
        "en.right": np.array([-1, -3], np.int32),
        "en.leaf": np.array([-500_000, 0, 500_000], np.int32),
        "en.root": np.array([0], np.int32),
        "zh.characters": np.random.default_rng(6).integers(-99, 99, 1 << BITS).astype(np.int8),
    }
    heads = (
        Linear("w", "word_ngrams", BITS, "en.words", "values", scale),
        Trees("s", ("sentence.variation", "w"), *(f"en.{each}" for each in _TREE), scale=LEAF_SCALE),
        Network(
            "n", "masked_ngrams", BITS, "en.embedding", "values", pool_scale, ("w",),
            "en.mean", "en.deviation", "en.hidden", "en.hidden_bias", "en.out", 0.0,
        ),
    )  # fmt: skip
    combine = Combine(("w", "s", "n"), (100, 400), ((1.0, 1.0, 0.1), (2.0, 1.0, 0.1)), (0.0, 0.5))
    languages = {"en": Language(Windows(), heads, combine, min_words=50)}
    if chinese:
        zh = Linear("c", "character_ngrams", BITS, "zh.characters", "values", 0.001)
        languages["zh"] = Language(Windows(head=1500), (zh,), Combine(("c",), (100,), ((1.0,),), (0.0,)), min_words=80)
    about = {"name": "toy"}
    return write_weights(folder / "card.json", languages, tables, version="1", made="2026-11-20", about=about)


_TREE = ("feature", "threshold", "left", "right", "leaf", "root")


def _centroids(found: Features, labels: list[int]) -> np.ndarray:
    weights = np.zeros(1 << BITS)
    bag = found.bags["word_ngrams"]
    for label, start, end in zip(labels, bag.indptr, bag.indptr[1:], strict=False):
        np.add.at(weights, bag.bucket[start:end] >> (20 - BITS), (1 if label else -1) * bag.count[start:end])
    return weights / 10


def chinese_prose() -> str:
    """Chinese that is long enough to be scored."""
    return "港口早上很安静\uff0c船停在潮水留下它们的地方。老人们在墙边修网\uff0c孩子们数着海鸥\uff0c没有人着急。" * 5


def chinese_score_by_hand(text: str, weights: Weights) -> float:
    """The toy's score of a Chinese text, written out."""
    bag = character_ngrams([normalise_chinese(text)[:1500]])
    codes = weights.tables["zh.characters"].astype(int)[bag.bucket >> (20 - BITS)]
    value = weights.tables["values"].astype(int)[np.minimum(bag.count, 32)]
    return round(float((codes * abs(codes) * value).sum() * 0.001 / np.sqrt((value * value).sum())), 6)


def small_recipe(bits: int) -> Recipe:
    """The recipe that ships, with all its heads, in a moment."""
    recipe = Recipe()
    linear = {
        name: replace(
            head, recipe=LinearRecipe(tuple(replace(each, passes=2) for each in head.recipe.trainings), bits=bits)
        )
        for name, head in recipe.linear.items()
    }
    network = NetworkRecipe(bits=min(bits, 12), width=4, units=3, passes=2)
    return replace(recipe, linear=linear, forest=Forest(rounds=4, leaves=4, diet=GUARDED), network=network)

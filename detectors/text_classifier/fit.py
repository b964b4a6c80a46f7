"""Trains the text classifier on texts whose origin is known.

The one place where weights come from: `benchmarks/ai_text` makes those that ship, `lowbackground train text` a user's own.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats, Seen, look, pieces
from lowbackground.detectors.text_classifier.fit_heads import (
    FOREST,
    NETWORK,
    NETWORK_BAG,
    STYLE_INPUTS,
    HeadsFit,
    Recipe,
    fit_heads,
)
from lowbackground.detectors.text_classifier.fit_network import NetworkFit
from lowbackground.detectors.text_classifier.quantise import LEAF_SCALE, count_values, forest
from lowbackground.detectors.text_classifier.tables import Tables
from lowbackground.detectors.text_classifier.weights import Combine, Head, Language, Linear, Network, Trees
from lowbackground.detectors.text_classifier.windows import Windows

TREES = ("feature", "threshold", "left", "right", "leaf", "root")  # tables of a forest
NETWORK_TABLES = ("embedding", "mean", "deviation", "hidden", "hidden_bias", "out")
WINDOWS = Windows(raw=16_000, head=4_000, middle=0)  # 600 words; more of a page adds cost, and little to the score


@dataclass(frozen=True, slots=True)
class Material:
    """Examples, what the heads see of them, and the same of pieces of them; `of` is the text of each piece."""

    examples: Examples
    seen: Seen
    piece_examples: Examples
    piece_seen: Seen
    of: NDArray[np.intp]


def material(examples: Examples, recipe: Recipe, seed: int) -> Material:
    """Everything that is computed once, however many models are trained on parts of it."""
    cut, of = pieces(examples, seed)
    return Material(examples, look(examples.normal, recipe.bags), cut, look(cut.normal, recipe.bags), of)


def fit(material: Material, rows: NDArray[np.intp], recipe: Recipe, seed: int) -> HeadsFit:
    """The heads, trained on these texts and, in diets that have them, on pieces of them."""
    chosen = np.zeros(len(material.examples), np.bool_)
    chosen[rows] = True
    emphasis = material.piece_examples.emphasis.copy()
    emphasis[:, list(recipe.whole)] = 0.0
    pieces_of = np.flatnonzero(chosen[material.of] & emphasis.any(axis=1))
    cut = replace(material.piece_examples, normal=(), emphasis=emphasis).only(pieces_of)
    both = replace(material.examples, normal=()).only(rows) + cut
    seen = material.seen.only(rows) + material.piece_seen.only(pieces_of)
    return fit_heads(seen, both, recipe, seed)


def outputs(heads: HeadsFit, material: Material, rows: NDArray[np.intp]) -> Floats:
    """The outputs of heads for whole texts."""
    return heads(material.seen.only(rows))


def english(heads: HeadsFit, combine: Combine, min_words: int) -> tuple[Language, Tables]:
    """Fitted heads as the scorer of English texts that ships, with its tables."""
    tables: dict[str, NDArray[Any]] = {
        "values": count_values(),
        **{f"en.{name}": head.codes for name, head in heads.linear.items()},
        **{f"en.{FOREST}.{name}": table for name, table in forest(heads.trees).items()},
    }
    scorers: list[Head] = [
        Linear(name, heads.bags[name], head.bits, f"en.{name}", "values", head.scale)
        for name, head in heads.linear.items()
    ]
    feature, threshold, left, right, leaf, root = (f"en.{FOREST}.{name}" for name in TREES)
    scorers.append(Trees(FOREST, STYLE_INPUTS, feature, threshold, left, right, leaf, root, LEAF_SCALE))
    if heads.network:
        scorers.append(_network(heads.network, tables))
    biases = np.array([head.bias for head in heads.linear.values()])  # linear heads that ship have none
    bias = tuple(
        float(own + biases @ np.asarray(row[: len(biases)]))
        for own, row in zip(combine.bias, combine.weights, strict=True)
    )
    return Language(WINDOWS, tuple(scorers), replace(combine, bias=bias), min_words), tables


def _network(fitted: NetworkFit, tables: dict[str, NDArray[Any]]) -> Network:
    """The network as it ships, whose tables are put beside the others."""
    for name in NETWORK_TABLES:
        tables[f"en.{NETWORK}.{name}"] = getattr(fitted, name)
    embedding, mean, deviation, hidden, hidden_bias, out = (f"en.{NETWORK}.{name}" for name in NETWORK_TABLES)
    return Network(
        NETWORK, NETWORK_BAG, fitted.bits, embedding, "values", fitted.scale, STYLE_INPUTS,
        mean, deviation, hidden, hidden_bias, out, fitted.out_bias,
    )  # fmt: skip

"""Trains the text classifier on texts whose origin is known.

The one place where weights come from: `benchmarks/ai_text` makes those that ship, `lowbackground train text` a user's own.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats, Seen, look, pieces
from lowbackground.detectors.text_classifier.fit_heads import HEADS, STYLE_INPUTS, HeadsFit, Recipe, fit_heads
from lowbackground.detectors.text_classifier.fit_linear import LinearFit
from lowbackground.detectors.text_classifier.quantise import LEAF_SCALE, count_values, forest
from lowbackground.detectors.text_classifier.tables import Tables
from lowbackground.detectors.text_classifier.weights import (
    Combine,
    Language,
    Linear,
    Trees,
)
from lowbackground.detectors.text_classifier.windows import Windows

FOREST = ("feature", "threshold", "left", "right", "leaf", "root")  # its tables
WINDOWS = Windows(raw=16_000, head=4_000, middle=0)  # 600 words; more of a page adds cost, and little to the score


@dataclass(frozen=True, slots=True)
class Material:
    """Examples, what the heads see of them, and the same of pieces of them; `of` is the text of each piece."""

    examples: Examples
    seen: Seen
    piece_examples: Examples
    piece_seen: Seen
    of: NDArray[np.intp]


def material(examples: Examples, seed: int) -> Material:
    """Everything that is computed once, however many models are trained on parts of it."""
    cut, of = pieces(examples, seed)
    return Material(examples, look(examples.normal), cut, look(cut.normal), of)


def fit(material: Material, rows: NDArray[np.intp], recipe: Recipe, seed: int) -> HeadsFit:
    """The heads, trained on these texts and on pieces of them."""
    chosen = np.zeros(len(material.examples), np.bool_)
    chosen[rows] = True
    pieces_of = np.flatnonzero(chosen[material.of] & recipe.pieces)
    both = replace(material.examples, normal=()).only(rows) + replace(material.piece_examples, normal=()).only(
        pieces_of
    )
    seen = material.seen.only(rows) + material.piece_seen.only(pieces_of)
    return fit_heads(seen, both, recipe, seed)


def outputs(heads: HeadsFit, material: Material, rows: NDArray[np.intp]) -> Floats:
    """The outputs of heads for whole texts."""
    return heads(material.seen.only(rows))


def english(heads: HeadsFit, combine: Combine, min_words: int) -> tuple[Language, Tables]:
    """Fitted heads as the scorer of English texts that ships, with its tables."""
    tables: dict[str, NDArray[Any]] = {
        "values": count_values(),
        "en.w": heads.word.codes,
        "en.m": heads.masked.codes,
        **{f"en.s.{name}": table for name, table in forest(heads.trees).items()},
    }
    feature, threshold, left, right, leaf, root = (f"en.s.{name}" for name in FOREST)
    scorers = (
        _linear("w", "word_ngrams", heads.word),
        _linear("m", "masked_ngrams", heads.masked),
        Trees("s", STYLE_INPUTS, feature, threshold, left, right, leaf, root, LEAF_SCALE),
    )
    biases = np.array([heads.word.bias, heads.masked.bias, 0.0])  # runtime heads have none
    bias = tuple(float(own + biases @ np.asarray(row)) for own, row in zip(combine.bias, combine.weights, strict=True))
    return Language(WINDOWS, scorers, Combine(HEADS, combine.knots, combine.weights, bias), min_words), tables


def _linear(name: str, bag: Any, head: LinearFit) -> Linear:
    return Linear(name, bag, head.bits, f"en.{name}", "values", head.scale)

"""Fits the heads of the classifier: two linear ones over n-grams, a forest over style, and how they are weighed together.

Needs the extra `train` (scikit-learn, LightGBM); scoring needs neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats, Seen, balanced
from lowbackground.detectors.text_classifier.fit_linear import LinearFit, LinearRecipe, fit_linear
from lowbackground.detectors.text_classifier.style import STYLE_NAMES
from lowbackground.detectors.text_classifier.weights import Combine

KNOT = 100  # words: a combination that is the same for all lengths has one knot, anywhere
HEADS = ("w", "m", "s")  # words as they are, topic masked, style
STYLE_INPUTS = tuple(name for name in STYLE_NAMES if not name.startswith("paragraph."))  # line ends are lost in debris


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is not learnt: found on the development folds of `benchmarks/ai_text`, whose card lists what was tried.

    `rounds`, `leaves` and `learning_rate` are the forest's; `evenness` is that of `fit_examples.balanced`; `shares` how
    much each head counts. With `pieces`, pieces of texts train as well.
    """

    word: LinearRecipe = field(default_factory=LinearRecipe)
    masked: LinearRecipe = field(default_factory=lambda: LinearRecipe(steadiness=0.7))
    rounds: int = 160
    leaves: int = 31
    learning_rate: float = 0.08
    evenness: float = 0.5
    shares: Mapping[str, float] = field(default_factory=lambda: {"w": 1.0, "m": 1.0, "s": 0.7})
    pieces: bool = True


def fit_trees(style: NDArray[np.float32], machine: NDArray[np.bool_], weight: Floats, recipe: Recipe, seed: int) -> Any:
    """A LightGBM booster over `STYLE_INPUTS`; the same on every run, as it is fitted in one thread."""
    import lightgbm

    parameters = {
        "objective": "binary",
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": 60,
        "feature_fraction": 0.3,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 63,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "seed": seed,
        "verbose": -1,
    }
    data = lightgbm.Dataset(style_inputs(style), machine.astype(np.int8), weight=weight)
    return lightgbm.train(parameters, data, num_boost_round=recipe.rounds)


def style_inputs(style: NDArray[np.float32]) -> NDArray[np.float32]:
    """The columns that the forest looks at."""
    return style[:, [STYLE_NAMES.index(name) for name in STYLE_INPUTS]]


@dataclass(frozen=True, slots=True)
class HeadsFit:
    """All heads of one model."""

    word: LinearFit
    masked: LinearFit
    trees: Any

    def __call__(self, seen: Seen) -> Floats:
        """The outputs, one row a text and one column for each of `HEADS`."""
        style = self.trees.predict(style_inputs(seen.style), raw_score=True)
        return np.column_stack([self.word(seen.word_ngrams), self.masked(seen.masked_ngrams), style])


def fit_heads(seen: Seen, examples: Examples, recipe: Recipe, seed: int) -> HeadsFit:
    """The heads that tell machine text from human text in these examples."""
    weight = balanced(examples, recipe.evenness)
    return HeadsFit(
        fit_linear(seen.word_ngrams, examples, weight, recipe.word, seed),
        fit_linear(seen.masked_ngrams, examples, weight, recipe.masked, seed),
        fit_trees(seen.style, examples.machine, weight, recipe, seed),
    )


def combination(outputs: Floats, machine: NDArray[np.bool_], recipe: Recipe) -> Combine:
    """Each head in standard deviations of its outputs for human texts it was not trained on, times its share.

    The same for all lengths: weights that were learnt by length took the lengths of data sets for evidence.
    """
    deviation = np.maximum(outputs[~machine].std(axis=0), 1e-9)
    weights = tuple(float(recipe.shares[head] / each) for head, each in zip(HEADS, deviation, strict=True))
    return Combine(HEADS, (KNOT,), (weights,), (0.0,))


def combine(outputs: Floats, combination: Combine) -> Floats:
    """Scores from the outputs of heads, as `score.combined` has them for a combination of one knot."""
    scores: Floats = outputs @ np.asarray(combination.weights[0]) + combination.bias[0]
    return scores

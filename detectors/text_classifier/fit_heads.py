"""Fits the heads of the classifier, linear ones, a forest and a network, and how they are weighed together.

Needs the extra `train` (scikit-learn, LightGBM); scoring needs neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats, Seen, balanced
from lowbackground.detectors.text_classifier.fit_linear import LinearFit, LinearRecipe, Training, fit_linear
from lowbackground.detectors.text_classifier.fit_network import NetworkFit, NetworkRecipe, fit_network
from lowbackground.detectors.text_classifier.style import STYLE_NAMES
from lowbackground.detectors.text_classifier.weights import BagName, Combine

KNOT = 100  # words: a combination that is the same for all lengths has one knot, anywhere
FOREST, NETWORK = "s", "n"  # names, after those of the linear heads
NETWORK_BAG: BagName = "word_ngrams"
STYLE_INPUTS = tuple(name for name in STYLE_NAMES if not name.startswith("paragraph."))  # line ends are lost in debris
GUARDED, PLAIN = 0, 1  # diets: with pieces of texts and whatever else guards against shortcuts; whole texts alone
DIETS = 2


def _both(steadiness: float) -> LinearRecipe:
    return LinearRecipe((Training(GUARDED, steadiness=steadiness), Training(PLAIN, rarity=0.25)))


@dataclass(frozen=True, slots=True)
class LinearHead:
    """A linear head to be fitted, and the bag that it looks at."""

    bag: BagName
    recipe: LinearRecipe


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest to be fitted: a boosted one, of so many trees, by one diet."""

    rounds: int = 320
    leaves: int = 31
    learning_rate: float = 0.05
    diet: int = PLAIN


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is not learnt: found on the development folds of `benchmarks/ai_text`, whose card lists what was tried.

    `linear` are the linear heads by name; `network`, where there is one, trains by the plain diet; `shares` is how much each
    head counts; `whole` the diets in which pieces of texts take no part; `evenness` is that of `fit_examples.balanced`.
    """

    linear: Mapping[str, LinearHead] = field(
        default_factory=lambda: {
            "w": LinearHead("word_ngrams", _both(1.0)),
            "t": LinearHead("word_trigrams", _both(1.0)),
            "k": LinearHead("skeleton_ngrams", _both(0.7)),
        }
    )
    forest: Forest = field(default_factory=Forest)
    network: NetworkRecipe | None = field(default_factory=NetworkRecipe)
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"w": 1.0, "t": 0.5, "k": 0.5, FOREST: 0.6, NETWORK: 0.6}
    )
    whole: tuple[int, ...] = (PLAIN,)
    evenness: float = 0.5

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of all heads, in the order of their outputs."""
        return (*self.linear, FOREST, *((NETWORK,) if self.network else ()))

    @property
    def bags(self) -> tuple[BagName, ...]:
        """The bags that the heads look at."""
        network = (NETWORK_BAG,) if self.network else ()
        return tuple(dict.fromkeys((*(head.bag for head in self.linear.values()), *network)))


def fit_trees(style: NDArray[np.float32], examples: Examples, recipe: Recipe, seed: int) -> Any:
    """A LightGBM booster over `STYLE_INPUTS`; the same on every run, as it is fitted in one thread."""
    import lightgbm

    weight = balanced(examples, recipe.forest.diet, recipe.evenness)
    rows = np.flatnonzero(weight)
    parameters = {
        "objective": "binary",
        "learning_rate": recipe.forest.learning_rate,
        "num_leaves": recipe.forest.leaves,
        "min_data_in_leaf": min(60, len(rows) // 20),
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
    data = lightgbm.Dataset(style_inputs(style[rows]), examples.machine[rows].astype(np.int8), weight=weight[rows])
    return lightgbm.train(parameters, data, num_boost_round=recipe.forest.rounds)


def style_inputs(style: NDArray[np.float32]) -> NDArray[np.float32]:
    """The columns that the forest looks at."""
    return style[:, [STYLE_NAMES.index(name) for name in STYLE_INPUTS]]


@dataclass(frozen=True, slots=True)
class HeadsFit:
    """All heads of one model: linear ones by name, with their bags, the forest, and the network where there is one."""

    linear: Mapping[str, LinearFit]
    bags: Mapping[str, BagName]
    trees: Any
    network: NetworkFit | None

    def __call__(self, seen: Seen) -> Floats:
        """The outputs, one row a text and one column for each of `Recipe.heads`."""
        style = style_inputs(seen.style)
        columns = [head(seen.bags[self.bags[name]]) for name, head in self.linear.items()]
        columns.append(self.trees.predict(style, raw_score=True))
        if self.network:
            columns.append(self.network(seen.bags[NETWORK_BAG], style))
        return np.column_stack(columns)


def fit_heads(seen: Seen, examples: Examples, recipe: Recipe, seed: int) -> HeadsFit:
    """The heads that tell machine text from human text in these examples."""
    linear = {
        name: fit_linear(seen.bags[head.bag], examples, head.recipe, seed, recipe.evenness)
        for name, head in recipe.linear.items()
    }
    bags = {name: head.bag for name, head in recipe.linear.items()}
    trees = fit_trees(seen.style, examples, recipe, seed)
    if recipe.network is None:
        return HeadsFit(linear, bags, trees, None)
    weight = balanced(examples, PLAIN, recipe.evenness)
    style = style_inputs(seen.style)
    return HeadsFit(
        linear, bags, trees, fit_network(seen.bags[NETWORK_BAG], style, examples, weight, recipe.network, seed)
    )


def combination(outputs: Floats, machine: NDArray[np.bool_], recipe: Recipe) -> Combine:
    """Each head in standard deviations of its outputs for human texts it was not trained on, times its share.

    The same for all lengths: weights that were learnt by length took the lengths of data sets for evidence.
    """
    deviation = np.maximum(outputs[~machine].std(axis=0), 1e-9)
    weights = tuple(float(recipe.shares[head] / each) for head, each in zip(recipe.heads, deviation, strict=True))
    return Combine(recipe.heads, (KNOT,), (weights,), (0.0,))


def combine(outputs: Floats, combination: Combine) -> Floats:
    """Scores from the outputs of heads, as `score.combined` has them for a combination of one knot."""
    scores: Floats = outputs @ np.asarray(combination.weights[0]) + combination.bias[0]
    return scores

"""Fits a linear head over n-grams: the mean of several trainings, each of which leans on other n-grams.

Trainings on the same texts agree where a sign holds and differ where it is chance, so that their mean errs less than any;
and a mean of weights is one set of weights, which costs nothing when texts are scored. They differ in their diets
(`fit_examples.Examples`) and in how columns are scaled before weights are fitted, since weights are penalised and what is
scaled up is cheap to use:

- by steadiness. An n-gram that is frequent in the machine texts of one source and rare in those of another tells sources
  apart; columns are scaled by how steadily their mean over sources differs between the classes;
- by rarity, as in the inverse document frequency of information retrieval (K. Sparck Jones, 1972).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS
from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats, balanced
from lowbackground.detectors.text_classifier.quantise import to_codes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_PART = 30  # examples of a part of a source whose mean counts
MIN_PARTS = 4  # of either class; with fewer, nothing can be said of steadiness
MAX_WHOLE = 512  # parts whose means stand in one table, of 4 MiB each; of more, some columns at a time


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A linear head as it ships: `codes` and `scale` (`quantise.to_codes`) over 2^bits buckets, and a bias."""

    codes: NDArray[np.int8]
    scale: float
    bits: int
    bias: float

    def __call__(self, matrix: "csr_matrix") -> Floats:
        """The output for rows over 2^MAX_BITS buckets."""
        code = self.codes.astype(np.float64)
        weight = np.repeat(self.scale * code * np.abs(code), 1 << (MAX_BITS - self.bits))
        return np.asarray(matrix @ weight + self.bias, np.float64)


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a linear head, by a diet.

    `steadiness` and `rarity` are the powers of the scales of columns, 0 for none; `penalty` and `passes` are those of the
    descent.
    """

    diet: int = 0
    steadiness: float = 0.0
    rarity: float = 0.0
    penalty: float = 1e-6
    passes: int = 6


@dataclass(frozen=True, slots=True)
class LinearRecipe:
    """What a linear head is the mean of, and the bits of its buckets."""

    trainings: tuple[Training, ...] = (Training(steadiness=1.0),)
    bits: int = MAX_BITS


def fit_linear(
    matrix: "csr_matrix", examples: Examples, recipe: LinearRecipe, seed: int, evenness: float = 0.5
) -> LinearFit:
    """The mean of the trainings, each divided by the deviation of its outputs for what it was trained on."""
    from scipy.sparse import csr_matrix

    bucket = matrix.indices >> (MAX_BITS - recipe.bits)
    folded = csr_matrix((matrix.data, bucket, matrix.indptr), shape=(len(examples), 1 << recipe.bits))
    weights, bias = np.zeros(1 << recipe.bits), 0.0
    for training in recipe.trainings:
        weight = balanced(examples, training.diet, evenness)
        rows = np.flatnonzero(weight)
        found, shift, deviation = _trained(folded[rows], examples.only(rows), weight[rows], training, seed)
        weights += found / (deviation * len(recipe.trainings))
        bias += shift / (deviation * len(recipe.trainings))
    codes, step = to_codes(weights)
    return LinearFit(codes, step, recipe.bits, bias)


def _trained(
    matrix: "csr_matrix", examples: Examples, weight: Floats, training: Training, seed: int
) -> tuple[Floats, float, float]:
    """Weights and bias by averaged stochastic gradient descent (Bottou 2010; Xu 2011), and the deviation of outputs."""
    from sklearn.linear_model import SGDClassifier

    scale = np.ones(matrix.shape[1], np.float32)
    if training.steadiness:
        scale *= steadiness(matrix, examples) ** np.float32(training.steadiness)
    if training.rarity:
        texts = 1.0 + np.bincount(matrix.indices, minlength=matrix.shape[1])
        scale *= (texts**-training.rarity).astype(np.float32)
    scaled = matrix.copy()
    scaled.data *= scale[scaled.indices]
    norm = max(_mean_norm(scaled), 1e-9)
    scaled.data /= norm
    model = SGDClassifier(
        loss="log_loss", alpha=training.penalty, average=True, max_iter=training.passes, tol=None, random_state=seed
    )
    model.fit(scaled, examples.machine, sample_weight=weight)
    weights = (model.coef_[0] * scale / norm).astype(np.float64)
    return weights, float(model.intercept_[0]), max(float(np.std(matrix @ weights)), 1e-9)


def _mean_norm(matrix: "csr_matrix") -> float:
    """The root of the mean square of the rows' norms."""
    return float(np.sqrt(np.sum(matrix.data.astype(np.float64) ** 2) / max(matrix.shape[0], 1)))


def steadiness(matrix: "csr_matrix", examples: Examples) -> NDArray[np.float32]:
    """For each column, the difference of the classes' means in standard deviations between the parts of sources.

    Fisher's ratio over parts instead of texts; each source weighs as the root of its number of parts.
    """
    from scipy.sparse import csr_matrix

    part = examples.source if examples.part is None else np.char.add(np.char.add(examples.source, "|"), examples.part)
    _, label = np.unique(part, return_inverse=True)
    cells, cell, count = np.unique(label * 2 + examples.machine, return_inverse=True, return_counts=True)
    large = count >= MIN_PART
    is_machine = (cells % 2 == 1)[large]
    if min(np.count_nonzero(is_machine), np.count_nonzero(~is_machine)) < MIN_PARTS:
        return np.ones(matrix.shape[1], np.float32)
    averaging = csr_matrix(
        ((1 / count[cell]).astype(np.float32), (cell, np.arange(len(cell)))), shape=(len(cells), len(cell))
    )
    means = averaging[large] @ matrix
    first = np.unique(cell, return_index=True)[1][large]
    _, source, parts = np.unique(examples.source[first], return_inverse=True, return_counts=True)
    weight = parts[source].astype(np.float32) ** -0.5
    columns_at_once = max(1, matrix.shape[1] * MAX_WHOLE // max(MAX_WHOLE, len(is_machine)))
    apart, deviation = _contrast(means, is_machine, weight, columns_at_once)
    # What few texts have is no steady sign.
    rare = 0.5 * np.median(deviation[deviation > 0]) if np.any(deviation > 0) else 1.0
    ratio: NDArray[np.float32] = (apart / (deviation + rare)).astype(np.float32)
    return ratio


def _contrast(
    means: "csr_matrix", is_machine: NDArray[np.bool_], weight: NDArray[np.float32], width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far the classes' means of each column lie apart, and the deviation between parts; `width` columns at a time."""
    columns = means.shape[1]
    sliced = means.tocsc() if width < columns else means
    apart, deviation = [], []
    for first in range(0, columns, width):
        found = sliced[:, first : first + width].toarray()
        human, spread = _moments(found[~is_machine], weight[~is_machine])
        machine, other = _moments(found[is_machine], weight[is_machine])
        apart.append(np.abs(machine - human))
        deviation.append(np.sqrt(spread + other))
    return np.concatenate(apart), np.concatenate(deviation)


def _moments(
    means: NDArray[np.float32], weight: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted mean and variance of each column."""
    share = weight / weight.sum()
    mean = share @ means
    return mean, share @ (means - mean) ** 2

"""Fits a linear head over n-grams, so that it leans on what tells machine from human everywhere.

An n-gram that is frequent in the machine texts of one source and rare in those of another tells sources apart. So
columns are first scaled by how steadily their mean over sources differs between the classes; since weights are
penalised, what is steady is cheap to use.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS
from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats
from lowbackground.detectors.text_classifier.quantise import to_codes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_PART = 30  # examples of a part of a source whose mean counts
MIN_PARTS = 4  # of either class; with fewer, nothing can be said of steadiness


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
class LinearRecipe:
    """`steadiness` is the power of the scale of columns, 0 for none; `penalty` and `passes` are those of the descent."""

    bits: int = MAX_BITS
    steadiness: float = 1.0
    penalty: float = 1e-6
    passes: int = 6


def fit_linear(matrix: "csr_matrix", examples: Examples, weight: Floats, recipe: LinearRecipe, seed: int) -> LinearFit:
    """Logistic regression by averaged stochastic gradient descent (Bottou 2010; Xu 2011)."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import SGDClassifier

    bucket = matrix.indices >> (MAX_BITS - recipe.bits)
    folded = csr_matrix((matrix.data.copy(), bucket, matrix.indptr), shape=(len(weight), 1 << recipe.bits))
    scale = steadiness(folded, examples) ** np.float32(recipe.steadiness)
    folded.data *= scale[folded.indices]
    scale /= max(_mean_norm(folded), 1e-9)
    folded.data /= max(_mean_norm(folded), 1e-9)
    model = SGDClassifier(
        loss="log_loss", alpha=recipe.penalty, average=True, max_iter=recipe.passes, tol=None, random_state=seed
    )
    model.fit(folded, examples.machine, sample_weight=weight)
    codes, step = to_codes(model.coef_[0] * scale)
    return LinearFit(codes, step, recipe.bits, float(model.intercept_[0]))


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
    means = (averaging[large] @ matrix).toarray()
    first = np.unique(cell, return_index=True)[1][large]
    _, source, parts = np.unique(examples.source[first], return_inverse=True, return_counts=True)
    weight = parts[source].astype(np.float32) ** -0.5
    human, spread = _moments(means[~is_machine], weight[~is_machine])
    machine, other = _moments(means[is_machine], weight[is_machine])
    deviation = np.sqrt(spread + other)
    rare = (
        0.5 * np.median(deviation[deviation > 0]) if np.any(deviation > 0) else 1.0
    )  # what few texts have is no steady sign
    ratio: NDArray[np.float32] = (np.abs(machine - human) / (deviation + rare)).astype(np.float32)
    return ratio


def _moments(
    means: NDArray[np.float32], weight: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted mean and variance of each column."""
    share = weight / weight.sum()
    mean = share @ means
    return mean, share @ (means - mean) ** 2

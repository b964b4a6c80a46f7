"""Fits a small network over n-grams and style: embeddings that are summed over a text, style beside them, a hidden layer.

It sees what linear heads cannot: that a word says something else beside other words, or in another style. By itself it
knows sources by heart and finds less than they; beside them it errs elsewhere. After fastText (Joulin et al. 2016) and
wide-and-deep models (Cheng et al. 2016), trained with Adagrad (Duchi et al. 2011) and dropout (Srivastava et al. 2014).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS
from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats
from lowbackground.detectors.text_classifier.heads import CUT
from lowbackground.detectors.text_classifier.quantise import to_int8

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Singles = NDArray[np.float32]

BATCH = 256  # texts
STYLE_WEIGHT = 0.125  # of a deviation of style beside embeddings, whose sums are small numbers
_START = 1e-4, 1e-2  # of the sums of squares of Adagrad: of embeddings, of all else


@dataclass(frozen=True, slots=True)
class NetworkRecipe:
    """Sizes, passes over the texts, rates of learning, and the share of hidden units that is dropped at each step."""

    bits: int = 17
    width: int = 16
    units: int = 24
    passes: int = 4
    rate: float = 0.05
    inner_rate: float = 0.01
    decay: float = 1e-4
    dropped: float = 0.3


@dataclass(frozen=True, slots=True)
class NetworkFit:
    """A network as it ships (`weights.Network`): embeddings as int8, the rest as float32."""

    bits: int
    embedding: NDArray[np.int8]
    scale: float
    mean: Singles
    deviation: Singles
    hidden: Singles
    hidden_bias: Singles
    out: Singles
    out_bias: float

    def __call__(self, matrix: "csr_matrix", style: Singles) -> Floats:
        """The output for rows over 2^MAX_BITS buckets, and their columns of style."""
        pooled = _folded(matrix, self.bits) @ (self.embedding.astype(np.float64) * self.scale)
        inputs = np.column_stack((pooled, _standard(style, self.mean, self.deviation)))
        hidden = np.maximum(inputs @ self.hidden.astype(np.float64) + self.hidden_bias, 0.0)
        return np.asarray(hidden @ self.out.astype(np.float64) + self.out_bias, np.float64)


def fit_network(
    matrix: "csr_matrix", style: Singles, examples: Examples, weight: Floats, recipe: NetworkRecipe, seed: int
) -> NetworkFit:
    """A network that tells machine text from human text in the examples of some weight."""
    rows = np.flatnonzero(weight)
    deviation = style[rows].std(axis=0) + np.float32(1e-6)
    mean = style[rows].mean(axis=0)
    net = _Net(recipe, style.shape[1], np.random.default_rng(seed))
    net.learn(
        _folded(matrix[rows], recipe.bits),
        (_standard(style[rows], mean, deviation) * STYLE_WEIGHT).astype(np.float32),
        np.where(examples.machine[rows], 1, -1).astype(np.float32),
        weight[rows].astype(np.float32),
    )
    embedding, scale = to_int8(net.embedding)
    net.hidden[recipe.width :] *= STYLE_WEIGHT
    return NetworkFit(
        recipe.bits, embedding, scale, mean, deviation, net.hidden, net.hidden_bias, net.out, float(net.out_bias)
    )


def _folded(matrix: "csr_matrix", bits: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    return csr_matrix(
        (matrix.data, matrix.indices >> (MAX_BITS - bits), matrix.indptr), shape=(matrix.shape[0], 1 << bits)
    )


def _standard(style: Singles, mean: Singles, deviation: Singles) -> Floats:
    """Style in deviations, cut as `heads.network` cuts it."""
    return np.clip((style.astype(np.float64) - mean) / deviation, -CUT, CUT)


class _Net:
    """The numbers of a network while it learns, with the sums of squares of their gradients."""

    def __init__(self, recipe: NetworkRecipe, inputs: int, random: np.random.Generator) -> None:
        size = recipe.width + inputs
        self.recipe, self.random = recipe, random
        self.embedding = random.normal(0, 0.02, (1 << recipe.bits, recipe.width)).astype(np.float32)
        self.hidden = random.normal(0, 2 / np.sqrt(size), (size, recipe.units)).astype(np.float32)
        self.hidden_bias = np.full(recipe.units, 0.1, np.float32)
        self.out = random.normal(0, 0.3, recipe.units).astype(np.float32)
        self.out_bias = np.float32(0)
        self.squares = np.full(1 << recipe.bits, _START[0], np.float32)
        self.inner_squares = [np.full(each.shape, _START[1], np.float32) for each in self._inner()]

    def _inner(self) -> tuple[Singles, Singles, Singles]:
        return self.hidden, self.hidden_bias, self.out

    def learn(self, matrix: "csr_matrix", style: Singles, sign: Singles, weight: Singles) -> None:
        """All passes; `sign` is 1 for machine text and -1 for human text."""
        for number in range(self.recipe.passes):
            slower = np.float32((1 + number) ** -0.5)
            order = self.random.permutation(len(sign))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                self._step(matrix[rows], style[rows], sign[rows], weight[rows], slower)

    def _step(self, batch: "csr_matrix", style: Singles, sign: Singles, weight: Singles, slower: np.float32) -> None:
        from scipy.sparse import csr_matrix

        recipe, width = self.recipe, self.recipe.width
        bucket, place = np.unique(batch.indices, return_inverse=True)
        narrow = csr_matrix((batch.data, place, batch.indptr), shape=(len(sign), len(bucket)))
        inputs = np.concatenate((narrow @ self.embedding[bucket], style), axis=1)
        before = inputs @ self.hidden + self.hidden_bias
        kept = (before > 0) & (self.random.random(before.shape, np.float32) >= recipe.dropped)
        hidden = before * kept / np.float32(1 - recipe.dropped)
        margin = sign * (hidden @ self.out + self.out_bias)
        slope = -sign * weight / (1 + np.exp(np.clip(margin, -30, 30)))  # of the log loss by the output
        back = slope[:, None] * self.out * kept / np.float32(1 - recipe.dropped)
        gradient = narrow.T @ (back @ self.hidden[:width].T)
        self.squares[bucket] += (gradient * gradient).mean(axis=1)
        rate = np.float32(recipe.rate) * slower
        self.embedding[bucket] -= rate * gradient / np.sqrt(self.squares[bucket])[:, None]
        inner = np.float32(recipe.inner_rate) * slower
        self.hidden *= 1 - inner * np.float32(recipe.decay)
        self.out_bias -= inner * slope.sum() / np.float32(100)
        gradients = (inputs.T @ back, back.sum(axis=0), slope @ hidden)
        for value, squares, found in zip(self._inner(), self.inner_squares, gradients, strict=True):
            np.add(squares, found * found, out=squares)
            np.subtract(value, inner * found / np.sqrt(squares), out=value)

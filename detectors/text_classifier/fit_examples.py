"""Texts whose origin is known, as what the heads of the classifier are trained on.

- Pieces of longer texts are examples of their own, human and machine alike: a model that saw whole texts alone takes
  length for evidence.
- A source weighs as the root of its number of texts, and both classes weigh the same in all: few large data sets would
  else decide everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS, Bags
from lowbackground.detectors.text_classifier.features import SLICE, features
from lowbackground.detectors.text_classifier.quantise import count_values

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]

PIECE_WORDS = (55, 320)  # shortest and longest piece; lengths between them are drawn evenly on a logarithmic scale
PIECE_SHARE = 0.75  # of a text at most
MIN_WORDS_TO_CUT = 140
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True)
class Examples:
    """Prepared texts (`features.prepared`); one element a text.

    `source` names where each comes from; `emphasis` is how much it counts beside others of its source, 1 as a rule.
    """

    normal: Sequence[bytes]
    machine: NDArray[np.bool_]
    source: NDArray[np.str_]
    emphasis: Floats

    def __len__(self) -> int:
        return len(self.normal)

    def only(self, rows: NDArray[np.intp]) -> Self:
        """These rows of it."""
        normal = [self.normal[row] for row in rows.tolist()]
        return type(self)(normal, self.machine[rows], self.source[rows], self.emphasis[rows])


def pieces(examples: Examples, seed: int) -> tuple[Examples, NDArray[np.intp]]:
    """One piece of each text that is long enough, and which text it is of."""
    random = np.random.default_rng(seed)
    low, high = PIECE_WORDS
    cut: list[bytes] = []
    rows: list[int] = []
    for row, normal in enumerate(examples.normal):
        spaces = np.flatnonzero(np.frombuffer(normal, np.uint8) == _SPACE)
        size, start = random.uniform(np.log(low), np.log(high)), random.uniform()
        words = min(int(np.exp(size)), int(len(spaces) * PIECE_SHARE))
        if len(spaces) < MIN_WORDS_TO_CUT:
            continue
        first = int(start * (len(spaces) - words))
        begin = spaces[first - 1] + 1 if first else 0
        cut.append(normal[begin : spaces[first + words - 1]])
        rows.append(row)
    of = np.asarray(rows, np.intp)
    return Examples(cut, examples.machine[of], examples.source[of], examples.emphasis[of]), of


def balanced(examples: Examples, evenness: float = 0.5) -> Floats:
    """The weight of each example; they add up to their number. `evenness` 0 weighs texts alike, 1 sources."""
    weight = examples.emphasis.copy()
    names, label = np.unique(examples.source, return_inverse=True)
    cell = label * 2 + examples.machine
    count = np.bincount(cell, minlength=2 * len(names)).astype(np.float64)
    weight /= count[cell] ** evenness
    for machine in (False, True):
        chosen = examples.machine == machine
        total = weight[chosen].sum()
        if total:
            weight[chosen] *= len(weight) / 2 / total
    return weight


@dataclass(frozen=True, slots=True)
class Seen:
    """What the heads see of texts: `words` how many each has, matrices of unit rows for both bags, style as float32."""

    words: NDArray[np.int64]
    word_ngrams: "csr_matrix"
    masked_ngrams: "csr_matrix"
    style: NDArray[np.float32]


def look(normal: Sequence[bytes]) -> Seen:
    """The features of prepared texts in English."""
    slices = [features(normal[start : start + SLICE]) for start in range(0, len(normal), SLICE)]
    return Seen(
        np.concatenate([each.words for each in slices]),
        unit_rows([each.word_ngrams for each in slices]),
        unit_rows([each.masked_ngrams for each in slices]),
        np.concatenate([each.style for each in slices]),
    )


def unit_rows(bags: Sequence[Bags]) -> "csr_matrix":
    """Bags as one matrix, each row divided by its norm: exactly what a linear head sums over at run time."""
    from scipy.sparse import csr_matrix

    value = count_values().astype(np.float32)
    counts = np.concatenate([bag.count for bag in bags])
    data = value.take(np.minimum(counts, len(value) - 1))
    sizes = np.concatenate([np.diff(bag.indptr) for bag in bags])
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    row = np.repeat(np.arange(len(sizes)), sizes)
    norm = np.sqrt(np.maximum(np.bincount(row, data.astype(np.float64) ** 2, minlength=len(sizes)), 1.0))
    data /= norm.astype(np.float32)[row]
    bucket = np.concatenate([bag.bucket for bag in bags])
    return csr_matrix((data, bucket, indptr), shape=(len(sizes), 1 << MAX_BITS))

"""Texts whose origin is known, as what the heads of the classifier are trained on.

- Pieces of longer texts are examples of their own, human and machine alike: a model that saw whole texts alone takes
  length for evidence.
- A source weighs as the root of its number of texts, and both classes weigh the same in all: few large data sets would
  else decide everything.
- The same examples may train several models by different diets: how much each counts in each is given beforehand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
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
PIECES = 2  # of a text; more added nothing
PIECE_SHARE = 0.75  # of a text at most
MIN_WORDS_TO_CUT = 140
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True)
class Examples:
    """Prepared texts (`features.prepared`); one element a text.

    `source` names where each comes from; `emphasis`, float[n, diets], is how much it counts beside others of its source in
    each diet, 1 as a rule, 0 where it takes no part. `part` says which part of its source, such as a genre, and may be left out.
    """

    normal: Sequence[bytes]
    machine: NDArray[np.bool_]
    source: NDArray[np.str_]
    emphasis: Floats
    part: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.machine)

    def only(self, rows: NDArray[np.intp]) -> Self:
        """These rows of it."""
        normal = [self.normal[row] for row in rows.tolist()] if len(self.normal) else ()
        part = None if self.part is None else self.part[rows]
        return type(self)(normal, self.machine[rows], self.source[rows], self.emphasis[rows], part)

    def __add__(self, other: Self) -> Self:
        """One after the other, without the texts."""
        return type(self)(
            (),
            np.concatenate([self.machine, other.machine]),
            np.concatenate([self.source, other.source]),
            np.concatenate([self.emphasis, other.emphasis]),
            None if self.part is None or other.part is None else np.concatenate([self.part, other.part]),
        )


def pieces(examples: Examples, seed: int) -> tuple[Examples, NDArray[np.intp]]:
    """`PIECES` pieces of each text that is long enough, and which text each is of."""
    random = np.random.default_rng(seed)
    cut: list[bytes] = []
    rows: list[int] = []
    for row, normal in enumerate(examples.normal):
        spaces = np.flatnonzero(np.frombuffer(normal, np.uint8) == _SPACE)
        if len(spaces) >= MIN_WORDS_TO_CUT:
            cut.extend(_piece(normal, spaces, random) for _ in range(PIECES))
            rows.extend([row] * PIECES)
    of = np.asarray(rows, np.intp)
    return replace(examples.only(of), normal=cut), of


def _piece(normal: bytes, spaces: NDArray[np.intp], random: np.random.Generator) -> bytes:
    low, high = np.log(PIECE_WORDS)
    words = min(int(np.exp(random.uniform(low, high))), int(len(spaces) * PIECE_SHARE))
    first = int(random.uniform() * (len(spaces) - words))
    return normal[spaces[first - 1] + 1 if first else 0 : spaces[first + words - 1]]


def balanced(examples: Examples, diet: int = 0, evenness: float = 0.5) -> Floats:
    """The weight of each example in a diet; they add up to the number of those that take part.

    `evenness` 0 weighs texts alike, 1 sources.
    """
    emphasis = examples.emphasis[:, diet]
    present = emphasis > 0
    distinct, label = np.unique(examples.source, return_inverse=True)
    cell = label * 2 + examples.machine
    count = np.bincount(cell, present, minlength=2 * len(distinct))
    weight = emphasis / np.maximum(count, 1.0)[cell] ** evenness
    for machine in (False, True):
        chosen = examples.machine == machine
        total = weight[chosen].sum()
        if total:
            weight[chosen] *= np.count_nonzero(present) / 2 / total
    return weight


@dataclass(frozen=True, slots=True)
class Seen:
    """What the heads see of texts: `words` how many each has, a matrix of unit rows for each bag, style as float32."""

    words: NDArray[np.int64]
    bags: Mapping[str, "csr_matrix"]
    style: NDArray[np.float32]

    def only(self, rows: NDArray[np.intp]) -> Self:
        """These rows of it."""
        return type(self)(self.words[rows], {name: bag[rows] for name, bag in self.bags.items()}, self.style[rows])

    def __add__(self, other: Self) -> Self:
        """One after the other."""
        from scipy.sparse import vstack

        return type(self)(
            np.concatenate([self.words, other.words]),
            {name: vstack([bag, other.bags[name]], format="csr") for name, bag in self.bags.items()},
            np.concatenate([self.style, other.style]),
        )


def look(normal: Sequence[bytes], bags: Collection[str]) -> Seen:
    """The features of prepared texts in English, with these of `bags.ENGLISH_BAGS`."""
    slices = [features(normal[start : start + SLICE], bags=bags) for start in range(0, max(1, len(normal)), SLICE)]
    return Seen(
        np.concatenate([each.words for each in slices]),
        {name: unit_rows([each.bags[name] for each in slices]) for name in slices[0].bags},
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

"""Lists of words that tokens are looked up in, by their hashes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.tokens import U64, tokenise

_BITS = 16


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A list of a few hundred hashes, and the table that finds their places in it."""

    hashes: NDArray[np.uint64]
    table: NDArray[np.int16]

    @staticmethod
    def of_words(words: Sequence[str]) -> "Vocabulary":
        """Of words; one that begins with an apostrophe is what follows a word (`'s`).

        Raises:
            ValueError: two words fall into one place of the table; leave one of them out.
        """
        return Vocabulary.of(np.array([_hash_of(word) for word in words], U64))

    @staticmethod
    def of(hashes: NDArray[np.uint64]) -> "Vocabulary":
        """Of hashes of tokens, or of their endings.

        Raises:
            ValueError: two fall into one place of the table.
        """
        places = hashes >> U64(64 - _BITS)
        if len(set(places.tolist())) != len(hashes):
            raise ValueError(f"two of {len(hashes)} words share a place in a table of {1 << _BITS}")
        table = np.full(1 << _BITS, -1, np.int16)
        table[places] = np.arange(len(hashes), dtype=np.int16)
        return Vocabulary(hashes, table)

    def ids(self, hashes: NDArray[np.uint64]) -> NDArray[np.int16]:
        """The place of each hash in the list, or -1."""
        ids = self.table.take((hashes >> U64(64 - _BITS)).astype(np.int64))
        return np.where(self.hashes.take(ids, mode="wrap") == hashes, ids, np.int16(-1))


def _hash_of(word: str) -> np.uint64:
    return np.uint64(tokenise([(b"x" if word.startswith("'") else b"") + word.encode()]).hash[-1])

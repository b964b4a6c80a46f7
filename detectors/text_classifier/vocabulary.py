"""Lists of words that tokens are looked up in, by their hashes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.tokens import U64, tokenise

_BITS = 16


class Vocabulary:
    """A list of a few hundred words; one that begins with an apostrophe is what follows a word (`'s`).

    Raises:
        ValueError: two words fall into one place of the table; leave one of them out.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.hashes = np.array([_hash_of(word) for word in words], U64)
        places = self.hashes >> U64(64 - _BITS)
        if len(set(places.tolist())) != len(words):
            raise ValueError(f"two of {len(words)} words share a place in a table of {1 << _BITS}")
        self._table = np.full(1 << _BITS, -1, np.int16)
        self._table[places] = np.arange(len(words), dtype=np.int16)

    def ids(self, hashes: NDArray[np.uint64]) -> NDArray[np.int16]:
        """The place of each token in the list, or -1."""
        ids = self._table.take((hashes >> U64(64 - _BITS)).astype(np.int64))
        return np.where(self.hashes.take(ids, mode="wrap") == hashes, ids, np.int16(-1))


def _hash_of(word: str) -> np.uint64:
    return np.uint64(tokenise([(b"x" if word.startswith("'") else b"") + word.encode()]).hash[-1])

"""Bags of hashed n-grams: which buckets a text falls into, and how often.

- `word_ngrams`: words and marks as they are. `word_trigrams`: three of them in a row, which are turns of phrase.
- `masked_ngrams`: words outside of the most frequent ones are replaced by their last three letters, so that what is left
  is grammar rather than topic. `skeleton_ngrams`: of such words nothing is left but their place. `character_ngrams`: for
  Chinese.
- A bucket is the top bits of a 64-bit hash; orders of n-grams share the buckets, and differ by a salt.
- A bag depends on its own text alone; n-grams never reach over the end of a text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.tokens import MARK, NUMBER, PUNCTUATION, U64, WORD, Tokens, mixed, tokenise

MAX_BITS = 20
_STEP = (
    U64(0x9E3779B97F4A7C15),
    U64(0xBF58476D1CE4E5B9),
    U64(0x94D049BB133111EB),
    U64(0xD6E8FEB86659FD93),
)  # constants of SplitMix64 (Steele 2014), multiplier of rrmxmx (P. Evensen, 2018)
_FREQUENT_BITS = 18
FREQUENT_WORDS = 1500  # in `frequent_words.json`, the most frequent first
SKELETON_WORDS = 600  # most frequent words that a skeleton keeps; with 250 and endings of the others it found as much
_ANY_WORD, _ANY_NUMBER = U64(0x9FB21C651E98DF25), U64(0xC6A4A7935BD1E995)  # any two numbers that no token has


@dataclass(frozen=True, slots=True)
class Bags:
    """Sparse counts, in the layout of a CSR matrix of `len(indptr) - 1` texts by 2^bits buckets; buckets ascend in a text."""

    indptr: NDArray[np.int64]
    bucket: NDArray[np.int32]
    count: NDArray[np.int32]


def word_ngrams(tokens: Tokens, bits: int = MAX_BITS, orders: Sequence[int] = (1, 2), *, marks: bool = True) -> Bags:
    """N-grams of words and numbers, and of punctuation where `marks`."""
    kept = tokens.kind != MARK
    if not marks:
        kept &= tokens.kind != PUNCTUATION
    return ngrams(tokens.hash[kept], tokens.document[kept], tokens.documents, bits, orders)


def masked_ngrams(tokens: Tokens, bits: int = MAX_BITS, orders: Sequence[int] = (1, 2, 3)) -> Bags:
    """N-grams in which a word that is not among the most frequent is only its ending."""
    kept = tokens.kind != MARK
    hashes, kinds = tokens.hash[kept], tokens.kind[kept]
    rare = (kinds == WORD) & ~is_frequent(hashes)
    return ngrams(np.where(rare, tokens.suffix[kept], hashes), tokens.document[kept], tokens.documents, bits, orders)


def word_trigrams(tokens: Tokens, bits: int = MAX_BITS) -> Bags:
    """Three words, numbers or marks in a row."""
    return word_ngrams(tokens, bits, (3,))


def skeleton_ngrams(tokens: Tokens, bits: int = MAX_BITS, orders: Sequence[int] = (2, 3, 4)) -> Bags:
    """N-grams in which all words outside of the 600 most frequent are one and the same word, and all numbers one number."""
    kept = tokens.kind != MARK
    hashes, kinds = tokens.hash[kept], tokens.kind[kept]
    hashes[(kinds == WORD) & ~is_frequent(hashes, SKELETON_WORDS)] = _ANY_WORD
    hashes[kinds == NUMBER] = _ANY_NUMBER
    return ngrams(hashes, tokens.document[kept], tokens.documents, bits, orders)


ENGLISH_BAGS: Mapping[str, Callable[[Tokens, int], Bags]] = {
    "word_ngrams": word_ngrams,
    "word_trigrams": word_trigrams,
    "masked_ngrams": masked_ngrams,
    "skeleton_ngrams": skeleton_ngrams,
}


def ngrams(
    hashes: NDArray[np.uint64], document: NDArray[np.int64], documents: int, bits: int, orders: Sequence[int]
) -> Bags:
    """Bags of the n-grams of a stream of hashes, of which `document` says to which text each belongs."""
    keys = []
    for order in orders:
        places = max(0, len(hashes) - order + 1)
        value = np.full(places, order, U64)
        for step in range(order):
            value = (value ^ hashes[step : step + places]) * _STEP[step]
            value ^= value >> U64(31)
        inside = document[:places] == document[len(document) - places :]
        bucket = mixed(value[inside]) >> U64(64 - bits)
        keys.append((document[:places][inside].astype(U64) << U64(bits)) | bucket)
    joined = np.concatenate(keys) if keys else np.empty(0, U64)
    return _counted(joined, documents, bits)


def _counted(keys: NDArray[np.uint64], documents: int, bits: int) -> Bags:
    """Equal keys as one entry with a count."""
    narrow = np.uint32 if documents <= 1 << (32 - bits) else U64  # half the bytes sort in half the time
    ordered = np.sort(keys.astype(narrow))
    first = (
        np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else np.empty(0, np.int64)
    )
    distinct = ordered[first]
    bounds = np.searchsorted(distinct, np.arange(documents + 1, dtype=U64) << U64(bits)) if documents else [0]
    return Bags(
        np.asarray(bounds, np.int64),
        (distinct & narrow((1 << bits) - 1)).astype(np.int32),
        np.diff(first, append=len(ordered)).astype(np.int32),
    )


def is_frequent(hashes: NDArray[np.uint64], words: int = FREQUENT_WORDS) -> NDArray[np.bool_]:
    """Whether tokens are among so many of the most frequent words of English; of others at most one in 170 passes for one."""
    return _frequent_table(words).take((hashes >> U64(64 - _FREQUENT_BITS)).astype(np.int64))


@cache
def _frequent_table(number: int) -> NDArray[np.bool_]:
    """The first words of `frequent_words.json`: 1,500 that the largest share of human texts holds.

    Counted by `benchmarks/ai_text/frequent_words.py`.
    """
    words = json.loads(files(__package__).joinpath("frequent_words.json").read_text())[:number]
    table = np.zeros(1 << _FREQUENT_BITS, np.bool_)
    table[tokenise([word.encode() for word in words]).hash >> U64(64 - _FREQUENT_BITS)] = True
    return table

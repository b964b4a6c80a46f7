"""How a window of tokens becomes the seed of a green list: the functions of `lm-watermarking` and of `transformers`.

- Formulas: `alternative_prf_schemes.py` of jwkirchenbauer/lm-watermarking; `WatermarkLogitsProcessor` of transformers 5.23.
- Products wrap as signed 64-bit integers where the sources multiply tensors, and do not where they multiply Python
  integers; both are copied.
- A token is hashed by a fixed permutation. The two implementations draw it from different seeds, so what they both
  call `selfhash` are two schemes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.watermarks.torch_cpu_random import SEED_MASK, permutation

HASH_TABLE_SIZE = 1_000_003  # `table_size` in both sources
LM_WATERMARKING_TABLE_SEED = 2971215073  # alternative_prf_schemes.py, the 47th Fibonacci number
_MODULUS = 2**64 - 1  # seeds are taken modulo this in both sources
_SKIP = 2  # simple_skip_prf, its default k
_NONCOMMUTATIVE_MODULUS = 2**32  # noncomm_prf, after every token

Ids = NDArray[np.int64]


class Implementation(StrEnum):
    """Whose code marked the text."""

    TRANSFORMERS = "transformers"
    LM_WATERMARKING = "lm-watermarking"


class Seeding(StrEnum):
    """The function from a window to a seed; where a scheme of its own name uses it, by that name."""

    LEFTHASH = "lefthash"  # additive_prf; in transformers of the last token alone
    SELFHASH = "selfhash"  # anchored_minhash_prf
    MINHASH = "minhash"
    SKIPGRAM = "skipgram"
    MULTIPLICATIVE = "multiplicative"
    MINFUNC = "minfunc"
    SIMPLE_SKIP = "simple_skip"
    ANCHORED_SKIPGRAM = "anchored_skipgram"
    MINSKIPGRAM = "minskipgram"
    NONCOMMUTATIVE = "noncomm"
    POSITION = "position"


NAMED = {  # tokens of the window that is hashed, by default, for schemes that have a name of their own
    (Implementation.TRANSFORMERS, Seeding.LEFTHASH): 1,
    (Implementation.TRANSFORMERS, Seeding.SELFHASH): 1,
    (Implementation.LM_WATERMARKING, Seeding.LEFTHASH): 1,
    (Implementation.LM_WATERMARKING, Seeding.SELFHASH): 4,
    (Implementation.LM_WATERMARKING, Seeding.MINHASH): 4,
    (Implementation.LM_WATERMARKING, Seeding.SKIPGRAM): 5,
}
FREEFORM = {  # what lm-watermarking calls a function in the names of its free schemes: ff-FUNCTION-WIDTH-SELFSALT
    "additive_prf": Seeding.LEFTHASH,
    "anchored_minhash_prf": Seeding.SELFHASH,
    "minhash_prf": Seeding.MINHASH,
    "skipgram_prf": Seeding.SKIPGRAM,
    "multiplicative_prf": Seeding.MULTIPLICATIVE,
    "minfunc_prf": Seeding.MINFUNC,
    "simple_skip_prf": Seeding.SIMPLE_SKIP,
    "anchored_skipgram_prf": Seeding.ANCHORED_SKIPGRAM,
    "minskipgram_prf": Seeding.MINSKIPGRAM,
    "noncomm_prf": Seeding.NONCOMMUTATIVE,
    "position_prf": Seeding.POSITION,
}
LEAST_WIDTH = {Seeding.MINSKIPGRAM: 2}  # of pairs of tokens; all others have a seed for a single one


@dataclass(frozen=True, slots=True)
class _Windows:
    """Windows of tokens, int64 (windows, width), and by what they are hashed."""

    ids: Ids
    key: int
    implementation: Implementation

    def times_key(self) -> Ids:
        """The tokens times the key, as tensors multiply: modulo 2^64, signed."""
        return _signed(self.key) * self.ids

    def hashed(self, values: Ids) -> Ids:
        """`hashint`: the permutation at each value, plus one."""
        own = self.implementation is Implementation.TRANSFORMERS
        return hash_table(self.key if own else LM_WATERMARKING_TABLE_SEED)[values % HASH_TABLE_SIZE].astype(np.int64)


def window_seeds(seeding: Seeding, implementation: Implementation, key: int, windows: Ids) -> NDArray[np.uint64]:
    """The low 32 bits of the seed of each window, which is all that torch's CPU generator takes: uint64, (windows,)."""
    return _FUNCTIONS[seeding](_Windows(windows, key, implementation))


@lru_cache(maxsize=8)  # 4 MB and some tenths of a second each; all keys of lm-watermarking share one
def hash_table(seed: int) -> NDArray[np.int32]:
    """The permutation of `HASH_TABLE_SIZE` numbers that this seed draws, plus one: int32."""
    return (permutation(seed, HASH_TABLE_SIZE) + 1).astype(np.int32)


def _signed(key: int) -> np.int64:
    """A key as the tensors hold it."""
    return np.uint64(key & 0xFFFFFFFFFFFFFFFF).astype(np.int64)


def _low_words(values: Ids, factor: int = 1) -> NDArray[np.uint64]:
    """The low word of `factor` times each value, modulo `_MODULUS`, in Python's integers, which do not wrap."""
    distinct, inverse = np.unique(values, return_inverse=True)
    words = [factor * value % _MODULUS & SEED_MASK for value in distinct.tolist()]
    return np.array(words, np.uint64)[inverse]


def _additive(windows: _Windows) -> NDArray[np.uint64]:
    last = windows.implementation is Implementation.TRANSFORMERS
    return _low_words(windows.ids[:, -1] if last else windows.ids.sum(axis=1), windows.key)


def _multiplicative(windows: _Windows) -> NDArray[np.uint64]:
    return _low_words(windows.ids.prod(axis=1), windows.key)


def _minfunc(windows: _Windows) -> NDArray[np.uint64]:
    return _low_words(windows.ids.min(axis=1), windows.key)


def _position(windows: _Windows) -> NDArray[np.uint64]:
    return _low_words((windows.times_key() * np.arange(1, windows.ids.shape[1] + 1)).sum(axis=1))


def _minhash(windows: _Windows) -> NDArray[np.uint64]:
    return _low_words(windows.hashed(windows.times_key()).min(axis=1))


def _anchored_minhash(windows: _Windows) -> NDArray[np.uint64]:
    hashed = windows.hashed(windows.ids)
    return _low_words((_signed(windows.key) * hashed * hashed[:, -1:]).min(axis=1))


def _skipgram(windows: _Windows) -> NDArray[np.uint64]:
    return _low_words(windows.hashed(windows.times_key()[:, 0]))


def _anchored_skipgram(windows: _Windows) -> NDArray[np.uint64]:
    hashed = windows.hashed(windows.times_key()[:, [0, -1]])
    return _low_words(hashed[:, 0] * hashed[:, 1])


def _minskipgram(windows: _Windows) -> NDArray[np.uint64]:
    """The least product of two hashes of a window: that of its two least, for all are positive."""
    return _low_words(np.sort(windows.hashed(windows.times_key()), axis=1)[:, :2].prod(axis=1))


def _simple_skip(windows: _Windows) -> NDArray[np.uint64]:
    return _low_words(windows.hashed(windows.times_key()[:, ::_SKIP]).prod(axis=1))


def _noncommutative(windows: _Windows) -> NDArray[np.uint64]:
    state = np.full(len(windows.ids), _signed(windows.key))
    for column in windows.ids.T:
        state = state * windows.hashed(state * column) % _NONCOMMUTATIVE_MODULUS
    return _low_words(state)


_FUNCTIONS: dict[Seeding, Callable[[_Windows], NDArray[np.uint64]]] = {
    Seeding.LEFTHASH: _additive,
    Seeding.SELFHASH: _anchored_minhash,
    Seeding.MINHASH: _minhash,
    Seeding.SKIPGRAM: _skipgram,
    Seeding.MULTIPLICATIVE: _multiplicative,
    Seeding.MINFUNC: _minfunc,
    Seeding.SIMPLE_SKIP: _simple_skip,
    Seeding.ANCHORED_SKIPGRAM: _anchored_skipgram,
    Seeding.MINSKIPGRAM: _minskipgram,
    Seeding.NONCOMMUTATIVE: _noncommutative,
    Seeding.POSITION: _position,
}

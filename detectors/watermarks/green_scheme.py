"""Green lists (Kirchenbauer et al., ICML 2023 and ICLR 2024), without torch.

As `transformers` and `lm-watermarking` draw them:

- A window of tokens gives a seed; the seed gives a permutation of the vocabulary; its head is the green list of the next
  token (or, in `selfhash`, decides about the last token of the window itself).
- Products wrap as signed 64-bit integers where the sources multiply tensors, and do not where they multiply Python
  integers; both are copied.
- The two implementations of `selfhash` draw their hash table from different seeds, so each is a scheme of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lowbackground.detectors.watermarks.exact_tail import Lattice, binomial
from lowbackground.detectors.watermarks.torch_cpu_random import SEED_MASK, ends_in_head, partners, permutation

HASH_TABLE_SIZE = 1_000_003  # `table_size` in both sources
LM_WATERMARKING_TABLE_SEED = 2971215073  # alternative_prf_schemes.py, the 47th Fibonacci number
_MODULUS = 2**64 - 1  # seeds are taken modulo this in both sources

_Ids = NDArray[np.int64]


class Implementation(StrEnum):
    """Whose code marked the text."""

    TRANSFORMERS = "transformers"
    LM_WATERMARKING = "lm-watermarking"


class Seeding(StrEnum):
    """How a window becomes a seed."""

    LEFTHASH = "lefthash"
    SELFHASH = "selfhash"
    MINHASH = "minhash"
    SKIPGRAM = "skipgram"


CONTEXT_WIDTH = {  # tokens of the window that is hashed, the default of each source
    (Implementation.TRANSFORMERS, Seeding.LEFTHASH): 1,
    (Implementation.TRANSFORMERS, Seeding.SELFHASH): 1,
    (Implementation.LM_WATERMARKING, Seeding.LEFTHASH): 1,
    (Implementation.LM_WATERMARKING, Seeding.SELFHASH): 4,
    (Implementation.LM_WATERMARKING, Seeding.MINHASH): 4,
    (Implementation.LM_WATERMARKING, Seeding.SKIPGRAM): 5,
}


@dataclass(frozen=True)
class GreenKey:
    """One key of one scheme: a secret, so it shows neither the key nor what follows from it."""

    name: str
    key: int = field(repr=False)
    seeding: Seeding = Seeding.LEFTHASH
    implementation: Implementation = Implementation.TRANSFORMERS
    context_width: int = 1
    ratio: float = 0.25

    @cached_property
    def hash_table(self) -> NDArray[np.int32]:
        """The permutation, plus one, by which all schemes but `lefthash` hash tokens."""
        own = self.implementation is Implementation.TRANSFORMERS
        return _hash_table(self.key if own else LM_WATERMARKING_TABLE_SEED)

    def green_size(self, vocab_size: int) -> int:
        """How many tokens are green."""
        return int(vocab_size * self.ratio)

    def null(self, vocab_size: int) -> Lattice:
        """One token of a text that knows nothing of the key: green by the share of green tokens."""
        return binomial(self.green_size(vocab_size) / vocab_size)

    def pairs(self, ids: _Ids) -> NDArray[np.uint64]:
        """The distinct pairs of seed (low 32 bits) and token that a text holds, in the order of the text.

        uint64, (pairs,): seed << 32 | token. A pair decides the draw, so it counts once. A seed of 0 comes from token 0,
        whatever the key is: what holds under every key is no sign of one.
        """
        salted = self.seeding is Seeding.SELFHASH
        width = self.context_width
        if len(ids) < width + (not salted):
            return np.zeros(0, np.uint64)
        windows = sliding_window_view(ids if salted else ids[:-1], width)
        seeds = _SEEDS[self.seeding](self, windows)
        targets = ids[width - salted :].astype(np.uint64)
        packed: NDArray[np.uint64] = ((seeds << np.uint64(32)) | targets)[seeds != 0]
        _, first = np.unique(packed, return_index=True)
        return packed[np.sort(first)]

    def green(self, pairs: NDArray[np.uint64], vocab_size: int) -> NDArray[np.bool_]:
        """Whether each pair is green: bool, (pairs,); a token outside the vocabulary never is."""
        answer = np.zeros(len(pairs), np.bool_)
        head = self.green_size(vocab_size)
        for seed, places, tokens in _by_seed(pairs):
            swaps = partners(seed, vocab_size, head)
            answer[places] = [ends_in_head(swaps, token) for token in tokens]
        return answer


def _by_seed(pairs: NDArray[np.uint64]) -> Iterator[tuple[int, NDArray[np.intp], list[int]]]:
    """Seed, places and tokens of the pairs that share a seed."""
    order = np.argsort(pairs, kind="stable")
    seeds = pairs[order] >> np.uint64(32)
    for places in np.split(order, np.flatnonzero(seeds[1:] != seeds[:-1]) + 1) if len(order) else ():
        yield int(pairs[places[0]] >> np.uint64(32)), places, (pairs[places] & np.uint64(SEED_MASK)).tolist()


def _low_words(seeds: list[int]) -> NDArray[np.uint64]:
    return np.array([seed % _MODULUS & SEED_MASK for seed in seeds], np.uint64)


def _each_once(seeds: Callable[[int], int], values: _Ids) -> NDArray[np.uint64]:
    """The low word of the seed of every value; Python integers, which do not wrap, once for each distinct value."""
    distinct, inverse = np.unique(values, return_inverse=True)
    return _low_words([seeds(value) for value in distinct.tolist()])[inverse]


def _lefthash(scheme: GreenKey, windows: _Ids) -> NDArray[np.uint64]:
    last = scheme.implementation is Implementation.TRANSFORMERS
    values = windows[:, -1] if last else windows.sum(axis=1)  # `additive_prf`; both are the last token at width 1
    return _each_once(lambda value: scheme.key * value, values)


def _selfhash(scheme: GreenKey, windows: _Ids) -> NDArray[np.uint64]:
    hashed = _hashed(scheme, windows)
    return _each_once(int, (_signed(scheme.key) * hashed * hashed[:, -1:]).min(axis=1))


def _minhash(scheme: GreenKey, windows: _Ids) -> NDArray[np.uint64]:
    return _each_once(int, _hashed(scheme, _signed(scheme.key) * windows).min(axis=1))


def _skipgram(scheme: GreenKey, windows: _Ids) -> NDArray[np.uint64]:
    return _each_once(int, _hashed(scheme, _signed(scheme.key) * windows[:, 0]))


def _hashed(scheme: GreenKey, values: _Ids) -> _Ids:
    return scheme.hash_table[values % HASH_TABLE_SIZE].astype(np.int64)


@lru_cache(maxsize=8)  # 4 MB and some tenths of a second each; all keys of lm-watermarking share one
def _hash_table(seed: int) -> NDArray[np.int32]:
    return (permutation(seed, HASH_TABLE_SIZE) + 1).astype(np.int32)


def _signed(key: int) -> np.int64:
    """A key as the tensors hold it."""
    return np.uint64(key & 0xFFFFFFFFFFFFFFFF).astype(np.int64)


_SEEDS: dict[Seeding, Callable[[GreenKey, _Ids], NDArray[np.uint64]]] = {
    Seeding.LEFTHASH: _lefthash,
    Seeding.SELFHASH: _selfhash,
    Seeding.MINHASH: _minhash,
    Seeding.SKIPGRAM: _skipgram,
}

"""The open scheme of SynthID-Text (Dathathri et al., Nature 634, 2024), without torch.

As `google-deepmind/synthid-text` and `transformers` implement it:

- A window of `ngram_len` tokens is hashed by h = (h + token) * 6364136223846793005 + 1 mod 2^64, from h = 1 on; for each
  layer one more step is made with the layer's key, and the result modulo the table's size names a random bit, g.
- Low bits of such a hash depend on low bits alone. So all g-values of a window follow from its hash modulo the size of
  the table, its state: a key set is a table with one score a state, and scoring a text is a gather and a sum.
- The hash does not depend on keys: many key sets share it, and share which windows count.
- The first `ngram_len - 1` tokens of a text have no context and are not scored.
"""

from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.watermarks.exact_tail import Lattice
from lowbackground.detectors.watermarks.torch_cpu_random import coin_flips

MULTIPLIER = np.uint64(6364136223846793005)  # of the generator of newlib and musl; `accumulate_hash` in both sources
INCREMENT = np.uint64(1)  # as above
TABLE_SIZE = 1 << 16  # `sampling_table_size` of both sources
LEVELS = 63  # a state's score is one of 0..63: rounding costs 0.2 % of the power, and keeps the null exact
FIRST_WEIGHT, LAST_WEIGHT = 10, 1  # of the layers; `weighted_mean_score` in synthid-text/detector_mean.py

_Ids = NDArray[np.int64]


def context_hashes(ids: _Ids, ngram_len: int) -> NDArray[np.uint64]:
    """The hash of the `ngram_len - 1` tokens before each token that has so many: uint64, (n - ngram_len + 1,)."""
    tokens = ids.astype(np.uint64)
    windows = max(0, len(ids) - ngram_len + 1)
    hashes = np.ones(windows, np.uint64)
    for place in range(ngram_len - 1):
        hashes += tokens[place : place + windows]
        hashes *= MULTIPLIER
        hashes += INCREMENT
    return hashes


def states(contexts: NDArray[np.uint64], targets: _Ids, size: int = TABLE_SIZE) -> NDArray[np.intp]:
    """The state of each window: its hash modulo `size`, a power of two."""
    hashes = (contexts + targets.astype(np.uint64)) * MULTIPLIER + INCREMENT
    return (hashes & np.uint64(size - 1)).astype(np.intp)


def layer_bits(keys: tuple[int, ...], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The g-values of every state: uint8, (size of the table, number of keys)."""
    every_state = np.arange(len(table), dtype=np.uint64)[:, None]
    hashes = (every_state + _words(keys)[None, :]) * MULTIPLIER + INCREMENT
    return table[(hashes & np.uint64(len(table) - 1)).astype(np.intp)]


def fresh(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which values appear for the first time: bool, as long as `values`."""
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(values) else order
    answer = np.zeros(len(values), np.bool_)
    answer[order if len(starts) == len(values) else np.minimum.reduceat(order, starts)] = True
    return answer


def scored_states(ids: _Ids, ngram_len: int, size: int = TABLE_SIZE) -> NDArray[np.intp]:
    """The states of a text that count: of windows with a context of their own, each state once.

    In a context that it saw before, the processor leaves the choice unmarked (and a hash of 0 counts as seen, since its
    history starts as zeros); a state that comes again brings no new random bits, and counting it would make human
    texts with repetitions look marked.
    """
    contexts = context_hashes(ids, ngram_len)
    new = fresh(contexts) & (contexts != 0)
    kept = states(contexts[new], ids[ngram_len - 1 :][new], size)
    return kept[fresh(kept)]


@dataclass(frozen=True)
class SynthIDKeys:
    """One key set: a secret, so it shows neither keys nor what follows from them."""

    name: str
    keys: tuple[int, ...] = field(repr=False)
    ngram_len: int = 5
    table_seed: int = 0
    table: NDArray[np.uint8] | None = field(default=None, repr=False)

    @cached_property
    def sampling_table(self) -> NDArray[np.uint8]:
        """The random bits: those that were given, or those of torch's CPU generator."""
        return cpu_table(self.table_seed) if self.table is None else self.table

    @cached_property
    def scores(self) -> NDArray[np.uint8]:
        """The score of each state, from 0 to `LEVELS`: the mean of its g-values, upper layers weighing more."""
        weights = _layer_weights(len(self.keys))
        sums = layer_bits(self.keys, self.sampling_table) @ weights  # whole numbers, so that all machines agree
        scores: NDArray[np.uint8] = ((2 * LEVELS * sums + weights.sum()) // (2 * weights.sum())).astype(np.uint8)
        return scores

    @cached_property
    def null(self) -> Lattice:
        """The distribution of one score in a text that knows nothing of the keys: every state is equally likely."""
        return Lattice(np.bincount(self.scores, minlength=LEVELS + 1) / len(self.scores))

    def total(self, kept: NDArray[np.intp]) -> int:
        """The sum of the scores of these states."""
        return int(self.scores.take(kept).sum(dtype=np.int64))


@cache
def cpu_table(seed: int) -> NDArray[np.uint8]:
    """`torch.randint(0, 2, (65536,))` of a CPU generator with this seed."""
    return coin_flips(seed, TABLE_SIZE)


def _layer_weights(layers: int) -> NDArray[np.int64]:
    """From `FIRST_WEIGHT` down to `LAST_WEIGHT` in equal steps, all multiplied so as to be whole."""
    if layers == 1:
        return np.ones(1, np.int64)
    return FIRST_WEIGHT * (layers - 1) - (FIRST_WEIGHT - LAST_WEIGHT) * np.arange(layers)


def _words(keys: tuple[int, ...]) -> NDArray[np.uint64]:
    return np.array([key & 0xFFFFFFFFFFFFFFFF for key in keys], np.uint64)

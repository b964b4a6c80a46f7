"""Green lists (Kirchenbauer et al., ICML 2023 and ICLR 2024), without torch.

As `transformers` and `lm-watermarking` draw them: a window of tokens gives a seed (`window_seeds.py`); the seed gives a
permutation of the vocabulary; its head (or tail) is the green list of the next token or, in self-salted schemes such as
`selfhash`, decides about the last token of the window itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lowbackground.detectors.watermarks.exact_tail import Lattice, binomial
from lowbackground.detectors.watermarks.torch_cpu_random import SEED_MASK, ends_in_head, partners
from lowbackground.detectors.watermarks.window_seeds import Ids, Implementation, Seeding, window_seeds


@dataclass(frozen=True)
class GreenKey:
    """One key of one scheme: a secret, so it shows neither the key nor what follows from it.

    `self_salt` says whether the token itself is the last of its window; null: as the seeding has it by its own name.
    `from_tail`: green is the tail of the permutation, and not its head (`select_green_tokens=False` in the source).
    `vocab_size`: tokens in a list, where the key says so itself.
    """

    name: str
    key: int = field(repr=False)
    seeding: Seeding = Seeding.LEFTHASH
    implementation: Implementation = Implementation.TRANSFORMERS
    context_width: int = 1
    ratio: float = 0.25
    self_salt: bool | None = None
    from_tail: bool = False
    vocab_size: int | None = None

    @property
    def salted(self) -> bool:
        """Whether the token itself is the last of its window."""
        return self.seeding is Seeding.SELFHASH if self.self_salt is None else self.self_salt

    def green_size(self, vocab_size: int) -> int:
        """How many tokens are green."""
        return int(vocab_size * self.ratio)

    def null(self, vocab_size: int) -> Lattice:
        """One token of a text that knows nothing of the key: green by the share of green tokens."""
        return binomial(self.green_size(vocab_size) / vocab_size)

    def pairs(self, ids: Ids) -> NDArray[np.uint64]:
        """The distinct pairs of seed (low 32 bits) and token that a text holds, in the order of the text.

        uint64, (pairs,): seed << 32 | token. A pair decides the draw, so it counts once. A seed of 0 comes from token 0,
        whatever the key is: what holds under every key is no sign of one.
        """
        width = self.context_width
        if len(ids) < width + (not self.salted):
            return np.zeros(0, np.uint64)
        windows = sliding_window_view(ids if self.salted else ids[:-1], width)
        seeds = window_seeds(self.seeding, self.implementation, self.key, windows)
        targets = ids[width - self.salted :].astype(np.uint64)
        packed: NDArray[np.uint64] = ((seeds << np.uint64(32)) | targets)[seeds != 0]
        _, first = np.unique(packed, return_index=True)
        return packed[np.sort(first)]

    def green(self, pairs: NDArray[np.uint64], vocab_size: int) -> NDArray[np.bool_]:
        """Whether each pair is green: bool, (pairs,); a token outside the vocabulary never is."""
        answer = np.zeros(len(pairs), np.bool_)
        head = vocab_size - self.green_size(vocab_size) if self.from_tail else self.green_size(vocab_size)
        for seed, places, tokens in _by_seed(pairs):
            swaps = partners(seed, vocab_size, head)
            answer[places] = [token < vocab_size and ends_in_head(swaps, token) != self.from_tail for token in tokens]
        return answer


def _by_seed(pairs: NDArray[np.uint64]) -> Iterator[tuple[int, NDArray[np.intp], list[int]]]:
    """Seed, places and tokens of the pairs that share a seed."""
    order = np.argsort(pairs, kind="stable")
    seeds = pairs[order] >> np.uint64(32)
    for places in np.split(order, np.flatnonzero(seeds[1:] != seeds[:-1]) + 1) if len(order) else ():
        yield int(pairs[places[0]] >> np.uint64(32)), places, (pairs[places] & np.uint64(SEED_MASK)).tolist()

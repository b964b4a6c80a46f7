"""Batches of token ids: texts of like length together, so that little is computed over padding.

What a text scores must not depend on its neighbours: padding stands to the right and is masked, and the scores go back
into the order of the texts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = Sequence[int]
Scores = list[float | None]


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Texts as token ids: int64 (texts, longest), padded to the right; `lengths` are the tokens of each."""

    ids: NDArray[np.int64]
    lengths: tuple[int, ...]

    @property
    def mask(self) -> NDArray[np.int64]:
        """1 for a token, 0 for padding: int64 (texts, longest)."""
        return (np.arange(self.ids.shape[1]) < np.array(self.lengths)[:, None]).astype(np.int64)


def grouped(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Places in `lengths`, longest first, in groups whose padded size is at most `budget` tokens, or a single text.

    Longest first: a batch that does not fit into memory fails at the start.
    """
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    start = 0
    while start < len(order):
        fit = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + fit]
        start += fit


def batch_of(texts: Sequence[Ids], pad: int) -> TokenBatch:
    """One batch of these texts, which are not empty; `pad` is the id of padding."""
    lengths = tuple(map(len, texts))
    ids = np.full((len(texts), max(lengths)), pad, np.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
    return TokenBatch(ids, lengths)


def scores_of(texts: Sequence[Ids], budget: int, pad: int, score: Callable[[TokenBatch], Scores]) -> Scores:
    """What `score` says of each text, asked in batches of at most `budget` tokens, in the order of the texts."""
    found: Scores = [None] * len(texts)
    for places in grouped([len(text) for text in texts], budget):
        for place, value in zip(places, score(batch_of([texts[place] for place in places], pad)), strict=True):
            found[place] = value
    return found

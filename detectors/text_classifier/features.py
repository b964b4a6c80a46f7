"""From texts to what the heads of the classifier look at; the only way there, for training and for scoring."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import ENGLISH_BAGS, MAX_BITS, Bags
from lowbackground.detectors.text_classifier.chinese import character_ngrams, normalise_chinese
from lowbackground.detectors.text_classifier.normalise import normalise
from lowbackground.detectors.text_classifier.style import style
from lowbackground.detectors.text_classifier.tokens import WORD, Tokens, tokenise
from lowbackground.detectors.text_classifier.windows import Windows, beginning, windowed

SLICE = 64  # texts that are looked at together: their arrays stay in the second-level cache, some 10 MiB at most


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of `len(words)` texts; row i of each belongs to text i."""

    words: NDArray[np.int64]  # number of words in the windows
    bags: Mapping[str, Bags]
    style: NDArray[np.float32]


def prepared(data: bytes, windows: Windows) -> bytes:
    """The windows of the normal form of a text in UTF-8."""
    return windowed(normalise(beginning(data, windows.raw)), windows)


def features(normal: Sequence[bytes], bits: int = MAX_BITS, bags: Collection[str] = tuple(ENGLISH_BAGS)) -> Features:
    """The features of prepared texts in English; give at most `SLICE` texts at a time, or memory grows with them."""
    tokens = tokenise(normal)
    return Features(word_counts(tokens), english_bags(tokens, bags, bits), style(tokens))


def english_bags(tokens: Tokens, wanted: Collection[str], bits: int = MAX_BITS) -> dict[str, Bags]:
    """Those of `ENGLISH_BAGS` that are wanted."""
    return {name: make(tokens, bits) for name, make in ENGLISH_BAGS.items() if name in wanted}


def word_counts(tokens: Tokens) -> NDArray[np.int64]:
    """How many words each text has."""
    return np.bincount(tokens.document[tokens.kind == WORD], minlength=tokens.documents)


def prepared_chinese(data: bytes, windows: Windows) -> str:
    """The first window of the normal form of a Chinese text in UTF-8; `head` counts characters."""
    text = beginning(data, windows.raw).decode("utf-8", "replace")
    return normalise_chinese(text)[: windows.head]


def chinese_features(normal: Sequence[str], bits: int = MAX_BITS) -> Bags:
    """The features of prepared texts in Chinese."""
    return character_ngrams(normal, bits)

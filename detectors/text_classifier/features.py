"""From texts to what the heads of the classifier look at; the only way there, for training and for scoring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS, Bags, masked_ngrams, word_ngrams
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
    word_ngrams: Bags
    masked_ngrams: Bags
    style: NDArray[np.float32]


def prepared(data: bytes, windows: Windows) -> bytes:
    """The windows of the normal form of a text in UTF-8."""
    return windowed(normalise(beginning(data, windows.raw)), windows)


def features(normal: Sequence[bytes], bits: int = MAX_BITS) -> Features:
    """The features of prepared texts in English; give at most `SLICE` texts at a time, or memory grows with them."""
    tokens = tokenise(normal)
    return Features(word_counts(tokens), word_ngrams(tokens, bits), masked_ngrams(tokens, bits), style(tokens))


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

"""Bags of n-grams of characters, for Chinese, which sets no spaces between words."""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS, Bags, ngrams
from lowbackground.detectors.text_classifier.gates import GATES, PASSED
from lowbackground.detectors.text_classifier.tokens import U64, mixed

_MULTIPLIER = U64(0xA0761D6478BD642F)  # a prime-like constant of wyhash
_HAN = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF))  # unified ideographs and extension A
MIN_HAN = 0.5  # share of the characters; the others are marks, digits and Latin letters
MIN_DISTINCT_HAN = 0.1  # different characters to characters; 1,500 characters of prose have 0.25 or more
_DROPPED = dict.fromkeys(
    [
        *range(0x21),
        *range(0x7F, 0xA1),
        0xAD,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x2030),
        *range(0x2060, 0x2070),
        0x3000,
        0xFEFF,
    ]
) | dict.fromkeys(range(0xFE00, 0xFE10))  # spaces, controls, format characters, variation selectors
_FOLDED = _DROPPED | {ord("1") + digit: "0" for digit in range(9)} | dict(zip(b"`*_#|<>", [None] * 7, strict=True))
_FOLDED |= dict.fromkeys(map(ord, "\u201c\u201d\u300c\u300d"), '"') | dict.fromkeys(
    map(ord, "\u2018\u2019"), "'"
)  # quotes


def normalise_chinese(text: str) -> str:
    """NFKC, without spaces, format characters and Markdown marks; digits are 0, Latin letters small."""
    return unicodedata.normalize("NFKC", text).translate(_FOLDED).lower()


def chinese_gates(texts: Sequence[str], min_characters: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many Chinese characters each text has, and the gate that stops it, as its place in `GATES`, or `PASSED`."""
    codes, document = _codes(texts)
    han = np.zeros(len(codes), np.bool_)
    for first, last in _HAN:
        han |= (codes >= first) & (codes <= last)
    keys = np.unique(document[han] << 21 | codes[han])  # a code point has 21 bits
    number = np.bincount(document[han], minlength=len(texts))
    distinct = np.bincount(keys >> 21, minlength=len(texts))
    size = np.bincount(document, minlength=len(texts))
    stopped = (
        (number < min_characters, "too-short"),
        (number < MIN_HAN * size, "symbols.not-prose"),
        (distinct < MIN_DISTINCT_HAN * number, "repeated.not-prose"),
    )
    gate = np.full(len(texts), PASSED)
    for applies, name in reversed(stopped):
        gate[applies] = tuple(GATES).index(name)
    return number, gate


def character_ngrams(texts: Sequence[str], bits: int = MAX_BITS, orders: Sequence[int] = (1, 2, 3)) -> Bags:
    """N-grams of the characters of normal forms (`normalise_chinese`)."""
    codes, document = _codes(texts)
    return ngrams(mixed((codes.astype(U64) + U64(1)) * _MULTIPLIER), document, len(texts), bits, orders)


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The code points of all texts, and to which text each belongs."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    return codes, np.repeat(np.arange(len(texts)), [len(text) for text in texts])

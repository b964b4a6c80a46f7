"""The tokens of many texts at once: words, numbers and marks, each with a hash, as arrays.

- Input are normal forms (`normalise`), one byte a character; all work is a few passes over the joined bytes.
- A word is a run of letters; an apostrophe between letters begins a token of its own (`don` + `'t`, `it` + `'s`).
- Hashes are of the lower-case bytes, modulo 2^64: the same on every machine, whatever else is in the batch.
- Of a token the first 16 and the last 8 bytes count, and its length: longer tokens are no words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.alphabet import BULLET, HEADING, IDEOGRAPH, LETTER, SYMBOL

SPACE, WORD, NUMBER, PUNCTUATION, OTHER, MARK = range(
    6
)  # kinds; a MARK begins a list item or heading: no part of its text

U64 = np.uint64
_ODD = (U64(0x9E3779B97F4A7C15), U64(0xC2B2AE3D27D4EB4F), U64(0x165667B19E3779F9), U64(0x27D4EB2F165667C5))
_MIX = U64(0xD6E8FEB86659FD93)  # multiplier of rrmxmx (P. Evensen, 2018); the four above are primes of xxHash64
_PAD = bytes(32)  # so that eight bytes before and after any token can be read
_FIRST = np.array([(1 << 8 * length) - 1 for length in range(8)] + [2**64 - 1], dtype=U64)  # mask of the first n bytes
_APOSTROPHE, _NEWLINE = ord("'"), ord("\n")


def _kinds() -> bytes:
    kinds = bytearray([PUNCTUATION]) * 256
    for byte in range(256):
        if byte <= 0x20:
            kinds[byte] = SPACE
        elif chr(byte).isalpha() and byte < 0x80:
            kinds[byte] = WORD
        elif byte in b"0123456789":
            kinds[byte] = NUMBER
    kinds[LETTER] = WORD
    kinds[SYMBOL] = kinds[IDEOGRAPH] = OTHER
    kinds[BULLET] = kinds[HEADING] = MARK
    return bytes(kinds)


_KINDS = _kinds()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of `documents` texts, in order; all arrays have one entry a token.

    `data` are the joined bytes as typed, in which `start` and `length` are places; `breaks` counts the line ends between
    a token and the one before it (at most 255), of a document's first token 0.
    """

    data: NDArray[np.uint8]
    documents: int
    document: NDArray[np.int64]
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    kind: NDArray[np.uint8]
    hash: NDArray[np.uint64]
    suffix: NDArray[np.uint64]  # of a word's last three bytes
    breaks: NDArray[np.uint8]

    def sums(self, values: NDArray[np.bool_] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Sums of whole numbers, one a token, over each text."""
        total = np.zeros(self.documents, np.int64)
        bounds = np.searchsorted(self.document, np.arange(self.documents + 1))
        filled = np.flatnonzero(np.diff(bounds))
        if len(filled):
            total[filled] = np.add.reduceat(values, bounds[filled], dtype=np.int64)
        return total


def tokenise(texts: Sequence[bytes]) -> Tokens:
    """The tokens of normal forms."""
    joined = b"\0".join(texts)
    padded = _PAD + joined + _PAD
    kind = np.frombuffer(padded.translate(_KINDS), np.uint8)
    data = np.frombuffer(padded, np.uint8)
    inner = _inner_apostrophes(data, kind)
    start, length = _runs(kind, inner)
    ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64) + len(_PAD)
    document = np.repeat(np.arange(len(texts)), np.diff(np.searchsorted(start, ends), prepend=0))
    token_kind = kind[start]
    token_kind[np.searchsorted(start, inner)] = WORD
    lower = padded.lower()
    return Tokens(
        data,
        len(texts),
        document,
        start,
        length,
        token_kind,
        _hashes(lower, start, length),
        _suffixes(lower, start + length, length),
        _breaks(data, start, document),
    )


def _inner_apostrophes(data: NDArray[np.uint8], kind: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The places of apostrophes between letters."""
    places = np.flatnonzero(data == _APOSTROPHE)
    inner: NDArray[np.int64] = places[(kind[places - 1] == WORD) & (kind[places + 1] == WORD)]
    return inner


def _runs(kind: NDArray[np.uint8], inner: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where tokens start, and how long they are: runs of letters and of digits, and single marks."""
    begins = np.empty(len(kind), np.bool_)
    begins[0] = True
    np.not_equal(kind[1:], kind[:-1], out=begins[1:])
    begins |= kind > NUMBER
    begins[inner + 1] = False  # the letters after it belong to it
    start: NDArray[np.int64] = np.flatnonzero(begins)
    length: NDArray[np.int64] = np.diff(start, append=len(kind))
    is_token: NDArray[np.bool_] = kind[start] != SPACE
    return start[is_token], length[is_token]


def mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The value with every bit spread over all others."""
    value = (value ^ (value >> U64(32))) * _MIX
    value = (value ^ (value >> U64(29))) * _MIX
    return value ^ (value >> U64(32))


def _hashes(lower: bytes, start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint64]:
    eight = np.ndarray((len(lower) - 7,), "<u8", lower, strides=(1,))  # the eight bytes from each place on
    value: NDArray[np.uint64] = (eight.take(start) & _FIRST[np.minimum(length, 8)]) * _ODD[0]
    longer = np.flatnonzero(length > 8)
    if len(longer):
        begin, size = start[longer], length[longer]
        second = eight.take(begin + 8) & _FIRST[np.minimum(size - 8, 8)]
        last: NDArray[np.uint64] = eight.take(begin + size - 8) * (size > 16).astype(U64)
        last *= _ODD[2]
        last += second * _ODD[1]
        value[longer] ^= mixed(last)
    value += length.astype(U64) * _ODD[3]
    return mixed(value)


def _suffixes(lower: bytes, end: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint64]:
    eight = np.ndarray((len(lower) - 7,), "<u8", lower, strides=(1,))
    unwanted = (64 - 8 * np.minimum(length, 3)).astype(U64)
    letters: NDArray[np.uint64] = eight.take(end - 8) >> unwanted
    spread: NDArray[np.uint64] = letters * _ODD[1] + _ODD[2]
    return mixed(spread)


def _breaks(data: NDArray[np.uint8], start: NDArray[np.int64], document: NDArray[np.int64]) -> NDArray[np.uint8]:
    if not len(start):
        return np.empty(0, np.uint8)
    lines = np.searchsorted(start, np.flatnonzero(data == _NEWLINE))
    breaks = np.bincount(lines, minlength=len(start) + 1)[: len(start)]
    breaks[np.flatnonzero(np.diff(document, prepend=-1))] = 0
    return np.minimum(breaks, 255).astype(np.uint8)

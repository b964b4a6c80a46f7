"""Where the sentences of many texts begin, how long they are, and how they are built."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.alphabet import ELLIPSIS
from lowbackground.detectors.text_classifier.tokens import MARK, NUMBER, WORD, Tokens

_TERMINAL = np.zeros(256, np.bool_)
_TERMINAL[list(b".!?")] = True
_TERMINAL[ELLIPSIS] = True
_LOWER = np.zeros(256, np.bool_)
_LOWER[list(b"abcdefghijklmnopqrstuvwxyz0123456789,;:")] = True
_COMMA = ord(",")


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of `documents` texts, in order; one entry a sentence.

    `first` is its first word as a place in the tokens; `words` and `commas` are numbers; `begins_paragraph` says whether an
    empty line, a list item or a heading, or the start of its text, stands before it.
    """

    documents: int
    document: NDArray[np.int64]
    first: NDArray[np.int64]
    words: NDArray[np.int64]
    commas: NDArray[np.int64]
    begins_paragraph: NDArray[np.bool_]


def sentences(tokens: Tokens) -> Sentences:
    """Sentences end with a full stop, question or exclamation mark or ellipsis, and with the paragraph.

    A full stop after a single letter, or directly before a small letter or digit, ends none (`e.g.`, `3.5`); one before a
    capital does, as words are glued together in data sets. Only words and numbers count as words.
    """
    words = np.flatnonzero((tokens.kind == WORD) | (tokens.kind == NUMBER))
    byte = tokens.data[tokens.start]
    after = tokens.data[tokens.start + tokens.length]
    initial = np.concatenate(([False], (tokens.kind == WORD) & (tokens.length == 1)))[:-1]
    ends = np.cumsum(_TERMINAL[byte] & ~_LOWER[after] & ~initial)
    paragraphs = np.cumsum((tokens.breaks >= 2) | (tokens.kind == MARK))
    commas = np.cumsum(byte == _COMMA)
    document = tokens.document[words]
    other = np.diff(document, prepend=-1) != 0
    paragraph = other | (np.diff(paragraphs[words], prepend=-1) != 0)
    begins = np.flatnonzero(paragraph | (np.diff(ends[words], prepend=-1) != 0))
    first = words[begins]
    before = commas[first] if len(first) else commas[:0]
    last = words[np.append(begins[1:], len(words)) - 1] if len(first) else words[:0]
    return Sentences(
        tokens.documents,
        document[begins],
        first,
        np.diff(begins, append=len(words)),
        commas[last] - before,
        paragraph[begins],
    )

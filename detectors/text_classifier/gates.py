"""Which texts are not scored, and why: other languages, short texts, and what is no running text.

- Everything is measured on the windows that would be scored, in their normal form: what hides from the score with odd
  characters does not hide from the gates, and fenced code, addresses and markup are gone already.
- The limits are wide: spaces before commas, lost line ends and lists of whole sentences are prose. How many texts of each
  kind are stopped is measured by `benchmarks/ai_text_gates.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.alphabet import ELLIPSIS, IDEOGRAPH, LETTER, PUNCTUATION, SYMBOL
from lowbackground.detectors.text_classifier.style import small_words
from lowbackground.detectors.text_classifier.tokens import NUMBER, U64, WORD, Tokens, mixed
from lowbackground.detectors.text_classifier.vocabulary import Vocabulary

GATES = {
    "too-short": "Fewer words of running text than a calibration supports.",
    "code.not-prose": "Much of it is program code or formulas.",
    "figures.not-prose": "Much of it is numbers, as in tables.",
    "symbols.not-prose": "Many characters are neither Latin letters nor common marks: emoji, damage, another alphabet.",
    "repeated.not-prose": "Lines or words repeat, as in templates and generated boilerplate.",
    "fragments.not-prose": "Most of it stands in short lines without a sentence: menus, lists of links, verse.",
    "excerpts.not-prose": "Many of its lines break off with an ellipsis: teasers, cut by whoever extracted them.",
    "keywords.not-prose": "Too few of the small words that every English sentence has: names, key words, another language.",
    "terms.not-prose": "Legal terms, licences or notices on privacy: text that is copied rather than written.",
}
PASSED = len(GATES)
OF_NO_LANGUAGE = frozenset({"code.not-prose", "figures.not-prose"})  # these measure marks and digits, and no words

MAX_CODE = 0.3  # share of tokens in lines of code: a page around a snippet is prose, a commented listing is not
MAX_FIGURES = 0.3  # share of numbers among words and numbers
MAX_SYMBOLS = 0.05  # share of characters: names and quotations in other alphabets stay below
MAX_REPEATED = 0.3  # share of words in lines that stood before
MIN_DISTINCT = 0.2  # distinct words to words; 4,000 characters of prose have 0.35 or more
MAX_FRAGMENTS = 0.5  # share of words in short lines without an end mark
MAX_EXCERPTS = 0.3  # share of lines, of which there must be a few: one that breaks off is common
MIN_EXCERPT_LINES = 4
MIN_SMALL_WORDS = 0.25  # share of words; prose has 0.4 to 0.6
MAX_TERMS = 0.03  # share of words

_CODE_MARKS = np.zeros(256, np.bool_)
_CODE_MARKS[list(b"{}();=$#@+/%")] = True
_CODE_LINE = 0.2  # share of such marks among the tokens of a line, of which there must be three
_END_MARKS = np.zeros(256, np.bool_)
_END_MARKS[[*b".!?:;,\"')", ELLIPSIS]] = True
_ODD = np.zeros(256, np.bool_)
_ODD[[LETTER, IDEOGRAPH, SYMBOL, PUNCTUATION, *b"{}#$%+=@/"]] = True
_FRAGMENT_WORDS = 7  # a line with fewer words and no end mark is none of a wrapped paragraph
_TERMS = Vocabulary.of_words(
    """shall hereby herein hereunder hereof thereof therein pursuant notwithstanding liable liability indemnify warranty
    warranties licensor licensee sublicense jurisdiction arbitration cookies copyright trademark disclaimer damages
    merchantability infringement provision provisions terminate consent gdpr""".split()  # noqa: SIM905 - can be read
)


def gates(tokens: Tokens, min_words: int) -> NDArray[np.int64]:
    """The gate that stops each text, as its place in `GATES`, or `PASSED`; the first that applies is given."""
    is_word = tokens.kind == WORD
    words = tokens.sums(is_word)
    numbers = tokens.sums(tokens.kind == NUMBER)
    small = tokens.sums(small_words().ids(tokens.hash) >= 0)
    terms = tokens.sums(_TERMS.ids(tokens.hash) >= 0)
    size = np.bincount(tokens.document, minlength=tokens.documents)
    lines = _lines(tokens, is_word)
    stopped = (
        words < min_words,
        lines.code > MAX_CODE * size,
        numbers > MAX_FIGURES * (words + numbers),
        _symbols(tokens) > MAX_SYMBOLS,
        (lines.repeated > MAX_REPEATED * words) | (_distinct(tokens, is_word) < MIN_DISTINCT * words),
        lines.fragments > MAX_FRAGMENTS * words,
        (lines.excerpts > MAX_EXCERPTS * lines.number) & (lines.number >= MIN_EXCERPT_LINES),
        small < MIN_SMALL_WORDS * words,
        terms > MAX_TERMS * words,
    )
    first: NDArray[np.int64] = np.argmax(np.vstack([*stopped, np.ones(tokens.documents, np.bool_)]), axis=0)
    return first


@dataclass(frozen=True, slots=True)
class _Lines:
    """Sums over the lines of each text: tokens in lines of code, words in repeated lines and in fragments, lines."""

    number: NDArray[np.int64]
    code: NDArray[np.int64]
    repeated: NDArray[np.int64]
    fragments: NDArray[np.int64]
    excerpts: NDArray[np.int64]


def _lines(tokens: Tokens, is_word: NDArray[np.bool_]) -> _Lines:
    begins = (np.diff(tokens.document, prepend=-1) != 0) | (tokens.breaks > 0)
    start = np.flatnonzero(begins)
    size = np.diff(start, append=len(begins))
    document = tokens.document[start]
    byte = tokens.data[tokens.start]
    last = byte[start + size - 1]
    words = _line_sums(is_word, start)
    marks = _line_sums(_CODE_MARKS[byte], start)
    code = (marks >= 3) & (marks > _CODE_LINE * size)
    again = (words >= 3) & _stood_before(tokens, start, size)
    fragment = (words < _FRAGMENT_WORDS) & ~_END_MARKS[last] & ~code

    def per_text(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(document, values, minlength=tokens.documents).astype(np.int64)

    return _Lines(
        np.bincount(document, minlength=tokens.documents),
        per_text(size * code),
        per_text(words * again),
        per_text(words * fragment),
        per_text((last == ELLIPSIS).astype(np.int64)),
    )


def _line_sums(chosen: NDArray[np.bool_], start: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.add.reduceat(chosen, start, dtype=np.int64) if len(start) else np.empty(0, np.int64)


def _stood_before(tokens: Tokens, start: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each line stood in its text before."""
    if not len(start):
        return np.empty(0, np.bool_)
    place = (np.arange(len(tokens.hash)) - np.repeat(start, size)).astype(U64)
    lines = np.add.reduceat(tokens.hash * (place << U64(1) | U64(1)), start)  # hashes are mixed, and the factor is odd
    _, first = np.unique(mixed(lines ^ mixed(tokens.document[start].astype(U64))), return_index=True)
    before = np.ones(len(start), np.bool_)
    before[first] = False
    return before


def _distinct(tokens: Tokens, is_word: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many different words each text has."""
    keys = np.sort((tokens.document[is_word].astype(U64) << U64(40)) | (tokens.hash[is_word] >> U64(24)))
    distinct = keys[np.diff(keys, prepend=U64(0)) != 0]
    return np.bincount((distinct >> U64(40)).astype(np.int64), minlength=tokens.documents)


def _symbols(tokens: Tokens) -> NDArray[np.float64]:
    """The share of characters that are neither Latin letters, digits, nor common marks."""
    odd = tokens.sums(_ODD[tokens.data[tokens.start]] * tokens.length)
    return odd / np.maximum(tokens.sums(tokens.length), 1)

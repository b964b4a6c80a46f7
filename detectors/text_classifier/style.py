"""Stylometric features of many texts: how often which marks and small words, how long and how varied sentences are.

- All are ratios of whole numbers, and square roots of such: the same on every machine and in every batch.
- Names with `paragraph.` depend on line ends, which some data sets lost on one side only; whoever trains may leave them out.
- Left out on purpose: zlib ratio, type-token and hapax ratios, whose sign flips from source to source.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.alphabet import DASH, ELLIPSIS, SYMBOL
from lowbackground.detectors.text_classifier.bags import is_frequent
from lowbackground.detectors.text_classifier.sentences import Sentences, sentences
from lowbackground.detectors.text_classifier.tokens import MARK, NUMBER, WORD, Tokens, tokenise
from lowbackground.detectors.text_classifier.vocabulary import Vocabulary

_SMALL_WORDS = tuple(
    """the of and to in a for is that with this on as be it are by from an or have can not at we but you which more will
    has was their all they if been these also its one other when there our into so about such some no would he his her she
    i my me your than then them what who how why where do does did had were may might could should must only just very much
    many most even still because while although though however therefore thus moreover furthermore additionally overall
    ultimately essentially particularly especially often both each between through within without across over under after
    before during against while whether upon among like well up out off down now here again too never always really quite
    any every own same another first new us him those being am 's 't 're 'll 've 'd 'm got get says said etc maybe mostly
    basically pretty anyway stuff lot couple percent ensure ensuring crucial key important significant various overall
    provide offers including experience understanding potential""".split()  # noqa: SIM905 - as a list of literals nobody could read it
)
SMALL_WORDS = tuple(
    dict.fromkeys(_SMALL_WORDS)
)  # function words, and words that leaned to the same side in all groups of sources
_MARKS = tuple(",.;:!?\"'()-/$%+#=")
_BYTES = (*map(ord, _MARKS), DASH, ELLIPSIS, SYMBOL)
_ENDINGS = (
    "ing",
    "ion",
    "ity",
    "ent",
    "ous",
    "ive",
    "ful",
    "ble",
    "ess",
    "ial",
    "nal",
    "lly",
    "ely",
    "ted",
    "ers",
    "ies",
)
_LONGEST = 14  # letters; longer words count with those
_TALLIED = ("number", "other", "mark", "frequent", "capital", "capitals")
_SENTENCE = (
    "mean", "variation", "change", "short", "long", "comma-free", "commas", "comma-variation", "question", "same-start",
    "small-start", "triads",
)  # fmt: skip
_PARAGRAPH = ("words", "variation", "single-sentence", "items")

STYLE_NAMES: tuple[str, ...] = (
    *(f"word.{word}" for word in SMALL_WORDS),
    *(f"mark.{each}" for each in (*_MARKS, "dash", "ellipsis", "symbol")),
    *(f"ending.{each}" for each in _ENDINGS),
    *(f"length.{each}" for each in range(1, _LONGEST + 1)),
    "length.mean",
    "length.deviation",
    *(f"share.{each}" for each in _TALLIED),
    *(f"sentence.{each}" for each in _SENTENCE),
    *(f"paragraph.{each}" for each in _PARAGRAPH),
)


def style(tokens: Tokens) -> NDArray[np.float32]:
    """One row a text, one column for each of `STYLE_NAMES`; rates are per word, and 0 where a text has no word."""
    found = sentences(tokens)
    is_word = tokens.kind == WORD
    words = tokens.sums(is_word).astype(np.float64)
    columns = (
        _rates(_tally(tokens, small_words().ids(tokens.hash), len(SMALL_WORDS), is_word), words),
        _rates(_tally(tokens, _byte_ids()[tokens.data[tokens.start]], len(_BYTES), ~is_word), words),
        _rates(_tally(tokens, _endings().ids(tokens.suffix), len(_ENDINGS), is_word & (tokens.length > 4)), words),
        _lengths(tokens, is_word, words),
        _rates(_tallies(tokens, is_word), words),
        _sentence_shape(tokens, found, words),
        _paragraph_shape(tokens, found, words),
    )
    return np.concatenate(columns, axis=1).astype(np.float32)


def _tally(tokens: Tokens, ids: NDArray[np.int16], classes: int, among: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How often each class occurs in each text; class -1 is none."""
    chosen = np.flatnonzero(among & (ids >= 0))
    keys = tokens.document.take(chosen) * classes + ids.take(chosen)
    return np.bincount(keys, minlength=tokens.documents * classes).reshape(-1, classes).astype(np.float64)


def _rates(counts: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts / np.maximum(of, 1.0)[:, None]


def _lengths(tokens: Tokens, is_word: NDArray[np.bool_], words: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.minimum(tokens.length, _LONGEST).astype(np.int16)
    counts = _tally(tokens, length - np.int16(1), _LONGEST, is_word)
    scale = np.arange(1, _LONGEST + 1, dtype=np.float64)
    total, squares = (counts * scale).sum(axis=1), (counts * scale * scale).sum(axis=1)  # whole numbers: exact
    mean, deviation = _moments(total, squares, words)
    return np.column_stack((_rates(counts, words), mean, deviation))


def _moments(
    total: NDArray[np.float64], squares: NDArray[np.float64], number: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation from sums."""
    count = np.maximum(number, 1.0)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares * count - total * total, 0.0)) / count


def _tallies(tokens: Tokens, is_word: NDArray[np.bool_]) -> NDArray[np.float64]:
    initial = _is_upper(tokens.data[tokens.start]) & is_word
    capitals = initial & _is_upper(tokens.data[tokens.start + tokens.length - 1]) & (tokens.length > 1)
    chosen = (
        tokens.kind == NUMBER,
        (tokens.kind != WORD) & (tokens.kind != NUMBER) & (tokens.kind != MARK),
        tokens.kind == MARK,
        is_word & is_frequent(tokens.hash),
        initial,
        capitals,
    )
    return np.column_stack([tokens.sums(each) for each in chosen]).astype(np.float64)


def _is_upper(byte: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (byte >= ord("A")) & (byte <= ord("Z"))


def _per_text(
    document: NDArray[np.int64], documents: int, values: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Sums over the entries of each text; they are whole, so the order of summing does not show."""
    return np.bincount(document, values, minlength=documents).astype(np.float64)


def _sentence_shape(tokens: Tokens, found: Sentences, words: NDArray[np.float64]) -> NDArray[np.float64]:
    def per(values: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.float64]:
        return _per_text(found.document, found.documents, values.astype(np.int64))

    length = found.words
    number = per(np.ones_like(length))
    count = np.maximum(number, 1.0)
    mean, deviation = _moments(per(length), per(length * length), number)
    commas, comma_deviation = _moments(per(found.commas), per(found.commas * found.commas), number)
    follows = np.diff(found.document, prepend=-1) == 0
    change = np.where(follows, np.abs(np.diff(length, prepend=0)), 0)
    start = tokens.hash[found.first]
    same = follows & (start == np.roll(start, 1))
    questions = tokens.sums(tokens.data[tokens.start] == ord("?")).astype(np.float64)
    return np.column_stack(
        (
            mean,
            deviation / np.maximum(mean, 1.0),
            per(change) / np.maximum(number - 1, 1.0) / np.maximum(mean, 1.0),
            per(length <= 6) / count,
            per(length > 30) / count,
            per(found.commas == 0) / count,
            commas,
            comma_deviation,
            questions / count,
            per(same) / count,
            per(small_words().ids(start) >= 0) / count,
            _triads(tokens) / np.maximum(words, 1.0),
        )
    )


def _triads(tokens: Tokens) -> NDArray[np.float64]:
    """How often three words stand in a row as in `red, white, and blue`."""
    if len(tokens.kind) < 5:
        return np.zeros(tokens.documents)
    comma = tokens.data[tokens.start] == ord(",")
    both = comma[1:-3] & comma[3:-1] & (tokens.hash[4:] == small_words().hashes[SMALL_WORDS.index("and")])
    inside = tokens.document[:-4] == tokens.document[4:]
    return _per_text(tokens.document[:-4][both & inside], tokens.documents)


def _paragraph_shape(tokens: Tokens, found: Sentences, words: NDArray[np.float64]) -> NDArray[np.float64]:
    place = np.cumsum(found.begins_paragraph) - 1
    number = int(place[-1]) + 1 if len(place) else 0
    size = np.bincount(place, found.words, minlength=number).astype(np.int64)
    document = found.document[found.begins_paragraph]
    several = _per_text(document, found.documents)
    mean, deviation = _moments(
        _per_text(document, found.documents, size), _per_text(document, found.documents, size * size), several
    )
    single = np.bincount(place, minlength=number) == 1
    items = tokens.sums(tokens.kind == MARK).astype(np.float64)
    return np.column_stack(
        (
            mean / np.maximum(words, 1.0),
            deviation / np.maximum(mean, 1.0),
            _per_text(document, found.documents, single.astype(np.int64)) / np.maximum(several, 1.0),
            items / np.maximum(several, 1.0),
        )
    )


@cache
def small_words() -> Vocabulary:
    """The words of `SMALL_WORDS`."""
    return Vocabulary.of_words(SMALL_WORDS)


@cache
def _endings() -> Vocabulary:
    return Vocabulary.of(np.concatenate([tokenise([b"xx" + ending.encode()]).suffix for ending in _ENDINGS]))


@cache
def _byte_ids() -> NDArray[np.int16]:
    ids = np.full(256, -1, np.int16)
    ids[list(_BYTES)] = np.arange(len(_BYTES), dtype=np.int16)
    return ids

"""Reads labelled text, cleans it, and drops what stands in it twice.

- Markup that only one side of a data set carries is erased on both; tokenisers' debris is the normaliser's business.
- Near-duplicates over all files go, by shingles of words: the human halves of many data sets are the same texts. The copy
  that may train is kept.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.ai_text.sources import kind, may_train
from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.fit import WINDOWS

MIN_WORDS = 50
MAX_CHARS = 8000  # the windows see less
SHINGLE = 12  # words
KEPT_SHINGLES = 4  # one in so many is looked at
DUPLICATE = 0.3  # share of the shingles that stood before
MIN_STOP_WORDS = 0.08  # share in English; its texts have 0.2 and more
_STOP_WORDS = frozenset(b"the of and to a in is that for it was with on as i".decode().split())
_TAG = re.compile(r"<[a-zA-Z/][^<>]{0,80}>")
_TURN = re.compile(r"(?m)^\s*[AQ]\d+:\s*")  # the debates number their questions and answers
_WORD = {
    "en": re.compile(r"[a-z0-9]+"),
    "zh": re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]"),
}  # each Chinese character is a word
_MULTIPLIER, _STEP = np.uint64(11400714819323198485), np.uint64(1099511628211)  # 2^64 / golden ratio; prime of FNV-1a


@dataclass(frozen=True, slots=True)
class Texts:
    """Labelled texts; one element a text. `normal` are their prepared forms."""

    file: np.ndarray
    split: np.ndarray
    domain: np.ndarray
    generator: np.ndarray
    kind: np.ndarray
    trains: np.ndarray
    text: Sequence[str]
    normal: Sequence[bytes] = field(default=())

    def __len__(self) -> int:
        return len(self.text)

    def only(self, rows: np.ndarray) -> "Texts":
        """These rows of it."""
        columns = {
            name: getattr(self, name)[rows] for name in ("file", "split", "domain", "generator", "kind", "trains")
        }
        chosen = rows.tolist()
        normal = [self.normal[row] for row in chosen] if self.normal else ()
        return Texts(**columns, text=[self.text[row] for row in chosen], normal=normal)


def read_texts(folder: Path, language: str = "en") -> Texts:
    """All texts of one language, cleaned, each once, with their normal forms; those that may train come first."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise SystemExit(
            f"{folder}: no Parquet of labelled text there; give the folder: python -m benchmarks.ai_text FOLDER"
        )
    rows = [row for path in files for row in _rows(path, language)]
    rows.sort(key=lambda row: (row[4] in {"human", "unknown"} and not row[5], row[0]))
    columns = list(zip(*rows, strict=True))
    texts = Texts(*(np.array(column) for column in columns[:6]), text=columns[6])
    texts = texts.only(np.flatnonzero(first_of_each(texts.text, language)))
    if language == "en":
        return replace(texts, normal=[prepared(text.encode(), WINDOWS) for text in texts.text])
    return texts


def _rows(path: Path, language: str) -> list[tuple[str, str, str, str, str, bool, str]]:
    found = []
    for row in pq.read_table(path).to_pylist():
        if row["lang"] != language or not row["text"]:
            continue
        text, split, domain = cleaned(row["text"]), row["split"] or "", row["domain"] or ""
        if language == "en" and not is_english(text):
            continue
        name, label, generator = path.stem, row["label"], row["generator"] or ""
        which = kind(name, split, domain, label, generator)
        found.append((name, split, domain, generator, which, may_train(name, split, label), text))
    return found


def cleaned(text: str) -> str:
    """Without HTML and numbers of turns, which one side of a data set has and the other lacks."""
    text = html.unescape(html.unescape(text))  # some were escaped twice
    return _TURN.sub("", _TAG.sub(" ", text))[:MAX_CHARS].strip()


def is_english(text: str) -> bool:
    """Whether a text is long enough, and has the small words of English."""
    words = text.lower().split()
    return len(words) >= MIN_WORDS and sum(word in _STOP_WORDS for word in words[:300]) > MIN_STOP_WORDS * min(
        300, len(words)
    )


def first_of_each(texts: Sequence[str], language: str) -> np.ndarray:
    """Which texts do not repeat, in a good part, texts before them."""
    seen: set[int] = set()
    numbers: dict[str, int] = {}
    first = np.ones(len(texts), bool)
    for place, text in enumerate(texts):
        words = [numbers.setdefault(word, len(numbers) + 1) for word in _WORD[language].findall(text.lower())]
        shingles = _shingles(np.array(words, np.uint64))
        before = sum(shingle in seen for shingle in shingles)
        if before > DUPLICATE * len(shingles):
            first[place] = False
        else:
            seen.update(shingles)
    return first


def _shingles(words: np.ndarray) -> list[int]:
    count = len(words) - SHINGLE + 1
    if count < 1:
        return []
    value = np.zeros(count, np.uint64)
    for step in range(SHINGLE):
        value = (value * _STEP) ^ (words[step : step + count] * _MULTIPLIER)
    return value[(value >> np.uint64(20)) % np.uint64(KEPT_SHINGLES) == 0].tolist()

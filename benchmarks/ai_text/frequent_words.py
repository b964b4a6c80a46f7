"""Counts the words that topic masking keeps: `python -m benchmarks.ai_text.frequent_words [TEXT_FOLDER] [--write]`.

The 1,500 words with the largest share of human texts that hold them: a mean of the shares of 18 sources, so that no
source counts for more than another, of words that stand in at least 13 of them, so that no topic brings words of its
own. Machine texts had no part in it. Human texts of sources that may not train weights had, and those of the three
sources of the group that is touched once: as a list of words, without what tells them from machine text.

The shipped weights depend on the list. Without `--write` it is counted, and compared with the one that ships.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from importlib.resources import files
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq

from lowbackground.detectors import text_classifier
from lowbackground.detectors.text_classifier.normalise import normalise

DEFAULT_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "text"
SHIPPED = Path(str(files(text_classifier).joinpath("frequent_words.json")))
SOURCES = (
    "fastdetectgpt", "glimpse", "imbd", "l2r", "seqxgpt", "human_18f", "human_digitalgov", "human_dnagpt",
    "human_govuk_docs", "human_health_qa", "human_nltk", "human_peps", "human_ropensci", "human_rustblog",
    "human_rfc_rust", "human_textbook", "human_nodeblog", "human_rubylang",
)  # fmt: skip
WORDS = 1500
LEAST_SOURCES = 13  # of the 18
TEXTS = 600  # of a source: its first ones
CHARS = 3000  # of a text: its first ones
_WORD = re.compile(rb"[a-z]+(?:'[a-z]+)?")
_LETTERS = {b"a", b"i"}  # other single letters are variables and initials


def frequent_words(sources: Sequence[Sequence[str]], least: int = LEAST_SOURCES, most: int = WORDS) -> list[str]:
    """The words of human texts, source by source, that topic masking keeps; those that most texts hold first."""
    share, seen = defaultdict[bytes, float](float), Counter[bytes]()
    for texts in sources:
        holding = Counter(word for text in texts for word in words_of(text))
        seen.update(holding.keys())
        for word, count in holding.items():
            share[word] += count / len(texts)
    ordered = sorted(share, key=lambda word: (-share[word], word))
    kept = (word for word in ordered if seen[word] >= least and (len(word) > 1 or word in _LETTERS))
    return [word.decode() for word in islice(kept, most)]


def words_of(text: str) -> set[bytes]:
    """The different words of a text's beginning, in small letters."""
    return set(_WORD.findall(normalise(text[:CHARS].encode()).lower()))


def human_texts(path: Path) -> list[str]:
    """The first human texts of a file that are in English, or of no stated language."""
    rows = pq.read_table(path, columns=["text", "label", "lang"]).to_pylist()
    return [row["text"] for row in rows if row["label"] == "human" and (row["lang"] or "en") == "en"][:TEXTS]


def main() -> bool:
    """Count, and say how the words agree with those that ship; true where they are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--write", action="store_true", help="replace the list; weights must be trained anew then")
    options = parser.parse_args()
    found = frequent_words([human_texts(options.folder / f"{name}.parquet") for name in SOURCES])
    shipped = json.loads(SHIPPED.read_text())
    same, common = found == shipped, len(set(found) & set(shipped))
    print(f"{len(found):,} words of {len(SOURCES)} sources; {common:,} of {len(shipped):,} that ship; ", end="")
    print("in the same order" if same else "not the same list")
    if options.write:
        SHIPPED.write_text(json.dumps(found))
    return same


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)

"""How well the extractors find the main text: F1 on pages with gold text, one line an extractor.

`python -m benchmarks.extraction [FOLDER]`; the folder holds `ground-truth.json` and `html/<key>.html.gz`, as in
scrapinghub/article-extraction-benchmark.
"""

import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import extract

GOLD = Path(__file__).parents[2] / "shared" / "data" / "extraction"
EXTRACTORS = ("resiliparse", "trafilatura")
_WORDS = 4  # a shingle, as in scrapinghub/article-extraction-benchmark
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page, and the main text that a person took from it."""

    raw: bytes
    gold: str


@dataclass(frozen=True, slots=True)
class Score:
    """Means over pages of the shares of shingles that are right, and that are found; F1 is of the two means."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def gold_pages(folder: Path) -> list[GoldPage]:
    """All pages of a folder, in the order of their keys."""
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    return [
        GoldPage(gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes()), truth[key]["articleBody"])
        for key in sorted(truth)
    ]


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """The score of found texts, given as pairs (gold, found)."""
    precision, recall = [], []
    for gold, found in pairs:
        wanted, got = _shingles(gold), _shingles(found)
        right = (wanted & got).total()
        precision += [right / got.total()] if got else []
        recall += [right / wanted.total()] if wanted else []
    return Score(statistics.fmean(precision or [0.0]), statistics.fmean(recall or [0.0]))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _TOKEN.findall(text)
    return (
        Counter(tuple(words[at : at + _WORDS]) for at in range(max(1, len(words) - _WORDS + 1))) if words else Counter()
    )


def main(arguments: list[str]) -> None:
    """Print a line for each extractor."""
    folder = Path(arguments[0]) if arguments else GOLD
    pages = gold_pages(folder)
    print(f"{len(pages)} pages of {folder}")
    for extractor in EXTRACTORS:
        settings = Read(extractor=extractor)  # type: ignore[arg-type]  # a literal, checked by pydantic
        start = time.process_time()
        found = [extract(page.raw, "text/html", None, settings).text or "" for page in pages]
        each = (time.process_time() - start) / len(pages)
        result = score((page.gold, text) for page, text in zip(pages, found, strict=True))
        print(
            f"{extractor:12} {version(extractor):8} P {result.precision:.3f}  R {result.recall:.3f}  F1 {result.f1:.3f}  "
            f"{each * 1e3:.2f} ms a page"
        )


if __name__ == "__main__":
    main(sys.argv[1:])

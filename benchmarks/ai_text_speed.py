"""What the embedded text detector costs: `python -m benchmarks.ai_text_speed [TEXT_FOLDER] [--weights CARD]`.

Real texts of 500 words, in batches of 512, given to the detector as a run gives them; normaliser, language and gates
included; on one core, the fastest of several rounds counts. The bar is 2,000 documents a second. The parts are measured
one by one on the same texts; a call does all of them.
"""

import argparse
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import process_time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.records import text_records
from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.text_classifier.features import SLICE, prepared, word_counts
from lowbackground.detectors.text_classifier.gates import gates
from lowbackground.detectors.text_classifier.score import Scorer
from lowbackground.detectors.text_classifier.spoken import spoken
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import read_weights, shipped

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data" / "text"
WORDS, BATCH, ROUNDS = 500, 512, 15
BAR = 2000  # documents a second on one core
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)


def texts(folder: Path) -> list[str]:
    """As many texts as a batch has, of people and of models, each cut to its first 500 words."""
    found = []
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path, columns=["lang", "text"])
        rows = table.filter(pa.compute.equal(table.column("lang"), "en")).column("text")
        words = (text.split(" ") for text in rows.slice(0, 400).to_pylist())
        found.append([" ".join(each[:WORDS]) for each in words if len(each) >= WORDS])
    together = [text for several in found for text in several]
    if len(together) < BATCH:
        raise SystemExit(f"{folder}: {len(together)} English texts of {WORDS} words or more; expected {BATCH}")
    chosen = np.random.default_rng(0).permutation(len(together))[:BATCH]
    return [together[place] for place in chosen]


def seconds(call: Callable[[], object]) -> float:
    """Processor seconds of the fastest of several calls."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        call()
        best = min(best, process_time() - start)
    return best


def parts(documents: list[str], card: Path) -> None:
    """Print what each step costs by itself."""
    weights = read_weights(card)
    language = weights.card.languages["en"]
    scorer = Scorer(language, weights.tables)
    raw = [text.encode() for text in documents]
    normal = [prepared(each, language.windows) for each in raw]
    slices = [tokenise(normal[at : at + SLICE]) for at in range(0, len(normal), SLICE)]
    steps: dict[str, Callable[[], object]] = {
        "normalise": lambda: [prepared(each, language.windows) for each in raw],
        "guess the language": lambda: [spoken(None, *each) for each in zip(raw, normal, strict=True)],
        "tokens": lambda: [tokenise(normal[at : at + SLICE]) for at in range(0, len(normal), SLICE)],
        "gates": lambda: [gates(each, language.min_words) for each in slices],
        "score": lambda: [scorer.english(each, word_counts(each)) for each in slices],
    }
    for name, call in steps.items():
        print(f"  {name:20s} {seconds(call) / len(documents) * 1e6:6.0f} µs a document")


def main(folder: Path = DEFAULT_FOLDER, card: Path | None = None) -> bool:
    """Print documents a second, and what the steps cost; true where the bar is kept."""
    print(f"Python {platform.python_version()}, numpy {version('numpy')}, pyarrow {version('pyarrow')}")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    detector = ai_text(weights=None if card is None else str(card), run=RunFacts(AS_OF))
    documents = texts(folder)
    size = sum(len(text.encode()) for text in documents) / len(documents)
    ascii_only = sum(text.isascii() for text in documents) / len(documents)
    print(f"{len(documents)} texts of {WORDS} words, {size:.0f} bytes on average, {ascii_only:.0%} of them ASCII")
    kept = True
    for told in ("en", None):
        batch = text_records(documents, "texts", languages=told)
        rate = len(documents) / seconds(lambda batch=batch: detector(batch))
        kept &= rate >= BAR
        words = "told by the reader" if told else "guessed"
        print(f"{rate:.0f} documents a second on one core, language {words} (bar: {BAR})")
    parts(documents, shipped() if card is None else card)
    return kept


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--weights", type=Path, default=None)
    given = parser.parse_args()
    raise SystemExit(0 if main(given.folder, given.weights) else 1)

"""What the gates of the embedded text detector stop: `python -m benchmarks.ai_text_gates [DATA] [--weights CARD]`.

For every file of labelled text, by label, and for the pages of a crawl: how many records, the share that is too short or
in a language without a scorer, and of the others the share that each gate stops. Prose that was badly typed or taken
apart must pass: at most 5 % of the English texts of people that are long enough may be stopped, file by file; files of
tables and code that are above are named in `KNOWN`.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.llm_residue import crawled
from benchmarks.records import text_records
from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.text_classifier.gates import GATES

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data"
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
MOST = 3000  # records of a file that are looked at, spread over all of it
MAX_STOPPED = 0.05  # share of a file's long enough English texts of people
KNOWN = {"human_rubylang": "release notes that are tables of digests"}
BEFORE = ("language.no-calibration", "too-short")
KINDS = tuple(gate for gate in GATES if gate not in BEFORE)


def batches(path: Path) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The texts of a file by label, as records with the language that the file tells."""
    table = pq.read_table(path, columns=["label", "lang", "text"])
    for label in ("human", "machine"):
        rows = table.filter(pa.compute.equal(table.column("label"), label))
        rows = rows.take(list(range(0, rows.num_rows, -(-rows.num_rows // MOST)))) if rows.num_rows else rows
        if rows.num_rows:
            texts, languages = rows.column("text").to_pylist(), rows.column("lang").to_pylist()
            yield label, text_records(texts, path.name, languages=languages)


def row(name: str, label: str, reasons: Counter[str]) -> float:
    """Print a line of the table; the share of the long enough texts that is stopped."""
    total = reasons.total()
    before = [reasons[f"ai-text.{gate}"] for gate in BEFORE]
    others = max(1, total - sum(before))
    stopped = [reasons[f"ai-text.{gate}"] / others for gate in KINDS]
    cells = "".join(f"{share:10.2%}" for share in (*(each / total for each in before), *stopped))
    print(f"{name[:28]:28s} {label:8s} {total:6d}{cells}")
    return sum(stopped)


def main(folder: Path = DEFAULT_FOLDER, card: Path | None = None) -> bool:
    """Print the table; true where no file of prose is stopped more than it may be."""
    detector = ai_text(weights=None if card is None else str(card), run=RunFacts(AS_OF))
    names = [gate.rpartition(".")[0] or gate for gate in (*BEFORE, *KINDS)]
    print(f"{'file':28s} {'label':8s} {'n':>6s}" + "".join(f"{name:>10s}" for name in names))
    kept = True
    for path in sorted((folder / "text").glob("*.parquet")):
        for label, batch in batches(path):
            share = row(path.stem, label, Counter(each.reason for each in detector(batch).evidence))
            kept &= label != "human" or share <= MAX_STOPPED or path.stem in KNOWN
    row("warc/bench", "-", crawl(sorted((folder / "warc" / "bench").glob("*.warc*")), detector))
    return kept


def crawl(paths: list[Path], detector: Detector) -> Counter[str]:
    """The reasons that records of WARC files with a text were given."""
    reasons = Counter[str]()
    with TemporaryDirectory() as out:
        for batch in crawled(paths, Path(out)):
            texts = batch.filter(pa.compute.is_valid(batch.column("text")))
            reasons.update(each.reason for each in detector(texts).evidence)
    return reasons


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--weights", type=Path, default=None)
    given = parser.parse_args()
    raise SystemExit(0 if main(given.folder, given.weights) else 1)

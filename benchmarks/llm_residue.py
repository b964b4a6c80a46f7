"""What the detectors of marks say of real data: `python -m benchmarks.llm_residue [DATA]`.

- false positives: hits on texts that people wrote, by strength; strong rules may hit one document in 2,000;
- every hit of any rule on the crawled records, metadata and pixels included, with the verdict of somebody who looked
  (`judged_hits.tsv`); one that nobody judged fails the run;
- bytes a second of `llm_residue` and `disclosures` on one core, over those pages and over those texts.
"""

import platform
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from time import process_time

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.judged_hits import hits, show
from benchmarks.records import text_records
from lowbackground.detectors.contract import Detector
from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.detectors.disclosures import disclosures
from lowbackground.detectors.dwt_dct import dwt_dct
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.llm_residue import llm_residue
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.runs.plan import make_plan

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data"
BAR_STRONG = 1 / 2000  # documents of people with a strong hit
BAR_BYTES = 50e6  # a second
BATCH = 2048
SPEAKING = {Signal.HUMAN, Signal.SYNTHETIC, Signal.MIXED}

Said = Iterator[tuple[pa.RecordBatch, list[Evidence]]]


def detectors() -> list[Detector]:
    """The detectors that are measured."""
    return [llm_residue(), disclosures()]


def texts(folder: Path, label: str, part: str) -> Iterator[pa.RecordBatch]:
    """The texts of one label as batches of records; `part`: human (files of nothing but human text), mixed or all."""
    for path in sorted(folder.glob("*.parquet")):
        if part != "all" and path.name.startswith("human_") != (part == "human"):
            continue
        table = pq.read_table(path, columns=["label", "lang", "text"])
        rows = table.filter(pa.compute.equal(table.column("label"), label))
        for start in range(0, rows.num_rows, BATCH):
            yield text_records(rows.slice(start, BATCH).column("text").to_pylist(), f"text/{path.name}", start=start)


def crawled(paths: list[Path], out: Path) -> Iterator[pa.RecordBatch]:
    """The records of WARC files, as a run reads them."""
    config = Config(inputs=tuple(map(str, paths)), out=str(out))
    plan = make_plan(config)
    for unit in plan.units:
        try:
            for batch in reader_for(unit.format).read(unit, config.read):
                yield batch.records
        except UnitError as error:
            print(f"  (a stream ended early: {error})")


def false_positives(folder: Path, detector: Detector, label: str, part: str) -> bool:
    """Print rates and hits; true where strong hits are rare enough."""
    documents, tally = 0, Counter[str]()
    seconds, size = 0.0, 0
    judged = True
    for batch in texts(folder, label, part):
        start = process_time()
        findings = detector(batch)
        seconds += process_time() - start
        size += batch.column("text").nbytes
        documents += batch.num_rows
        for row, evidence in enumerate(findings.evidence):
            if evidence.signal in SPEAKING:
                tally[f"{evidence.strength}"] += 1
                if label == "human":
                    judged &= listed(batch, row, detector.name, evidence)
    strong = tally["strong"] + tally["near_certain"]
    print(
        f"{detector.name} on {part} files, {label} text: {documents} documents, {strong} strong "
        f"({strong / max(1, documents):.6f}, bar {BAR_STRONG}), {tally['weak']} weak; "
        f"{size / max(seconds, 1e-9) / 1e6:.0f} MB/s (bar {BAR_BYTES / 1e6:.0f})"
    )
    return judged and strong <= documents * BAR_STRONG and size >= seconds * BAR_BYTES


def listed(batch: pa.RecordBatch, row: int, detector: str, evidence: Evidence) -> bool:
    """Print the hits in one record; whether each of them was judged."""
    source = batch.column("source")[row].as_py()
    source = source[max(source.rfind("/warc/") + 1, 0) :]  # below the folder of real data
    offset, where = batch.column("offset")[row].as_py(), batch.column("url")[row].as_py() or ""
    shown = [show(hit, evidence, where) for hit in hits(source, offset, detector, evidence)]
    return all(shown)


def pages(paths: list[Path], out: Path, tested: list[Detector]) -> bool:
    """Print every hit on crawled records, and the speed; true where it keeps the bar and every hit was judged."""
    size, seconds, records = 0, Counter[str](), 0
    judged = True
    for batch in crawled(paths, out):
        records += batch.num_rows
        size += batch.column("raw").nbytes + batch.column("text").nbytes
        for detector in tested:
            start = process_time()
            findings = detector(batch)
            seconds[detector.name] += process_time() - start
            for row, evidence in enumerate(findings.evidence):
                judged &= listed(batch, row, detector.name, evidence)
    for name, used in seconds.items():
        print(f"{name}: {records} records, {size / 1e6:.0f} MB in {used:.2f} s: {size / used / 1e6:.0f} MB/s")
    return judged and all(size >= seconds[one.name] * BAR_BYTES for one in detectors())


def main(folder: Path = DEFAULT_FOLDER) -> bool:
    """Print all of it; true where every bar is kept."""
    print(f"Python {platform.python_version()}, lowbackground {version('lowbackground')}, pyarrow {pa.__version__}")
    tested = detectors()
    kept = [false_positives(folder / "text", one, "human", "human") for one in tested]
    kept += [false_positives(folder / "text", one, "human", "mixed") for one in tested]
    for one in tested:
        false_positives(folder / "text", one, "machine", "all")
    for part in ("bench", "real"):
        found = sorted(path for path in (folder / "warc" / part).rglob("*") if ".warc" in path.name and path.is_file())
        print(f"warc/{part}: {len(found)} files")
        kept.append(pages(found, Path("/nonexistent"), [*tested, declared_metadata(), dwt_dct()]))
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:2])) else 1)

"""What the shipped weights say of texts that no model was trained on, through the detector itself.

- `labelled`: any folder of labelled Parquet, source by source. Sources that trained flatter the weights.
- `web_pages`: crawled pages of 2019 to 2022, all of them human: every hit is a false positive.
"""

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.ai_text.measure import rounded
from benchmarks.ai_text.texts import Texts
from benchmarks.llm_residue import crawled
from benchmarks.records import text_records
from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import extract
from lowbackground.pipeline.training.reach import auroc

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
BATCH = 512


def judged(texts: Sequence[str]) -> list[Evidence]:
    """What the shipped detector says of each text."""
    detector = ai_text(run=RunFacts(AS_OF))
    return [
        evidence
        for start in range(0, len(texts), BATCH)
        for evidence in detector(text_records(texts[start : start + BATCH], "benchmark", start=start)).evidence
    ]


def labelled(texts: Texts) -> dict[str, list[object]]:
    """By source and kind: texts, how many were scored, the share called synthetic; AUROC against all human texts."""
    evidence = judged(texts.text)
    human = [one.score for one, kind in zip(evidence, texts.kind.tolist(), strict=True) if kind == "human"]
    rows: dict[str, list[object]] = {}
    for name in sorted({*zip(texts.file.tolist(), texts.kind.tolist(), strict=True)}):
        chosen = [
            one
            for one, *key in zip(evidence, texts.file.tolist(), texts.kind.tolist(), strict=True)
            if tuple(key) == name
        ]
        row = tally(chosen)
        rows["/".join(name)] = [*row, rounded(auroc(_known(human), _known([one.score for one in chosen])))]
    return rows


def tally(evidence: Sequence[Evidence]) -> list[object]:
    """Texts, how many were judged by a calibrated score, and the share of those that were called synthetic."""
    calibrated = [one for one in evidence if one.fpr is not None]
    hits = sum(one.signal is Signal.SYNTHETIC for one in calibrated)
    return [len(evidence), len(calibrated), rounded(hits / max(1, len(calibrated)), 5)]


def _known(scores: Sequence[float | None]) -> np.ndarray:
    return np.array([score for score in scores if score is not None])


def web_pages(data: Path) -> dict[str, list[object]]:
    """Hits on crawled pages: the WARC shards of the benchmark, and the pages with gold text."""
    found = {}
    for name, pages in (
        ("warc/bench", warc_pages(data / "warc" / "bench")),
        ("extraction", gold_pages(data / "extraction" / "html")),
    ):
        texts = list(pages)
        if texts:
            total, scored, _ = tally(evidence := judged(texts))
            hits = sum(one.signal is Signal.SYNTHETIC for one in evidence)
            found[name] = [total, scored, hits]
    return found


def warc_pages(folder: Path) -> Iterator[str]:
    """The main text of every page in the WARC files of a folder."""
    paths = sorted(folder.glob("*.warc.gz"))
    if not paths:
        return
    with TemporaryDirectory() as out:
        for batch in crawled(paths, Path(out)):
            yield from (text for text in batch.column("text").to_pylist() if text)


def gold_pages(folder: Path) -> Iterator[str]:
    """The main text of every page in a folder of compressed HTML."""
    for path in sorted(folder.glob("*.html.gz")):
        text = extract(gzip.decompress(path.read_bytes()), "text/html", None, Read()).text
        if text:
            yield text

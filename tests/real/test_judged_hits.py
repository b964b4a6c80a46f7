"""Crawled pages, pictures and documents: every hit of a detector of marks was looked at by somebody."""

from pathlib import Path

import pytest

from benchmarks.judged_hits import judged
from benchmarks.llm_residue import crawled, detectors, listed
from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.detectors.dwt_dct import dwt_dct


@pytest.mark.real
@pytest.mark.parametrize("part", ["bench", "real"])
def test_every_hit_on_crawled_records_was_judged(
    part: str, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = sorted(path for path in (shared / "warc" / part).rglob("*") if ".warc" in path.name and path.is_file())
    unjudged = [
        detector.name
        for batch in crawled(paths, tmp_path / "out")
        for detector in [*detectors(), declared_metadata(), dwt_dct()]
        for row, evidence in enumerate(detector(batch).evidence)
        if not listed(batch, row, detector.name, evidence)
    ]
    assert not unjudged, capsys.readouterr().out


def test_every_verdict_says_why() -> None:
    assert judged()
    assert all(verdict in {"right", "wrong"} and len(why) > 10 for verdict, why in judged().values())

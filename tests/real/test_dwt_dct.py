"""Real pictures, none of which carries the mark: no hit, at any quality."""

from pathlib import Path

import pytest

from benchmarks.unmarked_pictures import files
from lowbackground.detectors.dwt_dct import dwt_dct
from lowbackground.detectors.dwt_dct_null import measured_null
from lowbackground.detectors.evidence import Signal
from lowbackground.manifests.sniff import sniff
from tests.factories import records


@pytest.mark.real
def test_no_unmarked_picture_is_hit(shared: Path) -> None:
    detector = dwt_dct(max_megapixels=3, min_quality=1, min_quality_full_chroma=1)
    seen = set()
    scores = {}
    for name, data in files(shared):
        media_type = sniff(data)
        if data in seen or media_type not in {"image/png", "image/jpeg", "image/webp"}:
            continue
        seen.add(data)
        (evidence,) = detector(records([{"raw": data, "media_type": media_type}])).evidence
        assert evidence.signal in {Signal.SILENT, Signal.SKIPPED, Signal.FAILED}, (name, evidence)
        if evidence.score is not None:
            scores[name] = evidence.score
    assert len(scores) > 100
    assert max(scores.values()) < measured_null().strong

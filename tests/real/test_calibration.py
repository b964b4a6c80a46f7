"""Calibrations on real human text keep what they promise, on texts that they were not made from."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import binom

from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import StratumKey
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.calibration.scored import place_from
from lowbackground.detectors.contract import RunFacts
from tests.factories import AS_OF, records

pytestmark = pytest.mark.real

SOURCES = ("human_digitalgov", "human_peps", "human_dnagpt", "kaggle_essays")
MOST = 900  # of a source


def human_scores(folder: Path) -> Sample:
    """Scores of `ai_text` for human texts of several sources."""
    detector = ai_text(run=RunFacts(AS_OF))
    scores, places, sources = [], [], []
    for source in SOURCES:
        table = pq.read_table(folder / f"{source}.parquet", columns=["text", "label"])
        texts = [row["text"] for row in table.to_pylist() if row["label"] == "human"][:MOST]
        for evidence in detector(records([{"text": text, "language": "en"} for text in texts])).evidence:
            place = place_from(evidence)
            if evidence.score is not None and place is not None:
                scores.append(evidence.score)
                places.append(place)
                sources.append(source)
    return Sample(np.array(scores), np.zeros(len(scores), np.bool_), places, sources)


def part(sample: Sample, rows: np.ndarray) -> Sample:
    chosen = rows.tolist()
    return Sample(
        sample.scores[rows],
        sample.machine[rows],
        [sample.places[row] for row in chosen],
        [sample.sources[row] for row in chosen],
    )


def test_a_threshold_holds_on_the_half_that_it_was_not_made_from(shared: Path) -> None:
    sample = human_scores(shared / "text")
    order = np.random.default_rng(4).permutation(len(sample.scores))
    one, other = part(sample, order[::2]), part(sample, order[1::2])
    made = calibrate(one, Scale("ai_text", "1"), made=date(2026, 11, 20), rate=0.01)
    assert made.strata
    assert all(group.bound <= 0.01 for group in made.groups if group.n_human >= 299)
    hits: dict[StratumKey, list[bool]] = {}
    for score, place in zip(other.scores, other.places, strict=True):
        stratum = made.stratum(*place)
        if stratum is not None:
            hits.setdefault(stratum.key, []).append(stratum.is_hit(float(score), 1.0))
    assert sum(map(len, hits.values())) > 500
    for found in hits.values():
        assert binom.sf(sum(found) - 1, len(found), 0.02) > 1e-4  # far from twice the rate

"""What a calibration means for labels under the standard policy, as docs/calibration.md has it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lowbackground import Config, annotate
from lowbackground.detectors.calibration.calibration_file import write_calibration
from tests.calibrations import FRESH, STALE, normal_calibration

PROSE = "The harbour was quiet in the morning, and the boats lay where the tide had left them. " * 7  # 119 words


def labelled(score: float, *, calibration: Path | None, as_of: Any = FRESH) -> tuple[str, str | None, str, float]:
    """Label, why it is unknown, the reason of the score's evidence, and P(synthetic)."""
    options = {"column": "p", "given_by": "test"} | ({"calibration": str(calibration)} if calibration else {})
    config = Config(detectors={"score_column": options, "ai_text": {"enabled": False}}, as_of=as_of)
    (row,) = annotate(pa.table({"text": [PROSE], "p": [score]}), config).to_pylist()
    (found,) = [one for one in row["prov_evidence"] if one["detector"] == "score_column"]
    return row["prov_label"], row["prov_unknown_reason"], found["reason"], row["prov_p_synthetic"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    write_calibration(normal_calibration(), tmp_path / "both.json")
    return tmp_path / "both.json"


def test_a_hit_with_a_ratio_is_synthetic(made: Path) -> None:
    label, _, reason, p = labelled(6.0, calibration=made)
    assert (label, reason) == ("synthetic", "score-column.above-threshold")
    assert p >= 0.9


def test_a_hit_of_a_calibration_on_humans_alone_decides_nothing(tmp_path: Path) -> None:
    write_calibration(normal_calibration(machines=0), tmp_path / "humans.json")
    assert labelled(6.0, calibration=tmp_path / "humans.json")[:3] == (
        "unknown",
        "inconclusive",
        "score-column.above-threshold",
    )


def test_a_score_without_a_calibration_decides_nothing() -> None:
    assert labelled(6.0, calibration=None)[:3] == ("unknown", "no-calibration", "score-column.no-calibration")


def test_a_hit_of_an_expired_calibration_is_tempered(made: Path) -> None:
    label, why, reason, p = labelled(6.0, calibration=made, as_of=STALE)
    assert (label, why, reason) == ("unknown", "inconclusive", "score-column.above-stale-threshold")
    assert 0.5 < p < labelled(6.0, calibration=made)[3]


def test_a_low_score_lowers_the_probability_and_makes_nothing_human(made: Path) -> None:
    label, why, reason, p = labelled(-1.0, calibration=made)
    assert (label, why, reason) == ("unknown", "inconclusive", "score-column.below-threshold")
    assert p < labelled(-1.0, calibration=None)[3]

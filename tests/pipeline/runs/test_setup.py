"""What is made ready before a run: a verifier that cannot be relied on stops it there."""

from pathlib import Path
from typing import Any

import pytest

from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.manifests import c2pa
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.setup import prepare
from tests.calibrations import FRESH, STALE, normal_calibration
from tests.factories import AS_OF


@pytest.mark.parametrize("name", ["content_credentials", "text_credentials"])
def test_a_verifier_that_ignores_its_settings_stops_the_run_before_it_reads(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def ignoring(_built: object) -> None:
        raise c2pa.SettingsError("c2pa-rs does not read its trust lists; use a version that was tested")

    others = {"content_credentials", "text_credentials"} - {name}
    detectors = {name: {"enabled": True}, **{other: {"enabled": False} for other in others}}
    config = Config.model_validate({"trust_folder": str(tmp_path / "trust"), "detectors": detectors})
    assert name in {facts.name for facts in prepare(config, AS_OF).detectors}

    c2pa._validator.cache_clear()
    monkeypatch.setattr(c2pa, "try_out", ignoring)
    with pytest.raises(ConfigError, match=f"{name}: SettingsError: c2pa-rs does not read its trust lists"):
        prepare(config, AS_OF)


def test_an_expired_calibration_is_said_in_the_first_and_the_last_lines(tmp_path: Path) -> None:
    write_calibration(normal_calibration(), tmp_path / "c.json")
    options = {"column": "p", "given_by": "test", "calibration": str(tmp_path / "c.json")}
    config = Config.model_validate({"detectors": {"score_column": options, "ai_text": {"enabled": False}}})
    assert not any("expired" in line for line in prepare(config, FRESH).notices())
    (line,) = (line for line in prepare(config, STALE).notices() if "expired" in line)
    assert line.startswith("the calibration of score_column expired on 2027-11-20")
    assert "`lowbackground calibrate score_column`" in line


def test_a_detector_that_scores_without_a_calibration_is_named_in_the_first_and_the_last_lines(tmp_path: Path) -> None:
    write_calibration(normal_calibration(), tmp_path / "c.json")
    bare = {"column": "p", "given_by": "test"}
    sections = {"score_column": bare | {"calibration": str(tmp_path / "c.json")}, "score_column/other": bare}
    config = Config.model_validate({"detectors": sections})
    (line,) = (line for line in prepare(config, FRESH).notices() if "no calibration" in line)
    assert line.startswith("no calibration for score_column/other: scores are written, and decide nothing")
    assert "`lowbackground calibrate score_column/other HUMAN_DATA" in line


@pytest.mark.parametrize("name", ["nobody", "nobody/second", "score_column/my one"])
def test_a_section_of_no_detector_is_refused(name: str) -> None:
    slash = r".*letters, digits, - and _" if "/" in name else "$"
    with pytest.raises(ConfigError, match=f"{name}: not installed; `lowbackground detectors` lists what is{slash}"):
        prepare(Config.model_validate({"detectors": {name: {}}}), AS_OF)

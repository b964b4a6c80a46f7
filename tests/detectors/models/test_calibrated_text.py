"""A calibration gives the scores of a model meaning, and holds for that model, length and precision alone."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.models.text_adapter import TextAdapter
from lowbackground.detectors.registry import DetectorSetupError, build
from lowbackground.pipeline.api import annotate
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from tests.factories import AS_OF, records
from tests.tiny_models import PROSE, text_folder


def adapter(name: str, **options: Any) -> TextAdapter:
    (detector,) = build({name: {"device": "cpu", **options}}, RunFacts(AS_OF))
    assert isinstance(detector, TextAdapter)
    return detector


def said(detector: TextAdapter, text: str = PROSE) -> Evidence:
    (evidence,) = detector(records([{"text": text, "language": "en"}])).evidence
    return evidence


def calibrated(path: Path, scale: Scale, humans_around: float) -> str:
    """A calibration by 4,000 human scores around one value, and as many of machines five steps on the other side."""
    source = np.random.default_rng(0)
    humans = humans_around + source.normal(size=4000)
    machines = humans_around + scale.sign * 5 + source.normal(size=4000)
    sample = Sample(
        np.concatenate([humans, machines]),
        np.arange(8000) >= 4000,
        [("en", 70)] * 8000,
        [f"source-{number % 4}" for number in range(8000)],
    )
    write_calibration(calibrate(sample, scale, made=date(2026, 11, 1)), path)
    return str(path)


@pytest.mark.parametrize("name", ["log_likelihood", "binoculars"])
def test_a_calibrated_score_says_how_often_people_score_so(tmp_path: Path, name: str) -> None:
    folder, other = (str(text_folder(tmp_path / str(seed), "gpt2", seed=seed)) for seed in (0, 1))
    options = {"observer": other, "performer": folder} if name == "binoculars" else {"model": folder}
    bare = adapter(name, **options)
    score = said(bare).score
    assert score is not None
    sign = bare.scale.sign
    far = adapter(name, **options, calibration=calibrated(tmp_path / "far.json", bare.scale, score - 8 * sign))
    near = adapter(name, **options, calibration=calibrated(tmp_path / "near.json", bare.scale, score))
    hit, miss = said(far), said(near)
    assert (hit.signal, hit.reason, hit.score) == (Signal.SYNTHETIC, "text-model.above-threshold", score)
    assert (miss.signal, miss.reason, miss.score) == (Signal.SILENT, "text-model.below-threshold", score)
    assert hit.fpr is not None
    assert hit.fpr <= 0.001
    assert miss.fpr is not None
    assert 0.3 < miss.fpr < 0.7
    assert hit.llr is not None
    assert miss.llr is not None
    assert hit.llr > 0 > miss.llr
    assert len({bare.version, far.version, near.version}) == 3


def test_a_calibration_is_for_one_model_and_one_length(tmp_path: Path) -> None:
    one, other = (str(text_folder(tmp_path / str(seed), "gpt2", seed=seed)) for seed in (0, 1))
    made = calibrated(tmp_path / "c.json", adapter("log_rank", model=one).scale, 0.0)
    adapter("log_rank", model=one, calibration=made)
    for name, options in (
        ("log_rank", {"model": other}),
        ("log_rank", {"model": one, "max_tokens": 256}),
        ("log_rank", {"model": one, "dtype": "bfloat16"}),
        ("log_likelihood", {"model": one}),
    ):
        with pytest.raises(DetectorSetupError):
            adapter(name, **options, calibration=made)


def test_a_model_that_cannot_be_used_stops_a_run_before_it_reads(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    config = Config.model_validate({"as_of": AS_OF, "detectors": {"text_model": {"model": str(folder)}}})
    with pytest.raises(ConfigError, match=r"text_model: model .*pytorch_model\.bin, which is a pickle"):
        annotate(pa.table({"text": [PROSE]}), config)

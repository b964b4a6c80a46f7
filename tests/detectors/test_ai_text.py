"""The embedded text detector: gates, scores, calibrations, and what it says of captions."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest

from lowbackground.detectors.ai_text import REASONS, SCORE_VERSION, ai_text
from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import CalibrationError
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.calibration.scored import place_from
from lowbackground.detectors.conformance import check_detector, sample_batches
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.text_classifier.gates import GATES
from lowbackground.detectors.text_classifier.weights import WeightsError, read_weights, write_weights
from tests.detectors.text_classifier.toy import chinese_prose, prose, toy_weights
from tests.factories import AS_OF, records

HUMAN, MACHINE = prose(machine=False, seed=101), prose(machine=True, seed=101)


@pytest.fixture
def weights(tmp_path: Path) -> str:
    toy_weights(tmp_path)
    return str(tmp_path / "card.json")


def build(weights: str, calibration: str | None = None, as_of: datetime = AS_OF) -> Detector:
    return ai_text(weights=weights, calibration=calibration, run=RunFacts(as_of))


def said(detector: Detector, *rows: dict[str, object]) -> list[Evidence]:
    return list(detector(records(rows)).evidence)


def calibrated(weights: str, folder: Path) -> str:
    """A calibration on toy prose, widened to 5,000 scores."""
    detector = build(weights)
    scores = [each.score for each in said(detector, *({"text": prose(machine=bool(s % 2), seed=s)} for s in range(60)))]
    human, machine = np.array(scores[::2], float), np.array(scores[1::2], float)
    rng, size = np.random.default_rng(1), 5000
    people = rng.normal(human.mean(), human.std() / 2, 4000)
    models = rng.normal(machine.mean(), machine.std() / 2, size - 4000)
    labels = np.arange(size) >= 4000
    sample = Sample(np.concatenate((people, models)), labels, [("en", 160)] * size, ["toy"] * size)
    path = folder / "calibration.json"
    write_calibration(calibrate(sample, detector.scale, made=date(2026, 11, 1)), path)
    return str(path)


def test_it_keeps_the_contract(weights: str) -> None:
    detector = build(weights)
    check_detector(detector)
    texts = [HUMAN, MACHINE, "", "short", HUMAN * 3, MACHINE + HUMAN, "x" * 9000]
    check_detector(detector, [records([{"text": text} for text in texts])])


def test_without_a_calibration_there_is_a_score_and_no_more(weights: str) -> None:
    human, machine = said(build(weights), {"text": HUMAN}, {"text": MACHINE})
    assert machine.score > human.score
    for evidence in (human, machine):
        assert evidence.signal is Signal.SILENT
        assert evidence.reason == "ai-text.no-calibration"
        assert evidence.fpr is evidence.llr is None


def test_a_calibrated_score_says_synthetic_beyond_its_threshold_and_is_silent_below(
    weights: str, tmp_path: Path
) -> None:
    detector = build(weights, calibrated(weights, tmp_path))
    human, machine = said(detector, {"text": HUMAN}, {"text": MACHINE})
    assert machine.signal is Signal.SYNTHETIC
    assert machine.reason == "ai-text.above-threshold"
    assert machine.fpr <= 0.001
    assert human.signal is Signal.SILENT
    assert human.reason == "ai-text.below-threshold"
    assert human.fpr > machine.fpr
    assert human.llr < machine.llr


def test_the_calibration_finds_language_and_length_in_the_evidence(weights: str) -> None:
    (evidence,) = said(build(weights), {"text": HUMAN})
    language, words = place_from(evidence)
    assert language == "en"
    assert 160 <= words <= 180


def test_a_length_that_the_calibration_does_not_cover_has_a_score_only(weights: str, tmp_path: Path) -> None:
    detector = build(weights, calibrated(weights, tmp_path))
    (evidence,) = said(detector, {"text": prose(machine=True, words=60, seed=5)})
    assert evidence.signal is Signal.SKIPPED
    assert evidence.reason == "ai-text.no-calibration"
    assert evidence.llr is None


def test_a_calibration_that_has_expired_is_weaker(weights: str, tmp_path: Path) -> None:
    path = calibrated(weights, tmp_path)
    (fresh,) = said(build(weights, path), {"text": MACHINE})
    (stale,) = said(build(weights, path, datetime(2029, 1, 1, tzinfo=UTC)), {"text": MACHINE})
    assert stale.reason == "ai-text.above-stale-threshold"
    assert stale.fpr > fresh.fpr


def test_a_calibration_for_other_weights_is_refused(weights: str, tmp_path: Path) -> None:
    path = calibrated(weights, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    toy_weights(other, chinese=True)
    with pytest.raises(CalibrationError):
        build(str(other / "card.json"), path)


def test_a_trained_folder_works_by_itself(weights: str, tmp_path: Path) -> None:
    folder = tmp_path / "trained"
    folder.mkdir()
    read = read_weights(Path(weights))
    about = {"version": "1", "made": "2026-11-20", "about": {"name": "toy"}}
    write_weights(folder / "ai_text.json", read.card.languages, read.tables, **about)
    assert said(build(str(folder)), {"text": HUMAN})[0].reason == "ai-text.no-calibration"
    path = calibrated(str(folder), folder)
    assert path == str(folder / "calibration.json")
    assert said(build(str(folder)), {"text": HUMAN})[0].reason == "ai-text.below-threshold"


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.json"):
        build(str(tmp_path / "gone.json"))


def test_its_version_names_score_weights_and_calibration(weights: str, tmp_path: Path) -> None:
    path = calibrated(weights, tmp_path)
    bare, detector = build(weights), build(weights, path)
    assert detector.scale == Scale("ai_text", f"{SCORE_VERSION}.1", model=detector.scale.model)
    assert detector.version.startswith(bare.version[:-1])
    assert "calibration" in detector.version


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": ""}, "too-short"),
        ({"text": "A few words only."}, "too-short"),
        ({"text": HUMAN, "language": "de"}, "language.no-calibration"),
        ({"text": "Der Hafen war am Morgen still, und die Boote lagen dort. " * 9}, "language.no-calibration"),
        ({"text": chinese_prose()}, "language.no-calibration"),
        ({"text": HUMAN, "media_type": "text/x-python"}, "code.not-prose"),
        ({"text": "for (i = 0; i < n; i++) { a[i] = f(i) + b[i]; }\n" * 20}, "code.not-prose"),
        ({"text": "kg 1 2 3 4 5 m 6 7 8 9 " * 30}, "figures.not-prose"),
        ({"text": "பெயர் 1 2 3 " * 90, "language": "ta"}, "language.no-calibration"),
        ({"text": "the a of and cat 1 2 3 4 5 6 7 8 9 " * 30, "language": "en"}, "figures.not-prose"),
    ],
)
def test_what_is_not_scored_is_skipped_with_a_reason_and_no_ratio(
    weights: str, row: dict[str, object], reason: str
) -> None:
    (evidence,) = said(build(weights), row)
    assert evidence.signal is Signal.SKIPPED
    assert evidence.reason == f"ai-text.{reason}"
    assert evidence.score is evidence.fpr is evidence.llr is None


def test_every_gate_has_a_documented_reason_that_tells_why_a_record_is_unknown() -> None:
    for gate in GATES:
        assert f"ai-text.{gate}" in REASONS
        assert gate.endswith(("too-short", "not-prose"))


def test_chinese_is_scored_where_the_weights_know_it(tmp_path: Path) -> None:
    toy_weights(tmp_path, chinese=True)
    detector = build(str(tmp_path / "card.json"))
    long, short, told, odd = said(
        detector,
        {"text": chinese_prose()},
        {"text": "船停在港口。", "language": "zh"},
        {"text": chinese_prose(), "language": "zh-Hans"},
        {"text": "船" * 500, "language": "zh"},
    )
    assert long.score is not None
    assert place_from(long)[0] == "zh"
    assert told.score == long.score
    assert short.reason == "ai-text.too-short"
    assert odd.reason == "ai-text.repeated.not-prose"


def test_a_caption_is_judged_as_a_part(weights: str) -> None:
    picture, page, skipped = said(
        build(weights),
        {"text": MACHINE, "raw": b"\x89PNG", "media_type": "image/png"},
        {"text": MACHINE, "raw": b"<html>", "media_type": "text/html"},
        {"text": "A boat.", "raw": b"\x89PNG", "media_type": "image/png"},
    )
    assert picture.part == skipped.part == "text"
    assert page.part is None
    assert picture.score == page.score


def test_the_language_of_the_reader_decides(weights: str) -> None:
    told, guessed = said(build(weights), {"text": HUMAN, "language": "en"}, {"text": HUMAN})
    assert told == guessed


def test_only_the_beginning_of_a_text_is_looked_at(weights: str) -> None:
    detector = build(weights)
    (whole,) = said(detector, {"text": HUMAN * 200})
    (more,) = said(detector, {"text": HUMAN * 201 + MACHINE * 5})
    assert whole.score == more.score


def test_of_a_text_that_was_not_read_to_its_end_the_detail_says_how_long_it_is(weights: str) -> None:
    text = "\n".join(prose(machine=True, seed=seed) for seed in range(40)) + "é"
    long, short = said(build(weights), {"text": text}, {"text": MACHINE})
    assert orjson.loads(long.detail or "")["beginning_of_bytes"] == len(text.encode())
    assert "beginning_of_bytes" not in (short.detail or "")


def test_sample_batches_of_the_contract_are_answered_with_documented_reasons(weights: str) -> None:
    detector = build(weights)
    for batch in sample_batches():
        assert {each.reason for each in detector(batch).evidence} <= set(REASONS)

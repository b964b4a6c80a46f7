"""A score that the data carries: what it becomes, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.conformance import check_detector, sample_batches
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.registry import DetectorSetupError, build
from lowbackground.detectors.score_column import score_column
from tests.calibrations import FRESH, normal_calibration
from tests.factories import records

RUN = RunFacts(FRESH)
PROSE = "The harbour was quiet in the morning, and the boats lay where the tide had left them. " * 7  # 119 words


def detector(**options: Any) -> Detector:
    return score_column(**{"column": "p", "given_by": "test", "run": RUN} | options)


def asked(values: list[Any], made: Detector, type_: pa.DataType | None = None) -> list[Evidence]:
    batch = records([{"text": PROSE, "language": "en"} for _ in values])
    return list(made(batch.append_column("own.p", pa.array(values, type_))).evidence)


@pytest.fixture
def calibration(tmp_path: Path) -> str:
    path = str(tmp_path / "c.json")
    write_calibration(normal_calibration(), path)
    return path


def test_a_number_is_a_score() -> None:
    found = asked([0.25, 3, None], detector())
    assert [(each.signal, each.reason, each.score) for each in found] == [
        (Signal.SILENT, "score-column.no-calibration", 0.25),
        (Signal.SILENT, "score-column.no-calibration", 3.0),
        (Signal.SKIPPED, "score-column.no-value", None),
    ]


def test_with_a_calibration_a_score_is_evidence(calibration: str) -> None:
    high, low = asked([5.0, -1.0], detector(calibration=calibration))
    assert (high.signal, high.reason) == (Signal.SYNTHETIC, "score-column.above-threshold")
    assert (low.signal, low.reason) == (Signal.SILENT, "score-column.below-threshold")
    assert low.llr is not None


def test_text_may_say_a_number() -> None:
    found = asked(["0.5", " 1e-3 ", "high", "nan", ""], detector(), pa.large_string())
    assert [each.score for each in found] == [0.5, 0.001, None, None, None]
    assert [each.reason for each in found[2:]] == [
        "score-column.not-a-number",
        "score-column.no-score",
        "score-column.not-a-number",
    ]
    assert all(each.signal is Signal.FAILED for each in found[2:])


def test_words_stand_for_numbers() -> None:
    made = detector(verdicts={"AI": 1, "unsure": 0.5, "human": 0})
    found = asked(["AI", "human", "unsure", "ai", None], made)
    assert [each.score for each in found] == [1.0, 0.0, 0.5, None, None]
    assert [each.reason for each in found[3:]] == ["score-column.unlisted-verdict", "score-column.no-value"]


@pytest.mark.parametrize(("values", "words"), [([True, False], ("true", "false")), ([1, 0], ("1", "0"))])
def test_flags_and_codes_are_words_too(values: list[Any], words: tuple[str, str]) -> None:
    found = asked(values, detector(verdicts={words[0]: 1, words[1]: 0}))
    assert [each.score for each in found] == [1.0, 0.0]


def test_verdicts_may_be_written_as_yaml_reads_them() -> None:
    """`{true: 1, 0: 0}` without quotes; and a column of whole numbers with a gap holds floats."""
    flags = detector(verdicts={True: 1, False: 0})
    assert [each.score for each in asked([True, False, None], flags)] == [1.0, 0.0, None]
    codes = detector(verdicts={1: 1, 0: 0})
    assert [each.score for each in asked([1.0, 0.0, None, 0.5], codes)] == [1.0, 0.0, None, None]
    assert [each.score for each in asked([1, 0], codes)] == [1.0, 0.0]
    assert [each.score for each in asked(["1.0", "0", "1.5"], codes)] == [1.0, 0.0, None]  # keys of JSON Lines
    assert codes.version == detector(verdicts={"1": 1, "0": 0}).version


def test_an_input_without_the_column_is_skipped() -> None:
    assert {each.reason for each in detector()(records([{}, {}])).evidence} == {"score-column.no-value"}


def test_it_keeps_the_contract(calibration: str) -> None:
    batches = [
        batch.append_column("own.p", pa.array([row % 3 - 1.5 if row % 4 else None for row in range(batch.num_rows)]))
        for batch in sample_batches()
    ]
    check_detector(detector(calibration=calibration), batches)
    check_detector(detector())


def test_version_and_scale_change_with_what_gave_the_score_and_with_the_words(calibration: str) -> None:
    made = detector(calibration=calibration)
    assert made.version == f"1 of test (calibration {normal_calibration().digest[:12]})"
    scales = [
        each.scale  # type: ignore[attr-defined]
        for each in (
            detector(),
            detector(given_by="other"),
            detector(orientation="lower"),
            detector(verdicts={"a": 1}),
            detector(verdicts={"a": 2}),
        )
    ]
    assert len({(scale.version, scale.orientation, scale.model) for scale in scales}) == 5
    assert detector(column="q").scale == detector().scale  # type: ignore[attr-defined] # a column may be renamed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"column": "p"}, "given_by: required"),
        ({"column": "", "given_by": "x"}, "column: String should have at least 1 character"),
        ({"column": "p", "given_by": "x", "orientation": "up"}, "orientation"),
        ({"column": "p", "given_by": "x", "verdicts": {}}, "verdicts: give each word"),
        ({"column": "p", "given_by": "x", "verdicts": {"a": float("nan")}}, "verdicts: give each word"),
        ({"column": "p", "given_by": "x", "verdicts": {1: 1, "1": 0}}, "verdicts: two of its words are the same"),
        ({"column": "p", "given_by": "x", "calibration": "/no/file.json"}, r"/no/file\.json: cannot be read"),
        ({"column": "p", "given_by": "x", "treshold": 1}, "treshold: unknown option"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DetectorSetupError, match=words):
        build({"score_column": options}, RUN)


def test_a_calibration_of_another_tool_is_refused(tmp_path: Path) -> None:
    write_calibration(normal_calibration(scale=Scale("score_column", "1 of other")), tmp_path / "c.json")
    with pytest.raises(DetectorSetupError, match="is for version '1 of other'"):
        build({"score_column": {"column": "p", "given_by": "test", "calibration": str(tmp_path / "c.json")}}, RUN)


def test_an_expired_calibration_says_so(calibration: str) -> None:
    late = RunFacts(datetime(2030, 1, 1, tzinfo=UTC))
    (found,) = asked([5.0], detector(calibration=calibration, run=late))
    assert found.reason == "score-column.above-stale-threshold"

"""What people see of a calibration."""

from dataclasses import replace
from pathlib import Path

import pytest

from lowbackground.detectors.calibration.calibrate import calibrate
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.pipeline.calibrating.calibrate_detector import Calibrated
from lowbackground.pipeline.calibrating.calibration_screen import lines
from tests.calibrations import MADE, joined, normal_sample
from tests.golden.test_screens import held


def screen(made: Calibrated) -> str:
    return "\n".join(lines(made)) + "\n"


@pytest.fixture
def made() -> Calibrated:
    """Two strata of their own, one that borrows, and some of every refusal; a loud source, and small ones."""
    loud = replace(normal_sample(400, seed=2), sources=["loud.example"] * 400)
    sample = joined(
        normal_sample(6500, 900, words=(150, 900)),
        replace(loud, scores=loud.scores + 1.5),
        normal_sample(400, 30, words=(300,), seed=8),
        replace(normal_sample(320, words=(60,), seed=3), scores=normal_sample(320, seed=3).scores + 0.5),
        normal_sample(310, 9, group="de", seed=4),
        normal_sample(80, words=(20,), seed=5),
        replace(normal_sample(30, seed=6), sources=["small\x1b[31m.example"] * 30),
    )
    calibration = calibrate(sample, Scale("ai_text", "1", model="ab" * 32), made=MADE)
    return Calibrated(calibration, 9000, {"ai-text.code": 51}, 3, ("in.jsonl.gz: the stream breaks at byte 7",))


def test_the_screen_of_a_calibration(made: Calibrated, update_golden: bool) -> None:
    held("calibration.txt", screen(made), update_golden)


def test_the_file_of_a_calibration(made: Calibrated, update_golden: bool) -> None:
    """Its form is a promise: files of today are read by versions to come."""
    import orjson

    plain = orjson.loads(made.calibration.content)
    for stratum in plain["strata"]:
        for name in ("fpr", "llr"):
            stratum[name] = {part: f"{len(values)} numbers" for part, values in stratum[name].items()}
        stratum["threshold"] = round(stratum["threshold"], 6)
        stratum["thresholds"] = [[rate, round(score, 6)] for rate, score in stratum["thresholds"]]
    held(
        "calibration.json",
        orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n",
        update_golden,
    )


def test_nothing_of_the_data_reaches_the_terminal_as_a_control_character(made: Calibrated) -> None:
    named = made.calibration.groups
    loud = replace(named[0], name="\x1b[2J\u202e")
    text = screen(replace(made, calibration=replace(made.calibration, groups=(loud, *named[1:]))))
    assert "\\x1b[2J\\u202e" in text
    assert "\x1b" not in text


def test_of_many_refused_strata_the_largest_are_shown_and_the_rest_counted() -> None:
    small = [normal_sample(3 + index, group=f"l{chr(97 + index)}", seed=index) for index in range(14)]
    made = calibrate(joined(normal_sample(3000), *small), Scale("x", "1"), made=MADE)
    text = screen(Calibrated(made, 3000, {}, 0))
    assert "ln 100-199 words" in text
    assert "la 100-199 words" not in text
    assert "and 4 more strata with 18 human and 0 machine records: all are in the file" in text


def test_without_machine_records_it_says_what_that_costs() -> None:
    made = calibrate(normal_sample(3000), Scale("x", "1"), made=MADE)
    assert "which decide no label by themselves" in screen(Calibrated(made, 3000, {}, 0))


def test_the_golden_screen_is_no_wider_than_a_terminal() -> None:
    path = Path(__file__).parents[2] / "golden" / "calibration.txt"
    assert max(map(len, path.read_text().splitlines())) <= 140


def test_a_threshold_that_a_source_raised_says_from_where() -> None:
    calm, office = normal_sample(20_000), normal_sample(400, seed=9)
    loud = replace(office, scores=office.scores + 2, sources=["office"] * 400)
    made = calibrate(joined(calm, loud), Scale("x", "1"), made=MADE)
    pooled = dict(made.strata[0].thresholds)[0.001]
    assert f"raised from {pooled:.6g} for the sake of a source" in screen(Calibrated(made, 20_400, {}, 0))


def test_records_without_a_source_of_their_own_are_told(made: Calibrated) -> None:
    text = screen(replace(made, unnamed=1200))
    assert (
        "without a source in the column of --group-column: 1,200 of 9,000 records; host or file stands for it" in text
    )
    assert "--group-column" not in screen(made)

"""A calibration that is read back is the one that was written; anything else is refused with words that help."""

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from lowbackground.detectors.calibration.calibration import Calibration, CalibrationError
from lowbackground.detectors.calibration.calibration_file import (
    MAX_BYTES,
    parse_calibration,
    read_calibration,
    write_calibration,
)
from lowbackground.detectors.calibration.scale import Scale, digest_of, version_of
from tests.calibrations import SCALE, normal_calibration

MADE = normal_calibration()


def written(calibration: Calibration) -> dict[str, Any]:
    """The whole file of a calibration as it would be read."""
    return {
        "format": "lowbackground calibration 1",
        "digest": calibration.digest,
        "calibration": json.loads(calibration.content),
    }


def signed_anew(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A file whose content was changed by somebody who mended the digest."""
    whole = written(MADE)
    change(whole["calibration"])
    whole["digest"] = digest_of(orjson.dumps(whole["calibration"], option=orjson.OPT_SORT_KEYS))
    return orjson.dumps(whole)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_calibration(MADE, tmp_path / "c.json")
    assert read_calibration(tmp_path / "c.json", SCALE) == MADE
    assert json.loads((tmp_path / "c.json").read_bytes()) == written(MADE)


def test_a_disk_that_fills_up_leaves_the_earlier_calibration_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.json"
    write_calibration(MADE, path)

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CalibrationError, match="No space left on device"):
        write_calibration(replace(MADE, rate=0.002), path)
    assert read_calibration(path, SCALE) == MADE
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one_and_files_of_others_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "newest.json").symlink_to("c.json")
    (tmp_path / "c.json.tmp").write_text("notes")
    write_calibration(MADE, tmp_path / "newest.json")
    assert read_calibration(tmp_path / "c.json", SCALE) == MADE
    assert (tmp_path / "newest.json").is_symlink()
    assert (tmp_path / "c.json.tmp").read_text() == "notes"


def test_the_same_data_make_the_same_bytes(tmp_path: Path) -> None:
    write_calibration(MADE, tmp_path / "one.json")
    write_calibration(normal_calibration(), tmp_path / "other.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_the_digest_changes_with_all_that_is_said() -> None:
    assert replace(MADE, rate=0.002).digest != MADE.digest


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (
            replace(SCALE, detector="ai_text"),
            "is for detector 'score_column', and the scores are of detector 'ai_text'",
        ),
        (replace(SCALE, version="2"), "version '1 of test'"),
        (replace(SCALE, orientation="lower"), "orientation 'higher'"),
        (replace(SCALE, model="abc"), "model none, and the scores are of model 'abc'"),
    ],
)
def test_a_calibration_of_other_scores_is_refused(tmp_path: Path, scale: Scale, words: str) -> None:
    write_calibration(MADE, tmp_path / "c.json")
    with pytest.raises(CalibrationError, match=words):
        read_calibration(tmp_path / "c.json", scale)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999])
def test_a_file_cut_short_is_refused(share: float) -> None:
    whole = orjson.dumps(written(MADE))
    with pytest.raises(CalibrationError, match="is no JSON"):
        parse_calibration(whole[: int(share * len(whole))], "c.json")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[]", "is no calibration: format is 'list'"),
        (b"{}", "is no calibration: format is 'None'"),
        (b'{"format": "lowbackground calibration 2"}', "expected 'lowbackground calibration 1'"),
        (b'{"format": "lowbackground calibration 1"}', "expected the keys"),
        (b'{"format": "lowbackground calibration 1", "digest": 3, "calibration": []}', "calibration"),
        (b"\xff\xfe\x00", "is no JSON"),
    ],
)
def test_what_is_no_calibration_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        parse_calibration(data, "c.json")


def test_a_changed_file_is_refused() -> None:
    whole = written(MADE)
    whole["calibration"]["strata"][0]["threshold"] = 4.5
    with pytest.raises(CalibrationError, match="was changed after it was written"):
        parse_calibration(orjson.dumps(whole), "c.json")
    with pytest.raises(CalibrationError, match="was changed after it was written"):
        parse_calibration(orjson.dumps({**written(MADE), "digest": "0" * 64}), "c.json")


CHANGES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda c: c.update(note="x"), "note: unknown key"),
    (lambda c: c["strata"][0].update(note="x"), "strata.0.note: unknown key"),
    (lambda c: c["scale"].update(note="x"), "scale.note: unknown key"),
    (lambda c: c.pop("made"), "made: "),
    (lambda c: c.update(made="tomorrow"), "made: "),
    (lambda c: c.update(made="2030-01-01"), "expires on 2027-11-20, and was made on 2030-01-01"),
    (lambda c: c.update(expires="2077-01-01"), "holds for more than 3660 days"),
    (lambda c: c.update(rate=0.0), "rate is 0"),
    (lambda c: c.update(strata=[]), "covers no stratum"),
    (lambda c: c["strata"].append(c["strata"][0]), "strata overlap"),
    (lambda c: c["strata"][0].update(threshold="NaN"), "threshold"),
    (lambda c: c["strata"][0].update(threshold=-5.0), "threshold lies below that of the rate"),
    (lambda c: c["strata"][0]["fpr"]["values"].reverse(), "fpr: must fall"),
    (lambda c: c["strata"][0]["fpr"]["scores"].reverse(), "fpr: scores must go from human-like to machine-like"),
    (lambda c: c["strata"][0]["fpr"]["values"].pop(), "fpr: "),
    (lambda c: c["strata"][0]["fpr"].update(values=[], scores=[]), "fpr: 0 scores"),
    (lambda c: c["strata"][0]["llr"]["values"].reverse(), "llr: must not fall"),
    (lambda c: c["strata"][0]["fpr"]["values"].__setitem__(0, 1.5), "fpr: must fall from 1"),
    (lambda c: c["strata"][0]["fpr"]["values"].__setitem__(-1, 1e-9), "fpr: lower than 4000 human records can show"),
    (lambda c: c["strata"][0]["llr"]["values"].__setitem__(-1, 30.0), "llr: further from 0 than"),
    (lambda c: c["strata"][0]["llr"]["values"].__setitem__(0, -30.0), "llr: further from 0 than"),
    (lambda c: c["strata"][0].update(n_human=40), "fpr: lower than 40 human records can show"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=[words for _, words in CHANGES])
def test_what_cannot_be_true_is_refused_though_its_digest_is_right(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(CalibrationError, match=words):
        parse_calibration(signed_anew(change), "c.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"none\.json: cannot be read \(No such file"):
        read_calibration(tmp_path / "none.json")
    (tmp_path / "file").touch()
    for folder in ("no", "file"):
        with pytest.raises(CalibrationError, match="cannot be written"):
            write_calibration(MADE, tmp_path / folder / "c.json")


def test_no_more_of_a_file_is_read_than_a_calibration_can_be_long(tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(MAX_BYTES + 10)
    with pytest.raises(CalibrationError, match="is longer than"):
        read_calibration(tmp_path / "huge.json")


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(CalibrationError, match="is no JSON"):
        parse_calibration(b"[" * 100_000, "c.json")


def test_the_version_of_a_detector_tells_model_and_calibration() -> None:
    assert version_of(Scale("x", "3"), None) == "3"
    assert version_of(Scale("x", "3", model="a" * 64), "b" * 64) == f"3 (model {'a' * 12}, calibration {'b' * 12})"

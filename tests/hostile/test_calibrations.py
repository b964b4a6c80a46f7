"""Calibration files that were damaged in any way: an error with words, never another exception, in bounded time."""

import random

import orjson
import pytest

from lowbackground.detectors.calibration.calibration import CalibrationError
from lowbackground.detectors.calibration.calibration_file import parse_calibration
from lowbackground.detectors.calibration.scale import digest_of
from tests.calibrations import normal_calibration
from tests.detectors.calibration.test_calibration_file import written

WHOLE = written(normal_calibration())
ODD = [None, True, -1, 0, 2**63, 1e308, "", "NaN", "\x00", [], [[]], {}, {"a": 1}, "2026-13-01", [1, "a"]]


def test_no_damaged_byte_passes_for_a_calibration() -> None:
    rng, data = random.Random(7), orjson.dumps(WHOLE)
    for _ in range(300):
        at, length = rng.randrange(len(data)), rng.choice([1, 1, 1, 20])
        damaged = data[:at] + rng.randbytes(length) + data[at + length :]
        if damaged != data:
            with pytest.raises(CalibrationError):
                parse_calibration(damaged, "c.json")


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The path of every value in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inside for place in places(part, (*path, key)))]


def test_no_odd_value_anywhere_breaks_the_reader() -> None:
    """With the digest mended, as somebody would who means harm: what is read is a calibration, or an error."""
    rng = random.Random(8)
    every = [path for path in places(WHOLE["calibration"]) if path]
    for path in rng.sample(every, 150):
        whole = orjson.loads(orjson.dumps(WHOLE))
        parent = whole["calibration"]
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = rng.choice(ODD)
        whole["digest"] = digest_of(orjson.dumps(whole["calibration"], option=orjson.OPT_SORT_KEYS))
        try:
            made = parse_calibration(orjson.dumps(whole), "c.json")
        except CalibrationError:
            continue
        assert all(0 <= value <= 1 for stratum in made.strata for value in stratum.fpr.values)

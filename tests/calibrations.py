"""Scores with known distributions, and calibrations of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np

from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.scale import Scale

MADE = date(2026, 11, 20)
FRESH = datetime(2026, 12, 1, tzinfo=UTC)
STALE = datetime(2027, 11, 20, tzinfo=UTC)  # the day on which a calibration of `MADE` expires
SCALE = Scale("score_column", "1 of test")


def normal_sample(
    humans: int, machines: int = 0, *, words: Sequence[int | None] = (150,), group: str = "en", seed: int = 0
) -> Sample:
    """Standard normal human scores and machine scores three above them, their lengths going round."""
    noise = np.random.default_rng(seed)
    scores = np.concatenate([noise.normal(size=humans), 3 + noise.normal(size=machines)])
    machine = np.arange(humans + machines) >= humans
    places = [(group, words[index % len(words)]) for index in range(humans + machines)]
    return Sample(scores, machine, places, ["gpt" if made else "people" for made in machine])


def joined(*samples: Sample) -> Sample:
    """Several samples as one."""
    return Sample(
        np.concatenate([each.scores for each in samples]),
        np.concatenate([each.machine for each in samples]),
        [place for each in samples for place in each.places],
        [source for each in samples for source in each.sources],
        [day for each in samples for day in each.captured],
    )


def normal_calibration(humans: int = 4000, machines: int = 2000, scale: Scale = SCALE) -> Calibration:
    """A calibration of English texts of 100 to 199 words."""
    sample = normal_sample(humans, machines)
    mirrored = Sample(scale.sign * sample.scores, sample.machine, sample.places, sample.sources)
    return calibrate(mirrored, scale, made=MADE)

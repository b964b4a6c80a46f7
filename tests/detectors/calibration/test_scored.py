"""From score to evidence, case by case."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.calibration.scored import (
    STALE_FPR,
    STALE_LLR,
    place_from,
    place_of,
    scored,
    scored_reasons,
)
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from tests.calibrations import FRESH, STALE, normal_calibration
from tests.factories import records

MADE = normal_calibration()


def asked(score: float, as_of: datetime = FRESH, words: int | None = 150, group: str = "en") -> Evidence:
    return scored(score, group, words, MADE, as_of, prefix="test")


def test_beyond_the_threshold_it_says_synthetic_with_its_error_rate() -> None:
    found = asked(5.0)
    assert (found.signal, found.reason) == (Signal.SYNTHETIC, "test.above-threshold")
    assert (found.strength, found.kind, found.score) == (Strength.STRONG, Kind.GENERATED, 5.0)
    assert found.fpr is not None
    assert found.fpr <= 0.001
    assert found.llr is not None
    assert found.llr > 4
    told = json.loads(found.detail or "")
    assert told == {
        "language": "en",
        "words": 150,
        "calibration": MADE.digest[:12],
        "stratum": "en 100-199 words",
        "threshold": MADE.strata[0].threshold,
        "rate": MADE.rate,
    }


def test_below_it_the_detail_says_where_and_no_more() -> None:
    told = json.loads(asked(-1.0).detail or "")
    assert told == {"language": "en", "words": 150, "calibration": MADE.digest[:12]}


def test_a_hit_by_the_curves_of_other_lengths_says_so() -> None:
    borrowed = replace(MADE, strata=tuple(replace(each, borrowed=True) for each in MADE.strata))
    found = scored(5.0, "en", 150, borrowed, FRESH, prefix="test")
    assert json.loads(found.detail or "")["borrowed"] is True


def test_at_the_threshold_it_is_silent() -> None:
    found = asked(MADE.strata[0].threshold)
    assert (found.signal, found.reason) == (Signal.SILENT, "test.below-threshold")
    assert (found.strength, found.kind) == (None, None)


def test_a_low_score_speaks_too() -> None:
    found = asked(-1.0)
    assert found.signal is Signal.SILENT
    assert found.fpr is not None
    assert found.fpr > 0.8
    assert found.llr is not None
    assert found.llr < -4


@pytest.mark.parametrize(("words", "group"), [(99, "en"), (200, "en"), (150, "de"), (None, "picture"), (None, "en")])
def test_a_stratum_that_is_not_covered_gets_its_score_and_no_more(words: int | None, group: str) -> None:
    found = asked(5.0, words=words, group=group)
    assert (found.signal, found.reason, found.score) == (Signal.SKIPPED, "test.no-calibration", 5.0)
    assert (found.fpr, found.llr) == (None, None)


def test_without_a_calibration_there_is_a_score_and_no_more() -> None:
    found = scored(5.0, "en", 150, None, FRESH, prefix="test")
    assert (found.signal, found.reason, found.score) == (Signal.SILENT, "test.no-calibration", 5.0)
    assert (found.fpr, found.llr) == (None, None)


def test_an_expired_calibration_is_flagged_and_tempered() -> None:
    fresh, stale = asked(5.0), asked(5.0, STALE)
    assert (stale.signal, stale.reason, stale.strength) == (
        Signal.SYNTHETIC,
        "test.above-stale-threshold",
        Strength.WEAK,
    )
    assert stale.fpr == pytest.approx(STALE_FPR * (fresh.fpr or 0))
    assert stale.llr == pytest.approx(STALE_LLR * (fresh.llr or 0))
    assert asked(-1.0, STALE).reason == "test.below-stale-threshold"
    assert asked(-1.0, STALE).fpr == 1.0


def test_the_last_day_of_a_calibration_counts() -> None:
    assert asked(5.0, datetime(2027, 11, 19, 23, 59, tzinfo=UTC)).reason == "test.above-threshold"


def test_a_calibration_made_later_is_as_good_as_any() -> None:
    """A run of the past that is done again knows more than it did, and no less."""
    assert asked(5.0, datetime(2020, 1, 1, tzinfo=UTC)) == asked(5.0)


def test_a_borrowed_stratum_gives_weak_evidence() -> None:
    made = replace(MADE, strata=(replace(MADE.strata[0], borrowed=True),))
    assert scored(5.0, "en", 150, made, FRESH, prefix="test").strength is Strength.WEAK


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_no_number_is_a_failure(score: float) -> None:
    found = scored(score, "en", 150, MADE, FRESH, prefix="test")
    assert (found.signal, found.reason, found.score) == (Signal.FAILED, "test.no-score", None)


def test_lower_scores_can_be_the_machine_like_ones() -> None:
    lower = normal_calibration(scale=Scale("score_column", "1 of test", "lower"))
    mirrored = scored(-5.0, "en", 150, lower, FRESH, prefix="test")
    straight = asked(5.0)
    assert (mirrored.signal, mirrored.fpr, mirrored.llr) == (straight.signal, straight.fpr, straight.llr)
    assert mirrored.score == -5.0


def test_facts_join_the_detail_and_the_place_can_be_read_back() -> None:
    found = scored(1.0, "picture", None, None, FRESH, prefix="test", facts={"frame": 3, "none": None})
    assert json.loads(found.detail or "") == {"frame": 3, "media": "picture"}
    assert place_from(found) == ("picture", None)
    assert place_from(asked(1.0)) == ("en", 150)
    assert place_from(Evidence(Signal.SILENT, "other")) is None


def test_every_reason_is_documented() -> None:
    given = {asked(score, when).reason for score in (5.0, -1.0, float("nan")) for when in (FRESH, STALE)}
    given.add(asked(1.0, group="de").reason)
    assert given == set(scored_reasons("test"))


def test_the_place_of_a_record_is_its_language_and_length_or_its_kind() -> None:
    prose = "The harbour was quiet in the morning, and the boats lay where the tide had left them. " * 3
    batch = records(
        [
            {"text": prose, "language": "de"},
            {"text": prose},
            {"text": "Boats."},
            {"text": None},
            {"raw": b"x", "media_type": "image/png", "text": prose},
            {"text": "def f(): pass", "media_type": "text/x-python"},
        ]
    )
    assert [place_of(batch, row) for row in range(6)] == [
        ("de", 51),
        ("en", 51),
        ("und", 1),
        ("und", 0),
        ("picture", None),
        ("code", None),
    ]

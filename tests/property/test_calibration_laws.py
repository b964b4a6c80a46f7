"""Laws of calibrations: for any scores, in any strata."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.calibration_file import parse_calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.calibration.scored import scored
from lowbackground.detectors.evidence import Signal
from tests.calibrations import FRESH, MADE, STALE
from tests.detectors.calibration.test_calibration_file import written

SLOW = settings(max_examples=25, deadline=None)  # a calibration takes some milliseconds
_RANK = {None: 0, "weak": 1, "strong": 2, "near_certain": 3}


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    """Calibrations of scores of every shape: smooth, of few values, all alike, reversed."""
    noise = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    humans, machines = draw(st.integers(299, 1500)), draw(st.integers(0, 400))
    scores = np.concatenate([noise.normal(size=humans), draw(st.floats(-2, 4)) + noise.normal(size=machines)])
    if draw(st.booleans()):
        scores = np.round(scores, draw(st.integers(-1, 2)))
    words = draw(st.lists(st.sampled_from([20, 70, 150, 900, None]), min_size=1, max_size=3))
    places = [("en", words[i % len(words)]) for i in range(len(scores))]
    places[:299] = [("en", 150)] * 299  # at least one stratum can be covered
    sources = [f"s{i % draw(st.integers(1, 3))}" for i in range(len(scores))]
    scale = Scale("score_column", "1", draw(st.sampled_from(["higher", "lower"])))
    rate = draw(st.sampled_from([0.01, 0.05]))
    sample = Sample(scores, np.arange(len(scores)) >= humans, places, sources)
    return calibrate(sample, scale, made=MADE, rate=rate)


SCORES = st.floats(-8, 8)


@SLOW
@given(made=calibrations(), one=SCORES, other=SCORES)
def test_a_more_machine_like_score_is_never_weaker_evidence(made: Calibration, one: float, other: float) -> None:
    sign = made.scale.sign
    low, high = sorted((one, other), key=lambda score: score * sign)
    for stratum in made.strata:
        assert stratum.fpr_at(high, sign) <= stratum.fpr_at(low, sign)
        assert stratum.is_hit(high, sign) >= stratum.is_hit(low, sign)
        if stratum.llr is not None:
            assert (stratum.llr_at(high, sign) or 0.0) >= (stratum.llr_at(low, sign) or 0.0) - 1e-9


@SLOW
@given(made=calibrations())
def test_a_hit_keeps_the_rate_and_thresholds_rise_as_rates_fall(made: Calibration) -> None:
    sign = made.scale.sign
    for stratum in made.strata:
        cuts = [score * sign for _, score in stratum.thresholds]
        assert cuts == sorted(cuts)
        assert stratum.threshold * sign >= dict(stratum.thresholds)[made.rate] * sign
        assert stratum.fpr_at(np.nextafter(stratum.threshold, sign * np.inf), sign) <= made.rate
        for rate, score in stratum.thresholds:
            assert stratum.fpr_at(np.nextafter(score, sign * np.inf), sign) <= rate


@SLOW
@given(made=calibrations())
def test_every_bound_source_keeps_the_group_rate(made: Calibration) -> None:
    assert all(group.bound <= made.group_rate for group in made.groups if group.n_human >= 299)


@SLOW
@given(made=calibrations(), score=SCORES, words=st.sampled_from([20, 70, 150, 900, None]))
def test_an_expired_calibration_never_strengthens_evidence(made: Calibration, score: float, words: int | None) -> None:
    fresh = scored(score, "en", words, made, FRESH, prefix="x")
    stale = scored(score, "en", words, made, STALE, prefix="x")
    early = scored(score, "en", words, replace(made, expires=made.made + timedelta(days=1)), FRESH, prefix="x")
    for tempered in (stale, early):
        assert (tempered.signal, tempered.score) == (fresh.signal, fresh.score)
        assert abs(tempered.llr or 0.0) <= abs(fresh.llr or 0.0)
        assert (tempered.fpr or 0.0) >= (fresh.fpr or 0.0)
        assert _RANK[tempered.strength] <= _RANK[fresh.strength]


@SLOW
@given(made=calibrations(), score=SCORES)
def test_no_calibration_never_says_more_than_one(made: Calibration, score: float) -> None:
    bare = scored(score, "en", 150, None, FRESH, prefix="x")
    assert (bare.signal, bare.fpr, bare.llr) == (Signal.SILENT, None, None)
    assert scored(score, "en", 150, made, FRESH, prefix="x").score == bare.score


@SLOW
@given(made=calibrations())
def test_a_calibration_survives_its_file(made: Calibration) -> None:
    import orjson

    assert parse_calibration(orjson.dumps(written(made)), "c.json") == made

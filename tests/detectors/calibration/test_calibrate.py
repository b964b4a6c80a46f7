"""What a calibration promises, tried on scores whose distribution is known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import CalibrationError, StratumKey
from lowbackground.detectors.calibration.confidence import allowed_hits
from lowbackground.detectors.calibration.scale import Scale
from tests.calibrations import MADE, SCALE, joined, normal_calibration, normal_sample


def shifted(sample: Sample, by: float, source: str) -> Sample:
    return replace(sample, scores=sample.scores + by, sources=[source] * len(sample.sources))


def test_the_threshold_keeps_its_rate_in_19_of_20_calibrations() -> None:
    """Normal scores: the true rate beyond a threshold is known. 200 draws, 1 % of 400 humans."""
    from scipy.stats import norm

    noise, broken = np.random.default_rng(5), 0
    for _ in range(200):
        sample = normal_sample(400, seed=int(noise.integers(1 << 30)))
        made = calibrate(sample, SCALE, made=MADE, rate=0.01)
        broken += norm.sf(made.strata[0].threshold) > 0.01
    assert broken <= 0.05 * 200 + 3 * np.sqrt(200 * 0.05 * 0.95)  # three standard deviations above what is promised


def test_a_stratum_has_a_threshold_for_each_rate_that_its_humans_prove() -> None:
    for humans, rates in ((299, (0.05, 0.01)), (2995, (0.05, 0.01, 0.001))):
        made = calibrate(normal_sample(humans), SCALE, made=MADE, rate=0.01)
        assert tuple(rate for rate, _ in made.strata[0].thresholds) == rates
        scores = [score for _, score in made.strata[0].thresholds]
        assert scores == sorted(scores)


def test_the_least_number_of_humans_lets_none_of_them_be_hit() -> None:
    sample = normal_sample(2995)
    stratum = calibrate(sample, SCALE, made=MADE).strata[0]
    assert stratum.threshold == sample.scores.max()


@pytest.mark.parametrize(("rate", "needed"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_a_stratum_with_too_few_humans_is_refused(rate: float, needed: int) -> None:
    covered = normal_sample(needed, words=(150,))
    small = normal_sample(20, 7, words=(70,))
    made = calibrate(joined(covered, small), SCALE, made=MADE, rate=rate)
    assert [str(stratum.key) for stratum in made.strata] == ["en 100-199 words"]
    (refused,) = made.refused
    assert (refused.key, refused.reason) == (StratumKey("en", 50, 100), "too-few-human")
    assert (refused.n_human, refused.n_machine, refused.missing) == (20, 7, needed - 20)


def test_nothing_to_cover_is_an_error_that_says_how_much_is_missing() -> None:
    with pytest.raises(CalibrationError, match=r"2,995 human records in one: en 100-199 words: 500 human records"):
        calibrate(normal_sample(500, 5000), SCALE, made=MADE)


def test_a_small_stratum_that_scores_like_its_language_borrows_from_all_lengths() -> None:
    made = calibrate(joined(normal_sample(6000), normal_sample(200, words=(70,), seed=3)), SCALE, made=MADE)
    short, middle = made.strata
    assert short.borrowed
    assert not middle.borrowed
    assert short.n_human == 200
    assert made.refused == ()


def test_a_small_stratum_that_scores_otherwise_is_refused() -> None:
    other = shifted(normal_sample(400, words=(70,)), 0.4, "people")
    made = calibrate(joined(normal_sample(6000), other), SCALE, made=MADE)
    assert [(str(each.key), each.reason) for each in made.refused] == [("en 50-99 words", "differs-from-parent")]


def test_a_small_stratum_whose_tail_alone_is_heavier_is_refused() -> None:
    """Nineteen in twenty score like all others, which the test of the whole distribution does not see."""
    short = normal_sample(200, words=(70,), seed=1)
    scores = short.scores.copy()
    scores[:4] = 9.0
    made = calibrate(joined(normal_sample(6000), replace(short, scores=scores)), SCALE, made=MADE)
    assert [each.reason for each in made.refused] == ["differs-from-parent"]


def test_no_language_borrows_from_another() -> None:
    made = calibrate(joined(normal_sample(6000), normal_sample(400, group="de", seed=2)), SCALE, made=MADE)
    assert [(each.key.group, each.reason) for each in made.refused] == [("de", "too-few-human")]


def test_texts_below_the_first_length_are_refused_however_many_there_are() -> None:
    made = calibrate(joined(normal_sample(3000), normal_sample(9000, words=(20,))), SCALE, made=MADE)
    assert [(str(each.key), each.reason, each.missing) for each in made.refused] == [("en 0-49 words", "too-short", 0)]


def test_media_have_one_stratum_a_kind() -> None:
    made = calibrate(normal_sample(3000, words=(None,), group="picture"), SCALE, made=MADE)
    assert [stratum.key for stratum in made.strata] == [StratumKey("picture")]
    assert made.stratum("picture", None) is made.strata[0]
    assert made.stratum("video", None) is None


def test_a_source_whose_people_write_like_machines_raises_the_threshold() -> None:
    calm = normal_sample(20_000)
    office = shifted(normal_sample(400, seed=9), 2.0, "office")
    before = calibrate(calm, SCALE, made=MADE).strata[0].threshold
    made = calibrate(joined(calm, office), SCALE, made=MADE)
    (group,) = [group for group in made.groups if group.name == "office"]
    assert group.hits == 0  # 299 to 472 texts allow none
    assert group.bound <= 0.01
    assert made.strata[0].threshold > before
    assert made.strata[0].threshold >= dict(made.strata[0].thresholds)[0.001]


def test_a_bound_source_holds_over_all_its_strata_together() -> None:
    words = (60, 150, 300, 900)
    calm = normal_sample(16_000, words=words)
    office = shifted(normal_sample(1200, words=words, seed=9), 2.0, "office")
    made = calibrate(joined(calm, office), SCALE, made=MADE, rate=0.01)
    (group,) = [group for group in made.groups if group.name == "office"]
    assert (group.n_human, group.bound <= 0.01) == (1200, True)
    assert group.hits == allowed_hits(1200, 0.01)  # it uses what it is allowed, and no more


def test_a_source_too_small_for_the_bound_is_listed_and_changes_nothing() -> None:
    calm = normal_sample(20_000)
    made = calibrate(joined(calm, shifted(normal_sample(298, seed=9), 9.0, "few")), SCALE, made=MADE, rate=0.05)
    (few,) = [group for group in made.groups if group.name == "few"]
    assert few.hits == 298


def test_of_many_small_sources_the_largest_are_listed_and_all_are_counted() -> None:
    sample = normal_sample(3000)
    made = calibrate(replace(sample, sources=[f"host-{i % 70}" for i in range(3000)]), SCALE, made=MADE)
    assert (len(made.groups), made.more_groups) == (50, 20)


def test_lower_scores_can_be_the_machine_like_ones() -> None:
    higher = normal_calibration()
    lower = normal_calibration(scale=Scale("score_column", "1 of test", "lower"))
    for one, other in zip(higher.strata, lower.strata, strict=True):
        assert other.threshold == -one.threshold
        assert other.fpr.values == one.fpr.values
        assert other.fpr.scores == tuple(-score for score in one.fpr.scores)
        assert other.n_found == one.n_found


def test_without_machine_records_there_is_no_ratio() -> None:
    assert normal_calibration(machines=0).strata[0].llr is None
    assert normal_calibration(machines=58).strata[0].llr is None
    assert normal_calibration(machines=59).strata[0].llr is not None


def test_a_ratio_is_near_the_true_one_and_within_what_the_records_support() -> None:
    stratum = normal_calibration(humans=20_000, machines=20_000).strata[0]
    for score in (0.0, 1.0, 1.5, 2.0, 3.0):  # normal, three apart: ln ratio is 3 s - 4.5
        assert stratum.llr_at(score, 1.0) == pytest.approx(3 * score - 4.5, abs=0.5)
    few = normal_calibration(humans=3000, machines=100).strata[0]
    assert few.llr is not None
    assert min(few.llr.values) >= -np.log(101)
    assert max(few.llr.values) <= np.log(3001)


def test_scores_with_few_values_are_calibrated_as_they_are() -> None:
    """Verdicts: 2 in 1,000 humans and half of the machines are called AI."""
    scores = np.array([1.0] * 10 + [0.0] * 4990 + [1.0] * 1000 + [0.0] * 1000)
    machine = np.arange(7000) >= 5000
    sample = Sample(scores, machine, [("en", 150)] * 7000, ["one"] * 7000)
    stratum = calibrate(sample, SCALE, made=MADE, rate=0.01).strata[0]
    assert stratum.is_hit(1.0, 1.0)
    assert stratum.fpr_at(1.0, 1.0) == pytest.approx(0.00339, abs=1e-4)  # Clopper-Pearson, 10 of 5,000
    assert stratum.fpr_at(0.0, 1.0) == 1.0
    assert stratum.llr_at(1.0, 1.0) == pytest.approx(np.log(0.5 / 0.002), abs=0.15)
    assert stratum.llr_at(0.0, 1.0) == pytest.approx(np.log(0.5 / 0.998), abs=0.05)
    assert not calibrate(sample, SCALE, made=MADE).strata[0].is_hit(1.0, 1.0)  # 0.1 % is more than verdicts can keep


def test_composition_and_dates_are_those_of_all_data() -> None:
    sample = replace(normal_sample(3000, 50), captured=[date(2020, 5, 1), date(2015, 1, 2)])
    made = calibrate(sample, SCALE, made=MADE, valid_days=30)
    assert (made.n_human, made.n_machine) == (3000, 50)
    assert (made.captured_from, made.captured_to) == (date(2015, 1, 2), date(2020, 5, 1))
    assert (made.made, made.expires) == (MADE, date(2026, 12, 20))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"edges": (100, 50)}, "numbers of words that rise"),
        ({"edges": ()}, "numbers of words that rise"),
        ({"rate": 0.0}, "between 0 and 1"),
        ({"group_rate": 1.0}, "between 0 and 1"),
        ({"valid_days": 0}, "1 to 3660 days"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        calibrate(normal_sample(3000), SCALE, made=MADE, **changes)  # type: ignore[arg-type]


def test_a_sample_must_be_whole() -> None:
    sample = normal_sample(10)
    with pytest.raises(ValueError, match="as many scores"):
        replace(sample, sources=["one"])
    with pytest.raises(ValueError, match="finite"):
        replace(sample, scores=np.full(10, np.nan))


def test_no_threshold_is_higher_than_the_sources_demand() -> None:
    """Whatever threshold is lowered to the next human score, some source has more hits than it may."""
    words = (60, 150, 900)
    parts = [normal_sample(9000, words=words)] + [
        shifted(normal_sample(310 + 90 * index, words=words, seed=index), 0.4 * index, f"source-{index}")
        for index in range(1, 6)
    ]
    sample = joined(*parts)
    made = calibrate(sample, SCALE, made=MADE, rate=0.01)
    keys = [next(at for at, s in enumerate(made.strata) if s.key.holds(words)) for _, words in sample.places]
    cuts = np.array([stratum.threshold for stratum in made.strata])
    names = np.array(sample.sources)
    allowed = {name: allowed_hits(int((names == name).sum()), 0.01) or 0 for name in set(sample.sources)}

    def holds(cuts: np.ndarray) -> bool:
        hits = sample.scores > cuts[keys]
        return all(int(hits[names == name].sum()) <= allowed[name] for name in allowed)

    assert holds(cuts)
    assert any(cut > dict(stratum.thresholds)[0.01] for cut, stratum in zip(cuts, made.strata, strict=True))
    for at, stratum in enumerate(made.strata):
        mine = sample.scores[np.array(keys) == at]
        below = mine[mine < cuts[at]].max()
        lowered = cuts.copy()
        lowered[at] = below
        assert cuts[at] == dict(stratum.thresholds)[0.01] or not holds(lowered)

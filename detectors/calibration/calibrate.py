"""Makes a calibration from scores of content whose origin is known.

Thresholds are pooled by stratum, then raised for the sake of source groups; strata that the data cannot carry are
refused. That records to come are like these is assumed, and nothing here can check it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.calibration.calibration import Calibration, CalibrationError, Curve, Stratum, StratumKey
from lowbackground.detectors.calibration.calibration_file import MAX_DAYS
from lowbackground.detectors.calibration.confidence import RATES, records_needed
from lowbackground.detectors.calibration.curves import fpr_curve, llr_curve, threshold, thresholds
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.calibration.source_groups import Covered, listed, raised
from lowbackground.detectors.calibration.strata import EDGES, Pool, Sorted, sort_strata

Floats = NDArray[np.float64]

RATE = 0.001  # at a true 0.4 % a tag still has a precision of .61 at a prior of 2 %; at 1 % it starts from .51
GROUP_RATE = 0.01  # of the worst source
VALID_DAYS = 365  # models of a year later were found at .02 to .08 where those of the day were at .50
MAX_NAME = 100  # letters of a source group: names of hosts and files are content


@dataclass(frozen=True, slots=True)
class Sample:
    """Scores of records whose origin is known; one element a record.

    `places` are group (language, or media kind) and words of each; `sources` the names of their source groups;
    `captured` the days on which they were captured, of those that have one.
    """

    scores: Floats
    machine: NDArray[np.bool_]
    places: Sequence[tuple[str, int | None]]
    sources: Sequence[str]
    captured: Sequence[date] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be one sample."""
        lengths = {len(self.scores), len(self.machine), len(self.places), len(self.sources)}
        if len(lengths) != 1:
            raise ValueError(f"a sample needs as many scores as labels, places and sources, not {sorted(lengths)}")
        if not np.isfinite(self.scores).all():
            raise ValueError("all scores of a sample must be finite numbers")


def calibrate(
    sample: Sample,
    scale: Scale,
    *,
    made: date,
    edges: Sequence[int] = EDGES,
    rate: float = RATE,
    valid_days: int = VALID_DAYS,
    group_rate: float = GROUP_RATE,
) -> Calibration:
    """The calibration of a scale by a sample.

    `edges` are the numbers of words at which a length begins; shorter texts are refused. `rate` is the share of false
    positives at the threshold.

    Raises:
        CalibrationError: no stratum has enough human records; the message lists them.
    """
    check_aim(edges, rate, group_rate, valid_days)
    scores = scale.sign * sample.scores
    strata = sort_strata(sample.places, sample.machine, scores, edges, rate)
    if not strata.covered:
        raise CalibrationError(_nothing(strata, rate))
    speakers = {speaker.key: speaker for _, speaker in strata.covered}
    records = _covered(sample, scores, strata, list(speakers))
    pooled = np.array([threshold(scores[pool.humans], rate) for pool in speakers.values()], np.float64)
    cuts = dict(zip(speakers, raised(records, pooled, group_rate), strict=True))
    rates = sorted({*RATES, rate}, reverse=True)
    curves = {key: _curves(pool, scores, scale.sign, rates) for key, pool in speakers.items()}
    groups, more = listed(records, np.array(list(cuts.values())), group_rate)
    return Calibration(
        scale=scale,
        made=made,
        expires=made + timedelta(days=valid_days),
        rate=rate,
        group_rate=group_rate,
        n_human=int(np.count_nonzero(~sample.machine)),
        n_machine=int(np.count_nonzero(sample.machine)),
        captured_from=min(sample.captured, default=None),
        captured_to=max(sample.captured, default=None),
        strata=tuple(
            Stratum(
                own.key,
                len(own.humans),
                len(own.machines),
                int(np.count_nonzero(scores[own.machines] > cuts[speaker.key])),
                float(scale.sign * cuts[speaker.key]),
                *curves[speaker.key],
                borrowed=speaker is not own,
            )
            for own, speaker in strata.covered
        ),
        refused=strata.refused,
        groups=groups,
        more_groups=more,
    )


def check_aim(edges: Sequence[int], rate: float, group_rate: float, valid_days: int) -> None:
    """Refuse what no calibration can hold, so that nobody scores a corpus first and hears it then.

    Raises:
        CalibrationError: see the message.
    """
    if not edges or edges[0] < 1 or any(one >= other for one, other in pairwise(edges)):
        raise CalibrationError(f"lengths must be numbers of words that rise, such as 50,100,200,400; not {list(edges)}")
    for share in (rate, group_rate):
        if not 0 < share < 1:
            raise CalibrationError(
                f"a rate is a share and lies between 0 and 1, such as 0.001 for 0.1 %; not {share:g}"
            )
    if not 1 <= valid_days <= MAX_DAYS:
        raise CalibrationError(f"a calibration holds for 1 to {MAX_DAYS} days; not {valid_days}")


def _nothing(strata: Sorted, rate: float) -> str:
    told = "; ".join(_counted(each.key, each.n_human) for each in strata.refused[:8]) or "no record"
    return (
        f"no stratum can carry a rate of {rate:g}, which takes {records_needed(rate):,} human records in one: {told}. "
        f"Bring more{_higher(rate)}"
    )


def _higher(rate: float) -> str:
    """The usual rates that ask for fewer records, if there are any."""
    lower = [f"{each:g} takes {records_needed(each):,}" for each in sorted(RATES) if each > rate]
    return f", or ask for a higher rate: {' and '.join(lower)}" if lower else ""


def _counted(key: StratumKey, humans: int) -> str:
    return f"{key}: {humans:,} human record{'' if humans == 1 else 's'}"


def _covered(sample: Sample, scores: Floats, strata: Sorted, speakers: Sequence[StratumKey]) -> Covered:
    """The records of covered strata, each with the place of the pool that speaks for it."""
    members, pools = [], []
    for own, speaker in strata.covered:
        both = np.concatenate([own.humans, own.machines])
        members.append(both)
        pools.append(np.full(len(both), speakers.index(speaker.key), np.intp))
    index = np.concatenate(members)
    names = np.array([name[:MAX_NAME] for name in sample.sources], np.str_)
    return Covered(scores[index], sample.machine[index], np.concatenate(pools), names[index])


def _curves(
    pool: Pool, scores: Floats, sign: float, rates: Sequence[float]
) -> tuple[tuple[tuple[float, float], ...], Curve, Curve | None]:
    """Thresholds, fpr and llr of a pool, on the detector's own scale."""
    humans = scores[pool.humans]
    ratio = llr_curve(humans, scores[pool.machines])
    return (
        tuple((rate, float(sign * score)) for rate, score in thresholds(humans, rates)),
        _curve(*fpr_curve(humans, rates), sign),
        None if ratio is None else _curve(*ratio, sign),
    )


def _curve(scores: Floats, values: Floats, sign: float) -> Curve:
    """Values to six digits: more would only say how many records there were."""
    return Curve(tuple(float(sign * score) for score in scores), tuple(float(f"{value:.6g}") for value in values))

"""What calibrations are worth for a group that had no part in them: false positives, what is found, honest probabilities."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

import numpy as np

from benchmarks.ai_text.table import EDGES, FEW, Scored
from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import Calibration, CalibrationError
from lowbackground.detectors.calibration.confidence import upper_bound
from lowbackground.detectors.calibration.scale import Scale

PROBABILITY_BINS = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)


def calibration_of(scored: Scored, rows: np.ndarray, scale: Scale, made: date) -> Calibration:
    """A calibration from the human and core texts among these rows."""
    used = rows[(scored.human | scored.core)[rows]]
    places = [("en", int(words)) for words in scored.words[used]]
    sample = Sample(scored.scores[used], scored.core[used], places, scored.texts.file[used].tolist())
    return calibrate(sample, scale, made=made, edges=EDGES)


def held_out(scored: Scored, scale: Scale, made: date) -> dict[str, object]:
    """Each group by the calibration of all others: hits by source, and the probabilities that its ratios give."""
    hit = np.zeros(len(scored.scores), bool)
    ratio = np.full(len(scored.scores), np.nan)
    for group in np.unique(scored.groups).tolist():
        inside = scored.groups == group
        try:
            calibration = calibration_of(scored, np.flatnonzero(~inside), scale, made)
        except CalibrationError:
            continue
        for row in np.flatnonzero(inside & scored.known).tolist():
            stratum = calibration.stratum("en", int(scored.words[row]))
            if stratum is not None:
                score = float(scored.scores[row])
                hit[row] = stratum.is_hit(score, scale.sign)
                ratio[row] = np.nan if (found := stratum.llr_at(score, scale.sign)) is None else found
    covered = ~np.isnan(ratio)
    return {
        "human sources": _hits(scored, scored.human & covered, hit, bound=True),
        "machine sources": _hits(scored, scored.core & covered, hit, bound=False),
        "reliability": reliability(ratio[scored.human & covered], ratio[scored.core & covered]),
    }


def _hits(scored: Scored, among: np.ndarray, hit: np.ndarray, *, bound: bool) -> dict[str, list[object]]:
    rows: dict[str, list[object]] = {}
    for name in np.unique(scored.texts.file[among]).tolist():
        chosen = among & (scored.texts.file == name)
        count, hits = int(np.count_nonzero(chosen)), int(np.count_nonzero(hit[chosen]))
        if count >= FEW:
            upper = [round(float(upper_bound(np.array([hits]), count)[0]), 5)] if bound else []
            rows[name] = [count, hits, round(hits / count, 5), *upper]
    return dict(sorted(rows.items(), key=lambda row: -float(str(row[1][2]))))


def reliability(human: np.ndarray, machine: np.ndarray) -> Mapping[str, object]:
    """Stated probability against the share of machine texts, both classes weighed as if each were half of all."""
    stated = 1 / (1 + np.exp(-np.concatenate([human, machine])))
    truth = np.concatenate([np.zeros(len(human)), np.ones(len(machine))])
    weight = np.concatenate([np.full(len(human), 0.5 / len(human)), np.full(len(machine), 0.5 / len(machine))])
    rows, error = [], 0.0
    for low, high in pairwise(PROBABILITY_BINS):
        inside = (stated >= low) & ((stated < high) | (high == 1.0))
        if (mass := weight[inside].sum()) > 0:
            said, was = (
                np.average(stated[inside], weights=weight[inside]),
                np.average(truth[inside], weights=weight[inside]),
            )
            rows.append([low, high, int(np.count_nonzero(inside)), round(float(said), 4), round(float(was), 4)])
            error += mass * abs(said - was)
    return {"bins": rows, "expected calibration error": round(float(error), 4)}

"""Turns a score into evidence: the one place where every scored detector does so.

- Beyond the threshold of its stratum a score says SYNTHETIC; below it is SILENT, with its rate of false positives and
  its log-likelihood ratio, for a low score speaks too.
- In a stratum that the calibration does not cover, and without a calibration, there is the score and no more.
- A calibration that has expired is tempered: generators have moved on, and so may have the threshold.
"""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from types import MappingProxyType

import pyarrow as pa

from lowbackground.detectors.calibration.calibration import Calibration, Stratum
from lowbackground.detectors.contract import media_kind
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.language import language

STALE_LLR = 0.5  # Saerens, Latinne and Decaestecker's drift of 0.8 sd turned .30 into .22: halved, the sign is kept
STALE_FPR = 7.0  # thresholds of nominal 0.1 % had up to 0.67 % on a source of text that they had not seen
UNDETERMINED = "und"  # ISO 639-2: the language of a text too short for a guess, or in none that is known

_MEDIA = frozenset({"code", "picture", "video", "voice"})


def scored_reasons(prefix: str) -> dict[str, str]:
    """The reasons that `scored` gives, for the `REASONS` of a detector."""
    return {
        f"{prefix}.above-threshold": "The score lies beyond the threshold for records of its language and length, or kind.",
        f"{prefix}.below-threshold": "The score lies within what human content of its language and length, or kind, reaches.",
        f"{prefix}.above-stale-threshold": "As above-threshold, by a calibration that has expired: it weighs less.",
        f"{prefix}.below-stale-threshold": "As below-threshold, by a calibration that has expired: it weighs less.",
        f"{prefix}.no-calibration": "No calibration covers records of its language and length, or kind: a score, and no more.",
        f"{prefix}.no-score": "The score is no finite number.",
    }


def scored(
    score: float,
    group: str,
    words: int | None,
    calibration: Calibration | None,
    as_of: datetime,
    *,
    prefix: str,
    kind: Kind = Kind.GENERATED,
    part: str | None = None,
    facts: Mapping[str, str | float | bool | None] = MappingProxyType({}),
    keep_detail: bool = False,
) -> Evidence:
    """The evidence that a score is.

    `group` is the language of a text or a media kind, `words` the length of the text, null for media; `as_of` decides
    whether the calibration has expired. `prefix` begins the reason, `kind` is that of a hit, `facts` join the detail,
    which `keep_detail` has written also where the score is silent.
    """
    if not isfinite(score):
        return Evidence(Signal.FAILED, f"{prefix}.no-score", part=part, detail=detail(**facts))
    place = {"media" if words is None else "language": group}
    stratum = None if calibration is None else calibration.stratum(group, words)
    if calibration is None or stratum is None:
        signal = Signal.SILENT if calibration is None else Signal.SKIPPED
        told = detail(**{**facts, **place, "words": words})
        reason = f"{prefix}.no-calibration"
        return Evidence(signal, reason, part=part, score=score, detail=told, keep_detail=keep_detail)
    sign = calibration.scale.sign
    fpr, llr = stratum.fpr_at(score, sign), stratum.llr_at(score, sign)
    stale = calibration.is_stale(as_of)
    if stale:
        fpr, llr = tempered(fpr, llr)
    hit = stratum.is_hit(score, sign)
    bar = _bar(stratum, calibration) if hit else {}
    told = detail(**{**facts, **place, "words": words, "calibration": calibration.digest[:12], **bar})
    return Evidence(
        Signal.SYNTHETIC if hit else Signal.SILENT,
        f"{prefix}.{'above' if hit else 'below'}-{'stale-' if stale else ''}threshold",
        _strength(stratum, stale) if hit else None,
        kind if hit else None,
        part,
        score,
        fpr,
        llr,
        detail=told,
        keep_detail=keep_detail,
    )


def _bar(stratum: Stratum, calibration: Calibration) -> dict[str, str | float | bool | None]:
    """What a hit had to pass: so that it can be explained when the calibration is no longer at hand."""
    return {
        "stratum": str(stratum.key),
        "threshold": stratum.threshold,
        "rate": calibration.rate,
        "borrowed": True if stratum.borrowed else None,
    }


def _strength(stratum: Stratum, stale: bool) -> Strength:
    """A hit by curves that are a stratum's own is strong; by borrowed or expired ones it is weak."""
    return Strength.WEAK if stale or stratum.borrowed else Strength.STRONG


def tempered(fpr: float, llr: float | None) -> tuple[float, float | None]:
    """What is left of both numbers when the calibration has expired: never more than before."""
    return min(1.0, STALE_FPR * fpr), None if llr is None else STALE_LLR * llr


def place_of(records: pa.RecordBatch, row: int) -> tuple[str, int | None]:
    """Group and words of a record, for detectors that tell neither by themselves.

    The language is the reader's; of a table, whose readers tell none, it is guessed as they would. Words are what stands
    between white space; a language without it has few, and needs a detector that counts others.
    """
    kind = media_kind(records.column("media_type")[row].as_py())
    if kind in _MEDIA:
        return kind, None
    text = records.column("text")[row].as_py() or ""
    told = records.column("language")[row].as_py()
    return told or language(text) or UNDETERMINED, len(text.split())


def place_from(evidence: Evidence) -> tuple[str, int | None] | None:
    """Group and words as `scored` wrote them into the detail; null where it did not."""
    import orjson

    told = orjson.loads(evidence.detail) if evidence.detail is not None else {}
    group, words = told.get("language", told.get("media")), told.get("words")
    return (group, words) if isinstance(group, str) else None

"""A calibration: how often known-human content scores at least this, and what a score is worth, by stratum.

- A stratum is the texts of one language and length, or the media of one kind.
- It holds for one scale, from the day it was made until it expires; what it cannot carry it refuses, and says so.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, ClassVar

import orjson

from lowbackground.detectors.calibration.scale import Scale, digest_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class CalibrationError(ValueError):
    """A calibration cannot be made or used; the message says which, what was expected and found, and what to do."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values over scores; `scores` ascend after multiplication by `Scale.sign`, from human-like to machine-like."""

    scores: tuple[float, ...]
    values: tuple[float, ...]

    __pydantic_config__: ClassVar = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class StratumKey:
    """Texts in the language `group` of at least `words_from` and fewer than `words_to` words, or media of that kind.

    `words_from` is null for media; `words_to` also for the longest texts.
    """

    group: str
    words_from: int | None = None
    words_to: int | None = None

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def __str__(self) -> str:
        """As people would say it."""
        if self.words_from is None:
            return self.group
        upper = "" if self.words_to is None else f"-{self.words_to - 1}"
        return f"{self.group} {self.words_from}{upper or '+'} words"

    def holds(self, words: int | None) -> bool:
        """Whether a record of this group with so many words belongs here."""
        if self.words_from is None or words is None:
            return self.words_from is words
        return self.words_from <= words and (self.words_to is None or words < self.words_to)


@dataclass(frozen=True, slots=True)
class Stratum:
    """What the records of one stratum can carry.

    A score strictly beyond `threshold` is a hit; `n_found` of the machine records are. `thresholds` are those of the human records pooled, at the rates
    that their number proves; `threshold` is that of the calibration's rate, raised for the sake of source groups.
    `fpr` is a step function: its value holds for scores strictly beyond its score, and 1 up to the first. `llr` is
    read by straight lines, constant beyond its ends; null where there were too few machine records. `borrowed` says
    that curves and thresholds are those of all lengths of the language, from which these records do not differ.
    """

    key: StratumKey
    n_human: int
    n_machine: int
    n_found: int
    threshold: float
    thresholds: tuple[tuple[float, float], ...]
    fpr: Curve
    llr: Curve | None
    borrowed: bool = False

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def is_hit(self, score: float, sign: float) -> bool:
        """Whether a score is more machine-like than the threshold."""
        return score * sign > self.threshold * sign

    def fpr_at(self, score: float, sign: float) -> float:
        """The upper bound (95 %) of the share of human content that scores at least this."""
        below = bisect_left(self.fpr.scores, score * sign, key=lambda knot: knot * sign)
        return self.fpr.values[below - 1] if below else 1.0

    def llr_at(self, score: float, sign: float) -> float | None:
        """The log-likelihood ratio, ln P(score | synthetic) - ln P(score | human), in nats."""
        if self.llr is None:
            return None
        scores, values = self.llr.scores, self.llr.values
        after = bisect_left(scores, score * sign, key=lambda knot: knot * sign)
        if after in {0, len(scores)}:
            return values[min(after, len(scores) - 1)]
        share = (score - scores[after - 1]) / (scores[after] - scores[after - 1])
        return values[after - 1] + share * (values[after] - values[after - 1])


@dataclass(frozen=True, slots=True)
class Refused:
    """A stratum that is not covered: why, and how many more human records it would take (0: more would not do)."""

    key: StratumKey
    n_human: int
    n_machine: int
    reason: str
    missing: int

    __pydantic_config__: ClassVar = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """A source of the data: its records in covered strata, and how many of the human ones are hits.

    `bound` is the one-sided 95 % Clopper-Pearson upper bound of its rate of false positives.
    """

    name: str
    n_human: int
    n_machine: int
    hits: int
    bound: float

    __pydantic_config__: ClassVar = {"extra": "forbid"}


@dataclass(frozen=True)
class Calibration:
    """A calibration of one scale.

    `rate` is the share of false positives that the threshold of each stratum keeps, pooled; `group_rate` that of every
    source group with enough human records, over all strata together. `groups` are the largest of them, and all that
    are bound by `group_rate`; `more_groups` counts the others. Counts and dates are of all data that was given.
    """

    scale: Scale
    made: date
    expires: date
    rate: float
    group_rate: float
    n_human: int
    n_machine: int
    captured_from: date | None
    captured_to: date | None
    strata: tuple[Stratum, ...]
    refused: tuple[Refused, ...]
    groups: tuple[SourceGroup, ...]
    more_groups: int

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its canonical JSON, in hex: what names it in the output."""
        return digest_of(self.content)

    @cached_property
    def content(self) -> bytes:
        """What the digest is of: canonical JSON, keys sorted."""
        return orjson.dumps(adapter().dump_python(self, mode="json"), option=orjson.OPT_SORT_KEYS)

    def stratum(self, group: str, words: int | None) -> Stratum | None:
        """The stratum of a record; null where it is not covered."""
        for stratum in self._by_group.get(group, ()):
            if stratum.key.holds(words):
                return stratum
        return None

    @cached_property
    def _by_group(self) -> Mapping[str, tuple[Stratum, ...]]:
        groups = dict.fromkeys(stratum.key.group for stratum in self.strata)
        return {name: tuple(each for each in self.strata if each.key.group == name) for name in groups}

    def is_stale(self, as_of: datetime) -> bool:
        """Whether it had expired at this moment; one that was made later has not, and is no worse for it."""
        return as_of.astimezone(UTC).date() >= self.expires


@cache
def adapter() -> "TypeAdapter[Calibration]":
    """What reads a calibration from JSON, and writes it down; keys that it does not know are errors."""
    from pydantic import TypeAdapter

    return TypeAdapter(Calibration)

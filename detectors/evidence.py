"""What one detector says about one record.

- A signal is an observation, never a decision: `Signal.SILENT` (ran, found nothing that speaks),
  `Signal.SKIPPED` (could not apply) and `Signal.FAILED` (broke, timed out or hit a cap) are three facts.
- `reason` comes from the closed list that `REASONS` of each detector documents; it holds no numbers.
- Without a calibration there is no `fpr` and no `llr`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

import orjson


class Signal(StrEnum):
    """What the detector observed."""

    HUMAN = "human"
    SYNTHETIC = "synthetic"
    MIXED = "mixed"
    SILENT = "silent"
    SKIPPED = "skipped"
    FAILED = "failed"


class Basis(StrEnum):
    """What kind of evidence a detector gives, strongest first."""

    SIGNED = "signed"
    WATERMARK = "watermark"
    DECLARED = "declared"
    KNOWN = "known"
    CLASSIFIER = "classifier"
    CONTEXT = "context"


class Strength(StrEnum):
    """How far one finding carries by itself."""

    NEAR_CERTAIN = "near_certain"
    STRONG = "strong"
    WEAK = "weak"

    @property
    def rank(self) -> int:
        """1 (weak) to 3 (near certain), for `strength_at_least`."""
        return {"weak": 1, "strong": 2, "near_certain": 3}[self.value]


class Kind(StrEnum):
    """How the content came to be, as far as the finding says."""

    GENERATED = "generated"
    EDITED = "edited"
    COMPOSITE = "composite"
    TRANSLATED = "translated"
    PROCEDURAL = "procedural"
    CAPTURED = "captured"


_SLUG = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z]+)*\Z")  # digits only in the first word, the name of a field: c2pa, id3


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation about one record.

    `part` names the part of the record it is about: null is the record itself, `text` the caption of a picture.
    `score` is on the detector's own scale; `fpr` is how often known-human content scores at least this;
    `llr` is ln P(evidence | synthetic) - ln P(evidence | human), in nats.
    `opt_out` lists signals that ask not to be trained on. `detail` is a canonical JSON object made by `detail()`; that of
    SILENT evidence is written only where `keep_detail` says so, or there is a `kind` or an `opt_out`: most silence of a
    crawl is of the same few sorts.
    """

    signal: Signal
    reason: str
    strength: Strength | None = None
    kind: Kind | None = None
    part: str | None = None
    score: float | None = None
    fpr: float | None = None
    llr: float | None = None
    opt_out: tuple[str, ...] = ()
    detail: str | None = None
    keep_detail: bool = False

    def __post_init__(self) -> None:
        """Refuse a reason that could fragment a tally, such as one with a number in it."""
        if not _SLUG.match(self.reason):
            raise ValueError(f"reason {self.reason!r} is not a slug of lower-case words joined by '.' and '-'")


CLOCK_OR_MEMORY = (  # endings of reasons: another machine, or another run, may not fail
    "timeout",
    "out-of-memory",
    "process-ended",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Evidence stamped with who gave it; the judge stamps it, so that no detector can forget to."""

    detector: str
    version: str
    basis: Basis
    evidence: Evidence


MAX_DETAIL_CHARS = 2000  # enough for a rule and a place; content never belongs here unasked


def detail(**facts: str | float | bool | list[str] | None) -> str | None:
    """The facts that are not null as a JSON object on one line with sorted keys; null where there are none.

    Strings are cut to a safe length; of facts that are too long together, the longest are left out as a whole.
    """
    kept: dict[str, object] = {
        key: value[:300] if isinstance(value, str) else value for key, value in facts.items() if value is not None
    }
    while kept:
        line = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()
        if len(line) <= MAX_DETAIL_CHARS:
            return line
        del kept[max(sorted(kept), key=lambda key: len(orjson.dumps(kept[key])))]
    return None

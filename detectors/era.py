"""Finds records that were captured before generators of their kind existed.

- The claim is "captured before the era", and no more: text before 2022 was also spun, translated and templated.
- Only the date at which somebody else captured the record counts (`captured_at`), never a date of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.contract import MEDIA_KINDS, Detector, Findings, Needs, media_kind
from lowbackground.detectors.evidence import Basis, Evidence, Signal, Strength

CUTOFFS: Mapping[str, date] = {
    "text": date(2022, 11, 30),  # ChatGPT opens to everybody
    "code": date(2021, 6, 29),  # GitHub Copilot, technical preview
    "picture": date(2022, 4, 1),  # month of DALL-E 2 (2022-04-06) and of Midjourney's first users
    "video": date(2023, 1, 1),  # before Gen-1 (2023-02) and ModelScope text-to-video (2023-03)
    "voice": date(2022, 1, 1),  # a year before ElevenLabs' beta (2023-01); older synthetic speech is easily heard
    "document": date(2022, 11, 30),  # as text
}

REASONS = {
    "era.before-cutoff": "Captured by somebody else before generators of its kind were in public use.",
    "era.after-cutoff": "Captured when generators of its kind were in public use; says nothing by itself.",
    "era.undated": "Has no capture date that somebody else vouches for.",
}

_NEEDS = Needs(("captured_at",))
_NO_COLUMNS = pa.schema([])
_BEFORE = Evidence(Signal.HUMAN, "era.before-cutoff", Strength.STRONG)
_AFTER = Evidence(Signal.SILENT, "era.after-cutoff")
_UNDATED = Evidence(Signal.SKIPPED, "era.undated")
_ANSWERS = {True: _BEFORE, False: _AFTER, None: _UNDATED}


def era(*, cutoffs: Mapping[str, date] | None = None) -> Detector:
    """Finds records that were captured before generators of their kind existed.

    `cutoffs` replaces the first day (UTC) of the era for some media kinds.

    Raises:
        ValueError: a key is not a media kind.
    """
    if unknown := sorted(set(cutoffs or ()) - set(MEDIA_KINDS)):
        raise ValueError(f"no media kind is named {', '.join(unknown)}; the kinds are {', '.join(MEDIA_KINDS)}")
    days = {**CUTOFFS, **(cutoffs or {})}
    return _Era({kind: datetime.combine(days[kind], time(), UTC) for kind in MEDIA_KINDS})


@dataclass(frozen=True)
class _Era:
    """`starts` is the first instant of the era of each media kind."""

    starts: Mapping[str, datetime]
    name: str = "era"
    version: str = "1"
    basis: Basis = Basis.CONTEXT
    needs: Needs = _NEEDS
    columns: pa.Schema = _NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Compare dates; the cut-off is looked up once per distinct media type."""
        types = records.column("media_type").dictionary_encode(null_encoding="encode")
        instant = records.schema.field("captured_at").type
        starts = pa.array([self.starts[media_kind(value)] for value in types.dictionary.to_pylist()], instant)
        before = pc.less(records.column("captured_at"), starts.take(types.indices))
        return Findings([_ANSWERS[answer] for answer in before.to_pylist()])

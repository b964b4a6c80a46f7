"""A detector around a classifier of pictures, sound or film: pieces of each record, scores, one piece of evidence.

What differs between kinds of media is a `Cutter`; what a score means is its calibration's to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite, nan
from typing import Literal, Protocol

import pyarrow as pa

from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.detectors.calibration.scale import Scale, version_of
from lowbackground.detectors.calibration.scored import scored
from lowbackground.detectors.contract import Findings, Needs, RunFacts
from lowbackground.detectors.evidence import Basis, Evidence
from lowbackground.detectors.models.decodable import AbstainError
from lowbackground.detectors.models.media_classifier import DECIMALS, Inputs, MediaClassifier

Facts = Mapping[str, str | float | bool | None]
Data = bytes | memoryview
Aggregate = Literal["mean", "highest"]

_NO_COLUMNS = pa.schema([])


@dataclass(frozen=True, eq=False)
class Piece:
    """One input for the model, and the second of the record where it begins; null where a record is one piece."""

    inputs: Inputs
    time: float | None = None


@dataclass(frozen=True, eq=False)
class Cut:
    """A record being cut into at least one piece; `facts` join its detail."""

    pieces: Iterator[Piece]
    facts: Facts = field(default_factory=dict)


class Cutter(Protocol):
    """Makes the pieces of one record; it can be sent to another process."""

    def __call__(self, data: Data, media_type: str, truncated: bool, classifier: MediaClassifier, /) -> Cut:
        """Decode and cut.

        Raises:
            AbstainError: there is nothing to score; also while pieces are made.
        """


@dataclass(frozen=True)
class MediaAdapter:
    """`name` is that of its section, `scale` says what the scores mean, `as_of` whether the calibration is still valid.

    `group` is the stratum of the calibration: the media kind. `aggregate` makes one score of those of the pieces.
    """

    name: str
    scale: Scale
    prefix: str
    group: str
    classifier: MediaClassifier
    cutter: Cutter
    aggregate: Aggregate
    calibration: Calibration | None
    as_of: datetime
    basis: Basis = Basis.CLASSIFIER
    columns: pa.Schema = field(default=_NO_COLUMNS, repr=False)
    exact: bool = False

    @property
    def version(self) -> str:
        """Of the score, the weights and the calibration."""
        return version_of(self.scale, self.calibration.digest if self.calibration else None)

    @property
    def needs(self) -> Needs:
        """The bytes of records of its kind."""
        return Needs(("raw",), also=("media_type", "truncated"), kinds=(self.group,))

    def load(self) -> None:
        """Read processor and weights into memory, once.

        Raises:
            ModelError: they cannot be used.
        """
        self.classifier.load()

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Score the pieces of all records in batches, and say of each record what they come to."""
        work = _Work(self, records)
        scores = list(self.classifier.scores(work.inputs()))
        return Findings(work.evidence(scores))

    def judged(self, cut: Cut, times: Sequence[float | None], scores: Sequence[float]) -> Evidence:
        """The evidence that the scores of a record's pieces are; one that is no number leaves the record without a score."""
        score = max(scores) if self.aggregate == "highest" else round(sum(scores) / len(scores), DECIMALS)
        if not all(map(isfinite, scores)):  # which `max` would pass over
            score = nan
        facts = {**cut.facts, **_extent(times, scores)}
        return scored(
            score, self.group, None, self.calibration, self.as_of, prefix=self.prefix, facts=facts, keep_detail=True
        )


def _extent(times: Sequence[float | None], scores: Sequence[float]) -> Facts:
    """How many pieces there were, the score of each by the second it begins, and how many lean to a machine."""
    told = [f"{time:g}:{score:g}" for time, score in zip(times, scores, strict=True) if time is not None]
    if not told:
        return {}
    return {"pieces": len(scores), "leaning": sum(score > 0 for score in scores), "scores": " ".join(told)}


class _Work:
    """One batch: which row each piece belongs to, and what was said of the rows without any."""

    def __init__(self, adapter: MediaAdapter, records: pa.RecordBatch) -> None:
        self.adapter, self.records = adapter, records
        self.said: dict[int, Evidence] = {}
        self.cuts: dict[int, Cut] = {}
        self.places: list[tuple[int, float | None]] = []

    def inputs(self) -> Iterator[Inputs]:
        raws, truncated = self.records.column("raw"), self.records.column("truncated")
        for row, media_type in enumerate(self.records.column("media_type").to_pylist()):
            data = memoryview(raws[row].as_buffer()) if raws[row].is_valid else b""
            try:
                cut = self.adapter.cutter(data, media_type or "", truncated[row].as_py(), self.adapter.classifier)
                self.cuts[row] = cut
                for piece in cut.pieces:
                    self.places.append((row, piece.time))
                    yield piece.inputs
            except AbstainError as abstained:
                self.said[row] = abstained.evidence

    def evidence(self, scores: Sequence[float]) -> list[Evidence]:
        found: dict[int, list[tuple[float | None, float]]] = {}
        for (row, time), score in zip(self.places, scores, strict=True):
            found.setdefault(row, []).append((time, score))
        return [
            self.said[row] if row in self.said else self.adapter.judged(self.cuts[row], *zip(*found[row], strict=True))
            for row in range(self.records.num_rows)
        ]


def media_adapter(
    scale: Scale,
    prefix: str,
    group: str,
    classifier: MediaClassifier,
    cutter: Cutter,
    aggregate: Aggregate,
    calibration: str | None,
    run: RunFacts,
) -> MediaAdapter:
    """The detector, with the calibration in a file.

    Raises:
        CalibrationError: it is damaged, or of another model.
    """
    read = read_calibration(calibration, scale) if calibration else None
    return MediaAdapter(scale.detector, scale, prefix, group, classifier, cutter, aggregate, read, run.as_of)

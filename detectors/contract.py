"""What detectors see, and what they return.

- A detector is a callable `records -> Findings`: one `Evidence` a row, in the order of the rows.
- It is pure: same records and configuration, same answer; no network, no clock but `RunFacts.as_of`,
  and `f(a + b) == f(a) + f(b)`, so that the size of a batch never shows in a result.
- It may raise: the judge asks again row by row and turns what still breaks into FAILED evidence of that row, which the
  policy sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import pyarrow as pa

from lowbackground.detectors.evidence import Basis, Evidence
from lowbackground.manifests.media_types import DOCUMENTS

RECORDS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("captured_at", pa.timestamp("ms", tz="UTC")),
        pa.field("media_type", pa.string()),
        pa.field("text", pa.large_string()),
        pa.field("language", pa.string()),
        pa.field("raw", pa.large_binary()),
        pa.field("sidecar", pa.large_binary()),
        pa.field("headers", pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))),
        pa.field("truncated", pa.bool_(), nullable=False),
        pa.field("notes", pa.list_(pa.string()), nullable=False),
    ]
)


OWN_PREFIX = "own."


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column of the user's that a detector was told to read; `kinds` are what its values may be.

    It stands beside the columns of `RECORDS` under the name `column`, or is missing where the input has none; a key of
    JSON Lines comes as a string, of which anything but a string is JSON.
    """

    name: str
    kinds: tuple[Literal["number", "string", "bool"], ...]

    @property
    def column(self) -> str:
        """Its name in the records: no column of theirs can be called so."""
        return OWN_PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Needs:
    """What of a record a detector reads; a row that it cannot judge is SKIPPED, and it does not see it.

    `any_of` are columns as alternatives: a row in which all of them are null is SKIPPED. `also` are further columns
    that it reads: a `HoldsModel` is sent those of both and no others. `kinds` are the media kinds that it can judge,
    where it cannot judge all. `own` are columns of the user's, which no other detector is to depend on.
    """

    any_of: tuple[str, ...]
    also: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    own: tuple[OwnColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What of the run a detector may depend on; a factory that wants it takes a keyword argument `run`.

    `as_of` stands for "now" in every judgement of expiry. `trust` is the folder that holds the run's own copy of
    the trust lists, null where none are installed.
    """

    as_of: datetime
    trust: Path | None = None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Bytes kept beside a row so that a later run can decide again without the media (`_run/c2pa/`)."""

    row: int
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Findings:
    """The answer of one detector to one batch.

    `columns` holds the detector's own columns, each as long as the batch. `spans` maps a row to the byte ranges
    `(start, end)` of its UTF-8 `text` that carry no text and are removed before it is written.
    """

    evidence: Sequence[Evidence]
    columns: Mapping[str, pa.Array] = field(default_factory=dict)
    spans: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    exhibits: Sequence[Exhibit] = ()


@runtime_checkable
class Detector(Protocol):
    """One way of finding out where a record came from; `docs/detectors.md` has a section for each."""

    @property
    def name(self) -> str:
        """The name in the output, in the configuration and in the docs.

        A dataclass that has it as a field can run several times: its section `NAME/SECOND` gives it that name.
        """

    @property
    def version(self) -> str:
        """Changes whenever an answer could change."""

    @property
    def basis(self) -> Basis:
        """The kind of its evidence."""

    @property
    def needs(self) -> Needs:
        """The columns it reads."""

    @property
    def columns(self) -> pa.Schema:
        """Columns of its own, prefixed `prov_`; two detectors may share one of the same type, first non-null wins."""

    @property
    def exact(self) -> bool:
        """Whether the answer is the same on any machine, in any batch, under any load."""

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Observe the records of one batch."""


@runtime_checkable
class HoldsModel(Detector, Protocol):
    """A detector with a model too large for a copy a worker: a run loads it once, in a process that serves all workers.

    Its factory must be cheap and import nothing heavy, because every process that plans a run calls it: it checks
    options and files, and raises ValueError for what is wrong with them; `version` follows from the digests of the
    files. In a run the detector is shown what the cascade leaves of a batch, and batches of several workers as one;
    columns that its `needs` do not name are empty there: null, `""`, 0, false, `[]`.
    """

    def load(self) -> None:
        """Read the model into memory, or do nothing where that is done; a call without it does it first.

        Raises:
            ValueError: the model is not what it should be; the message says which file and what to do.
        """


MEDIA_KINDS = ("text", "code", "picture", "video", "voice", "document")


def media_kind(media_type: str | None) -> str:
    """One of `MEDIA_KINDS`: which era, which prior and which part of the record the label is about."""
    if media_type is None:
        return "text"
    family = media_type.partition("/")[0]
    if family in _KIND_OF_FAMILY:
        return _KIND_OF_FAMILY[family]
    if media_type in _CODE or media_type.startswith("text/x-"):  # unregistered text types are programs: x-python, x-c
        return "code"
    return "document" if media_type in DOCUMENTS else "text"


_KIND_OF_FAMILY = {"image": "picture", "video": "video", "audio": "voice"}
_CODE = frozenset({"application/javascript", "application/typescript", "application/x-sh", "application/x-httpd-php"})

"""From single documents to batches: what the readers of WARC, tar and loose files share.

A reader is a stream of events in input order, each a `Document`, an `Unreadable` or a `Skipped`; `batches` groups them.
So a reader never counts: what was passed over travels in the same stream as what was read.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa

from lowbackground.detectors.contract import RECORDS, media_kind
from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import UnitError

DOCUMENT_COLUMNS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("url", pa.string()),
        pa.field("date", pa.timestamp("ms", tz="UTC")),
        pa.field("title", pa.large_string()),
        pa.field("media_type", pa.string()),
        pa.field("text", pa.large_string()),
        pa.field("language", pa.string()),
        pa.field("raw", pa.large_binary()),
    ]
)
"""`Batch.passthrough` of every source that has no columns of its own; `date` is what the source says, believed or not."""

TEXT_COLUMN = "text"

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """One row, before it is put into columns; the fields are those of RECORDS, and `date` and `title` beside them.

    `headers` is null where the source has none. Times carry a time zone.
    """

    id: str
    source: str
    offset: int
    raw: bytes | None = None
    media_type: str | None = None
    text: str | None = None
    title: str | None = None
    language: str | None = None
    url: str | None = None
    date: datetime | None = None
    captured_at: datetime | None = None
    sidecar: bytes | None = None
    headers: Sequence[Header] | None = None
    truncated: bool = False
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of the input that is no record by rule, such as a request; `reason` is a slug of the reader's closed list."""

    reason: str


Event = Document | Unreadable | Skipped


def batches(events: Iterable[Event], settings: Read) -> Iterator[Batch]:
    """Group events, in order, into batches of at most `settings.batch_rows` rows and about `settings.batch_bytes` bytes.

    A document larger than `batch_bytes` gets a batch to itself. A batch may have no rows: what was passed over after
    the last document still has to be told. A `UnitError` among the events goes on only after the good prefix.
    """
    pending = _Pending()
    failure = None
    iterator = iter(events)
    while True:
        try:
            event = next(iterator, None)
        except UnitError as error:
            failure, event = error, None
        if event is None:
            break
        if pending.must_end_before(event, settings):
            yield pending.batch(settings)
            pending = _Pending()
        pending.add(event)
        if pending.full(settings):
            yield pending.batch(settings)
            pending = _Pending()
    if pending.documents or pending.unreadable or pending.skipped:
        yield pending.batch(settings)
    if failure is not None:
        raise failure


@dataclass(slots=True)
class _Pending:
    """What has been read since the last batch."""

    documents: list[Document] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def add(self, event: Event) -> None:
        if isinstance(event, Document):
            self.documents.append(event)
            self.size += _size(event)
        elif isinstance(event, Skipped):
            self.skipped[event.reason] += 1
        else:
            self.unreadable.append(event)

    def must_end_before(self, event: Event, settings: Read) -> bool:
        """Whether the row would make a batch that holds others too large."""
        if not self.documents or not isinstance(event, Document):
            return False
        return self.size + _size(event) > settings.batch_bytes

    def full(self, settings: Read) -> bool:
        rows = max(len(self.documents), len(self.unreadable))
        return rows >= settings.batch_rows or self.size >= settings.batch_bytes

    def batch(self, settings: Read) -> Batch:
        return batch_of(self.documents, settings, tuple(self.unreadable), dict(self.skipped))


def batch_of(
    documents: Sequence[Document],
    settings: Read,
    unreadable: tuple[Unreadable, ...] = (),
    skipped: dict[str, int] | None = None,
) -> Batch:
    """The two record batches of these documents; columns that both hold are one buffer.

    `raw` is written for media alone, unless `settings.keep_raw`: for a text, `text` is what training wants.
    """
    shared = {
        "id": _strings([d.id for d in documents]),
        "url": _strings([d.url for d in documents]),
        "media_type": _strings([d.media_type for d in documents]),
        "text": _strings([d.text for d in documents], pa.large_string()),
        "language": _strings([d.language for d in documents]),
    }
    raw = _bytes([d.raw for d in documents])
    records = shared | {
        "source": _strings([d.source for d in documents]),
        "offset": pa.array([d.offset for d in documents], pa.int64()),
        "captured_at": pa.array([d.captured_at for d in documents], RECORDS.field("captured_at").type),
        "raw": raw,
        "sidecar": _bytes([d.sidecar for d in documents]),
        "headers": _headers([d.headers for d in documents]),
        "truncated": pa.array([d.truncated for d in documents], pa.bool_()),
        "notes": pa.array([list(d.notes) for d in documents], pa.list_(pa.string())),
    }
    passthrough = shared | {
        "date": pa.array([d.date for d in documents], DOCUMENT_COLUMNS.field("date").type),
        "title": _strings([d.title for d in documents], pa.large_string()),
        "raw": _written_raw(documents, raw, settings),
    }
    return Batch(
        records=pa.RecordBatch.from_arrays([records[name] for name in RECORDS.names], schema=RECORDS),
        passthrough=pa.RecordBatch.from_arrays(
            [passthrough[name] for name in DOCUMENT_COLUMNS.names], schema=DOCUMENT_COLUMNS
        ),
        text_column=TEXT_COLUMN,
        unreadable=unreadable,
        skipped=skipped or {},
    )


def _size(document: Document) -> int:
    """About how many bytes a row takes; only batches are cut by it."""
    headers = sum(len(name) + len(value) for name, value in document.headers or ())
    text = len(document.text or "") + len(document.title or "") + len(document.url or "")
    return len(document.raw or b"") + len(document.sidecar or b"") + text + headers


def _written_raw(documents: Sequence[Document], raw: pa.Array, settings: Read) -> pa.Array:
    kept = [settings.keep_raw or media_kind(d.media_type) not in {"text", "code"} for d in documents]
    if all(kept):
        return raw
    if not any(kept):
        return pa.nulls(len(documents), pa.large_binary())
    return _bytes([d.raw if keep else None for d, keep in zip(documents, kept, strict=True)])


def _strings(values: Sequence[str | None], type_: pa.DataType | None = None) -> pa.Array:
    """A column of strings; lone surrogates, which UTF-8 cannot hold, become U+FFFD."""
    type_ = type_ or pa.string()
    try:
        return pa.array(values, type_)
    except UnicodeEncodeError:
        return pa.array([None if value is None else without_surrogates(value) for value in values], type_)


def without_surrogates(value: str) -> str:
    """`value` with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _bytes(values: list[bytes | None]) -> pa.Array:
    """A column of bytes with one copy, or none for a single row, which may be the largest file there is."""
    present = [value for value in values if value is not None]
    if not present:
        return pa.nulls(len(values), pa.large_binary())
    data = pa.py_buffer(present[0] if len(present) == 1 else b"".join(present))
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum([len(value or b"") for value in values], out=offsets[1:])
    nulls = len(values) - len(present)
    validity = pa.array([value is not None for value in values], pa.bool_()).buffers()[1] if nulls else None
    return pa.Array.from_buffers(pa.large_binary(), len(values), [validity, pa.py_buffer(offsets), data], nulls)


def _headers(values: list[Sequence[Header] | None]) -> pa.Array:
    """A column of header lists, put together from two flat columns; a row without any is null."""
    flat = [header for headers in values for header in headers or ()]
    entries = pa.StructArray.from_arrays(
        [_strings([name for name, _ in flat]), _strings([value for _, value in flat])], ["name", "value"]
    )
    offsets = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum([len(headers or ()) for headers in values], out=offsets[1:])
    missing = pa.array([headers is None for headers in values], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(offsets), entries, mask=missing)

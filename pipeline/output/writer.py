"""Writes what one unit leaves behind: kept, rejected and unreadable rows, and the exhibits of signed rows.

- Files are written under temporary names and appear when the unit is complete; no file has zero rows.
- Row groups are cut by bytes as a function of the rows alone, so that the same rows give the same file.
"""

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.output.schema import EXHIBIT_SCHEMA, UNREADABLE_SCHEMA, OutputSchema, metadata
from lowbackground.pipeline.output.storage import Storage

_PLAIN = {"text", "raw", "data", "prov_id", "prov_sha256", "prov_offset", "id", "url", "extra"}  # all values differ
_UNORDERED = {"text", "raw", "data", "extra"}  # a minimum of pages or pictures would only repeat content in the footer
_UNORDERED_LEAVES = (".detail",)  # of `prov_evidence`: as above


@dataclass(frozen=True, slots=True)
class Output:
    """One file that a unit wrote."""

    path: str
    rows: int
    bytes: int
    sha256: str


class _HashingFile:
    """Passes bytes on and digests them, so that the commit can name what was written without reading it back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.abandoned = False
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self.size += view.nbytes
        if not self.abandoned:
            self._digest.update(view)
            self._file.write(view)
        return view.nbytes

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """The storage closes the file itself."""

    def tell(self) -> int:
        return self.size

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


@dataclass(slots=True)
class _Part:
    """One output file of one schema, opened with its first rows."""

    name: str
    schema: pa.Schema
    storage: Storage
    row_group_bytes: int
    rows: int = 0
    _pending: list[pa.RecordBatch] = field(default_factory=list)
    _pending_bytes: int = 0
    _stack: ExitStack = field(default_factory=ExitStack)
    _file: _HashingFile | None = None
    _parquet: pq.ParquetWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows == 0:
            return
        self._pending.append(batch)
        self._pending_bytes += batch.nbytes
        self.rows += batch.num_rows
        if self._pending_bytes >= self.row_group_bytes:
            self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._parquet is None:
            self._file = _HashingFile(self._stack.enter_context(self.storage.create(self.name)))
            leaves = _leaves(self.schema)
            self._parquet = pq.ParquetWriter(
                self._file,
                self.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=[leaf for leaf in leaves if leaf not in _PLAIN],
                write_statistics=[
                    leaf for leaf in leaves if leaf not in _UNORDERED and not leaf.endswith(_UNORDERED_LEAVES)
                ],
                write_page_index=True,
            )
        table = pa.Table.from_batches(self._pending, self.schema)
        self._pending, self._pending_bytes = [], 0
        self._parquet.write_table(table, row_group_size=max(table.num_rows, 1))

    def finish(self) -> Output | None:
        self._flush()
        if self._parquet is None or self._file is None:
            return None
        self._parquet.close()
        self._stack.close()
        return Output(self.name, self.rows, self._file.size, self._file.hexdigest())

    def abandon(self, error: BaseException) -> None:
        if self._parquet is not None and self._file is not None:
            self._file.abandoned = True  # closing writes a footer, which has nowhere to go
            self._parquet.close()
        self._stack.__exit__(type(error), error, error.__traceback__)


class UnitWriter:
    """Collects the rows of one unit; `finish` publishes its files, leaving the block without it publishes none."""

    def __init__(
        self, storage: Storage, unit: str, schema: OutputSchema, facts: Mapping[str, str], row_group_bytes: int
    ) -> None:
        described = metadata(facts)

        def part(folder: str, columns: pa.Schema) -> _Part:
            return _Part(f"{folder}/part-{unit}.parquet", columns.with_metadata(described), storage, row_group_bytes)

        self.kept = part("kept", schema.kept)
        self.rejected = part("rejected", schema.rejected)
        self._unreadable = part("unreadable", UNREADABLE_SCHEMA)
        self._exhibits = part("_run/c2pa", EXHIBIT_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for part in self._parts():
                part.abandon(error)

    def _parts(self) -> tuple[_Part, ...]:
        return (self.kept, self.rejected, self._unreadable, self._exhibits)

    def add_unreadable(self, rows: Iterable[Unreadable]) -> None:
        """Rows that could not be judged."""
        self._unreadable.add(
            _columns(rows, UNREADABLE_SCHEMA, lambda row: (row.id, row.source, row.offset, row.reason, row.detail))
        )

    def add_exhibits(self, rows: Iterable[tuple[str, str, int, str, bytes]]) -> None:
        """Manifest stores and their like, with the key of the row that they belong to."""
        self._exhibits.add(_columns(rows, EXHIBIT_SCHEMA, lambda row: row))

    def finish(self) -> tuple[Output, ...]:
        """Publish what was written, in the order in which the folders are named."""
        return tuple(output for part in self._parts() if (output := part.finish()) is not None)


def _leaves(schema: pa.Schema) -> list[str]:
    """The paths that Parquet knows columns by, of plain columns and inside our own nested ones.

    What is nested in the user's columns may be content, of which neither a dictionary nor a minimum is of use.
    """
    empty = io.BytesIO()
    pq.write_table(schema.empty_table(), empty)
    described = pq.ParquetFile(empty).schema
    paths = [described.column(index).path for index in range(len(described))]
    return [path for path in paths if path in schema.names or path.startswith("prov_")]


def _columns(rows: Iterable[Any], schema: pa.Schema, values: Callable[[Any], tuple[Any, ...]]) -> pa.RecordBatch:
    listed = [values(row) for row in rows]
    columns = zip(*listed, strict=True) if listed else [() for _ in schema]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

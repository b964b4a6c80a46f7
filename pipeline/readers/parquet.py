"""Reads Parquet row group by row group; a record's offset is its row in the file.

A row group that cannot be decoded costs its own rows, each of which goes to unreadable; a file without a readable footer
has no rows to lose and is a broken stream.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import NOT_DAMAGE, UnitError
from lowbackground.pipeline.readers.input_stream import open_input
from lowbackground.pipeline.readers.mapping import map_table, parts, written
from lowbackground.pipeline.readers.roles import Roles, checked_names, passthrough_schema, roles_of
from lowbackground.pipeline.units import InputFile, Unit

_MAGIC = b"PAR1"  # Parquet format, File Format: the first four bytes
_BUFFER = 1 << 20  # bytes read ahead of a column, instead of the whole of it
_MAX_LOST = 1 << 20  # rows of one damaged row group that are told one by one: a footer can claim any number


def schema(file: InputFile, settings: Read) -> pa.Schema:
    """The columns of the file as its footer has them; none where the footer cannot be read, as its unit will say.

    Raises:
        ConfigError: a `prov_` column is there, a name is there twice, or a mapped column has a type that does not fit.
    """
    try:
        with _opened(file) as table:
            found = table.schema_arrow
    except UnitError:
        return pa.schema([])
    return passthrough_schema(found, file.source, settings)


def slices(file: InputFile, unit_bytes: int) -> list[tuple[int, int]]:
    """Runs of row groups of about `unit_bytes` stored bytes each."""
    if file.size <= unit_bytes:
        return [(0, -1)]
    try:
        with _opened(file) as table:
            groups = [table.metadata.row_group(index) for index in range(table.num_row_groups)]
            decoded = [max(0, int(group.total_byte_size)) for group in groups]
    except UnitError:
        return [(0, -1)]
    # The stored size of a group is told by its columns alone, whose metadata abort the process where they are damaged.
    share = file.size / max(1, sum(decoded))
    cuts, held = [0], 0.0
    for index, size in enumerate(decoded):
        if held and held + size * share > unit_bytes:
            cuts.append(index)
            held = 0.0
        held += size * share
    return list(zip(cuts, [*cuts[1:], len(decoded)], strict=True))


def read(unit: Unit, settings: Read) -> Iterator[Batch]:
    """The rows of the unit's row groups.

    Raises:
        UnitError: the file has no readable footer.
        StorageError: the file cannot be opened or read.
    """
    for file in unit.files:
        with _opened(file) as table:
            yield from _Table(file, table, settings).batches(unit.start, unit.end)


@contextmanager
def _opened(file: InputFile) -> Iterator[pq.ParquetFile]:
    with open_input(file) as stream:
        try:
            table = pq.ParquetFile(stream, pre_buffer=False, buffer_size=_BUFFER)
            checked_names(table.schema_arrow)
        except NOT_DAMAGE:
            raise
        except Exception as error:  # pyarrow raises many kinds
            raise UnitError(f"{file.source}: {_why_unreadable(stream, error)}") from error
        with table:
            if any(table.metadata.row_group(index).num_rows < 0 for index in range(table.num_row_groups)):
                raise UnitError(f"{file.source}: has no readable Parquet footer (a row group of fewer than no rows)")
            yield table


def _why_unreadable(stream: BinaryIO, error: Exception) -> str:
    stream.seek(0)
    head = stream.read(len(_MAGIC))
    if not _MAGIC.startswith(head):
        return (
            f"is no Parquet file: it begins with {head!a}, expected {_MAGIC!a}. Leave out --format parquet to "
            "have it read as what it is"
        )
    return (
        f"has no readable Parquet footer ({str(error)[:200]}); it is cut off or damaged. Fetch the file again and run "
        "with --redo-changed"
    )


class _Table:
    """One open file, and what is known of it before its rows are read."""

    def __init__(self, file: InputFile, table: pq.ParquetFile, settings: Read) -> None:
        self._file, self._table, self._settings = file, table, settings
        self._schema = passthrough_schema(table.schema_arrow, file.source, settings)
        self._roles: Roles = roles_of(self._schema, file.source, settings)

    def batches(self, start: int, end: int) -> Iterator[Batch]:
        metadata = self._table.metadata
        last = metadata.num_row_groups if end < 0 else min(end, metadata.num_row_groups)
        first_row = sum(metadata.row_group(index).num_rows for index in range(start))
        for index in range(start, last):
            yield from self._row_group(index, first_row)
            first_row += metadata.row_group(index).num_rows

    def _row_group(self, index: int, first_row: int) -> Iterator[Batch]:
        metadata = self._table.metadata.row_group(index)
        row, end = first_row, first_row + metadata.num_rows
        if not self._schema.names:  # nothing in it is the user's
            yield replace(self._empty(), skipped={"empty": end - row})
            return
        tables = self._table.iter_batches(
            self._rows_at_once(metadata), row_groups=[index], columns=self._schema.names, use_threads=False
        )
        words = "it holds fewer rows than the footer says"
        while row < end:
            try:
                table = next(tables, None)
            except NOT_DAMAGE:
                raise
            except Exception as error:  # pyarrow raises many kinds
                table, words = None, str(error)[:200] or type(error).__name__
            if table is None:
                yield from self._lost(row, end, f"row group {index}: {words}")
                return
            for part in parts(table, self._settings):
                yield self._batch(part, row)
                row += part.num_rows

    def _rows_at_once(self, metadata: pq.RowGroupMetaData) -> int:
        """As many rows as make a batch, by the mean size of a row."""
        mean = max(1, int(metadata.total_byte_size) // max(1, int(metadata.num_rows)))
        return max(1, min(self._settings.batch_rows, self._settings.batch_bytes // mean))

    def _batch(self, table: pa.RecordBatch, row: int) -> Batch:
        offsets = pa.array(range(row, row + table.num_rows), pa.int64())
        return map_table(written(table, self._schema), offsets, self._file.source, self._roles, self._settings)

    def _empty(self) -> Batch:
        return self._batch(pa.RecordBatch.from_pylist([], schema=self._schema), 0)

    def _lost(self, start: int, end: int, detail: str) -> Iterator[Batch]:
        source = self._file.source
        if end - start > _MAX_LOST:
            raise UnitError(
                f"{source}, row {start}: {detail}; {end - start} more rows are claimed there. Fetch the file again and "
                "run with --redo-changed"
            )
        for first in range(start, end, self._settings.batch_rows):
            rows = range(first, min(first + self._settings.batch_rows, end))
            lost = tuple(Unreadable(f"{source}#{row}", source, row, "corrupt-row-group", detail) for row in rows)
            yield replace(self._empty(), unreadable=lost)

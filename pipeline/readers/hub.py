"""Reads data sets of the Hugging Face hub, and folders that `datasets` saved; a record's offset is its row in the file.

Pictures and sounds are taken as the bytes that the data set holds: decoding would encode them anew, and lose what they
say about themselves.
"""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import NOT_DAMAGE, ConfigError, LowbackgroundError, UnitError
from lowbackground.pipeline.inputs.locations import open_binary
from lowbackground.pipeline.readers.data_sets import ROOT, columns_of, opened, part_of
from lowbackground.pipeline.readers.input_stream import open_input, storage_error
from lowbackground.pipeline.readers.mapping import map_table, parts, written
from lowbackground.pipeline.readers.repair import check_structure
from lowbackground.pipeline.readers.roles import PREFIX, checked_names, is_media_struct, passthrough_schema, roles_of
from lowbackground.pipeline.units import InputFile, Unit

_TRANSPORTS = ("aiohttp", "httpcore", "httpx", "requests", "urllib3")  # below huggingface_hub and fsspec, by version
ROWS_AT_ONCE = 100  # asked of `datasets`: so many pictures of some megabytes fit into memory


def schema(file: InputFile, settings: Read) -> pa.Schema:
    """The columns of the data set: its features, else those of its first rows. None for a damaged file, as its unit says.

    Raises:
        ConfigError: see `passthrough_schema`; or the hub does not give the data set.
    """
    try:
        with _opened(file, settings) as rows:
            found = rows.columns
    except UnitError as error:
        if _is_of_hub(file):
            raise ConfigError(str(error)) from error
        return pa.schema([])
    return passthrough_schema(found, file.source, settings)


def slices(file: InputFile, unit_bytes: int) -> list[tuple[int, int]]:  # noqa: ARG001 (readers share one signature)
    """A file of a data set is read as a whole; so is a split whose rows cannot be told by file."""
    return [(0, -1)]


def read(unit: Unit, settings: Read) -> Iterator[Batch]:
    """All rows of the unit.

    Raises:
        UnitError: the data set is damaged; what came before was yielded.
        StorageError: the hub, or the disk, does not give it.
    """
    for file in unit.files:
        with _opened(file, settings) as rows:
            yield from _batches(rows, file, settings)


def _batches(rows: "_Rows", file: InputFile, settings: Read) -> Iterator[Batch]:
    columns = passthrough_schema(rows.columns, file.source, settings)
    roles = roles_of(columns, file.source, settings)
    row = 0
    for found in _guarded(rows.tables, file):
        for table in _conforming(found, columns, file):
            for part in parts(_with_own_media(table, rows.own_media, settings, file), settings):
                offsets = pa.array(range(row, row + part.num_rows), pa.int64())
                yield map_table(part, offsets, file.source, roles, settings)
                row += part.num_rows


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one input, as tables in order; `own_media` as in `DataSet`."""

    columns: pa.Schema
    tables: Iterator[pa.Table]
    own_media: tuple[str, ...] = ()


def _is_of_hub(file: InputFile) -> bool:
    return file.uri.startswith(ROOT)


@contextmanager
def _opened(file: InputFile, settings: Read) -> Iterator[_Rows]:
    """The input, open for as long as the context lasts.

    Raises:
        UnitError: it is damaged.
        StorageError: it cannot be opened.
    """
    with ExitStack() as stack:
        try:
            rows = _of_hub(file, settings) if _is_of_hub(file) else _of_saved(stack.enter_context(open_input(file)))
        except NOT_DAMAGE:
            raise
        except Exception as error:  # Arrow and `datasets` raise what their parsers and their transport raise
            raise _fault(file, error) from error
        yield rows


def _of_hub(file: InputFile, settings: Read) -> _Rows:
    part = part_of(file.uri)
    where = (part.repo, part.commit, settings.subset)
    data_set = opened(*where, streaming=settings.streaming)
    split, rows = data_set.rows(part)
    columns = columns_of(*where, split, streaming=settings.streaming)
    return _Rows(columns, rows.iter(min(settings.batch_rows, ROWS_AT_ONCE)), data_set.own_media)


def _of_saved(file: BinaryIO) -> _Rows:
    """Read with Arrow alone: `datasets` would copy out of a damaged file before anybody looks whether it is sound."""
    stream = pa.ipc.open_stream(file)
    return _Rows(checked_names(stream.schema), _sound_tables(stream))


def _sound_tables(stream: pa.RecordBatchReader) -> Iterator[pa.Table]:
    for batch in stream:
        check_structure(batch)
        yield pa.Table.from_batches([batch])


def _guarded(tables: Iterator[pa.Table], file: InputFile) -> Iterator[pa.Table]:
    while True:
        try:
            table = next(tables, None)
        except NOT_DAMAGE:
            raise
        except Exception as error:  # `datasets` raises what its parsers and its transport raise
            raise _fault(file, error) from error
        if table is None:
            return
        yield table


def _conforming(table: pa.Table, columns: pa.Schema, file: InputFile) -> Iterator[pa.RecordBatch]:
    """The table with the columns that were planned, absent ones null.

    Raises:
        UnitError: it has another column, or another type that does not convert.
    """
    new = [name for name in table.column_names if name not in columns.names and not name.startswith(PREFIX)]
    if new:
        raise _broken(file, ValueError(f"the column {new[0][:100]!r} appears half way; its data card should name all"))
    for field in columns:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    try:
        yield from [written(batch, columns) for batch in table.combine_chunks().to_batches()]
    except pa.ArrowException as error:
        raise _broken(file, error) from error


def _with_own_media(table: pa.RecordBatch, own: tuple[str, ...], settings: Read, file: InputFile) -> pa.RecordBatch:
    """The bytes of media that the data set keeps as files beside its rows; a path to anywhere else stays a path."""
    for index, field in enumerate(table.schema):
        if is_media_struct(field.type) and own:
            values = table.column(index).to_pylist()
            wanted = [value for value in values if value and value["bytes"] is None and _is_own(value["path"], own)]
            for value in wanted:
                value["bytes"] = _read(value["path"], settings.max_media_bytes + 1, file)
            if wanted:
                table = table.set_column(index, field, pa.array(values, field.type))
    return table


def _is_own(path: str | None, own: tuple[str, ...]) -> bool:
    return path is not None and path.startswith(own) and ".." not in path.split("/")


def _read(path: str, size: int, file: InputFile) -> bytes:
    try:
        with open_binary(path) as stream:
            return stream.read(size)
    except FileNotFoundError as error:  # the row names a file that its data set does not have
        raise _broken(file, error) from error
    except OSError as error:
        raise storage_error(file, "cannot be read", error) from error


def _fault(file: InputFile, error: Exception) -> LowbackgroundError:
    """What stops the reading: the storage, which may be asked again, or the data, which stay as they are."""
    cause: BaseException | None = error
    while cause is not None:
        if _is_of_storage(cause):
            return storage_error(file, "cannot be read", error)
        cause = cause.__cause__
    return _broken(file, error)


def _is_of_storage(error: BaseException) -> bool:
    """Arrow and gzip say OSError of damage as well: Arrow a bare one without a number, gzip a kind of its own."""
    if isinstance(error, OSError):
        return (error.errno is not None or type(error) is not OSError) and not isinstance(error, gzip.BadGzipFile)
    return any(kind.__module__.startswith(_TRANSPORTS) for kind in type(error).__mro__)


def _broken(file: InputFile, error: Exception) -> UnitError:
    words = " ".join(str(error).split())[:300] or type(error).__name__
    advice = (
        "Name a revision in which it is whole" if _is_of_hub(file) else "Fetch it again and run with --redo-changed"
    )
    return UnitError(f"{file.source}: cannot be read on ({words}); the rows before were read. {advice}")

"""From a table with the user's own columns to a batch: one place for JSON Lines, Parquet and data sets of the hub.

The user's columns pass through with their values; `records` is what detectors see of them. A row that cannot be judged
becomes an `Unreadable`, and what was mended gets a note.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.contract import RECORDS
from lowbackground.manifests.sniff import sniff
from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.readers.payload import HEAD, is_media
from lowbackground.pipeline.readers.repair import repaired
from lowbackground.pipeline.readers.roles import Roles
from lowbackground.pipeline.readers.times import times_of


def map_table(
    table: pa.RecordBatch,
    offsets: pa.Array,
    source: str,
    roles: Roles,
    settings: Read,
    notes: Sequence[set[str]] | None = None,
) -> Batch:
    """The batch of a table whose columns have written types; a row that cannot be judged becomes an `Unreadable`.

    `offsets` (int64) says where in `source` each row is; `notes` are those that the reader already has, one set a row.
    """
    gathered = list(notes) if notes is not None else [set[str]() for _ in range(table.num_rows)]
    table, damaged = repaired(table, gathered)
    raw = _raw(table, roles)
    ids = row_ids(table.column(roles.id) if roles.id else None, offsets, source)
    dropped = damaged | _too_large(raw, settings)
    unreadable = tuple(
        Unreadable(ids[row].as_py(), source, offsets[row].as_py(), *why) for row, why in sorted(dropped.items())
    )
    if dropped:
        keep = pa.array([row not in dropped for row in range(table.num_rows)], pa.bool_())
        table, offsets, ids = table.filter(keep), offsets.filter(keep), ids.filter(keep)
        gathered = [note for row, note in enumerate(gathered) if row not in dropped]
        raw = None if raw is None else raw.filter(keep)
    _note_media(table, raw, roles, gathered)
    columns = {
        "id": ids,
        "source": pa.repeat(pa.scalar(source, pa.string()), len(table)),
        "offset": offsets,
        "url": _strings(table, roles.url),
        "captured_at": times_of(table.column(roles.captured_at), gathered) if roles.captured_at else None,
        "media_type": _media_types(raw),
        "text": _strings(table, roles.text),
        "raw": raw,
        "truncated": pa.repeat(pa.scalar(False), len(table)),
        "notes": pa.array([sorted(row) for row in gathered], pa.list_(pa.string())),
    }
    return Batch(
        records=pa.RecordBatch.from_arrays(
            [_as(columns.get(field.name), field.type, len(table)) for field in RECORDS], schema=RECORDS
        ),
        passthrough=table,
        text_column=roles.text,
        unreadable=unreadable,
    )


def written(table: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of `schema` (from `passthrough_schema`) out of a table as it was read."""
    columns = []
    for field in schema:
        column = table.column(field.name)
        column = column.storage if isinstance(column, pa.ExtensionArray) else column
        columns.append(column if column.type.equals(field.type) else column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def parts(table: pa.RecordBatch, settings: Read) -> Iterator[pa.RecordBatch]:
    """The table in slices that respect `batch_rows` and `batch_bytes`; a row that is larger stands alone."""
    rows = table.num_rows
    if rows <= 1 or (rows <= settings.batch_rows and table.nbytes <= settings.batch_bytes):
        yield table
        return
    yield from parts(table.slice(0, rows // 2), settings)
    yield from parts(table.slice(rows // 2), settings)


def row_ids(ids: pa.Array | None, offsets: pa.Array, source: str) -> pa.Array:
    """The ids of rows: their own as a string, else `<source>#<offset>`, also where their own is empty."""
    made = pc.binary_join_element_wise(pa.scalar(source), offsets.cast(pa.string()), "#")
    if ids is None or pa.types.is_null(ids.type):
        return made
    own = ids.cast(pa.string())
    return pc.if_else(pc.fill_null(pc.not_equal(own, ""), fill_value=False), own, made)


def _raw(table: pa.RecordBatch, roles: Roles) -> pa.Array | None:
    if roles.raw is None:
        return None
    column = table.column(roles.raw)
    if roles.raw_field is not None:
        column = pc.struct_field(column, roles.raw_field)
    return column.cast(pa.large_binary())


def _too_large(raw: pa.Array | None, settings: Read) -> dict[int, tuple[str, str]]:
    if raw is None:
        return {}
    sizes = pc.fill_null(pc.binary_length(raw), 0).to_numpy(zero_copy_only=False)
    return {
        int(row): ("too-large", f"raw has {sizes[row]} bytes, read.max_media_bytes is {settings.max_media_bytes}")
        for row in (sizes > settings.max_media_bytes).nonzero()[0]
    }


def _note_media(table: pa.RecordBatch, raw: pa.Array | None, roles: Roles, notes: Sequence[set[str]]) -> None:
    """Say of each row whose media nobody will look at, or whose media has been through a tool."""
    if roles.unmapped_media:
        for row in notes:
            row.add("media-unmapped")
    for name in roles.unmapped_bytes:
        column = table.column(name)
        holds = [value.is_valid and is_media(sniff(memoryview(value.as_buffer())[:HEAD])) for value in column]
        _add(notes, pa.array(holds, pa.bool_()), "media-unmapped")
    if raw is not None and roles.raw_field is not None:
        by_path = pc.and_(pc.is_null(raw), pc.is_valid(pc.struct_field(table.column(roles.raw), "path")))
        _add(notes, by_path, "media-by-path")
    if roles.reencoded_by is not None:
        _add(notes, pc.is_valid(table.column(roles.reencoded_by)), "reencoded")


def _add(notes: Sequence[set[str]], mask: pa.Array, note: str) -> None:
    for row in mask.to_numpy(zero_copy_only=False).nonzero()[0]:
        notes[row].add(note)


def _media_types(raw: pa.Array | None) -> pa.Array | None:
    if raw is None or raw.null_count == len(raw):
        return None
    return pa.array([sniff(memoryview(value.as_buffer())) if value.is_valid else None for value in raw], pa.string())


def _strings(table: pa.RecordBatch, name: str | None) -> pa.Array | None:
    return None if name is None else table.column(name)


def _as(column: pa.Array | None, type_: pa.DataType, length: int) -> pa.Array:
    """The column in the type that detectors see; nulls where there is none."""
    if column is None:
        return pa.nulls(length, type_)
    return column if column.type.equals(type_) else column.cast(type_)

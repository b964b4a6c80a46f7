"""What of a batch a detector is shown: rows that have one of the columns it needs and are of its kinds.

A detector that runs in the process of its model is sent the columns that it reads (`columns_read`), and sees the others
empty there (`filled`).
"""

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.contract import RECORDS, Needs, media_kind


def applicable_rows(records: pa.RecordBatch, needs: Needs) -> list[int] | None:
    """The rows that a detector can judge; null where that is every row, so that nothing is copied."""
    rows = _rows_with(records, needs.any_of)
    if not needs.kinds:
        return rows
    types = records.column("media_type").to_pylist()
    mine = [row for row in (range(len(types)) if rows is None else rows) if media_kind(types[row]) in needs.kinds]
    return mine if len(mine) < len(types) else None


def _rows_with(records: pa.RecordBatch, any_of: tuple[str, ...]) -> list[int] | None:
    """The rows in which one of the columns is not null; null where that is every row."""
    needed = [records.column(name) for name in any_of]
    if any(column.null_count == 0 for column in needed):
        return None
    present = [pc.is_valid(column) for column in needed if column.null_count < len(column)]
    if not present:
        return []
    mask = present[0]
    for other in present[1:]:
        mask = pc.or_(mask, other)
    return pc.indices_nonzero(mask).to_pylist() if mask.true_count < len(mask) else None


def columns_read(records: pa.RecordBatch, needs: Needs) -> pa.RecordBatch:
    """The columns that `needs` names, out of a batch of the schema `RECORDS`."""
    wanted = {*needs.any_of, *needs.also, *(("media_type",) if needs.kinds else ())}
    return records.select([name for name in records.schema.names if name in wanted])


def filled(columns: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of the schema `RECORDS` with these columns, and the others empty: null, `""`, 0, false, `[]`."""
    rows = columns.num_rows
    return pa.RecordBatch.from_arrays(
        [
            columns.column(field.name) if field.name in columns.schema.names else _empty(field, rows)
            for field in RECORDS
        ],
        schema=RECORDS,
    )


def _empty(field: pa.Field, rows: int) -> pa.Array:
    if field.nullable:
        return pa.nulls(rows, field.type)
    empty = {pa.string(): "", pa.int64(): 0, pa.bool_(): False}.get(field.type, [])
    return pa.array([empty] * rows, field.type)

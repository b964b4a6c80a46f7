"""The user's own columns, for the detectors that declare which of them they read (`Needs.own`).

They join the records under names of their own (`OwnColumn.column`), so that no name can collide. JSON Lines keep the
keys that nobody mapped in one column of JSON: there, a key is looked up row by row.
"""

from collections.abc import Iterable, Sequence

import orjson
import pyarrow as pa

from lowbackground.detectors.contract import Detector, OwnColumn
from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.readers.jsonl import EXTRA
from lowbackground.pipeline.readers.roles import listed

_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


def with_own_columns(batch: Batch, detectors: Iterable[Detector]) -> pa.RecordBatch:
    """The records of a batch, with the user's columns that these detectors read."""
    wanted = {own.column: own for detector in detectors for own in detector.needs.own}
    return with_columns(batch.records, batch.passthrough, [wanted[column] for column in sorted(wanted)])


def with_columns(records: pa.RecordBatch, passthrough: pa.RecordBatch, own: Iterable[OwnColumn]) -> pa.RecordBatch:
    """The records, with these of the user's columns."""
    for each in own:
        records = records.append_column(each.column, own_values(passthrough, each.name))
    return records


def own_values(passthrough: pa.RecordBatch, name: str) -> pa.Array:
    """The values of a column; of a key of JSON Lines as text: a string as it is, anything else as JSON."""
    if name in passthrough.schema.names:
        return passthrough.column(name)
    if EXTRA not in passthrough.schema.names:
        return pa.nulls(passthrough.num_rows, pa.large_string())
    return pa.array([_key(line, name) for line in passthrough.column(EXTRA).to_pylist()], pa.large_string())


def _key(line: str | None, name: str) -> str | None:
    try:
        value = orjson.loads(line)[name] if line is not None else None
    except (orjson.JSONDecodeError, KeyError, TypeError):  # `extra` may be a column of the user's, and hold anything
        return None
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def check_own(schema: pa.Schema, where: str, own: Iterable[tuple[str, OwnColumn]]) -> None:
    """Refuse an input without a column that a detector was told to read, or with one of another type.

    `own` are pairs of a detector's name and a column. Of JSON Lines nobody knows beforehand which keys they have.

    Raises:
        ConfigError: see the message.
    """
    for detector, column in own:
        check_present(schema, where, [column.name], f"detectors.{detector}: ")
        if column.name not in schema.names:
            continue
        type_ = schema.field(column.name).type
        if not pa.types.is_null(type_) and _kind(type_) not in column.kinds:
            raise ConfigError(
                f"detectors.{detector}: {where}: column {column.name!r} is {type_}, expected "
                f"{' or '.join(column.kinds)}; name another column"
            )


def check_present(schema: pa.Schema, where: str, names: Sequence[str], asked_by: str = "") -> None:
    """Refuse an input without these columns, unless they may be keys of its JSON Lines.

    Raises:
        ConfigError: it has no such column.
    """
    for name in names:
        if name not in schema.names and EXTRA not in schema.names:
            raise ConfigError(
                f"{asked_by}{where}: has no column {name!r}; it has {listed(schema)}. Mend the name, or take inputs with other "
                "columns in a run of their own"
            )


def _kind(type_: pa.DataType) -> str:
    if pa.types.is_boolean(type_):
        return "bool"
    if any(test(type_) for test in _NUMBERS):
        return "number"
    return "string" if pa.types.is_large_string(type_) or pa.types.is_string(type_) else "other"

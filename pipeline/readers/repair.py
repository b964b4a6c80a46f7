"""Strings that are no UTF-8: Parquet and Arrow files may hold them, and nothing downstream may meet them."""

from collections.abc import Sequence

import pyarrow as pa

from lowbackground.pipeline.readers.documents import without_surrogates

REPLACED = "unicode-replaced"
INVALID = "invalid-unicode"
_BYTES_OF = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}


def repaired(table: pa.RecordBatch, notes: Sequence[set[str]]) -> tuple[pa.RecordBatch, dict[int, tuple[str, str]]]:
    """The table with U+FFFD in place of what is no UTF-8, noted; and the rows (reason, detail) that cannot be repaired.

    Those are rows with such a string inside a nested value.
    """
    damaged: dict[int, tuple[str, str]] = {}
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if _is_sound(column):
            continue
        if pa.types.is_large_string(field.type):
            table = table.set_column(index, field, _replaced(column, notes))
        else:
            for row in range(len(column)):
                if not _is_sound(column.take([row])):  # a slice would be judged with the children of its neighbours
                    damaged.setdefault(row, (INVALID, f"column {field.name[:100]!r} holds a string that is no UTF-8"))
    return table, damaged


def check_structure(table: pa.RecordBatch) -> None:
    """Refuse arrays whose lengths and offsets do not fit, which nothing may touch; a plain string that is no UTF-8 passes.

    Raises:
        ArrowInvalid: the first thing that does not fit.
    """
    for column in table.columns:
        plain = _BYTES_OF.get(column.type)
        (column if plain is None else column.view(plain)).validate(full=True)


def _is_sound(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _replaced(column: pa.Array, notes: Sequence[set[str]]) -> pa.Array:
    values = []
    for row, value in enumerate(column.view(pa.large_binary()).to_pylist()):
        text = None if value is None else decoded(value, notes[row])
        values.append(text)
    return pa.array(values, pa.large_string())


def decoded(value: bytes, notes: set[str]) -> str:
    """UTF-8 as a string, with U+FFFD for what is none, noted."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        notes.add(REPLACED)
        return value.decode(errors="replace")


def encodable(text: str, notes: set[str]) -> str:
    """The string itself, with U+FFFD for lone surrogates, noted."""
    try:
        text.encode()
    except UnicodeEncodeError:
        notes.add(REPLACED)
        return without_surrogates(text)
    return text

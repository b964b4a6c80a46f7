"""Times of capture as tables hold them: timestamps, dates, ISO 8601 strings, and the 14 digits of a web archive's index."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

_INSTANT = pa.timestamp("ms", tz="UTC")
_FIRST_SECOND, _LAST_SECOND = -62135596800, 253402300799  # of years 1 and 9999, which bound `datetime`
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_CDX_DIGITS = 14  # YYYYMMDDhhmmss, the time format of CDX indexes of the Internet Archive and Common Crawl
UNREADABLE = "time-unreadable"


def parse_time(text: str) -> datetime | None:
    """The instant that a string names, in UTC where it says nothing else; null for what is no full date."""
    text = text.strip()
    try:
        if len(text) == _CDX_DIGITS and text.isdecimal() and text.isascii():
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the second: year 1 or 9999 shifted by its zone
        return None


def times_of(column: pa.Array, notes: Sequence[set[str]]) -> pa.Array:
    """The column as timestamp[ms, UTC], cut to milliseconds; what is no time that a calendar holds is null and noted."""
    type_ = column.type
    if pa.types.is_null(type_):
        return pa.nulls(len(column), _INSTANT)
    if pa.types.is_date(type_):
        column, type_ = column.cast(pa.timestamp("ms")), pa.timestamp("ms")
    if pa.types.is_timestamp(type_):
        found = _in_calendar(column)
    else:
        found = pa.array([None if text is None else parse_time(text) for text in column.to_pylist()], _INSTANT)
    for row in np.flatnonzero(_valid(column) & ~_valid(found)).tolist():
        notes[row].add(UNREADABLE)
    return found


def _in_calendar(column: pa.Array) -> pa.Array:
    """A timestamp column without the instants that `datetime` cannot hold."""
    unit = _PER_SECOND[column.type.unit]
    counts = column.cast(pa.int64()).fill_null(0).to_numpy()
    first, last = max(_FIRST_SECOND * unit, -(2**63)), min((_LAST_SECOND + 1) * unit, 2**63) - 1
    inside = (counts >= first) & (counts <= last)
    kept = pa.array(counts, pa.int64(), mask=~(inside & _valid(column))).cast(pa.timestamp(column.type.unit, tz="UTC"))
    return kept.cast(_INSTANT, safe=False)  # safe forbids the cut to milliseconds


def _valid(column: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    valid: np.ndarray[tuple[int], np.dtype[np.bool_]] = column.is_valid().to_numpy(zero_copy_only=False)
    return valid

"""One line of JSON Lines as a row: the mapped keys as typed values, every other key verbatim in `extra`.

The fast path is orjson. What it refuses is tried again with the standard library, because much of it can be judged:
lone surrogates and bytes that are no UTF-8 become U+FFFD with a note, NaN and infinities become null with a note, and
numbers beyond 64 bits keep their digits. Of a key that occurs twice the last value counts, as in both libraries.
"""

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from lowbackground.pipeline.config import Mapping
from lowbackground.pipeline.readers.repair import decoded, encodable
from lowbackground.pipeline.readers.roles import was_reencoded
from lowbackground.pipeline.readers.times import UNREADABLE, parse_time

# orjson turns integers beyond 64 bits into floats, and writes those with an exponent of two digits or more.
_LOSSY = re.compile(rb"[:,\[]-?[0-9][0-9.]*e\+?[0-9]{2}")
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_ALPHABET = str.maketrans("-_", "+/", "\r\n")  # RFC 4648, section 5, and the line breaks of MIME


class LineError(Exception):
    """A line that is no row; `reason` is one of `UNREADABLE`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """What a line holds; `extra` is a JSON object with sorted keys, null where every key is mapped."""

    text: str | None
    raw: bytes | None
    url: str | None
    id: str | None
    captured_at: datetime | None
    extra: str | None
    notes: set[str]


def parse_line(line: bytes, keys: Mapping) -> Row:
    """The row of a line without its newline.

    Raises:
        LineError: it is no row, and why.
    """
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _slow_row(line, keys, str(error))
    notes = set[str]()
    extra = orjson.dumps(rest, option=orjson.OPT_SORT_KEYS) if (rest := _rest(values, keys)) else None
    if extra is not None and _LOSSY.search(extra):
        return _slow_row(line, keys, "")
    return _row(values, keys, extra.decode() if extra is not None else None, notes)


def _slow_row(line: bytes, keys: Mapping, refused: str) -> Row:
    notes = set[str]()
    try:
        values = json.loads(
            decoded(line, notes).removeprefix("\ufeff"),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=lambda _name: notes.add("non-finite-replaced"),
        )
        extra = _written(rest, notes) if (rest := _rest(values, keys)) else None
        values = {key: encodable(value, notes) if type(value) is str else value for key, value in values.items()}
    except RecursionError as error:
        raise LineError("too-deep", "the JSON is nested too deep") from error
    except ValueError as error:
        raise LineError("invalid-json", (refused or str(error))[:200]) from error
    return _row(values, keys, extra, notes)


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def _rest(values: Any, keys: Mapping) -> dict[str, Any]:
    """The keys that nobody mapped, and a time of capture that is none."""
    if type(values) is not dict:
        raise LineError("not-an-object", f"expected a JSON object, found {_kind(values)}")
    mapped = {keys.text, keys.raw, keys.url, keys.id}
    if keys.captured_at is not None and _time(values, keys) is not None:
        mapped.add(keys.captured_at)
    return {key: value for key, value in values.items() if key not in mapped}


def _row(values: dict[str, Any], keys: Mapping, extra: str | None, notes: set[str]) -> Row:
    captured_at = None
    if keys.captured_at is not None:
        captured_at = _time(values, keys)
        if captured_at is None and values.get(keys.captured_at) is not None:
            notes.add(UNREADABLE)
    if was_reencoded(values):
        notes.add("reencoded")
    raw = _string(values, keys.raw)
    return Row(
        text=_string(values, keys.text),
        raw=None if raw is None else _bytes(raw, keys.raw or ""),
        url=_string(values, keys.url),
        id=_id(values, keys.id),
        captured_at=captured_at,
        extra=extra,
        notes=notes,
    )


def _string(values: dict[str, Any], key: str | None) -> str | None:
    value = values.get(key) if key is not None else None
    if value is None or key is None:
        return None
    if type(value) is not str:
        raise LineError("wrong-type", f"key {key[:100]!r}: expected a string, found {_kind(value)}")
    return value


def _id(values: dict[str, Any], key: str | None) -> str | None:
    """A string, or a number as it is written."""
    value = values.get(key) if key is not None else None
    if type(value) in {int, float, _Number}:
        return str(value)
    return _string(values, key)


def _time(values: dict[str, Any], keys: Mapping) -> datetime | None:
    value = values.get(keys.captured_at or "")
    return parse_time(value) if type(value) is str else None


def _bytes(encoded: str, key: str) -> bytes:
    """Base64 in either alphabet, with or without padding and line breaks, alone or in a data: URL."""
    start = _DATA_URL.match(encoded)
    body = encoded[start.end() if start else 0 :].strip().translate(_ALPHABET).rstrip("=")
    try:
        return b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (Base64Error, ValueError) as error:  # the second: characters outside ASCII
        raise LineError("invalid-base64", f"key {key[:100]!r}, mapped to raw, is no base64 ({error})") from error


def _written(value: Any, notes: set[str]) -> str:
    """JSON with sorted keys, numbers as they were."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, str):
        return orjson.dumps(encodable(value, notes)).decode()
    if isinstance(value, dict):
        return "{" + ",".join(f"{_written(key, notes)}:{_written(value[key], notes)}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item, notes) for item in value) + "]"
    return orjson.dumps(value).decode()


def _kind(value: Any) -> str:
    """What JSON calls the type of a value."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")

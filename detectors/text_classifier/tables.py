"""Reads and writes tables of numbers in a safetensors file, mapped into memory.

The layout (github.com/huggingface/safetensors, README "Format"): eight bytes with the length of a JSON header, the header
with dtype, shape and place of each table, then the numbers, little-endian. Mapped, so that all workers share one copy.
"""

import hashlib
import mmap
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

MAX_HEADER = 1 << 20  # bytes; that of a dozen tables has one thousand
MAX_BYTES = 8 << 20  # what may ship in the package; a user's own weights have the same layout, and the same limit

Tables = Mapping[str, NDArray[Any]]

_DTYPES = {"I8": "i1", "U8": "u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "I64": "<i8", "F32": "<f4", "F64": "<f8"}
_NAMES = {np.dtype(dtype).newbyteorder("="): name for name, dtype in _DTYPES.items()}


class TableError(ValueError):
    """A file does not hold the tables that it should."""


def write_tables(path: Path, tables: Tables) -> None:
    """Write tables into a safetensors file, in the order of their names.

    Raises:
        TableError: they are larger than `MAX_BYTES`, or of another type than the format has.
    """
    header: dict[str, object] = {}
    parts, end = [], 0
    for name, table in sorted(tables.items()):
        dtype = _NAMES.get(table.dtype.newbyteorder("="))
        if dtype is None:
            raise TableError(f"{path}: table {name} is of {table.dtype}; expected one of {', '.join(map(str, _NAMES))}")
        data = np.ascontiguousarray(table, _DTYPES[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(table.shape), "data_offsets": [end, end + len(data)]}
        parts.append(data)
        end += len(data)
    line = orjson.dumps(header)
    line += b" " * (-len(line) % 8)  # so that every table of eight-byte numbers can lie on its boundary
    if 8 + len(line) + end > MAX_BYTES:
        raise TableError(f"{path}: {end} bytes of tables, and at most {MAX_BYTES} may be; use fewer buckets or bits")
    path.write_bytes(len(line).to_bytes(8, "little") + line + b"".join(parts))


def read_tables(path: Path, sha256: str | None = None) -> Tables:
    """The tables in a safetensors file, as read-only views of the mapped file.

    `sha256`, where given, is what the file must have, in hex.

    Raises:
        TableError: the file is missing, cut short, larger than `MAX_BYTES`, another one, or none of the kind.
    """
    mapped = _mapped(path)
    if sha256 is not None and (found := hashlib.sha256(mapped).hexdigest()) != sha256:
        raise TableError(
            f"{path}: has the digest {found[:12]}, and its card expects {sha256[:12]}: one of them was changed or "
            "cut short, or is of another training"
        )
    size = int.from_bytes(mapped[:8], "little")
    if size > MAX_HEADER or 8 + size > len(mapped):
        raise TableError(f"{path}: is no safetensors file, or was cut short: {len(mapped)} bytes, header of {size}")
    try:
        header = orjson.loads(mapped[8 : 8 + size])
    except orjson.JSONDecodeError as error:
        raise TableError(f"{path}: its header is no JSON ({error}); it is no safetensors file, or damaged") from error
    if not isinstance(header, dict):
        raise TableError(f"{path}: its header is no object; it is no safetensors file, or damaged")
    body = mapped[8 + size :]
    return {name: _table(path, name, entry, body) for name, entry in header.items() if name != "__metadata__"}


def _mapped(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise TableError(f"{path}: cannot be read ({error}); give the file that the training wrote") from error
    if len(mapped) > MAX_BYTES:
        raise TableError(f"{path}: has {len(mapped)} bytes, and at most {MAX_BYTES} may be; it is no file of weights")
    return mapped


def _table(path: Path, name: str, entry: Any, body: memoryview) -> NDArray[Any]:
    try:
        dtype, shape, (start, end) = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"]), entry["data_offsets"]
        whole = all(type(each) is int and each >= 0 for each in (*shape, start, end))
        fits = whole and start <= end <= len(body)
    except (KeyError, TypeError, ValueError) as error:
        raise TableError(f"{path}: table {name[:80]}: dtype, shape or place is wrong ({error!r})") from error
    if not fits or end - start != prod(shape) * dtype.itemsize:
        raise TableError(
            f"{path}: table {name[:80]}: expected {dtype} of shape {shape} at bytes {start}..{end}, and the file has "
            f"{len(body)}; it was cut short or damaged: copy it again"
        )
    return np.frombuffer(body[start:end], dtype).reshape(shape)

"""Readers: one file a format, each with the same three functions.

- `read(unit, settings) -> Iterator[Batch]` yields batches in input order; a broken record is an `Unreadable` in the
  next batch, a broken stream raises `UnitError` after its good prefix was yielded. Where the storage fails it raises
  `StorageError`, and where memory ends MemoryError: neither says anything about the input.
- `schema(file, settings) -> pa.Schema` is the schema of `Batch.passthrough` for one input, told at plan time from
  footers and the configuration, never from a first batch.
- `slices(file, unit_bytes) -> list[tuple[int, int]]` cuts one file at places where a record can begin.

A plan that is made while the storage fails would hold for good, so there `schema` and `slices` raise `ConfigError`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import ParamSpec, TypeVar

import pyarrow as pa

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError, StorageError
from lowbackground.pipeline.units import Format, InputFile, Unit

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Reader:
    """The three functions of one format."""

    read: Callable[[Unit, Read], Iterator[Batch]]
    schema: Callable[[InputFile, Read], pa.Schema]
    slices: Callable[[InputFile, int], list[tuple[int, int]]]


_MODULES = {
    Format.WARC: "warc",
    Format.JSONL: "jsonl",
    Format.PARQUET: "parquet",
    Format.TAR: "tar",
    Format.FILE: "files",
    Format.HUB: "hub",
}


def reader_for(format_: Format) -> Reader:
    """The reader of a format; its module and the libraries it needs are imported now and not before."""
    module = import_module(f"lowbackground.pipeline.readers.{_MODULES[format_]}")
    return Reader(module.read, _while_planning(module.schema), _while_planning(module.slices))


def _while_planning(ask: Callable[_Arguments, _Answer]) -> Callable[_Arguments, _Answer]:
    @wraps(ask)
    def answer(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Answer:
        try:
            return ask(*arguments, **named)
        except StorageError as error:
            raise ConfigError(
                f"{error}, and the run cannot be planned without it; make it readable, or leave it out of the inputs"
            ) from error

    return answer

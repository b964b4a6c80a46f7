"""Readers: one file a format, each with the same three functions.

- `read(unit, settings) -> Iterator[Batch]` yields batches in input order; a broken record is an `Unreadable` in the
  next batch, a broken stream raises `UnitError` after its good prefix was yielded.
- `schema(file, settings) -> pa.Schema` is the schema of `Batch.passthrough` for one input, told at plan time from
  footers and the configuration, never from a first batch.
- `slices(file, unit_bytes) -> list[tuple[int, int]]` cuts one file at places where a record can begin.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

import pyarrow as pa

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.units import Format, InputFile, Unit


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
    return Reader(module.read, module.schema, module.slices)

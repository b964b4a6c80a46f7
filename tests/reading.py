"""Reads inputs to the end and puts everything that a reader said into one value."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lowbackground.detectors.contract import RECORDS
from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.readers.reasons import NOTES, SKIPPED, UNREADABLE
from lowbackground.pipeline.units import Format, InputFile, Unit


@dataclass
class Seen:
    """Rows of all batches as dictionaries, what was passed over, and the words of the stream's fault."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    own: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    broken: str | None = None
    sizes: list[int] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        """One column of the records."""
        return [row[name] for row in self.rows]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """Offset and reason of what could not be read."""
        return [(row.offset, row.reason) for row in self.unreadable]

    @property
    def read(self) -> int:
        """Everything that was accounted for."""
        return len(self.rows) + len(self.unreadable) + self.skipped.total()


def input_file(path: Path, source: str | None = None, **facts: Any) -> InputFile:
    """A local file as discovery would give it, under a short name."""
    size = path.stat().st_size if path.exists() else 0
    return InputFile(str(path), source or path.name, size, f"{size}", **{"id": path.name, **facts})


def seen(
    format_: Format, files: InputFile | Sequence[InputFile], settings: Read | None = None, start: int = 0, end: int = -1
) -> Seen:
    """Read a unit of these files; every batch has the schema that was announced."""
    settings = settings or Read()
    files = (files,) if isinstance(files, InputFile) else tuple(files)
    reader, found = reader_for(format_), Seen()
    try:
        for batch in reader.read(Unit("unit", format_, files, start, end), settings):
            assert batch.records.schema.equals(RECORDS)
            batch.records.validate(full=True)
            assert batch.passthrough.schema.equals(reader.schema(files[0], settings))
            batch.passthrough.validate(full=True)
            found.rows += batch.records.to_pylist()
            found.own += batch.passthrough.to_pylist()
            found.unreadable += batch.unreadable
            found.skipped.update(batch.skipped)
            found.sizes.append(batch.records.num_rows)
            assert {row.reason for row in batch.unreadable} <= UNREADABLE.keys()
            assert batch.skipped.keys() <= SKIPPED.keys()
            assert {note for notes in batch.records.column("notes").to_pylist() for note in notes} <= NOTES.keys()
    except UnitError as error:
        found.broken = str(error)
    return found


def in_slices(format_: Format, file: InputFile, unit_bytes: int, settings: Read | None = None) -> Seen:
    """Read the units that the file is cut into, one after another."""
    whole = Seen()
    for start, end in reader_for(format_).slices(file, unit_bytes):
        part = seen(format_, file, settings, start, end)
        whole.rows += part.rows
        whole.own += part.own
        whole.unreadable += part.unreadable
        whole.skipped += part.skipped
        whole.broken = whole.broken or part.broken
    return whole


@contextmanager
def without_permission(*paths: Path) -> Iterator[None]:
    """Run as somebody who may not read these paths, also where the tests are run by root."""
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)  # nobody
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)

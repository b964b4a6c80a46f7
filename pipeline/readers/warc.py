"""WARC files, plain, gzip, zstd or LZ4: every response, resource and conversion that holds a page, a text or media.

- A payload is kept as it was before anything but its HTTP codings was undone: credentials and marks need it unaltered.
- WARC-Date is a date; it counts as a time of capture only where the file is an archive's.
- What is passed over, and what could not be read, has a reason from `reasons`.
"""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS, Document, Event, Skipped, batches
from lowbackground.pipeline.readers.input_stream import open_input
from lowbackground.pipeline.readers.warc_info import is_archives_file
from lowbackground.pipeline.readers.warc_record import Origin, Outcome, outcome_of
from lowbackground.pipeline.readers.warc_stream import Broken, has_member_per_record, records
from lowbackground.pipeline.units import InputFile, Unit


def schema(file: InputFile, settings: Read) -> pa.Schema:  # noqa: ARG001 (the same for every file; readers share one signature)
    """The columns of a source that has none of its own."""
    return DOCUMENT_COLUMNS


def slices(file: InputFile, unit_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of the file as it is stored, each about `unit_bytes` long; one for a file that cannot be cut.

    Files that keep each record in a gzip member or zstd frame of its own can be cut, and plain ones.

    Raises:
        StorageError: the file cannot be opened or read.
    """
    if file.size <= unit_bytes:
        return [(0, -1)]
    with open_input(file) as stream:
        if not has_member_per_record(stream):
            return [(0, -1)]
    count = -(-file.size // unit_bytes)
    cuts = [file.size * index // count for index in range(count)]
    return list(zip(cuts, [*cuts[1:], -1], strict=True))


def read(unit: Unit, settings: Read) -> Iterator[Batch]:
    """The documents of a unit, in the order of its files and of the records in them.

    Raises:
        UnitError: after everything else, where the rest of a file could not be read.
        StorageError: a file cannot be opened or read.
    """
    return batches(_events(unit, settings), settings)


def _events(unit: Unit, settings: Read) -> Iterator[Event]:
    broken = []
    for file in unit.files:
        try:
            with open_input(file) as stream:
                yield from _of_file(stream, file, unit, settings)
        except UnitError as error:
            broken.append(str(error))
    if broken:
        raise UnitError("; ".join(broken))


def _of_file(stream: BinaryIO, file: InputFile, unit: Unit, settings: Read) -> Iterator[Event]:
    """The events of one file; a record is held back until it is clear that its member is sound to its end.

    Raises:
        UnitError: after the last event, where the rest of the file could not be read.
        StorageError: the storage failed.
    """
    is_archive = is_archives_file(stream) if settings.archive is None else settings.archive
    origin = Origin(file.source, is_archive)
    held: Outcome | None = None
    failure = None
    try:
        for item in records(stream, file.source, unit.start, unit.end):
            if isinstance(item, Broken) and item.taints and held is not None and not held.proven:
                held = _tainted(held, item, file)
                continue
            if held is not None:
                yield held.event
            held = _unreadable(item, file) if isinstance(item, Broken) else outcome_of(item, origin, settings)
    except UnitError as error:
        failure = error
    if held is not None:
        yield held.event
    if failure is not None:
        raise failure


def _unreadable(broken: Broken, file: InputFile) -> Outcome:
    id_ = f"{file.source}#{broken.offset}"
    return Outcome(Unreadable(id_, file.source, broken.offset, broken.reason, broken.detail))


def _tainted(outcome: Outcome, broken: Broken, file: InputFile) -> Outcome:
    """What becomes of a record that the damage reaches: it cannot be a row; what was passed over stays so if whole."""
    event = outcome.event
    if isinstance(event, Document):
        detail = f"its length does not fit, or what stores it is damaged: {broken.detail}"
        return Outcome(Unreadable(event.id, event.source, event.offset, broken.reason, detail))
    is_cut = isinstance(event, Skipped) and broken.reason == "truncated"
    return _unreadable(broken, file) if is_cut else outcome

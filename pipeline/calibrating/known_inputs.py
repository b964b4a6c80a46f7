"""The files that hold records of known origin: what is human and what is machine-made must not be the same."""

import os
from collections.abc import Sequence

from lowbackground.pipeline.calibrating.era_rows import era_files
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.discover import discover
from lowbackground.pipeline.inputs.locations import is_local, local_path
from lowbackground.pipeline.own_columns import check_present
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.runs.summary import count
from lowbackground.pipeline.units import Format, InputFile

Files = tuple[tuple[Format, InputFile], ...]


def input_files(inputs: Sequence[str], read: Read) -> Files:
    """The files that inputs name.

    Raises:
        ConfigError: an input is missing, cannot be read at this time, or holds nothing to read.
    """
    found = discover(inputs, read)
    if not found.files:
        passed = ", ".join(f"{number:,} {reason}" for reason, number in found.skipped.items())
        raise ConfigError(
            f"{', '.join(inputs)}: nothing here can be read{f' ({passed})' if passed else ''}; name shards, folders or data sets of records"
        )
    return found.files


def check_columns(files: Files, read: Read, columns: Sequence[str]) -> None:
    """Refuse files without these of the user's columns; what cannot be opened will say so when it is read.

    Raises:
        ConfigError: a file lacks one.
    """
    for format_, file in files:
        schema = reader_for(format_).schema(file, read)
        if schema.names:
            check_present(schema, file.source, columns)


def refuse_shared(human: Files, eras: Sequence[str], machine: Files) -> None:
    """Refuse a file that is given as human and as machine-made, under whatever names.

    Raises:
        ConfigError: there is one.
    """
    people = {_place(file.uri): file.source for _, file in human}
    people |= {_place(path): out for out in eras for path in era_files(out)}
    both = [(file.source, people[place]) for _, file in machine if (place := _place(file.uri)) in people]
    if both:
        made, human_name = both[0]
        other = "" if made == human_name else f" (there as {human_name})"
        more = f", and so is {count(len(both) - 1, 'more file')}" if len(both) > 1 else ""
        raise ConfigError(
            f"{made}: given with --machine, and as human records too{other}{more}; a record is of one kind, so name each file once. "
            "Where a column tells them apart, write the rows of each kind into files of their own"
        )


def _place(uri: str) -> tuple[int, int] | str:
    """What a file is by, whatever it is called: device and inode of a local one, so that links are seen through."""
    if not is_local(uri):
        return uri
    try:
        status = os.stat(local_path(uri))  # noqa: PTH116 (a str of any bytes, unchanged)
    except OSError:
        return uri  # it went since it was found: its reader says so
    return status.st_dev, status.st_ino

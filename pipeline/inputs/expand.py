"""What the inputs of a command line stand for, one file at a time: files, patterns, folders, @lists, URLs, data sets."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from glob import has_magic

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.found import Found, PassedOver
from lowbackground.pipeline.inputs.local_inputs import local_inputs
from lowbackground.pipeline.inputs.locations import checked, is_local, open_binary, redacted, scheme_of
from lowbackground.pipeline.inputs.stored_inputs import stored_inputs
from lowbackground.pipeline.readers.streams import Stream, StreamError
from lowbackground.pipeline.units import Format

MAX_LIST_BYTES = 1 << 30  # of an @list, decompressed; a list of all files of a Common Crawl release has 10 MB
MAX_SHOWN_LINE = 80  # characters of a line of a list in an error: where data was taken for a list, it is content
MAX_SHOWN_ERROR = 500
REQUESTS = 16  # at once to a store
_NO_LIST = "If the file is data and no list of inputs, leave out the @"
_DATA_SETS = "hf://datasets/"


def expand(inputs: Sequence[str], settings: Read) -> Iterator[Found | PassedOver]:
    """Everything that `inputs` name, in order. A line of an @list stands for itself, with `list_prefix` before it.

    Raises:
        ConfigError: an input is missing, may not be listed, or is of a scheme that is not read.
    """
    for typed in inputs:
        if not typed.startswith("@"):
            yield from _one(typed, settings)
            continue
        lines = [(where, settings.list_prefix + line) for where, line in _list_lines(typed)]
        if any(is_local(line) or _is_data_set(line, settings) for _, line in lines):
            for entry in lines:
                yield from _of_list(entry, settings)
        else:  # a store answers in tens of milliseconds, and lists have tens of thousands of lines
            with ThreadPoolExecutor(REQUESTS) as pool:
                for found in pool.map(lambda entry: list(_of_list(entry, settings)), lines):
                    yield from found


def _of_list(entry: tuple[str, str], settings: Read) -> Iterator[Found | PassedOver]:
    """What a line of a list stands for; where there is no such thing, the line is to blame, and may be anything."""
    where, line = entry
    try:
        yield from _one(line, settings)
    except ConfigError as error:
        words = str(error).replace(redacted(line), _capped(redacted(line))).replace(line, _capped(line))
        raise ConfigError(f"{where}: {_capped(words, MAX_SHOWN_ERROR)}. {_NO_LIST}") from error


def _capped(text: str, limit: int = MAX_SHOWN_LINE) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."


def _one(typed: str, settings: Read) -> Iterator[Found | PassedOver]:
    if _is_data_set(typed, settings):
        from lowbackground.pipeline.readers.data_sets import data_set_files

        for file in data_set_files(typed, settings):
            yield Found(file, file.uri, format=Format.HUB)
    elif is_local(checked(typed)):
        yield from local_inputs(typed)
    else:
        yield from stored_inputs(typed)


def _is_data_set(typed: str, settings: Read) -> bool:
    """`hf://datasets/ORG/NAME[@rev]` without a path below it, or with `--format hub` the bare name."""
    if typed.startswith(_DATA_SETS):
        return typed.removeprefix(_DATA_SETS).strip("/").count("/") <= 1 and not has_magic(typed)
    return settings.format == "hub" and scheme_of(typed) is None and not os.path.lexists(typed)


def _list_lines(typed: str) -> Iterator[tuple[str, str]]:
    """Place and text of the lines of `@paths.txt`, plain or compressed, without empty ones and comments."""
    location = checked(typed[1:])
    where = redacted(location)
    try:
        with Stream(open_binary(location)) as stream:
            text = stream.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"@{where}: the list cannot be read ({error.strerror or error}); check the path") from error
    except StreamError as error:
        raise ConfigError(f"@{where}: the list cannot be read ({error}); fetch it again") from error
    if len(text) > MAX_LIST_BYTES:
        raise ConfigError(f"@{where}: the list is longer than {MAX_LIST_BYTES} bytes; split it")
    empty = True
    for number, raw in enumerate(text.splitlines(), 1):
        line = os.fsdecode(raw.strip())
        if not line or line.startswith("#"):
            continue
        place = f"@{where}:{number}"
        if line.startswith("@"):
            raise ConfigError(f"{place}: a list cannot name another list; name it on the command line")
        if b"\0" in raw:
            raise ConfigError(f"{place}: is no text; a list names one input a line. {_NO_LIST}")
        empty = False
        yield place, line
    if empty:
        raise ConfigError(f"@{where}: the list is empty; it should name one input a line")

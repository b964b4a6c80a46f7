"""Finds input files on this machine."""

import os
import stat
from collections.abc import Iterator
from glob import glob, has_magic

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.found import Found, PassedOver
from lowbackground.pipeline.inputs.locations import local_path, openable, redacted
from lowbackground.pipeline.units import Format, InputFile

_NO_FILES = ("/dev/", "/proc/", "/sys/")  # what stands there is another thing to each process that opens it
_SAVED = ("dataset_dict.json", "dataset_info.json", "state.json")


def local_inputs(typed: str) -> Iterator[Found | PassedOver]:
    """The files of a path, a pattern that the shell did not expand, or a folder with everything below it.

    Raises:
        ConfigError: nothing is there, or a folder may not be listed.
    """
    path = local_path(typed)
    if not os.path.lexists(path) and has_magic(path):
        matches = sorted(glob(path, recursive=True))  # noqa: PTH207 (Path.glob would change how relative paths are spelled)
        if not matches:
            raise ConfigError(f"{redacted(typed)}: the pattern matches nothing; check it, and quote it from the shell")
        for match in matches:
            yield from _path(match, redacted(match), match)
    else:
        yield from _path(path, redacted(typed), typed)


def _path(path: str, source: str, typed: str) -> Iterator[Found | PassedOver]:
    try:
        status = os.stat(path)  # noqa: PTH116 (a str of any bytes, unchanged)
    except OSError as error:
        raise ConfigError(f"{source}: {_words(error)}; expected a file, a folder, a pattern or an @list") from error
    if not stat.S_ISDIR(status.st_mode):
        yield _entry(path, source, redacted(typed), status) or PassedOver("not-a-file")
    elif _is_saved_data_set(path):
        yield from _saved(path, source)
    else:
        yield from _folder(path, source.rstrip("/"), "", set())


def _folder(folder: str, source: str, below: str, above: set[tuple[int, int]]) -> Iterator[Found | PassedOver]:
    """Everything below a folder, sorted by name; links to folders are followed, circles are not."""
    status = os.stat(folder)  # noqa: PTH116 (as above)
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise ConfigError(
            f"{source}/{below}: {_words(error)}; grant read and execute permission on the folder, or leave it out"
        ) from error
    siblings = frozenset(openable(os.path.abspath(entry.path)) for entry in entries)  # noqa: PTH100 (as above)
    for entry in entries:
        name = redacted(entry.name)
        if entry.name.startswith("."):
            yield PassedOver("hidden-file")
        elif not entry.is_dir():
            yield _listed(entry, f"{source}/{below}{name}", f"{below}{name}", siblings)
        elif os.path.isfile(f"{entry.path}/_run/run.json"):  # noqa: PTH113 (as above)
            yield PassedOver("output-of-a-run")
        elif _is_saved_data_set(entry.path):
            yield from _saved(entry.path, f"{source}/{below}{name}")
        else:
            yield from _folder(entry.path, source, f"{below}{name}/", above | {here})


def _listed(entry: "os.DirEntry[str]", source: str, id_: str, siblings: frozenset[str]) -> Found | PassedOver:
    try:
        status = entry.stat()
    except OSError:
        return PassedOver("not-a-file")  # a link to nowhere
    return _entry(entry.path, source, id_, status, siblings) or PassedOver("not-a-file")


def _entry(
    path: str, source: str, id_: str, status: os.stat_result, siblings: frozenset[str] | None = None
) -> Found | None:
    """A regular file; null for anything else, which may never end or never answer."""
    where = os.path.abspath(path)  # noqa: PTH100 (as above); a run may be resumed from another folder
    if not stat.S_ISREG(status.st_mode) or where.startswith(_NO_FILES):
        return None
    file = InputFile(
        uri=openable(where),
        source=source,
        size=status.st_size,
        fingerprint=f"{status.st_size}-{status.st_mtime_ns}",
        id=id_,
    )
    return Found(file, os.path.realpath(path), siblings)


def _is_saved_data_set(folder: str) -> bool:
    """Whether `datasets.save_to_disk` made the folder; one that may not be entered is found out when it is listed."""
    there = {name: os.path.isfile(f"{folder}/{name}") for name in _SAVED}  # noqa: PTH113 (Path.is_file raises there)
    return there["dataset_dict.json"] or (there["state.json"] and there["dataset_info.json"])


def _saved(folder: str, source: str) -> Iterator[Found]:
    from lowbackground.pipeline.readers.data_sets import saved_files

    for file in saved_files(folder, source):
        yield Found(file, os.path.realpath(file.uri), format=Format.HUB)


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()

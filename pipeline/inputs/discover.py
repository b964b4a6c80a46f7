"""Finds what there is to read: files, folders, patterns, @lists, URLs and data sets, each told by its content.

- The order is that of the command line, folders sorted; the same input is read once.
- A missing input, a folder that may not be listed and a scheme that is not read stop the run before it starts. What is
  found and is no record is counted by reason.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.inputs.expand import REQUESTS, expand
from lowbackground.pipeline.inputs.formats import ARC, HEAD, LONG_HEAD, format_of
from lowbackground.pipeline.inputs.found import Found, PassedOver
from lowbackground.pipeline.inputs.locations import has_file, is_local, local_path, open_binary
from lowbackground.pipeline.units import Format, InputFile

SIDECAR = ".c2pa"


@dataclass(frozen=True, slots=True)
class Discovered:
    """The inputs in order, and how many of what was named or found are no input, by reason."""

    files: tuple[tuple[Format, InputFile], ...]
    skipped: Mapping[str, int]


def discover(inputs: Sequence[str], settings: Read) -> Discovered:
    """Look at everything that `inputs` name.

    Raises:
        ConfigError: an input is missing, may not be listed, or is of a scheme that is not read.
    """
    skipped = Counter[str]()
    found = list(_once(expand(inputs, settings), skipped))
    named = [entry for entry in found if not entry.file.uri.endswith(SIDECAR)]
    content = [entry for entry in named if entry.file.size or entry.unsized or entry.format is not None]
    skipped.update({"empty": len(named) - len(content)})
    formats = _formats(content, settings)
    skipped.update({ARC: formats.count(ARC)})
    files = [(entry, format_) for entry, format_ in zip(content, formats, strict=True) if isinstance(format_, Format)]
    paired = [(format_, _with_sidecar(entry) if format_ is Format.FILE else entry.file) for entry, format_ in files]
    used = {file.sidecar for _, file in paired}
    lone = [entry for entry in found if entry.file.uri.endswith(SIDECAR) and entry.file.uri not in used]
    skipped.update({"sidecar-without-content": len(lone)})
    return Discovered(tuple(paired), {reason: count for reason, count in sorted(skipped.items()) if count})


def _once(entries: Iterable[Found | PassedOver], skipped: Counter[str]) -> Iterator[Found]:
    """The inputs without those that came before, under this spelling or another."""
    seen: set[str] = set()
    for entry in entries:
        if isinstance(entry, PassedOver):
            skipped[entry.reason] += 1
        elif seen.isdisjoint((entry.identity, entry.file.source)):
            seen |= {entry.identity, entry.file.source}
            yield entry
        else:
            skipped["duplicate-input"] += 1


def _formats(entries: Sequence[Found], settings: Read) -> list[Format | str]:
    """The format of each; stores are asked for many at a time."""
    if settings.format is not None and settings.format != "hub":
        return [entry.format or Format(settings.format) for entry in entries]
    if all(is_local(entry.file.uri) for entry in entries):
        return [_format(entry) for entry in entries]
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(_format, entries))


def _format(entry: Found) -> Format | str:
    if entry.format is not None:
        return entry.format
    name = PurePosixPath(entry.file.source).name
    head = b""

    def read(size: int) -> bytes:
        nonlocal head
        if len(head) < size and len(head) in {0, HEAD}:
            with open_binary(entry.file.uri, read_ahead=LONG_HEAD) as file:
                head = file.read(size)
        return head[:size]

    try:
        return format_of(read, name)
    except OSError:
        return format_of(
            lambda _size: b"", name
        )  # it may not be opened: its reader says so, at its place in the accounts


def _with_sidecar(entry: Found) -> InputFile:
    """The file, with `<stem>.c2pa` or else `<name>.c2pa` of its folder: C2PA 2.2, 11.4 has the former."""
    folder, slash, name = entry.file.uri.rpartition("/")
    for candidate in (f"{name.rpartition('.')[0] or name}{SIDECAR}", f"{name}{SIDECAR}"):
        uri = f"{folder}{slash}{candidate}"
        if uri in entry.siblings if entry.siblings is not None else has_file(uri):
            return replace(entry.file, sidecar=uri, fingerprint=f"{entry.file.fingerprint}+{_stamp(uri)}")
    return entry.file


def _stamp(sidecar: str) -> str:
    """Changes when a local sidecar does; of a store it is known only that there is one."""
    if not is_local(sidecar):
        return "sidecar"
    status = os.stat(local_path(sidecar))  # noqa: PTH116 (a str of any bytes, unchanged)
    return f"{status.st_size}-{status.st_mtime_ns}"

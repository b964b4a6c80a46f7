"""Cuts inputs into units, and lets the plan of an output folder grow with them.

- Units are cut by `unit_bytes` and named after their inputs, never by the number of workers.
- The plan only grows: more inputs are an increment; a changed input is refused unless it is to be done again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.locations import is_local
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.units import Format, InputFile, Unit

MAX_GROUP_FILES = 1000  # of loose files in a unit: opened one by one, they cost more than their bytes


def grow(
    units: Sequence[Unit], files: Sequence[tuple[Format, InputFile]], config: Config, redo: bool
) -> tuple[list[Unit], list[str], list[tuple[Format, InputFile]]]:
    """The units with those of new inputs added: (units, names of units whose input changed, inputs that are new)."""
    known = {file.source: (unit, file) for unit in units for file in unit.files}
    _check_addresses(known, files, config.out)
    places = {file.uri: file.source for unit in units for file in unit.files}
    files = [(format_, file) for format_, file in files if places.get(file.uri, file.source) == file.source]
    changed = {
        known[file.source][0].name: file
        for _, file in files
        if file.source in known and known[file.source][1].fingerprint != file.fingerprint
    }
    if changed and not redo:
        names = sorted({file.source for file in changed.values()})
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise ConfigError(
            f"{', '.join(names[:3])}{more}: changed since {config.out} was planned (fingerprint differs); "
            "--redo-changed filters them again, another folder to -o keeps both"
        )
    stale_sources = {file.source for unit in units if unit.name in changed for file in unit.files}
    stale = [unit.name for unit in units if any(file.source in stale_sources for file in unit.files)]
    addresses = {file.source: file for _, file in files}
    kept = [_at(unit, addresses) for unit in units if unit.name not in stale]
    present = {file.source for unit in kept for file in unit.files}
    beside = [
        (unit.format, file) for unit in units if unit.name in stale for file in unit.files
    ]  # unchanged, same group
    fresh = list(
        {file.source: (format_, file) for format_, file in (*beside, *files) if file.source not in present}.values()
    )
    taken = {unit.name.rpartition("-")[0] for unit in kept}
    return kept + list(_cut(fresh, config, taken)), stale, fresh


def _check_addresses(
    known: Mapping[str, tuple[Unit, InputFile]], files: Sequence[tuple[Format, InputFile]], out: str
) -> None:
    """Refuse a relative name that stood for another file when it was planned: its rows would replace those."""
    for _, file in files:
        before = known[file.source][1] if file.source in known else file
        if is_local(before.uri) and before.uri != file.uri:
            raise ConfigError(
                f"{file.source}: stood for {before.uri} when {out} was planned, and is {file.uri} now; name it by another path, "
                "or give another folder to -o"
            )


def _at(unit: Unit, addresses: Mapping[str, InputFile]) -> Unit:
    """The unit with its files where they are now: a signed URL of yesterday no longer opens."""
    return replace(unit, files=tuple(addresses.get(file.source, file) for file in unit.files))


def _cut(files: Iterable[tuple[Format, InputFile]], config: Config, taken: set[str]) -> Iterator[Unit]:
    loose: list[InputFile] = []
    for format_, file in files:
        if format_ is Format.FILE:
            loose.append(file)
            continue
        name = _name([file.source], taken)
        for index, (start, end) in enumerate(reader_for(format_).slices(file, config.unit_bytes)):
            yield Unit(f"{name}-{index:05d}", format_, (file,), start, end)
    for group in _groups(loose, config.unit_bytes):
        yield Unit(f"{_name([file.source for file in group], taken)}-00000", Format.FILE, tuple(group))


def _groups(files: Iterable[InputFile], unit_bytes: int) -> Iterator[list[InputFile]]:
    group: list[InputFile] = []
    size = 0
    for file in files:
        if group and (size + file.size > unit_bytes or len(group) >= MAX_GROUP_FILES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group


def _name(sources: Sequence[str], taken: set[str]) -> str:
    """8 hex digits of the inputs' names; as many more as it takes to differ from the others of this folder."""
    digest = sha256("\n".join(sources).encode()).hexdigest()
    length = next(length for length in range(8, 65) if digest[:length] not in taken)
    taken.add(digest[:length])
    return digest[:length]

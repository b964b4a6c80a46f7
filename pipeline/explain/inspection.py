"""Finds the record that somebody asks about, judges it as a run would, and explains it.

A record is a file, bytes at hand, or `SHARD#ID`; a row of an output is `inspect_output`'s.
"""

from collections.abc import Iterator
from itertools import islice
from tempfile import NamedTemporaryFile

import orjson

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError, StorageError, UnitError
from lowbackground.pipeline.explain.explanation import Explanation, explain_row
from lowbackground.pipeline.explain.manifest_tree import Node, manifest_tree
from lowbackground.pipeline.explain.meanings import meanings
from lowbackground.pipeline.inputs.discover import discover
from lowbackground.pipeline.inputs.locations import has_file
from lowbackground.pipeline.labelled import Labeller, labeller
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.readers.reasons import SKIPPED
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.units import Format, InputFile, Unit

AT_HAND = "bytes at hand"  # id and source of what came without a name
SHOWN_IDS = 3  # of a shard, where somebody asks for one that is not there


def inspect_location(what: str, config: Config, record: str | None = None) -> Explanation:
    """Explain a file, or the record of a shard that has this id or stands at this offset.

    Raises:
        ConfigError: there is no such file or record, or it cannot be judged.
    """
    location, record = (what, record) if record is not None else split_location(what)
    found = discover((location,), config.read)
    if not found.files:
        why = ", ".join(found.skipped) or "nothing that is a record"
        raise ConfigError(f"{location}: holds nothing to explain ({why})")
    if len(found.files) != 1:
        raise ConfigError(
            f"{location}: holds {len(found.files)} inputs, and one record is explained at a time; name a file in it"
        )
    format_, file = found.files[0]
    if format_ is not Format.FILE and record is None:
        some = ", ".join(_named(location, id_) for id_ in islice(_ids(format_, file, config), SHOWN_IDS)) or "SHARD#ID"
        raise ConfigError(f"{location}: is a {format_} of many records; name one, such as {some}")
    return _explained(_one_row(_batches(format_, file, config), location, record), labeller(config))


def inspect_bytes(data: bytes, config: Config, name: str = AT_HAND) -> Explanation:
    """Explain bytes as a loose file is explained; their type is told by their content. `name` is what they are called.

    Raises:
        ConfigError: they are no record, or cannot be judged.
    """
    with NamedTemporaryFile() as held:  # readers open what they read
        held.write(data)
        held.flush()
        file = InputFile(held.name, name, len(data), fingerprint="", id=name)
        return _explained(_one_row(_batches(Format.FILE, file, config), name, None), labeller(config))


def split_location(what: str) -> tuple[str, str | None]:
    """`shard#id` as (shard, id); names and ids may hold `#` themselves, so the first part that is a file decides."""
    if has_file(what):
        return what, None
    at = what.find("#")
    while at >= 0:
        if has_file(what[:at]):
            return what[:at], what[at + 1 :]
        at = what.find("#", at + 1)
    return what, None


def _batches(format_: Format, file: InputFile, config: Config) -> Iterator[Batch]:
    """The batches of one file.

    Raises:
        ConfigError: the storage failed.
    """
    try:
        yield from reader_for(format_).read(Unit("inspect", format_, (file,)), config.read)
    except StorageError as error:
        raise ConfigError(f"{error}; make it readable, and ask again") from error


def _ids(format_: Format, file: InputFile, config: Config) -> Iterator[str]:
    for batch in _batches(format_, file, config):
        yield from batch.records.column("id").to_pylist()


def _named(location: str, id_: str) -> str:
    """A record as it is asked for; ids that were made from source and offset are that already."""
    return shown(id_ if id_.startswith(f"{location}#") else f"{location}#{id_}")


def _one_row(batches: Iterator[Batch], location: str, record: str | None) -> Batch:
    """The batch cut down to the record: the first with the id, else the one at the offset, else the only one there is."""
    names = {record, unwrapped(record)}
    at_offset: Batch | None = None
    examples: list[str] = []
    skipped: set[str] = set()
    try:
        for batch in batches:
            ids, offsets = batch.records.column("id").to_pylist(), batch.records.column("offset").to_pylist()
            for row, (id_, offset) in enumerate(zip(ids, offsets, strict=True)):
                if record is None or id_ in names:
                    return _row(batch, row)
                if str(offset) == record and at_offset is None:
                    at_offset = _row(batch, row)
            for lost in batch.unreadable:
                if record is None or names & {lost.id, str(lost.offset)}:
                    raise ConfigError(f"{location}: cannot be judged: {lost.reason} ({shown(lost.detail)})")
            skipped |= batch.skipped.keys()
            examples += ids[: SHOWN_IDS - len(examples)]
    except UnitError as error:
        if at_offset is None:
            raise ConfigError(f"{error}; what comes after that cannot be explained") from error
    if at_offset is not None:
        return at_offset
    if record is None:
        why = "; ".join(f"{reason} ({SKIPPED[reason]})" for reason in sorted(skipped)) or "empty"
        raise ConfigError(f"{location}: is no record: {why}")
    some = ", ".join(_named(location, id_) for id_ in examples) or "none"
    raise ConfigError(f"{location}: holds no record '{shown(record)}'; there are {some}")


def unwrapped(record: str | None) -> str | None:
    """An id without the angle brackets that WARC writes around its own."""
    return record[1:-1] if record and record[0] == "<" and record[-1] == ">" else record


def _row(batch: Batch, row: int) -> Batch:
    return Batch(batch.records.slice(row, 1), batch.passthrough.slice(row, 1), batch.text_column)


def _explained(batch: Batch, bench: Labeller) -> Explanation:
    """Judge a batch of one row, and say why it came out as it did."""
    labelled = bench.label(batch, set())
    row = labelled.columns.to_pylist()[0]
    crjson = next((exhibit.data for exhibit in labelled.judgement.exhibits if exhibit.name == "crjson"), None)
    length = labelled.batch.records.column("text")[0].as_py()
    return explain_row(
        row,
        bench.setup.policy,
        meanings(),
        chain=tree_of(crjson),
        text_length=None if length is None else len(length),
        notices=bench.setup.notices() if row.get("prov_c2pa") else (),
    )


def tree_of(crjson: bytes | None) -> Node | None:
    """The manifests of an exhibit as a tree; null where it is missing or was cut."""
    if crjson is None:
        return None
    try:
        store = orjson.loads(crjson)
    except orjson.JSONDecodeError:
        return None
    return manifest_tree(store) if isinstance(store, dict) else None

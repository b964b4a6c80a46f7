"""Decides what a run will do before anything is read, and what is left of it when it is started again.

- An output folder belongs to one configuration (`same_configuration`), and its plan only grows (`cutting`).
- Nothing is written before `publish`, and what a killed run left is swept then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa

from lowbackground import __version__
from lowbackground.manifests.digest import canonical_json, json_digest
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.discover import Discovered, discover
from lowbackground.pipeline.inputs.locations import redacted, scheme_of
from lowbackground.pipeline.output.schema import SCHEMA_VERSION, OutputSchema, unite
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.own_columns import check_own
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.runs.cutting import grow
from lowbackground.pipeline.runs.ledger import Commit, forget, read_commits
from lowbackground.pipeline.runs.same_configuration import check_same
from lowbackground.pipeline.runs.setup import Setup, prepare
from lowbackground.pipeline.units import Format, InputFile, Unit

RUN_FILE, PLAN_FILE, SCHEMA_FILE = "_run/run.json", "_run/plan.jsonl", "_run/schema.arrow"
_RUN_KEYS = {"program", "schema", "configuration", "setup", "skipped_inputs"}
_ANOTHER = "a run needs another folder (-o)"
STATEMENT = "_run/statement.json"
WRITABLE = ("file", "local", "s3", "gs", "abfs", "az", "hf")  # stores that keep what a worker process writes


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What every worker is told. `facts` goes into the key-value metadata of every file."""

    config: Config
    setup: Setup
    schema: OutputSchema
    run_id: str

    @property
    def storage(self) -> Storage:
        """The output folder."""
        return Storage(self.config.out)

    @property
    def facts(self) -> dict[str, str]:
        """What a file says about the run that wrote it."""
        return {
            "version": __version__,
            "run_id": self.run_id,
            "configuration": self.config.identity(),
            "policy": self.setup.policy_digest,
        }


@dataclass(frozen=True, slots=True)
class Planned:
    """A run before it starts: all units of the output folder, and the commits of those that are done.

    `undo` are commits of inputs that changed since; `skipped` counts inputs that are no records, by reason.
    """

    run: RunPlan
    units: tuple[Unit, ...]
    done: Mapping[str, Commit]
    undo: tuple[Commit, ...]
    skipped: Mapping[str, int]

    @property
    def todo(self) -> tuple[Unit, ...]:
        """The units without a commit."""
        return tuple(unit for unit in self.units if unit.name not in self.done)

    @property
    def bytes_to_read(self) -> int:
        """How much of the input the units to do hold, as stored."""
        return sum(unit.size for unit in self.todo)


def make_plan(config: Config) -> Planned:
    """Look at inputs and output folder, and decide; nothing is written.

    Raises:
        ConfigError: inputs or output folder do not fit the configuration, or each other.
    """
    if not config.out:
        raise ConfigError("no output folder: give -o OUT")
    storage = Storage(config.out)
    _check_place(config.out)
    previous = read_run(storage)
    if previous is None and not config.inputs:
        raise ConfigError("no inputs: name files, folders, @lists or hf://datasets/ORG/NAME")
    if previous is None and (found := [name for name in ("kept", "rejected") if storage.names(name)]):
        raise ConfigError(
            f"{config.out}: holds {' and '.join(found)} but no _run/: another program wrote it. Give another folder to -o"
        )
    as_of = _as_of(config, previous)
    config = config.with_values(as_of=as_of)
    setup = prepare(config, as_of)
    if previous is not None and not _is_same(config, setup, previous, storage):
        previous = None
    found_inputs = discover(config.inputs, config.read)
    if previous is not None:  # a start without inputs finishes the plan; one with others adds to it
        found_inputs = Discovered(found_inputs.files, _passed_over(previous, config.inputs, found_inputs.skipped))
        config = config.with_values(inputs=_united(previous["configuration"]["inputs"], config.inputs))
    units, undo_names, fresh = grow(
        planned_units(storage) if previous else [], found_inputs.files, config, config.redo_changed
    )
    commits = _whole(storage, read_commits(storage)) if previous else {}
    undo = tuple(commits.pop(name) for name in undo_names if name in commits)
    schema = _schema(storage if previous else None, fresh, config, setup)
    identity = {
        "program": __version__,
        "schema": SCHEMA_VERSION,
        "configuration": config.identity(),
        "setup": setup.identity(),
        "units": [[unit.name, unit.start, unit.end, [file.size for file in unit.files]] for unit in units],
    }
    run = RunPlan(config, setup, schema, json_digest(identity)[:16])
    return Planned(run, tuple(units), commits, undo, found_inputs.skipped)


def _is_same(config: Config, setup: Setup, previous: Mapping[str, Any], storage: Storage) -> bool:
    """Whether this goes on with the run before it; not where that one finished nothing under another configuration.

    So a model that did not load, or an option that was wrong, does not bind a folder in which nothing was written yet.

    Raises:
        ConfigError: the folder holds rows by another configuration, or this one names no inputs to begin anew with.
    """
    try:
        check_same(config, setup, previous)
    except ConfigError:
        if not config.inputs or read_commits(storage):
            raise
        return False
    return True


def _whole(storage: Storage, commits: Mapping[str, Commit]) -> dict[str, Commit]:
    """The commits whose files are all there in full; a unit that lost one is done again."""
    present = {
        f"{folder}/{name}": size
        for folder in ("kept", "rejected", "unreadable", "_run/c2pa")
        for name, size in storage.sizes(folder)
    }
    return {
        name: commit
        for name, commit in commits.items()
        if all(present.get(output.path) == output.bytes for output in commit.outputs)
    }


def publish(planned: Planned) -> Planned:
    """Write the plan into the output folder, undo what changed, and sweep what a killed run left."""
    storage = planned.run.storage
    for commit in planned.undo:
        forget(storage, commit)
    run = replace(planned.run, setup=planned.run.setup.publish(storage))
    write_plan(run, planned.units, planned.skipped)
    storage.remove(STATEMENT)  # it vouched for what was there before
    _sweep(storage)
    return replace(planned, run=run)


def write_plan(run: RunPlan, units: Sequence[Unit], skipped: Mapping[str, int], **origin: str) -> None:
    """Write what `make_plan` reads back from `_run/`; `origin` says where a plan that was not made here comes from."""
    storage = run.storage
    storage.write(SCHEMA_FILE, run.schema.own.serialize().to_pybytes())
    storage.write(PLAN_FILE, b"".join(canonical_json(unit.to_json()) + b"\n" for unit in units), private=True)
    config = run.config.with_values(inputs=tuple(redacted(name) for name in run.config.inputs))
    storage.write("_run/config.yaml", config.to_yaml().encode())
    run_facts = {
        **origin,
        "program": __version__,
        "schema": SCHEMA_VERSION,
        "run_id": run.run_id,
        "configuration": config.model_dump(mode="json"),
        "setup": run.setup.identity(),
        "skipped_inputs": dict(sorted(skipped.items())),
    }
    storage.write(RUN_FILE, canonical_json(run_facts) + b"\n")


def _sweep(storage: Storage) -> None:
    """Remove temporary files, and outputs that no commit names now."""
    committed = {output.path for commit in read_commits(storage).values() for output in commit.outputs}
    for folder in ("kept", "rejected", "unreadable", "_run/c2pa"):
        for name in storage.names(folder):
            if f"{folder}/{name}" not in committed:
                storage.remove(f"{folder}/{name}")


def _check_place(out: str) -> None:
    """Refuse a place that cannot hold an output, before anything is read."""
    scheme = scheme_of(out)
    if scheme not in {None, *WRITABLE} or "::" in out:
        raise ConfigError(
            f"{redacted(out)}: cannot be written to; -o takes a folder, or a URL of {', '.join(WRITABLE)}"
        )


def read_run(storage: Storage) -> dict[str, Any] | None:
    """What the run that wrote an output folder says of itself; null where no run wrote one."""
    try:
        previous: dict[str, Any] = orjson.loads(storage.read(RUN_FILE))
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise ConfigError(f"{storage.root}: is a file; an output is a folder") from error
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{storage.root}/{RUN_FILE}: is damaged ({error}); {_ANOTHER}") from error
    if not isinstance(previous, dict) or not previous.keys() >= _RUN_KEYS:
        raise ConfigError(f"{storage.root}/{RUN_FILE}: is damaged (not what a run writes); {_ANOTHER}")
    return previous


def _passed_over(previous: Mapping[str, Any], inputs: Sequence[str], now: Mapping[str, int]) -> dict[str, int]:
    """What all starts passed over: inputs that are named again replace what was counted, others add to it."""
    before: dict[str, int] = previous["skipped_inputs"]
    if set(previous["configuration"]["inputs"]) <= {redacted(name) for name in inputs}:
        return dict(now)
    return {reason: before.get(reason, 0) + now.get(reason, 0) for reason in sorted({*before, *now})}


def _united(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """All inputs of all starts, as they may be stored."""
    return tuple(dict.fromkeys((*before, *(redacted(name) for name in now))))


def _as_of(config: Config, previous: Mapping[str, Any] | None) -> datetime:
    """The moment that counts as now: as given, else that of the run that is resumed, else this second."""
    if config.as_of is not None:
        return config.as_of
    if previous is not None:
        return datetime.fromisoformat(previous["configuration"]["as_of"])
    return datetime.now(UTC).replace(microsecond=0)


def planned_units(storage: Storage) -> list[Unit]:
    """The units of an output folder, in the order of its plan."""
    return [Unit.from_json(orjson.loads(line)) for line in storage.read(PLAN_FILE).splitlines()]


def _schema(
    storage: Storage | None, fresh: Sequence[tuple[Format, InputFile]], config: Config, setup: Setup
) -> OutputSchema:
    """The one schema of the output folder; an increment must fit the schema that it has."""
    told: dict[Format, pa.Schema] = {}
    schemas = []
    for format_, file in fresh:
        if format_ in {Format.WARC, Format.TAR, Format.FILE, Format.JSONL}:  # theirs depends on the configuration alone
            if format_ not in told:
                told[format_] = reader_for(format_).schema(file, config.read)
                schemas.append((file.source, told[format_]))
        else:
            schemas.append((file.source, reader_for(format_).schema(file, config.read)))
    for source, schema in schemas:
        check_own(schema, source, setup.own_columns())
    if storage is None:
        return setup.output_schema(schemas, config)
    own = pa.ipc.read_schema(pa.BufferReader(storage.read(SCHEMA_FILE)))
    if config.emit == "full":
        grown = unite([(config.out, own), *schemas])
        if extra := [name for name in grown.names if name not in own.names]:
            raise ConfigError(
                f"{schemas[0][0]}: brings the columns {', '.join(extra)}, which {config.out} does not have, and one output "
                "folder has one schema; filter it into another folder"
            )
    return replace(setup.output_schema([], config), own=own)

"""Decides the rows of an output again, by another policy or other labels to keep, without reading the input.

- Everything that a policy looks at stands in the rows. `era` alone is asked again, since the policy says where an era
  begins; all other evidence is taken as it was found.
- A model was not asked about what the old policy had decided without it (`cascade`). Where the new policy leaves such
  a record open, a run by it would have asked: the row says so (note `model-not-asked`), and so does the result. Where
  a model was asked about what the new policy decides without it, its evidence stays and counts.
- Rows come back in the order of the input, so a run by the same policy gives the same rows in the same files.
- A unit at a time is held in memory; started again, it goes on where it stopped.
- The old output stays as it is; the new one is a whole output, with commits and a statement.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lowbackground.detectors.contract import RECORDS, Detector
from lowbackground.detectors.evidence import Finding
from lowbackground.manifests.digest import json_digest
from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.cascade import ALREADY_DECIDED
from lowbackground.pipeline.config import Config, validated
from lowbackground.pipeline.decide import Decider
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.judge import Judgement, judge
from lowbackground.pipeline.labelled import Labelled
from lowbackground.pipeline.output.rows import Decision, encode, finding_of
from lowbackground.pipeline.output.schema import (
    KEY_COLUMNS,
    REJECT_REASON,
    SCHEMA_VERSION,
    VERDICT_COLUMNS,
    OutputSchema,
)
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.output.writer import Output, UnitWriter
from lowbackground.pipeline.runs.ledger import Commit, read_commits, write_commit
from lowbackground.pipeline.runs.plan import SCHEMA_FILE, Planned, RunPlan, planned_units, read_run, write_plan
from lowbackground.pipeline.runs.redecide_setup import setup_again
from lowbackground.pipeline.runs.run_statement import write_statement
from lowbackground.pipeline.runs.run_unit import count_rows, write_rows
from lowbackground.pipeline.runs.setup import POLICY, PRIORS, TRUST
from lowbackground.pipeline.runs.summary import RunResult, count
from lowbackground.pipeline.runs.tally import Tally
from lowbackground.pipeline.units import Unit

_COPIED = ("unreadable/", "_run/c2pa/")  # what no policy changes
NOT_ASKED = "model-not-asked"
_STORED = {*KEY_COLUMNS.names, *VERDICT_COLUMNS.names, REJECT_REASON.name} - {"prov_c2pa", "prov_licence"}


@dataclass(frozen=True, slots=True)
class _Bench:
    """What every unit is decided with; `era` is empty where that detector did not run."""

    run: RunPlan
    decider: Decider
    era: list[Detector]


def redecide(source: str, out: str, **changes: object) -> RunResult:
    """Decide the rows of the output `source` again into `out`, with `changes` to its configuration.

    `changes` may hold `policy`, `keep`, `opt_out`, `prior` and `max_unreadable`.

    Raises:
        ConfigError: `source` is no whole output of this schema, or `out` holds something else.
    """
    old, new = Storage(source), Storage(out)
    before = _readable_run(old)
    config = validated(Config, {**before["configuration"], "out": out, **changes}, f"{source}/_run/run.json")
    units, commits = planned_units(old), read_commits(old)
    if missing := [unit.name for unit in units if unit.name not in commits]:
        raise ConfigError(f"{source}: {len(missing)} of {len(units)} units are not done; finish its run first")
    start = monotonic()
    with TemporaryDirectory() as folder:
        run = _plan(config, old, before, _kept(old, Path(folder), changes))
        done = _done(new, before, run)
        run = replace(run, setup=run.setup.publish(new))
        write_plan(run, units, before["skipped_inputs"], decided_from=before["run_id"])
        era = list(run.setup.build_detectors({"era"}))
        bench = _Bench(run, run.setup.build_decider(config), era)
        for unit in units:
            if unit.name not in done:
                done[unit.name] = _redecide_unit(unit, commits[unit.name], old, bench)
    skipped = Counter(before["skipped_inputs"])
    tally = sum((commit.tally for commit in done.values()), Tally(read=skipped.total(), skipped=skipped))
    write_statement(Planned(run, tuple(units), done, (), skipped), done, tally)
    return RunResult(
        out=out,
        run_id=run.run_id,
        tally=tally,
        units=len(units),
        done_before=0,
        failures=(),
        broken=tuple(commit.broken for commit in done.values() if commit.broken is not None),
        seconds=monotonic() - start,
        read_now=tally.read,
        interrupted=False,
        max_unreadable=config.max_unreadable,
        notices=_notices(tally),
    )


def _notices(tally: Tally) -> tuple[str, ...]:
    """What the last lines must say."""
    if not (open_ := tally.notes[NOT_ASKED]):
        return ()
    words = "that this policy leaves open, no model was asked about, because the policy of the run had decided them: "
    return (f"{count(open_, 'record')} {words}filter the input again to have them looked at (note {NOT_ASKED})",)


def _kept(old: Storage, folder: Path, changes: Mapping[str, object]) -> dict[str, Any]:
    """Where the policy, the priors and the trust lists of the old output are, for what `changes` does not replace.

    They are taken from the output, and not from where they once were: a file that was edited since would decide
    otherwise without a word.
    """
    (folder / "trust").mkdir()
    for name in old.names(TRUST):
        (folder / "trust" / name).write_bytes(old.read(f"{TRUST}/{name}"))
    (folder / "policy.yaml").write_bytes(old.read(POLICY))
    (folder / "priors.yaml").write_bytes(old.read(PRIORS))
    values: dict[str, Any] = {"trust_folder": str(folder / "trust")}
    if "policy" not in changes:
        values["policy"] = str(folder / "policy.yaml")
    if "prior" not in changes:
        values["prior"] = {"table": str(folder / "priors.yaml")}
    return values


def _done(new: Storage, before: Mapping[str, Any], run: RunPlan) -> dict[str, Commit]:
    """The units that an earlier start of the same decision finished.

    Raises:
        ConfigError: the folder holds something else.
    """
    there = read_run(new)
    if there is None and not any(new.names(name) for name in ("kept", "rejected", "_run")):
        return {}
    if there is None or there.get("decided_from") != before["run_id"] or there["run_id"] != run.run_id:
        raise ConfigError(f"{new.root}: is not empty; give another folder to -o")
    return read_commits(new)


def _readable_run(old: Storage) -> dict[str, Any]:
    before = read_run(old)
    if before is None:
        raise ConfigError(f"{old.root}: is no output of a run (it has no _run/run.json)")
    if before["schema"] != SCHEMA_VERSION:
        raise ConfigError(
            f"{old.root}: has schema {before['schema']}, and this program decides about schema {SCHEMA_VERSION}; "
            "filter the input again"
        )
    if before["configuration"]["rejected"] != "full":
        raise ConfigError(
            f"{old.root}: was written with rejected: {before['configuration']['rejected']}, so the rows that it rejected "
            "cannot be decided again; filter the input again with rejected: full"
        )
    return before


def _plan(config: Config, old: Storage, before: Mapping[str, Any], kept: Mapping[str, Any]) -> RunPlan:
    """The plan of the new output: the old one, with another policy."""
    setup = setup_again(config.with_values(**kept), old, datetime.fromisoformat(before["configuration"]["as_of"]))
    own = pa.ipc.read_schema(pa.BufferReader(old.read(SCHEMA_FILE)))
    schema = OutputSchema(own, setup.output_schema([], config).ours)
    identity = {"from": before["run_id"], "configuration": config.identity(), "setup": setup.identity()}
    return RunPlan(config, setup, schema, json_digest(identity)[:16])


def _redecide_unit(unit: Unit, commit: Commit, old: Storage, bench: _Bench) -> Commit:
    run = bench.run
    counted = Tally(read=commit.tally.read, unreadable=commit.tally.unreadable, skipped=commit.tally.skipped)
    tally, start = Tally(), monotonic()
    with UnitWriter(run.storage, unit.name, run.schema, run.facts, run.config.row_group_bytes) as writer:
        table = _rows(unit, commit, old)
        for rows in table.to_batches(max_chunksize=run.config.read.batch_rows) if table is not None else ():
            labelled = _labelled(rows, bench)
            write_rows(writer, labelled, run)
            count_rows(tally, labelled, run.setup.inexact)
        outputs = writer.finish()
    tally += replace(counted, read=counted.read - tally.read)
    copied = tuple(_copy(output, old, run.storage) for output in commit.outputs if output.path.startswith(_COPIED))
    fresh = Commit(
        unit.name, unit.fingerprint, run.run_id, tally, (*outputs, *copied), commit.broken, monotonic() - start
    )
    write_commit(run.storage, fresh)
    return fresh


def _rows(unit: Unit, commit: Commit, old: Storage) -> pa.Table | None:
    """The kept and rejected rows of a unit in the order in which they were read."""
    tables = [
        pq.read_table(pa.BufferReader(old.read(output.path)))
        for output in commit.outputs
        if output.path.startswith(("kept/", "rejected/"))
    ]
    if not tables:
        return None
    table = pa.concat_tables(tables, promote_options="default")
    place = {file.source: number for number, file in enumerate(unit.files)}
    sources, offsets = table.column("prov_source").to_pylist(), table.column("prov_offset").to_pylist()
    order = sorted(range(table.num_rows), key=lambda row: (place.get(sources[row], 0), offsets[row]))
    return table.take(order).combine_chunks()


def _labelled(rows: pa.RecordBatch, bench: _Bench) -> Labelled:
    """Rows of an output as the pipeline has them between judging and writing."""
    run = bench.run
    records = _records(rows, run.config)
    findings = [tuple(map(finding_of, row)) for row in rows.column("prov_evidence").to_pylist()]
    if bench.era:
        again = judge(records, bench.era).findings
        findings = [
            tuple(fresh[0] if finding.detector == "era" else finding for finding in row)
            for row, fresh in zip(findings, again, strict=True)
        ]
    columns = {name: rows.column(name) for name in run.schema.ours.names if name not in _STORED}
    judgement = Judgement(findings, columns)
    decisions = bench.decider.decide(records, judgement)
    if not _text_column(rows, run.config):  # without the text nobody can say anew how long it was
        stored = rows.column("prov_unknown_reason").to_pylist()
        decisions = [
            replace(decision, unknown_reason=reason) if decision.unknown_reason == "no-content" and reason else decision
            for decision, reason in zip(decisions, stored, strict=True)
        ]
    notes = [
        _noted(set(stored), row, decision)
        for stored, row, decision in zip(rows.column("prov_notes").to_pylist(), findings, decisions, strict=True)
    ]
    encoded = encode(records, findings, columns, decisions, notes, rows.column("prov_sha256"))
    own = rows.select([name for name in rows.schema.names if not name.startswith("prov_")])
    return Labelled(Batch(records, own), judgement, decisions, notes, encoded)


def _noted(notes: set[str], findings: tuple[Finding, ...], decision: Decision) -> set[str]:
    """The notes of a row, and whether a model was not asked about what is open now."""
    spared = any(finding.evidence.reason == ALREADY_DECIDED for finding in findings)
    return notes - {NOT_ASKED} | ({NOT_ASKED} if spared and decision.rule is None else set())


def _records(rows: pa.RecordBatch, config: Config) -> pa.RecordBatch:
    """What the policy and `era` ask of a record, out of its row; the rest is null."""
    sources = {
        "id": "prov_id",
        "source": "prov_source",
        "offset": "prov_offset",
        "captured_at": "prov_captured_at",
        "media_type": "prov_media_type",
        "notes": "prov_notes",
        "text": _text_column(rows, config),
    }
    columns = []
    for field in RECORDS:
        name = sources.get(field.name)
        if field.name == "truncated":
            columns.append(pa.array([False] * rows.num_rows))  # the note of this name tells
        elif name is None or name not in rows.schema.names:
            columns.append(pa.nulls(rows.num_rows, field.type))
        else:
            columns.append(rows.column(name).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=RECORDS)


def _text_column(rows: pa.RecordBatch, config: Config) -> str | None:
    """The column of the training text; null in an output that holds prov_ columns alone."""
    return next((name for name in (config.read.columns.text, "text") if name in rows.schema.names), None)


def _copy(output: Output, old: Storage, new: Storage) -> Output:
    new.write(output.path, old.read(output.path))
    return output

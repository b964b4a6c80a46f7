"""Runs one unit from its input to its commit: read batches, judge them, clean, decide (`labelled`), write, commit."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from time import monotonic
from typing import Self

import pyarrow as pa

from lowbackground.detectors.contract import Detector
from lowbackground.detectors.evidence import CLOCK_OR_MEMORY, Finding, Signal
from lowbackground.pipeline import cascade
from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.errors import LowbackgroundError, UnitError
from lowbackground.pipeline.labelled import Labelled, Labeller
from lowbackground.pipeline.output.rows import split
from lowbackground.pipeline.output.schema import conform
from lowbackground.pipeline.output.writer import UnitWriter
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.runs.ledger import Commit, write_commit
from lowbackground.pipeline.runs.plan import RunPlan
from lowbackground.pipeline.runs.tally import Tally
from lowbackground.pipeline.units import Unit


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a process sets up once and uses for every unit."""

    plan: RunPlan
    labeller: Labeller

    @classmethod
    def of(cls, plan: RunPlan, models: Sequence[Detector] | None = None) -> Self:
        """Build detectors and policy as the plan says; `models` as for `Labeller.of`.

        Raises:
            ConfigError: a detector cannot be built here.
        """
        bench = cls(plan, Labeller.of(plan.setup, plan.config, models))
        gc.freeze()  # what is set up once is never garbage: the collector need not look at it after every batch
        return bench


def run_unit(unit: Unit, bench: Workbench, watch: Callable[[Tally], None], limit: int | None = None) -> Commit:
    """Filter one unit, or its first `limit` records; its files are published and then its commit.

    A stream that breaks keeps its good prefix, and the commit says where it broke.

    Raises:
        OSError: the output cannot be written; nothing of this unit counts.
        StorageError: the input cannot be read at this time; as above.
        ModelProcessError: the process that holds a model ended over its records; as above.
    """
    plan, config = bench.plan, bench.plan.config
    tally, broken, seen, start = Tally(), None, set[str](), monotonic()
    with UnitWriter(plan.storage, unit.name, plan.schema, plan.facts, config.row_group_bytes) as writer:
        batches = _limited((sampled(b, config.sample) for b in reader_for(unit.format).read(unit, config.read)), limit)
        while True:
            try:
                batch = next(batches, None)
            except UnitError as error:
                broken = str(error)
                break
            if batch is None:
                break
            labelled = bench.labeller.label(batch, seen)
            write_rows(writer, labelled, plan)
            count_rows(tally, labelled, plan.setup.inexact)
            watch(tally)
        outputs = writer.finish()
    if not tally.balances():
        raise LowbackgroundError(
            f"{unit.name}: read {tally.read} records, but {tally.to_json()['counts']} accounts for others"
        )
    commit = Commit(unit.name, unit.fingerprint, plan.run_id, tally, outputs, broken, monotonic() - start)
    write_commit(plan.storage, commit)
    return commit


def _limited(batches: Iterator[Batch], limit: int | None) -> Iterator[Batch]:
    """The first `limit` records in the order of the input, unreadable ones included."""
    left = limit
    for batch in batches:
        if left is None:
            yield batch
            continue
        places = [(offset, 0) for offset in batch.records.column("offset").to_pylist()]
        places += [(row.offset, 1) for row in batch.unreadable]
        order = sorted(range(len(places)), key=places.__getitem__)[:left]
        rows = sum(place < batch.records.num_rows for place in order)
        yield replace(
            batch,
            records=batch.records.slice(0, rows),
            passthrough=batch.passthrough.slice(0, rows),
            unreadable=tuple(sorted(batch.unreadable, key=lambda row: row.offset))[: len(order) - rows],
        )
        left -= len(order)
        if left <= 0:
            return


def sampled(batch: Batch, share: float | None) -> Batch:
    """The records whose key hashes below `share`; the others are skipped as `not-sampled`."""
    if share is None or batch.records.num_rows == 0:
        return batch
    keys = zip(batch.records.column("source").to_pylist(), batch.records.column("offset").to_pylist(), strict=True)
    bound = int(share * 2**64)
    mask = pa.array(
        [int.from_bytes(sha256(f"{source}#{offset}".encode()).digest()[:8]) < bound for source, offset in keys],
        pa.bool_(),
    )
    passed_over = batch.records.num_rows - mask.true_count
    return replace(
        batch,
        records=batch.records.filter(mask),
        passthrough=batch.passthrough.filter(mask),
        skipped={**batch.skipped, "not-sampled": batch.skipped.get("not-sampled", 0) + passed_over},
    )


def write_rows(writer: UnitWriter, labelled: Labelled, plan: RunPlan) -> None:
    """Write a labelled batch: kept and rejected rows, unreadable ones, exhibits."""
    batch, columns = labelled.batch, labelled.columns
    own = conform(batch.passthrough, plan.schema.own)
    rows = pa.RecordBatch.from_arrays(
        [*own.columns, *columns.columns], names=[*own.schema.names, *columns.schema.names]
    )
    kept, rejected = split(rows)
    writer.kept.add(conform(kept, plan.schema.kept))
    if plan.config.rejected != "none":
        writer.rejected.add(conform(rejected, plan.schema.rejected))
    writer.add_unreadable(batch.unreadable)
    writer.add_exhibits(
        (
            batch.records.column("id")[exhibit.row].as_py(),
            batch.records.column("source")[exhibit.row].as_py(),
            batch.records.column("offset")[exhibit.row].as_py(),
            exhibit.name,
            exhibit.data,
        )
        for exhibit in labelled.judgement.exhibits
    )


def count_rows(tally: Tally, labelled: Labelled, inexact: frozenset[str]) -> None:
    """Add a labelled batch to a tally; `inexact` names the detectors whose answers may differ between machines."""
    batch, decisions = labelled.batch, labelled.decisions
    tally.read += len(decisions) + len(batch.unreadable) + sum(batch.skipped.values())
    tally.skipped.update(batch.skipped)
    tally.unreadable.update(row.reason for row in batch.unreadable)
    rejections = Counter(decision.reject_reason for decision in decisions)
    tally.kept += rejections.pop(None, 0)
    tally.rejected += rejections.total()
    tally.rejections.update({reason: count for reason, count in rejections.items() if reason is not None})
    tally.labels.update(decision.label for decision in decisions)
    tally.rules.update(decision.rule for decision in decisions if decision.rule is not None)
    tally.unknown.update(decision.unknown_reason for decision in decisions if decision.unknown_reason is not None)
    tally.opt_outs.update(signal for decision in decisions for signal in decision.opt_out)
    tally.notes.update(note for row in labelled.notes for note in row)
    findings = Counter(finding for row in labelled.judgement.findings for finding in row)
    for finding, count in findings.items():
        if (counter := _counter_of(tally, finding)) is not None:
            counter[f"{finding.detector} {finding.evidence.reason}"] += count
    outside = {finding for finding in findings if _outside_identity(finding, inexact)}
    if outside:
        tally.outside_identity += sum(not outside.isdisjoint(row) for row in labelled.judgement.findings)


def _counter_of(tally: Tally, finding: Finding) -> Counter[str] | None:
    """Where a finding is counted; null for silence, which most of any crawl is."""
    match finding.evidence.signal:
        case Signal.SILENT:
            return None
        case Signal.SKIPPED:
            return tally.withheld if finding.evidence.reason in cascade.REASONS else tally.passed_over
        case Signal.FAILED:
            return tally.broke
        case _:
            return tally.findings


def _outside_identity(finding: Finding, inexact: frozenset[str]) -> bool:
    """Whether another run of the same input may find something else."""
    if finding.evidence.signal is Signal.SKIPPED:
        return False
    return finding.detector in inexact or finding.evidence.reason.endswith(CLOCK_OR_MEMORY)

"""The middle of the pipeline, one batch at a time: judge, clean, decide, encode.

A run, `annotate` and `inspect` all go through here, so the same record gets the same answer from each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import pyarrow as pa

from lowbackground.detectors.contract import Detector
from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.cascade import Cascade
from lowbackground.pipeline.clean import clean
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.decide import Decider
from lowbackground.pipeline.judge import Judgement
from lowbackground.pipeline.output.rows import Decision, content_digests, encode
from lowbackground.pipeline.own_columns import with_own_columns
from lowbackground.pipeline.runs.setup import Setup, prepare
from lowbackground.pipeline.stand_ins import loaded_on_use


@dataclass(frozen=True, slots=True)
class Labeller:
    """What a process sets up once and uses for every batch."""

    setup: Setup
    detectors: tuple[Detector, ...]
    decider: Decider
    cascade: Cascade

    @classmethod
    def of(cls, setup: Setup, config: Config, models: Sequence[Detector] | None = None) -> Self:
        """Build detectors and policy as a run's set-up says.

        `models` stand for the detectors that hold a model, where those run in another process.

        Raises:
            ConfigError: a detector cannot be built here.
        """
        if models is None:
            detectors = loaded_on_use(setup.build_detectors())
        else:
            detectors = (*setup.build_detectors(setup.options.keys() - setup.model_names), *models)
        cascade = Cascade(config.cascade, setup.model_names)
        return cls(setup, detectors, setup.build_decider(config), cascade)

    def label(self, batch: Batch, seen: set[str]) -> "Labelled":
        """The batch with its verdicts; `seen` holds the ids before it and is added to.

        Raises:
            ConfigError: the model of a detector cannot be loaded.
            ModelProcessError: the process that holds a model is gone.
        """
        judgement = self.cascade.judge(with_own_columns(batch, self.detectors), self.detectors, self.decider)
        digests = content_digests(batch.records)  # of what was read: cleaning comes after
        batch = clean(batch, judgement.spans)
        decisions = self.decider.decide(batch.records, judgement)
        notes = _notes(batch, judgement, seen)
        columns = encode(batch.records, judgement.findings, judgement.columns, decisions, notes, digests)
        return Labelled(batch, judgement, decisions, notes, columns)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A batch after all that is done to it: cleaned, judged, decided; `columns` are its `prov_` columns."""

    batch: Batch
    judgement: Judgement
    decisions: Sequence[Decision]
    notes: Sequence[set[str]]
    columns: pa.RecordBatch


def labeller(config: Config) -> Labeller:
    """A labeller outside of any run, which judges by the user's own trust lists, now unless `as_of` says otherwise.

    Raises:
        ConfigError: a policy, a table, a trust list or an option of a detector is wrong.
    """
    as_of = config.as_of or datetime.now(UTC).replace(microsecond=0)
    return Labeller.of(prepare(config, as_of), config)


def _notes(batch: Batch, judgement: Judgement, seen: set[str]) -> list[set[str]]:
    """The reader's notes of each row, and those that only the whole unit can tell."""
    notes = [set(row) for row in batch.records.column("notes").to_pylist()]
    for row, id_ in enumerate(batch.records.column("id").to_pylist()):
        if id_ in seen:
            notes[row].add("duplicate-id")
        seen.add(id_)
    for row in judgement.spans:
        notes[row].add("carrier-removed")
    return notes

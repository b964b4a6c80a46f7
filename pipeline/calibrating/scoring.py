"""Scores content whose origin is known: everything that `run` reads, by one detector."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from lowbackground.detectors.calibration.calibrate import Sample
from lowbackground.detectors.calibration.scored import place_from, place_of
from lowbackground.detectors.contract import Detector
from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.calibrating.scoring_watch import ScoringWatch
from lowbackground.pipeline.config import Config, Read
from lowbackground.pipeline.errors import ConfigError, StorageError, UnitError
from lowbackground.pipeline.judge import judge
from lowbackground.pipeline.own_columns import own_values, with_own_columns
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.runs.run_unit import sampled
from lowbackground.pipeline.units import Format, InputFile, Unit

MAX_GROUP = 100  # letters of a group's name that are kept: they are content


class Losses(Protocol):
    """Where what cannot be read is counted: records, and streams that broke."""

    unreadable: int
    broken: list[str]


@dataclass(slots=True)
class Scores:
    """What was read and scored so far; one element a scored record."""

    scores: list[float] = field(default_factory=list)
    machine: list[bool] = field(default_factory=list)
    places: list[tuple[str, int | None]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    captured: set[date] = field(default_factory=set)
    unscored: Counter[str] = field(default_factory=Counter)
    read: int = 0
    named: int = 0
    unreadable: int = 0
    broken: list[str] = field(default_factory=list)

    def sample(self) -> Sample:
        """All of it, for `calibrate`."""
        return Sample(
            np.array(self.scores, np.float64),
            np.array(self.machine, np.bool_),
            self.places,
            self.sources,
            sorted(self.captured),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """Records of known origin, and the source group of each; `named` says which of them name it in the user's column."""

    records: pa.RecordBatch
    groups: Sequence[str]
    named: Sequence[bool]


def add_scores(
    scores: Scores, known: Iterable[Known], detector: Detector, watch: ScoringWatch, *, machine: bool
) -> None:
    """Let the detector score records that are all human, or all of machines.

    Raises:
        ConfigError: the model of the detector cannot be loaded.
    """
    for batch in known:
        scores.read += batch.records.num_rows
        scores.named += sum(batch.named)
        findings = judge(batch.records, [detector]).findings
        captured = batch.records.column("captured_at").to_pylist()
        for row, (finding,) in enumerate(findings):
            evidence = finding.evidence
            if evidence.score is None:
                scores.unscored[evidence.reason] += 1
                continue
            scores.scores.append(evidence.score)
            scores.machine.append(machine)
            scores.places.append(place_from(evidence) or place_of(batch.records, row))
            scores.sources.append(batch.groups[row])
            if captured[row] is not None:
                scores.captured.add(captured[row].date())
        watch.scored(batch.records.num_rows, machine=machine)


def known_records(
    files: Iterable[tuple[Format, InputFile]],
    config: Config,
    detector: Detector,
    group_column: str | None,
    scores: Scores,
) -> Iterator[Known]:
    """The records of files, as a run reads them; what cannot be read is counted in `scores`.

    Raises:
        ConfigError: a file cannot be read at this time.
    """
    for batch in input_batches(files, config, scores):
        yield known_of(with_own_columns(batch, [detector]), batch.passthrough, group_column)


def input_batches(files: Iterable[tuple[Format, InputFile]], config: Config, losses: Losses) -> Iterator[Batch]:
    """The batches of files, or `config.sample` of their records.

    Raises:
        ConfigError: a file cannot be read at this time.
    """
    for format_, file in files:
        for batch in _batches(format_, file, config.read, losses):
            yield sampled(batch, config.sample)


def limited(known: Iterator[Known], limit: int | None) -> Iterator[Known]:
    """The first `limit` records."""
    left = limit
    for batch in known:
        if left is None:
            yield batch
            continue
        yield Known(batch.records.slice(0, left), batch.groups[:left], batch.named[:left])
        left -= batch.records.num_rows
        if left <= 0:
            return


def _batches(format_: Format, file: InputFile, read: Read, losses: Losses) -> Iterator[Batch]:
    """The batches of a file; of a stream that breaks, those of its good prefix."""
    batches = reader_for(format_).read(Unit("calibrate", format_, (file,)), read)
    while True:
        try:
            batch = next(batches, None)
        except UnitError as error:
            losses.broken.append(str(error))
            return
        except StorageError as error:
            raise ConfigError(f"{error}; make it readable, or leave it out") from error
        if batch is None:
            return
        losses.unreadable += len(batch.unreadable)
        yield batch


def known_of(records: pa.RecordBatch, passthrough: pa.RecordBatch, column: str | None) -> Known:
    """Records with their source groups, where this column of the user's, if any, names them."""
    named = [False] * records.num_rows if column is None else own_values(passthrough, column).is_valid().to_pylist()
    return Known(records, groups_of(records, passthrough, column), named)


def source_groups(batch: Batch, column: str | None) -> list[str]:
    """The source group of each record of a batch."""
    return groups_of(batch.records, batch.passthrough, column)


def groups_of(records: pa.RecordBatch, passthrough: pa.RecordBatch, column: str | None) -> list[str]:
    """The source group of each record: what this column of the user's says, else its host, else its file."""
    named = [None] * records.num_rows if column is None else own_values(passthrough, column).to_pylist()
    urls, sources = records.column("url").to_pylist(), records.column("source").to_pylist()
    return [
        str(name)[:MAX_GROUP] if name is not None else host_of(url) or source[-MAX_GROUP:]
        for name, url, source in zip(named, urls, sources, strict=True)
    ]


def host_of(url: str | None) -> str | None:
    """The host of an address in lower case; null where it has none."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # such as an unclosed bracket: addresses are content
        return None
    return host[:MAX_GROUP] if host else None

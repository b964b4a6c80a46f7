"""Reads labelled text: everything that `run` reads, with a column that says who wrote each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.calibrating.known_inputs import Files, check_columns, input_files
from lowbackground.pipeline.calibrating.scoring import input_batches, source_groups
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.own_columns import own_values
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS
from lowbackground.pipeline.runs.summary import count
from lowbackground.pipeline.screen import shown

HUMAN = ("human", "0", "false")
MACHINE = ("machine", "synthetic", "ai", "generated", "1", "true")
SHOWN_BROKEN = 2  # inputs that an error tells of
NO_LABEL, NO_TEXT = "no label", "no text"
MAX_CHARS = 16_000  # of a text that are kept: as many as the detector looks at


@dataclass(slots=True)
class LabelledTexts:
    """Texts and who wrote them; one element a text. What could not be used is counted by reason.

    `documents` counts files that are no tables, in which no column could say who wrote a text; `named` texts whose
    source a column named.
    """

    texts: list[str] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    captured: set[date] = field(default_factory=set)
    unused: Counter[str] = field(default_factory=Counter)
    documents: int = 0
    named: int = 0
    unreadable: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def machine(self) -> NDArray[np.bool_]:
        """Whether a machine wrote each."""
        return np.array(self.labels, np.bool_)


@dataclass(frozen=True, slots=True)
class Columns:
    """`label` says who wrote a text, by the words of `human` and `machine`, in any case; `group` names its source."""

    label: str = "label"
    group: str | None = None
    human: Sequence[str] = HUMAN
    machine: Sequence[str] = MACHINE

    def words(self) -> dict[str, bool]:
        """Whether each word means a machine.

        Raises:
            ConfigError: a word means both.
        """
        human, machine = ({word.strip().lower() for word in words} for words in (self.human, self.machine))
        if both := sorted(human & machine):
            raise ConfigError(f"--human and --machine both name {', '.join(both)}; a label can mean but one")
        return {**dict.fromkeys(human, False), **dict.fromkeys(machine, True)}


def read_labelled(inputs: Sequence[str], columns: Columns, config: Config) -> LabelledTexts:
    """All labelled texts of the inputs, in their order, or `config.sample` of them.

    Raises:
        ConfigError: an input cannot be read, lacks a column, holds a label that means nothing, or all texts are of one side.
    """
    found, words = LabelledTexts(), columns.words()
    for batch in input_batches(_tables(inputs, columns, config, found), config, found):
        _add(found, batch, columns, words)
        if config.limit is not None and len(found.texts) >= config.limit:
            for column in (found.texts, found.labels, found.groups):
                del column[config.limit :]
            break
    if len(set(found.labels)) < 2:
        raise ConfigError(_one_sided(found, columns))
    if columns.group is not None and not found.named:
        raise ConfigError(f"no row has anything in {columns.group!r}; name another column with --group-column")
    return found


def _tables(inputs: Sequence[str], columns: Columns, config: Config, found: LabelledTexts) -> Files:
    """The files of inputs that have columns of the user's; others, such as a README beside shards, are counted."""
    files = input_files(inputs, config.read)
    tables = tuple(
        (format_, file) for format_, file in files if reader_for(format_).schema(file, config.read) != DOCUMENT_COLUMNS
    )
    found.documents = len(files) - len(tables)
    if not tables:
        raise ConfigError(
            f"{files[0][1].source}: is no table, so nothing in it says who wrote a text; give Parquet, JSON Lines or a data set, "
            f"with a column {columns.label!r} (--label-column)"
        )
    check_columns(tables, config.read, [columns.label, *([columns.group] if columns.group else ())])
    return tables


def _add(found: LabelledTexts, batch: Batch, columns: Columns, words: dict[str, bool]) -> None:
    labels = own_values(batch.passthrough, columns.label).to_pylist()
    if columns.group is not None:
        named = own_values(batch.passthrough, columns.group)
        found.named += len(named) - named.null_count
    captured = batch.records.column("captured_at").to_pylist()
    for label, group, text, day in zip(
        labels, source_groups(batch, columns.group), _texts(batch), captured, strict=True
    ):
        if label is None or text is None:
            found.unused[NO_LABEL if label is None else NO_TEXT] += 1
            continue
        machine = words.get(str(label).strip().lower().removesuffix(".0"))  # 1.0 is how a column with nulls has 1
        if machine is None:
            raise ConfigError(
                f"{batch.records.column('source')[0].as_py()}: column {columns.label!r} holds '{shown(label, 60)}'; expected one of "
                f"{', '.join(sorted(words))}. Say what the words mean with --human WORD and --machine WORD"
            )
        found.texts.append(text)
        found.labels.append(machine)
        found.groups.append(group)
        if day is not None:
            found.captured.add(day.date())


def _texts(batch: Batch) -> Iterator[str | None]:
    """The beginning of each text."""
    for value in batch.records.column("text"):
        text = value.as_py()
        yield None if not text else text[:MAX_CHARS]


def _one_sided(found: LabelledTexts, columns: Columns) -> str:
    """Why there is nothing to learn from, and which option may mend it."""
    if found.labels:
        side, other = ("machine", "people") if found.labels[0] else ("human", "machines")
        number = count(len(found.labels), "text")
        return f"all that was read, {number}, is labelled {side}; a detector is fitted on texts of both sides: add some by {other}"
    told = [f"{number:,} with {reason}" for reason, number in found.unused.items()]
    told += [f"{found.unreadable:,} unreadable"] if found.unreadable else []
    told += [shown(words, 300) for words in found.broken[:SHOWN_BROKEN]]
    told += [f"{len(found.broken) - SHOWN_BROKEN:,} more broken"] if len(found.broken) > SHOWN_BROKEN else []
    hint = ""
    if set(found.unused) == {NO_LABEL}:
        hint = f"; {columns.label!r} is where labels were looked for: name another column with --label-column"
    elif set(found.unused) == {NO_TEXT}:
        hint = "; name the column of the text with --text"
    return f"no labelled text: {'; '.join(told) or 'nothing was read'}{hint}"

"""Reads labelled text: everything that `run` reads, with a column that says who wrote each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.calibrating.known_inputs import input_files
from lowbackground.pipeline.calibrating.scoring import input_batches, source_groups
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.own_columns import own_values
from lowbackground.pipeline.screen import shown

HUMAN = ("human", "0", "false")
MACHINE = ("machine", "synthetic", "ai", "generated", "1", "true")
MAX_CHARS = 16_000  # of a text that are kept: as many as the detector looks at


@dataclass(slots=True)
class LabelledTexts:
    """Texts and who wrote them; one element a text. What could not be used is counted by reason."""

    texts: list[str] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    captured: set[date] = field(default_factory=set)
    unused: Counter[str] = field(default_factory=Counter)
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
    wanted = [columns.label, *([columns.group] if columns.group else ())]
    for batch in input_batches(input_files(inputs, config.read, wanted), config, found):
        _add(found, batch, columns, words)
        if config.limit is not None and len(found.texts) >= config.limit:
            for column in (found.texts, found.labels, found.groups):
                del column[config.limit :]
            break
    if len(set(found.labels)) < 2:
        raise ConfigError(_one_sided(found))
    return found


def _add(found: LabelledTexts, batch: Batch, columns: Columns, words: dict[str, bool]) -> None:
    labels = own_values(batch.passthrough, columns.label).to_pylist()
    captured = batch.records.column("captured_at").to_pylist()
    for label, group, text, day in zip(
        labels, source_groups(batch, columns.group), _texts(batch), captured, strict=True
    ):
        if label is None or text is None:
            found.unused["no label" if label is None else "no text"] += 1
            continue
        machine = words.get(str(label).strip().lower())
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


def _one_sided(found: LabelledTexts) -> str:
    if not found.labels:
        unused = ", ".join(f"{count:,} with {reason}" for reason, count in found.unused.items()) or "nothing was read"
        return f"no labelled text: {unused}"
    side = "machine" if found.labels[0] else "human"
    return f"all {len(found.labels):,} texts are labelled {side}; a detector is fitted on texts of both sides"

"""What stands for a detector that holds a model, in a process that does not hold the model, or not yet.

In a worker the answers come from the process that serves all workers (`engines/model_process.py`). For `inspect` and
`annotate` the model is read into this process, when the first record is shown to it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Self

import pyarrow as pa

from lowbackground.detectors.contract import Detector, Findings, HoldsModel, Needs
from lowbackground.detectors.evidence import Basis
from lowbackground.pipeline.errors import ConfigError

Ask = Callable[[pa.RecordBatch], Findings]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A detector that holds a model, as a process that does not hold it must know it."""

    name: str
    version: str
    basis: Basis
    needs: Needs
    columns: pa.Schema
    exact: bool

    @classmethod
    def of(cls, detector: Detector) -> Self:
        """The facts of a detector."""
        return cls(detector.name, detector.version, detector.basis, detector.needs, detector.columns, detector.exact)


class StandIn:
    """A detector whose answers come from elsewhere."""

    def __init__(self, facts: ModelFacts, ask: Ask) -> None:
        self.name, self.version, self.basis = facts.name, facts.version, facts.basis
        self.needs, self.columns, self.exact = facts.needs, facts.columns, facts.exact
        self._ask = ask

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """The answer from elsewhere."""
        return self._ask(records)


def loaded_on_use(detectors: Iterable[Detector]) -> tuple[Detector, ...]:
    """The detectors; those that hold a model read it when the first record is shown to them, which may be never."""
    return tuple(_loaded_on_use(each) if isinstance(each, HoldsModel) else each for each in detectors)


def _loaded_on_use(detector: HoldsModel) -> Detector:
    @cache  # loading is no part of an answer: what is wrong with a model must not become evidence about a record
    def load() -> None:
        load_model(detector)

    def ask(records: pa.RecordBatch) -> Findings:
        load()
        return detector(records)

    return StandIn(ModelFacts.of(detector), ask)


def load_model(detector: HoldsModel) -> None:
    """Read the model of a detector into memory.

    Raises:
        ConfigError: it cannot be read; the message names the detector, what is wrong and what to do.
    """
    try:
        detector.load()
    except (ValueError, OSError) as error:  # its own words: they are about files, and no content is at hand yet
        raise ConfigError(f"detector {detector.name}: {error}") from error
    except MemoryError as error:
        raise ConfigError(
            f"detector {detector.name}: its model needs more memory than this process can get; "
            "take a smaller model, or a machine with more memory"
        ) from error
    except Exception as error:  # whatever a library does with the files of a model is for the operator to mend
        words = f"its model cannot be loaded: {type(error).__name__}: {error}"
        raise ConfigError(f"detector {detector.name}: {words}") from error

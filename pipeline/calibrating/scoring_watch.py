"""Shows how far a calibration is while its records are scored, as a run shows its own progress."""

from collections import Counter
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TypeVar

from lowbackground.pipeline.runs.progress import SHOW_SECONDS, Display, State

_Unit = TypeVar("_Unit")


class ScoringWatch:
    """Counts files and records, and hands the state to a display. `units` are the files, and outputs of runs, to come."""

    def __init__(self, display: Display, units: int) -> None:
        self._display, self._units, self._done = display, units, 0
        self._labels = Counter[str]()
        self._start = self._next = monotonic()
        display.start(units)

    def over(self, units: Sequence[_Unit]) -> Iterator[_Unit]:
        """The units one after the other; each counts as done when the next one is asked for."""
        for unit in units:
            yield unit
            self._done += 1
            self._tell()

    def scored(self, records: int, *, machine: bool) -> None:
        """So many more records of known origin went through the detector."""
        self._labels["machine" if machine else "human"] += records
        self._tell()

    def close(self) -> None:
        """All is scored, or something stopped it."""
        try:
            self._display.show(self._state())
        finally:
            self._display.close()

    def _tell(self) -> None:
        now = monotonic()
        if now >= self._next:
            self._next = now + SHOW_SECONDS
            self._display.show(self._state())

    def _state(self) -> State:
        seconds, records = max(monotonic() - self._start, 1e-6), self._labels.total()
        left = seconds * (self._units - self._done) / self._done if self._done else None
        return State(self._units, self._done, records, records / seconds, dict(self._labels), left)

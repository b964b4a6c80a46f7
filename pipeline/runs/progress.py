"""What is shown while a run goes on: a live display on a terminal, plain lines elsewhere, `status.json` for scripts."""

import sys
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol, TextIO

from lowbackground.manifests.digest import canonical_json
from lowbackground.pipeline.engines.local import Outcome
from lowbackground.pipeline.engines.messages import Progress
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.runs.plan import Planned
from lowbackground.pipeline.runs.summary import count
from lowbackground.pipeline.screen import shown

STATUS_SECONDS = 2.0  # between two writings of status.json: often enough to watch, seldom enough for an object store
MAX_LINE = 2000  # characters of one line on the screen: names come from the input
SHOW_SECONDS = 0.25  # between two looks of a display at the state: as smooth as a terminal needs
PLAIN_SECONDS = 15.0  # between two plain lines: a log of a day stays readable


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is, earlier starts included but in the rate; `seconds_left` is null until it can be told."""

    units: int
    units_done: int
    records: int
    records_per_second: float
    labels: dict[str, int]
    seconds_left: float | None


class Display(Protocol):
    """Where progress is shown."""

    def planned(self, planned: Planned, /) -> None:
        """Before the first unit of a run."""

    def start(self, units: int, done: int = 0, /) -> None:
        """Before the first unit of anything else."""

    def show(self, state: State, /) -> None:
        """Now and then."""

    def say(self, line: str, /) -> None:
        """Something the operator should know at once."""

    def close(self) -> None:
        """After the last unit."""


class NoDisplay:
    """For programs: nothing is shown."""

    def planned(self, planned: Planned, /) -> None:
        """Nothing."""

    def start(self, units: int, done: int = 0, /) -> None:
        """Nothing."""

    def show(self, state: State, /) -> None:
        """Nothing."""

    def say(self, line: str, /) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def plan_line(planned: Planned) -> str:
    """The plan in a line: files, bytes, units."""
    files = {file.source for unit in planned.units for file in unit.files}
    line = f"{count(len(files), 'file')}, {size(planned.bytes_to_read)} to read in {count(len(planned.todo), 'unit')}"
    if planned.done:
        line += f"; {count(len(planned.done), 'unit')} of {planned.run.config.out} done before"
    return line


def size(number: int) -> str:
    """Bytes as people read them: `181.3 MB`."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration(seconds: float) -> str:
    """`42 s`, `3 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def state_line(state: State) -> str:
    """One plain line of progress."""
    labels = (
        ", ".join(f"{label} {number:,}" for label, number in sorted(state.labels.items())) or "nothing labelled yet"
    )
    left = f", {duration(state.seconds_left)} left" if state.seconds_left is not None else ""
    return (
        f"{state.units_done:,} of {count(state.units, 'unit')}, {count(state.records, 'record')}, "
        f"{state.records_per_second:,.0f}/s; {labels}{left}"
    )


@dataclass(slots=True)
class PlainDisplay:
    """Lines for a log."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _next: float = field(default_factory=lambda: monotonic() + PLAIN_SECONDS)

    def planned(self, planned: Planned, /) -> None:
        """The plan, and what should be known before it starts."""
        for line in (plan_line(planned), *planned.run.setup.notices()):
            self.say(line)

    def start(self, units: int, done: int = 0, /) -> None:
        """Nothing to say yet."""

    def show(self, state: State, /) -> None:
        """A line every quarter of a minute."""
        if monotonic() >= self._next:
            self._next = monotonic() + PLAIN_SECONDS
            self.say(state_line(state))

    def say(self, line: str, /) -> None:
        """A line; what is not printable in it is escaped."""
        print(shown(line, MAX_LINE), file=self.stream, flush=True)

    def close(self) -> None:
        """Nothing is open."""


class LiveDisplay:
    """A bar of units and a line of labels that stay in place on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("units"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}"),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("units", total=None, words="starting")

    def planned(self, planned: Planned, /) -> None:
        """The plan, then the bar."""
        for line in (plan_line(planned), *planned.run.setup.notices()):
            self.say(line)
        self.start(len(planned.units), len(planned.done))

    def start(self, units: int, done: int = 0, /) -> None:
        """The bar."""
        self._bar.update(self._task, total=units, completed=done)
        self._bar.start()

    def show(self, state: State, /) -> None:
        """Move the bar."""
        words = state_line(state).partition(", ")[2]
        self._bar.update(self._task, total=state.units, completed=state.units_done, words=words)

    def say(self, line: str, /) -> None:
        """A line above the bar; markup in it is text."""
        self._bar.console.print(shown(line, MAX_LINE), markup=False, highlight=False)

    def close(self) -> None:
        """Leave the last state standing."""
        self._bar.stop()


class Watch:
    """Adds up what workers report, and hands it to the display and to `status.json`."""

    def __init__(self, planned: Planned, storage: Storage, display: Display) -> None:
        self._storage, self._display = storage, display
        self._units, self._before = len(planned.units), len(planned.done)
        self._sizes = {unit.name: unit.size for unit in planned.todo}
        self._total = sum(self._sizes.values())
        self._running: dict[str, Progress] = {}
        self._labels, self._done_size, self._finished = Counter[str](), 0, 0
        for commit in planned.done.values():
            self._labels.update(commit.tally.labels)
        self._records = self._read_before = sum(commit.tally.read for commit in planned.done.values())
        self._start = self._next_show = self._next_status = monotonic()
        self._write("running")

    def progress(self, unit: str, progress: Progress) -> None:
        """A unit got further."""
        self._running[unit] = progress
        self._tell()

    def say(self, line: str) -> None:
        """Something happened that the operator should know at once."""
        self._display.say(line)

    def finished(self, outcome: Outcome) -> None:
        """A unit ended."""
        self._running.pop(outcome.unit.name, None)
        self._done_size += self._sizes[outcome.unit.name]
        self._finished += 1
        if outcome.commit is not None:
            self._records += outcome.commit.tally.read
            self._labels.update(outcome.commit.tally.labels)
            if outcome.commit.broken is not None:
                self._display.say(f"broken: {outcome.commit.broken}")
        else:
            self._display.say(f"failed: {outcome.failure}")
        self._tell()

    def close(self, state: str) -> None:
        """The run ended."""
        try:
            self._display.show(self.state())
            self._write(state)
        finally:
            self._display.close()

    def state(self) -> State:
        """How far the run is now."""
        seconds = max(monotonic() - self._start, 1e-6)
        records = self._records + sum(progress.read for progress in self._running.values())
        labels = self._labels.copy()
        for progress in self._running.values():
            labels.update(progress.labels)
        left = seconds * (self._total - self._done_size) / self._done_size if self._done_size else None
        rate = (records - self._read_before) / seconds
        return State(self._units, self._before + self._finished, records, rate, dict(labels), left)

    def _tell(self) -> None:
        now = monotonic()
        if now >= self._next_show:
            self._next_show = now + SHOW_SECONDS
            self._display.show(self.state())
        if now >= self._next_status:
            self._next_status = now + STATUS_SECONDS
            self._write("running")

    def _write(self, name: str) -> None:
        state = self.state()
        fields: dict[str, Any] = {key: getattr(state, key) for key in State.__slots__}
        self._storage.write("_run/status.json", canonical_json({"state": name, **fields}) + b"\n")

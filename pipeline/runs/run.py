"""A run from its configuration to its result: plan, publish, run units, state what came out."""

import fcntl
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import monotonic
from types import FrameType
from typing import IO

from lowbackground.pipeline.config import Config
from lowbackground.pipeline.engines.local import run_units
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.runs.ledger import Commit
from lowbackground.pipeline.runs.plan import RUN_FILE, Planned, make_plan, publish, read_run
from lowbackground.pipeline.runs.progress import Display, NoDisplay, Watch
from lowbackground.pipeline.runs.run_statement import write_statement
from lowbackground.pipeline.runs.summary import RunResult, idle
from lowbackground.pipeline.runs.tally import Tally
from lowbackground.pipeline.units import Unit


def run(config: Config, display: Display | None = None) -> RunResult:
    """Filter `config.inputs` into `config.out`; started again, it goes on where it stopped.

    Raises:
        ConfigError: nothing was read; the message says what is wrong and what to do.
    """
    planned = None
    storage = Storage(config.out)
    if not storage.is_local or not storage.local(RUN_FILE).exists():
        planned = make_plan(config)  # a new folder is not even made for a run that cannot begin
    with _locked(storage), _sigterm_as_interrupt():
        if planned is None or read_run(storage) is not None:
            planned = make_plan(config)  # what stands in the folder is looked at while nobody else can change it
        planned = publish(planned)
        display = display or NoDisplay()
        display.planned(planned)
        return _finish(planned, *_execute(planned, storage, display))


def _execute(planned: Planned, storage: Storage, display: Display) -> tuple[dict[str, Commit], list[str], float, bool]:
    """Run what is left: (commits by unit, failures, seconds, interrupted)."""
    commits = dict(planned.done)
    failures: list[str] = []
    start, state = monotonic(), "failed"
    watch = Watch(planned, storage, display)
    try:
        with closing(run_units(planned.run, _wanted(planned), watch.progress, _left(planned), watch.say)) as outcomes:
            for outcome in outcomes:
                if outcome.commit is not None:
                    commits[outcome.unit.name] = outcome.commit
                else:
                    failures.append(outcome.failure or "failed without a word")
                watch.finished(outcome)
        state = "failed" if failures else "done"
    except KeyboardInterrupt:
        state = "interrupted"
    finally:
        watch.close(state)
    return commits, failures, monotonic() - start, state == "interrupted"


def _left(planned: Planned) -> int | None:
    """How many records of the limit earlier starts left over."""
    limit = planned.run.config.limit
    return None if limit is None else limit - sum(commit.tally.records for commit in planned.done.values())


def _wanted(planned: Planned) -> tuple[Unit, ...]:
    left = _left(planned)
    return planned.todo if left is None or left > 0 else ()


def _finish(
    planned: Planned, commits: dict[str, Commit], failures: list[str], seconds: float, interrupted: bool
) -> RunResult:
    """Add up the commits, write the statement of a run that is whole, and say what it came to."""
    config = planned.run.config
    tally = sum((commit.tally for commit in commits.values()), Tally())
    tally += Tally(read=sum(planned.skipped.values()), skipped=Counter(planned.skipped))
    if not interrupted and not failures:
        write_statement(planned, commits, tally)
    return RunResult(
        out=config.out,
        run_id=planned.run.run_id,
        tally=tally,
        units=len(commits),
        done_before=len(planned.done),
        failures=tuple(failures),
        broken=tuple(commit.broken for commit in commits.values() if commit.broken is not None),
        seconds=seconds,
        read_now=sum(commit.tally.read for name, commit in commits.items() if name not in planned.done),
        interrupted=interrupted,
        max_unreadable=config.max_unreadable,
        notices=(*idle(tally, _set_up(config)), *planned.run.setup.notices()),
    )


def _set_up(config: Config) -> list[str]:
    """The detectors to which the configuration gives options, or the column that they read: who does wants to hear of them."""
    named = {name for name, options in config.detectors.items() if set(options) - {"enabled"}}
    return sorted(named | ({"era"} if config.read.columns.captured_at is not None else set()))


@contextmanager
def _locked(storage: Storage) -> Iterator[None]:
    """Keep a second run out of a local folder; the kernel frees the lock of a killed one.

    A store has no such lock: there, two runs of one folder write the same bytes under the same names.
    """
    if not storage.is_local:
        yield
        return
    with _open_lock(storage) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"{storage.root}: another run is writing there; wait for it, or give another folder to -o"
            ) from error
        yield


def _open_lock(storage: Storage) -> IO[str]:
    folder = storage.local("_run")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "lock").open("w")
    except OSError as error:
        raise ConfigError(
            f"{storage.root}: cannot write there ({error.strerror}); give -o a folder that you may write"
        ) from error


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """A scheduler's SIGTERM ends a run as Ctrl-C does; only the main thread can say so."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        previous = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: its owner decides about signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)

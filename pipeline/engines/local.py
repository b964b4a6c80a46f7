"""Runs units in a pool of worker processes on this machine: largest first, each worker pulls when it is free."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from lowbackground.pipeline.engines.messages import Done, Failed, Progress, Ready, Task
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.ledger import Commit
from lowbackground.pipeline.runs.plan import RunPlan
from lowbackground.pipeline.units import Unit

Watcher = Callable[[str, Progress], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one unit: a commit, or a message that says why there is none."""

    unit: Unit
    commit: Commit | None
    failure: str | None = None


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection
    unit: Unit | None = None


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_units(
    plan: RunPlan, units: Sequence[Unit], watch: Watcher, limit: int | None = None
) -> Generator[Outcome, None, None]:
    """Run `units`, yielding outcomes as they come; closing the iterator ends the workers.

    With a `limit`, one worker takes the units in order until that many records are read, so that which records they
    are does not depend on which worker is faster. A worker that dies (a native parser crashed, the kernel killed it) costs its unit, and is replaced.

    Raises:
        ConfigError: no worker can start, or the output cannot be written; the units left are undone.
    """
    waiting = sorted(units, key=lambda unit: -unit.size) if limit is None else list(units)
    waiting.reverse()
    count = 1 if limit is not None else min(plan.config.workers or cores(), max(len(units), 1))
    with _pool() as workers:
        for _ in range(count if waiting else 0):
            workers.append(_start(plan))
        while workers:
            for pipe in wait([worker.pipe for worker in workers]):
                worker = next(worker for worker in workers if worker.pipe is pipe)
                try:
                    message = worker.pipe.recv()
                except (EOFError, OSError):  # it ended, perhaps in the middle of a message
                    message = _crash(worker)
                if isinstance(message, Progress) and worker.unit is not None:
                    watch(worker.unit.name, message)
                    continue
                if isinstance(message, Failed) and message.fatal:
                    raise ConfigError(message.message)
                if worker.unit is not None and isinstance(message, Done):
                    if limit is not None:
                        limit -= message.commit.tally.records
                        waiting = waiting if limit > 0 else []
                    yield Outcome(worker.unit, message.commit)
                elif worker.unit is not None and isinstance(message, Failed):
                    yield Outcome(worker.unit, None, message.message)
                dead = worker.process.poll() is not None
                if dead:
                    workers.remove(worker)
                    if waiting:
                        workers.append(_start(plan))
                elif waiting:
                    worker.unit = waiting.pop()
                    _tell(worker, Task(worker.unit, limit))
                else:
                    _tell(worker, None)
                    workers.remove(worker)
                    worker.process.wait()
                    worker.pipe.close()


def _tell(worker: _Worker, task: Task | None) -> None:
    """Send a task; a worker that has ended meanwhile is found out when the pool reads from it."""
    with suppress(OSError):
        worker.pipe.send(task)


@contextmanager
def _pool() -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.wait()
            worker.pipe.close()


def _start(plan: RunPlan) -> _Worker:
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(  # noqa: S603 - our own module, by the running interpreter
        [sys.executable, "-P", "-m", "lowbackground.pipeline.engines.worker", str(theirs.fileno()), str(os.getpid())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    theirs.close()
    worker = _Worker(process, Connection(ours.detach()))
    worker.pipe.send(plan)
    return worker


def _crash(worker: _Worker) -> Failed | Ready:
    """What a silent end of a worker means; one that dies before its first unit would die again."""
    code = worker.process.wait()
    worker.pipe.close()
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    if worker.unit is None:
        return Failed(f"a worker process ended with {how} before its first unit; its words stand above", fatal=True)
    return Failed(
        f"{worker.unit.files[0].source}: the worker process ended with {how} (9 is the kernel's answer to too much memory); "
        "the unit is undone, the next run tries it again",
        fatal=False,
    )

"""Runs units in a pool of worker processes on this machine: largest first, each worker pulls when it is free."""

import os
import subprocess
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from lowbackground.pipeline.engines.child import ending, start_child
from lowbackground.pipeline.engines.messages import Done, Failed, Progress, Ready, Start, Task
from lowbackground.pipeline.engines.model_host import Say, model_host
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
    plan: RunPlan, units: Sequence[Unit], watch: Watcher, limit: int | None = None, say: Say = lambda _line: None
) -> Generator[Outcome, None, None]:
    """Run `units`, yielding outcomes as they come; closing the iterator ends the workers.

    With a `limit`, one worker takes the units in order until that many records are read, so that which records they
    are does not depend on which worker is faster. A worker that dies (a native parser crashed, the kernel killed it) costs its unit, and is replaced.
    Detectors that hold a model run in one more process, which serves all workers; `say` is told where that is started again.

    Raises:
        ConfigError: no worker can start, a model cannot be loaded or ends again and again, or the output cannot be
            written; the units left are undone.
    """
    waiting = sorted(units, key=lambda unit: -unit.size) if limit is None else list(units)
    waiting.reverse()
    count = 1 if limit is not None else min(plan.config.workers or cores(), max(len(units), 1))
    with model_host(plan, say) if waiting and plan.setup.models else nullcontext() as models, _pool() as workers:
        address = models.address if models is not None else None
        for _ in range(count if waiting else 0):
            workers.append(_start(plan, address))
        while workers:
            for pipe in wait([*(worker.pipe for worker in workers), *([models.pipe] if models is not None else [])]):
                if models is not None and pipe is models.pipe:
                    models.hear()
                    continue
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
                        workers.append(_start(plan, address))
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


def _start(plan: RunPlan, models: str | None) -> _Worker:
    worker = _Worker(*start_child("lowbackground.pipeline.engines.worker"))
    worker.pipe.send(Start(plan, models))
    return worker


def _crash(worker: _Worker) -> Failed | Ready:
    """What a silent end of a worker means; one that dies before its first unit would die again."""
    how = ending(worker.process)
    worker.pipe.close()
    if worker.unit is None:
        return Failed(f"a worker process ended with {how} before its first unit; its words stand above", fatal=True)
    return Failed(
        f"{worker.unit.files[0].source}: the worker process ended with {how} (9 is the kernel's answer to too much memory); "
        "the unit is undone, the next run tries it again",
        fatal=False,
    )

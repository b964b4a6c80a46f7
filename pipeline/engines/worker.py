"""A worker process: takes units from the pipe it was started with, runs them, and answers with commits.

- Payloads never pass the pipe: a worker opens its unit itself and writes its own output.
- One thread a library: the pool runs one worker a core.
"""

import os
import resource
import sys
from multiprocessing.connection import Connection

from lowbackground.pipeline.engines.child import begin_child
from lowbackground.pipeline.engines.messages import Done, Failed, Progress, Ready, Start, Task
from lowbackground.pipeline.errors import ConfigError, LowbackgroundError, ModelProcessError, StorageError


def limit_memory(allowance: int) -> None:
    """Let this process take `allowance` bytes of address space more than it has now; then it gets MemoryError."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a kernel file, not a path of ours
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + allowance
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def serve(pipe: Connection) -> None:
    """Run units until the parent hangs up."""
    import pyarrow as pa

    from lowbackground.pipeline.engines.model_client import remote_detectors
    from lowbackground.pipeline.output.storage import refusal
    from lowbackground.pipeline.runs.run_unit import Workbench, run_unit

    start: Start = pipe.recv()
    plan = start.plan
    pa.set_cpu_count(1)
    pa.set_io_thread_count(2)
    try:
        bench = Workbench.of(plan, None if start.models is None else remote_detectors(plan.setup, start.models))
    except ConfigError as error:
        pipe.send(Failed(str(error), fatal=True))
        return
    if sys.platform == "linux":
        limit_memory(plan.config.memory_limit)
    pipe.send(Ready())
    while True:
        task: Task | None = pipe.recv()
        if task is None:
            return
        unit = task.unit
        try:
            commit = run_unit(
                unit, bench, lambda tally: pipe.send(Progress(tally.read, dict(tally.labels))), task.limit
            )
        except ConfigError as error:
            pipe.send(Failed(str(error), fatal=True))
        except StorageError as error:
            pipe.send(
                Failed(f"{error}; its unit is undone: once it can be read, the same command reads it", fatal=False)
            )
        except ModelProcessError as error:
            pipe.send(Failed(f"{unit.files[0].source}: {error}", fatal=False))
        except OSError as error:
            refused = refusal(plan.config.out, error)
            words = refused or f"{unit.files[0].source}: {error.strerror or error} while its rows were written"
            pipe.send(Failed(str(words), fatal=refused is not None))
        except MemoryError:
            pipe.send(
                Failed(
                    f"{unit.files[0].source}: needs more than memory_limit ({plan.config.memory_limit} bytes); "
                    "raise memory_limit, or lower read.batch_bytes and row_group_bytes",
                    fatal=False,
                )
            )
        except Exception as error:  # a defect must not take the other units with it: it is reported and the run fails
            sys.stderr.write("\n".join([*places(error), ""]))
            pipe.send(Failed(f"{unit.files[0].source}: {words_of(error)}", fatal=False))
        else:
            pipe.send(Done(commit))


def places(error: BaseException) -> list[str]:
    """Where an error came from, as a traceback without what may hold content: the words of errors, its own and causes'."""
    import traceback

    lines = [] if error.__cause__ is None else [*places(error.__cause__), "which led to"]
    lines += [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return [*lines, type(error).__qualname__]


def words_of(error: BaseException) -> str:
    """What may be said of an error: our own words hold no content, those of others are left out."""
    if isinstance(error, LowbackgroundError):
        return str(error)
    return f"{type(error).__qualname__}, a defect of the program; where it happened stands in the log above"


def main() -> None:
    """Entry point of the child process."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # numpy and its like: one worker a core already fills the machine
    with begin_child()[0] as pipe:
        try:
            serve(pipe)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # the parent is gone: nothing of this unit counts


if __name__ == "__main__":
    main()

"""What a hunt with damaged inputs cost, in a process of its own: answers by reason, memory it grew by, seconds of a core."""

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

MAX_GROWTH_MIB = 64
WARM_UP = 50  # inputs before anything is measured: what is loaded once is no growth


def report(hunt: Callable[[int], Counter[str]], number: int) -> None:
    """Hunt with so many inputs, and print what it came to."""
    hunt(WARM_UP)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    reasons = hunt(number)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    spent = time.process_time() - start
    print(json.dumps({"reasons": reasons, "grown_mib": grown, "seconds": spent}))  # noqa: T201  read by the test


def grown_mib(module: str, target: str, number: int) -> float:
    """How much a process grew that ran `python -m MODULE TARGET NUMBER`, which must not have failed."""
    command = [sys.executable, "-m", module, target, str(number)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    grown: float = json.loads(done.stdout)["grown_mib"]
    return grown

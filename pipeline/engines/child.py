"""Processes of the pool: how they are started, how they begin, and how their end is told.

They are started as `python -m`, not forked: no state is inherited, and a script that calls `lowbackground.run` needs no
`__main__` guard.
"""

import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection


def start_child(module: str, *inherited: int) -> tuple[subprocess.Popen[bytes], Connection]:
    """Run a module of this package in a process of its own; its pipe, and the file descriptors that it inherits."""
    ours, theirs = socket.socketpair()
    descriptors = [theirs.fileno(), *inherited]
    process = subprocess.Popen(  # noqa: S603 - our own module, by the running interpreter
        [sys.executable, "-P", "-m", module, str(os.getpid()), *map(str, descriptors)],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    theirs.close()
    return process, Connection(ours.detach())


def begin_child() -> tuple[Connection, list[int]]:
    """What a started process does first: it ends with its parent, leaves Ctrl-C to it, and opens its pipe.

    Returns the pipe and the other descriptors that it inherited.
    """
    parent, pipe, *inherited = map(int, sys.argv[1:])
    if sys.platform == "linux":
        die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends its children
    return Connection(pipe), inherited


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the pool dies, so that it never writes beside the next run."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, linux/prctl.h
    if os.getppid() != parent:  # the pool was gone before the call
        raise SystemExit(1)


def ending(process: subprocess.Popen[bytes]) -> str:
    """How a process ended that ends now, in words."""
    code = process.wait()
    return f"signal {-code}" if code < 0 else f"exit code {code}"

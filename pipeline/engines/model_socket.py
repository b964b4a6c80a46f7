"""The socket where workers reach the process that holds the models: in a folder of its own that only this user can enter.

The folder goes when the run ends. A run that was killed leaves it behind, and the next one with a model removes it.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from time import time

BACKLOG = 1024  # workers that may wait to connect while the process starts anew
_PREFIX, _NAME = "lowbackground-models-", "socket"
_STARTING = 60.0  # seconds in which a run may have its folder and nobody listens yet


@contextmanager
def model_socket() -> Iterator[socket.socket]:
    """A socket that listens in the folder for temporary files.

    In /tmp where the name of that folder is too long for a socket (108 bytes on Linux), or its file system has none.
    """
    places = list(dict.fromkeys((gettempdir(), "/tmp")))  # noqa: S108 - a folder of mode 0700 is made there
    for place in places:
        remove_left_behind(Path(place))
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        for place in places:
            folder = stack.enter_context(TemporaryDirectory(prefix=_PREFIX, dir=place))
            try:
                listener.bind(str(Path(folder, _NAME)))
                break
            except OSError:
                if place == places[-1]:
                    raise
        listener.listen(BACKLOG)
        yield listener


def remove_left_behind(place: Path) -> None:
    """Remove the sockets of this user at which nobody listens any more, and their folders where nothing else is in them.

    Whoever listens is not disturbed: a caller that hangs up at once asks nothing. What cannot be removed stays, for it
    stands in nobody's way.
    """
    for path in place.glob(f"{_PREFIX}*/{_NAME}"):
        with suppress(OSError):
            state = path.lstat()
            old = time() - state.st_mtime > _STARTING
            if stat.S_ISSOCK(state.st_mode) and state.st_uid == os.getuid() and old and not _listens(path):
                path.unlink()
                path.parent.rmdir()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except ConnectionRefusedError:
            return False
        return True

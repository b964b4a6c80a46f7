"""The socket of the models' process: what a killed run leaves behind goes with the next one, and nothing else does."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowbackground.pipeline.engines.model_socket import model_socket, remove_left_behind

KILLED = """
import os, signal
from lowbackground.pipeline.engines.model_socket import model_socket
with model_socket() as listener:
    print(listener.getsockname(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files; those of `tmp_path` have names too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="s-") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def aged(path: Path) -> Path:
    os.utime(path, (1, 1))
    return path


def test_nothing_stays_of_a_run_that_ends(place: Path) -> None:
    with model_socket() as listener:
        assert Path(listener.getsockname()).is_socket()
    assert list(place.iterdir()) == []


def test_the_next_run_removes_what_a_killed_one_left(place: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(place)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True, check=False
    )
    left = Path(killed.stdout.strip())
    assert (killed.returncode, left.is_socket(), left.parent.parent) == (-9, True, place)
    with model_socket():  # too young: it may be about to listen
        assert left.exists()
    aged(left)
    with model_socket() as listener:
        assert [each.name for each in place.iterdir()] == [Path(listener.getsockname()).parent.name]


def test_a_run_that_listens_keeps_its_socket(place: Path) -> None:
    with model_socket() as listener:
        path = aged(Path(listener.getsockname()))
        remove_left_behind(place)
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(path))


def test_what_is_no_socket_of_a_run_stays(place: Path) -> None:
    mine = place / "lowbackground-models-old"
    mine.mkdir()
    (mine / "socket").write_text("weights of mine")
    other = place / "lowbackground-models-other"
    other.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(other / "socket"))
    (other / "note").write_text("of mine")
    for path in (mine / "socket", other / "socket"):
        aged(path)
    remove_left_behind(place)
    assert (mine / "socket").exists()
    assert [each.name for each in other.iterdir()] == ["note"]

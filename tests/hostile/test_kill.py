"""A run that is killed at any moment and started again leaves what one that was never killed leaves."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

OUTPUTS = ("kept", "rejected", "unreadable")


def command(corpus: Path, out: Path, workers: int = 2) -> list[str]:
    script = Path(sys.executable).with_name("lowbackground")
    config = corpus.parent / "run.yaml"
    flags = ["--config", str(config), "--workers", str(workers), "--progress", "none"]
    return [str(script), "run", str(corpus), "-o", str(out), "--as-of", "2026-11-20", *flags]


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for name in OUTPUTS
        for path in sorted((out / name).iterdir())
    }


def commits(out: Path) -> int:
    return len(list((out / "_run" / "units").glob("*.json")))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough small units for every moment of a run to be hit: kept, rejected and unreadable rows in each shard."""
    base = tmp_path_factory.mktemp("kill")
    folder = base / "corpus"
    folder.mkdir()
    (base / "run.yaml").write_text(
        "keep: [human]\nunit_bytes: 20000\nmax_unreadable: 1.0\n"
        f"trust_folder: {base / 'trust'}\n"
        "read: {columns: {captured_at: when, captured_at_kind: captured}, batch_rows: 16}\n"
    )
    for shard in range(8):
        rows = [
            {
                "id": f"{shard}-{n}",
                "text": f"{n} words of a page " * 20,
                "when": "2019-01-01" if n % 3 else "2025-01-01",
            }
            for n in range(600)
        ]
        lines = [json.dumps(row).encode() for row in rows]
        lines[7] = b"{broken"
        (folder / f"{shard}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder


@pytest.fixture(scope="module")
def undisturbed(corpus: Path) -> Path:
    """The output of one run that nobody disturbs."""
    out = corpus.parent / "undisturbed"
    subprocess.run(command(corpus, out), check=True, capture_output=True)
    return out


def wait_for_a_moment(process: subprocess.Popen[bytes], out: Path, moments: random.Random) -> None:
    """Somewhere in the start, or while one of the next few units is read, written or committed.

    Moments are counted in commits and not in seconds, so that they fall inside the run on any machine.
    """
    if moments.random() < 0.2:
        sleep(moments.uniform(0, 0.3))
        return
    target = commits(out) + moments.randint(0, 3)
    while process.poll() is None and commits(out) <= target:
        sleep(0.001)
    sleep(moments.uniform(0, 0.02))


@pytest.mark.parametrize("whole_group", [True, False], ids=["run-and-workers", "run-alone"])
def test_ten_kills_at_random_moments_leave_no_trace(
    corpus: Path, undisturbed: Path, tmp_path: Path, whole_group: bool
) -> None:
    moments = random.Random(20261120 + whole_group)
    out = tmp_path / "out"
    for _ in range(10):
        process = subprocess.Popen(command(corpus, out), start_new_session=True, stdout=subprocess.DEVNULL)
        wait_for_a_moment(process, out, moments)
        assert process.poll() is None, "the run ended before it was killed: make the corpus larger"
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
    assert commits(out) < commits(undisturbed)
    finished = subprocess.run(command(corpus, out), capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert contents(out) == contents(undisturbed)


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(corpus: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(command(corpus, out), start_new_session=True, stdout=subprocess.PIPE, text=True)
    while not (out / "_run" / "units").is_dir() or not commits(out):
        assert process.poll() is None, "the run ended before it could be interrupted"
        sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from here" in said
    assert not list(out.rglob(".tmp-*")) or commits(out) < commits(undisturbed)
    subprocess.run(command(corpus, out), check=True, capture_output=True)
    assert contents(out) == contents(undisturbed)


def test_one_worker_writes_what_two_write(corpus: Path, undisturbed: Path, tmp_path: Path) -> None:
    subprocess.run(command(corpus, tmp_path / "one", workers=1), check=True, capture_output=True)
    assert contents(tmp_path / "one") == contents(undisturbed)


def test_a_full_disk_stops_the_run_and_loses_nothing(corpus: Path, undisturbed: Path, tmp_path: Path) -> None:
    """A limit on the size of a file stands in for a full disk: both answer a write with an error."""
    import resource

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    out = tmp_path / "out"
    full = subprocess.run(command(corpus, out), capture_output=True, text=True, check=False, preexec_fn=small_disk)
    assert full.returncode in {1, 2}, full.stdout
    assert "File too large" in full.stderr + full.stdout
    assert not list(out.rglob(".tmp-part*"))
    subprocess.run(command(corpus, out), check=True, capture_output=True)
    assert contents(out) == contents(undisturbed)

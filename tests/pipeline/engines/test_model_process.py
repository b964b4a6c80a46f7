"""The process that holds the models: who reaches it, how it ends, and that nobody waits for somebody else."""

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from time import sleep

import pyarrow as pa
import pytest

from lowbackground.detectors.contract import Findings
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.engines import model_process
from lowbackground.pipeline.engines.model_client import ModelClient
from lowbackground.pipeline.engines.model_host import ModelHost, model_host
from lowbackground.pipeline.engines.model_messages import Answer, Asking, Question
from lowbackground.pipeline.engines.model_process import Asked, hand_out
from lowbackground.pipeline.judge import Breakdown, RemoteDetectorError
from lowbackground.pipeline.runs.plan import make_plan
from tests.heavy_runs import MACHINE, PROSE, attempt, diaries, heavy


def start(plan: Config) -> subprocess.Popen[str]:
    """The same run from the command line, in a process group of its own."""
    file = Path(plan.out).parent / "run.yaml"
    file.write_text(plan.to_yaml())
    program = Path(sys.executable).with_name("lowbackground")
    command = [str(program), "run", "--config", str(file), "--progress", "none"]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
def test_the_process_ends_with_its_run_and_the_next_one_goes_on(
    heavy_run: Callable[..., Config], model: Path, end: signal.Signals
) -> None:
    shards = [[f"{shard} {PROSE}", MACHINE] for shard in range(4)]
    shards[2][0] = f"HANG ONCE {PROSE}"
    plan = heavy_run(*shards)
    process = start(plan)
    while not (model / "hung").exists():
        assert process.poll() is None, "the run ended before the model hung"
        sleep(0.01)
    (holder,) = diaries(model)
    if end is signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, end)
    said, _ = process.communicate()
    assert end is signal.SIGKILL or (process.returncode == 130 and "the same command goes on from here" in said)
    while is_alive(holder):  # the kernel takes its time
        sleep(0.01)
    again, _ = attempt(plan)
    assert again.exit_code == 0
    quiet, machine = ("silent", "heavy.quiet"), ("synthetic", "heavy.machine")
    assert heavy(plan) == {f"{shard}-{n}": (quiet, machine)[n] for shard in range(4) for n in range(2)}


def test_ctrl_c_while_a_model_is_loaded_ends_the_run_as_at_any_other_moment(
    heavy_run: Callable[..., Config], model: Path
) -> None:
    process = start(heavy_run([PROSE], options={"broken": "hang-on-load"}))
    while not diaries(model):
        assert process.poll() is None, "the run ended before the model was loaded"
        sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from here" in said
    (holder,) = diaries(model)
    while is_alive(holder):
        sleep(0.01)


@pytest.fixture
def host(heavy_run: Callable[..., Config]) -> Iterator[ModelHost]:
    """The process, without a pool."""
    with model_host(make_plan(heavy_run([PROSE])).run, print) as host:
        yield host


def columns(*texts: str) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(texts, pa.large_string())})


def stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def connect(host: ModelHost) -> Connection:
    line = socket.socket(socket.AF_UNIX)
    line.connect(host.address)
    return Connection(line.detach())


def test_only_this_user_can_reach_it(host: ModelHost) -> None:
    assert stat.S_IMODE(Path(host.address).parent.stat().st_mode) == 0o700


def test_a_folder_for_temporary_files_whose_name_is_too_long_for_a_socket_is_no_obstacle(
    heavy_run: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 108)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with model_host(make_plan(heavy_run([PROSE])).run, print) as host:
        answer = ModelClient(host.address).ask("heavy", columns(PROSE))
        folder = Path(host.address).parent
    assert len(answer.evidence) == 1
    assert not folder.exists()
    assert list(deep.iterdir()) == []


def test_a_worker_that_dies_at_any_moment_of_its_question_keeps_nobody_waiting(host: ModelHost) -> None:
    for _ in range(3):
        connect(host).close()
        silent = connect(host)
        silent.send(("heavy", False))
        silent.close()
        half = connect(host)
        half.send(("heavy", False))
        os.write(half.fileno(), b"\x00\x00\xff\xff half of a message")
        half.close()
        gone = connect(host)
        gone.send(("heavy", False))
        gone.send_bytes(stream(columns(PROSE)))
        gone.close()
        deaf = connect(host)
        deaf.send(("heavy", False))
        deaf.send_bytes(b"no stream of Arrow")
        deaf.close()
    stopped = connect(host)  # alive, and never reading
    stopped.send(("heavy", False))
    answer = ModelClient(host.address).ask("heavy", columns(PROSE, MACHINE))
    assert [each.reason for each in answer.evidence] == ["heavy.quiet", "heavy.machine"]
    stopped.close()


def test_what_is_no_question_is_answered_with_what_is_wrong_and_the_line_is_closed(host: ModelHost) -> None:
    with connect(host) as pipe:
        pipe.send(("heavy", False))
        pipe.send_bytes(b"no stream of Arrow")
        assert isinstance(pipe.recv(), Asking)
        answer = pipe.recv()
        assert isinstance(answer, Breakdown)
        assert answer.error == "ArrowInvalid"
        with pytest.raises(EOFError):
            pipe.recv()


def listen(host: ModelHost, until: Event) -> None:
    """What the pool does: start the process again where it ends."""
    while not until.is_set():
        if host.pipe.poll(0.05):
            host.hear()


def test_who_only_waited_for_a_turn_is_not_at_fault(host: ModelHost) -> None:
    """The process ends twice over one worker's records, and each time another worker's wait in line behind them."""
    done = Event()
    with ThreadPoolExecutor(6) as threads, ExitStack() as stack:
        stack.callback(
            done.set
        )  # also where a law does not hold: the listener would else keep the suite waiting for ever
        pool = threads.submit(listen, host, done)
        culprit = threads.submit(ModelClient(host.address).ask, "heavy", columns(f"DIE ALWAYS {PROSE}"))
        others = [threads.submit(ModelClient(host.address).ask, "heavy", columns(f"{n} {PROSE}")) for n in range(4)]
        with pytest.raises(RemoteDetectorError) as error:
            culprit.result()
        assert error.value.breakdown.ended
        assert [answer.result().evidence[0].reason for answer in others] == ["heavy.quiet"] * 4
        done.set()
        pool.result()


def test_an_answer_to_a_question_asked_alone_is_sent_before_the_model_sees_the_next() -> None:
    """Else the end of the process over the next records is taken for the second one over these."""
    one = Asked(Question("heavy", True, columns(PROSE)))
    sent: list[Answer] = []

    def send_late() -> None:
        answer = one.answer.result()
        sleep(0.2)
        sent.append(answer)
        one.over.set()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(send_late)
        hand_out([one], [Findings([])])
        assert sent == [Findings([])]


def test_a_worker_that_does_not_read_its_answer_keeps_the_others_waiting_for_a_while_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_process, "DELIVERY_S", 0.01)
    one = Asked(Question("heavy", True, columns(PROSE)))
    hand_out([one], [Findings([])])
    assert one.answer.done()


def test_questions_and_answers_larger_than_any_socket_buffer_pass_from_all_workers_at_once(host: ModelHost) -> None:
    big = columns(*[f"{n} " + PROSE * 2000 for n in range(16)])  # 13 MB
    clients = [ModelClient(host.address) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda client: client.ask("heavy", big), clients))
    assert all(answer.evidence == answers[0].evidence for answer in answers)
    assert len(answers[0].evidence) == 16


def test_the_memory_limit_of_workers_does_not_bind_it(host: ModelHost, model: Path) -> None:
    (holder,) = diaries(model)
    assert resource.prlimit(holder, resource.RLIMIT_AS) == resource.getrlimit(resource.RLIMIT_AS)

"""A storage that fails while a run reads: nothing is committed, and the same command reads it another time."""

import json
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.config import Config
from lowbackground.pipeline.engines import worker
from lowbackground.pipeline.engines.messages import Failed, Ready, Start, Task
from lowbackground.pipeline.errors import ConfigError, StorageError
from lowbackground.pipeline.explain.inspection import inspect_location
from lowbackground.pipeline.runs import run as running
from lowbackground.pipeline.runs import run_unit as unit_runner
from lowbackground.pipeline.runs.plan import make_plan
from tests.factories import AS_OF

ROWS = 30


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folder = tmp_path / "in"
    folder.mkdir()
    rows = [{"id": str(n), "text": f"{n} words of a page " * 20} for n in range(ROWS)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), folder / "c.parquet")
    return Config.model_validate(
        {
            "inputs": [str(folder)],
            "out": str(tmp_path / "out"),
            "as_of": AS_OF,
            "workers": 1,
            "trust_folder": str(tmp_path / "trust"),
            "detectors": {"text_credentials": {"enabled": False}, "content_credentials": {"enabled": False}},
        }
    )


def test_a_shard_that_was_away_during_the_run_is_read_by_the_same_command(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard, away, run_units = tmp_path / "in" / "a.jsonl", tmp_path / "away", running.run_units

    def without_shard(*arguments: Any) -> Iterator[Any]:
        shard.rename(away)
        try:
            yield from run_units(*arguments)
        finally:
            away.rename(shard)

    with monkeypatch.context() as patch:
        patch.setattr(running, "run_units", without_shard)
        first = running.run(config)
    assert (first.exit_code, first.units, first.tally.kept, first.broken) == (1, 1, ROWS, ())
    (message,) = first.failures
    assert "a.jsonl: cannot be opened (No such file or directory); its unit is undone" in message

    again = running.run(config)
    assert (again.exit_code, again.done_before, again.units, again.tally.kept) == (0, 1, 2, 2 * ROWS)
    whole = running.run(config.with_values(out=str(tmp_path / "whole")))
    assert whole.tally.to_json() == again.tally.to_json()
    for path in (tmp_path / "whole" / "kept").iterdir():
        assert path.read_bytes() == (tmp_path / "out" / "kept" / path.name).read_bytes()


def test_one_loose_file_that_vanished_is_a_row_of_its_group(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run_units = tmp_path / "loose", running.run_units
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(f"{name} words of a page " * 20)

    def without_file(*arguments: Any) -> Iterator[Any]:
        (folder / "b.txt").unlink()
        yield from run_units(*arguments)

    monkeypatch.setattr(running, "run_units", without_file)
    result = running.run(config.with_values(inputs=(str(folder),)))
    assert (result.failures, result.tally.kept, dict(result.tally.unreadable)) == ((), 2, {"vanished": 1})


def test_a_file_that_cannot_be_read_is_not_explained(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_uri: str) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lowbackground.pipeline.readers.input_stream.open_binary", refuse)
    with pytest.raises(ConfigError, match=r"cannot be opened .Permission denied.; make it readable"):
        inspect_location(f"{config.inputs[0]}/a.jsonl", config, "1")


def _answer(config: Config, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Failed:
    """What a worker says whose unit ends with this error."""

    def raising(*_: Any) -> None:
        try:
            raise ValueError("SECRET in the cause")
        except ValueError as cause:
            raise error from cause

    monkeypatch.setattr(unit_runner, "run_unit", raising)
    for limit in ("lowbackground.pipeline.engines.worker.limit_memory", "pyarrow.set_cpu_count"):
        monkeypatch.setattr(limit, lambda _: None)
    monkeypatch.setattr("pyarrow.set_io_thread_count", lambda _: None)
    plan = make_plan(config)
    ours, theirs = Pipe()
    ours.send(Start(plan.run, None))
    ours.send(Task(plan.todo[0], None))
    ours.send(None)
    with suppress(EOFError):
        worker.serve(theirs)
    assert isinstance(ours.recv(), Ready)
    answer = ours.recv()
    assert isinstance(answer, Failed)
    return answer


def test_a_storage_failure_is_told_without_a_traceback(
    config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = _answer(config, monkeypatch, StorageError("s3://b/a.jsonl: reading failed (Connection reset by peer)"))
    assert answer.message.startswith("s3://b/a.jsonl: reading failed (Connection reset by peer); its unit is undone")
    assert not answer.fatal
    assert capfd.readouterr().err == ""


def test_a_defect_is_told_by_its_place_and_never_by_content(
    config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = _answer(config, monkeypatch, KeyError("SECRET of a page"))
    log = capfd.readouterr().err
    assert "SECRET" not in log + answer.message
    assert "test_storage_failures.py" in log
    assert "in raising\nValueError\nwhich led to\n" in log
    assert log.endswith("in raising\nKeyError\n")
    assert "KeyError, a defect" in answer.message
    assert not answer.fatal

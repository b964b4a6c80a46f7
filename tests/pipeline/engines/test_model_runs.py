"""Runs with a model: loaded once, in a process of its own, started again where it ends, and never in a worker."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lowbackground import inspect
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.run import run
from tests.heavy_runs import MACHINE, PROSE, Row, Said, attempt, diaries, heavy, heavy_config, installed_model, rows


@dataclass(frozen=True)
class Finished:
    """A run over several shards with two workers; diaries of its model and witnesses as they were after the same command once more."""

    config: Config
    lines: list[str]
    rows: dict[str, Row]
    model: Path
    diaries: dict[int, list[str]]
    witnesses: dict[int, str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as monkeypatch:
        model = installed_model(folder, monkeypatch)
        shards = [[f"{PROSE} {shard} {n} {'machine' * (n % 2)}" for n in range(4)] for shard in range(4)]
        config = heavy_config(folder, [*shards, [PROSE, f"RAISE {PROSE}", f"EAT {PROSE}", MACHINE]], workers=2)
        result, said = attempt(config)
        assert result.exit_code == 0
        assert attempt(config)[0].exit_code == 0
    witnesses = {int(path.stem): path.read_text() for path in model.glob("*.worker")}  # later tests run in this process
    return Finished(config, said.lines, rows(config), model, diaries(model), witnesses)


def test_the_model_is_loaded_once_in_a_process_that_is_neither_the_run_nor_a_worker(finished: Finished) -> None:
    assert finished.lines == ["loading the models of heavy"]
    assert len(finished.rows) == 20
    (holder,) = finished.diaries
    answered = [row for row in finished.rows.values() if row["heavy"]["signal"] != "failed"]
    assert {row["prov_heavy_pid"] for row in answered} == {holder}
    assert {holder, os.getpid()}.isdisjoint(finished.witnesses)
    assert set(finished.witnesses.values()) == {"light"}


def test_nothing_left_to_do_loads_nothing(finished: Finished) -> None:
    assert len(finished.diaries) == 1


def test_it_is_sent_the_columns_that_it_names_and_no_others(finished: Finished) -> None:
    assert all(line.endswith("['']") for lines in finished.diaries.values() for line in lines)


def test_an_exception_is_failed_evidence_of_its_row_alone_and_holds_no_content(finished: Finished) -> None:
    assert {id_: said for id_, said in heavy(finished.config).items() if id_.startswith("4-")} == {
        "4-0": ("silent", "heavy.quiet"),
        "4-1": ("failed", "detector-error"),
        "4-2": ("failed", "detector-out-of-memory"),
        "4-3": ("synthetic", "heavy.machine"),
    }
    detail = json.loads(finished.rows["4-1"]["heavy"]["detail"])
    assert detail["error"] == "RuntimeError"
    assert detail["at"].startswith("heavy_detector.py:")
    assert "words with content" not in json.dumps(finished.rows, default=str) + "".join(finished.lines)


def test_one_worker_finds_what_two_find_and_inspection_finds_it_too(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_model(tmp_path, monkeypatch)
    one = finished.config.with_values(workers=1, out=str(tmp_path / "one"))
    run(one)
    ours = {id_: row["heavy"] for id_, row in rows(one).items()}
    assert ours == {id_: row["heavy"] for id_, row in finished.rows.items()}
    explained = inspect(f"{one.inputs[0]}/1.jsonl#1-1", one).to_json()
    (evidence,) = [each for each in explained["evidence"] if each["detector"] == "heavy"]
    assert evidence["score"] == pytest.approx(ours["1-1"]["score"])
    assert ours["1-1"]["reason"] == evidence["reason"] == "heavy.machine"


def test_a_limit_and_what_is_left_of_it_go_through_the_process_too(heavy_run: Callable[..., Config]) -> None:
    plan = heavy_run(*[[PROSE] * 3 for _ in range(4)], limit=5)
    result, _ = attempt(plan)
    assert result.tally.records == len(heavy(plan)) == 5


def test_a_model_that_is_not_there_stops_the_run_before_it_reads(
    heavy_run: Callable[..., Config], tmp_path: Path
) -> None:
    plan = heavy_run([PROSE], options={"folder": str(tmp_path / "nowhere")})
    with pytest.raises(ConfigError, match=r"detector heavy: .*no such folder; bring the model first"):
        run(plan)
    assert not Path(plan.out).exists()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("load", r"detector heavy: weights.npy: holds 7 numbers, and 256 were expected; bring the model again$"),
        ("die-on-load", r"\(heavy\) ended with signal 9, the kernel's answer to too much memory while it loaded them"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_told_once_and_nothing_is_read(
    heavy_run: Callable[..., Config], model: Path, broken: str, words: str
) -> None:
    plan = heavy_run([PROSE], [PROSE], options={"broken": broken})
    with pytest.raises(ConfigError, match=words):
        run(plan)
    assert rows(plan) == {}
    assert len(diaries(model)) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("DIE ONCE", "ended with signal 9, the kernel's answer to too much memory; it is started again"),
        ("LOST", "ended: RuntimeError in heavy: CUDA error: device-side assert triggered; it is started again"),
    ],
)
def test_a_process_that_ends_is_started_again_and_no_record_is_lost(
    heavy_run: Callable[..., Config], model: Path, text: str, why: str
) -> None:
    plan = heavy_run([PROSE, f"{text} {PROSE}", MACHINE], [PROSE, MACHINE])
    result, said = attempt(plan)
    assert result.exit_code == 0
    (line,) = [line for line in said.lines if "started again" in line]
    assert why in line
    assert "words with advice" not in line
    assert set(heavy(plan).values()) == {("silent", "heavy.quiet"), ("synthetic", "heavy.machine")}
    assert len(heavy(plan)) == 5
    assert len(diaries(model)) == 2


def test_a_record_over_which_it_always_ends_is_singled_out_and_fails_and_the_run_goes_on(
    heavy_run: Callable[..., Config], model: Path
) -> None:
    plan = heavy_run([PROSE, MACHINE, f"DIE ALWAYS {PROSE}", f"more {PROSE}"], [f"other {PROSE}"], unit_bytes=1 << 20)
    result, said = attempt(plan)
    assert (result.exit_code, result.failures) == (0, ())
    quiet = ("silent", "heavy.quiet")
    assert heavy(plan) == {
        "0-0": quiet,
        "0-1": ("synthetic", "heavy.machine"),
        "0-2": ("failed", "detector-process-ended"),
        "0-3": quiet,
        "1-0": quiet,
    }
    assert json.loads(rows(plan)["0-2"]["heavy"]["detail"]) == {"error": "ModelProcessEnded"}
    ends = 2 + 2  # over its batch, and over the record by itself
    assert len([line for line in said.lines if "started again" in line]) == ends
    assert attempt(plan)[0].exit_code == 0
    assert len(diaries(model)) == ends + 1  # nothing is left for the next run


def test_a_process_that_never_answers_stops_the_run_and_no_record_is_blamed(
    heavy_run: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lowbackground.pipeline.engines.model_host.GIVE_UP_AFTER", 3)
    plan = heavy_run(*[[f"DIE ALWAYS {shard} {number} {PROSE}" for number in range(2)] for shard in range(3)])
    with pytest.raises(ConfigError, match=r"ended 3 times without an answer between.*the same command goes on"):
        run(plan, Said())
    assert rows(plan) == {}

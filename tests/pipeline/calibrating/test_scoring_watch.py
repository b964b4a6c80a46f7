"""While records are scored, it is shown how many, of whom, and how many files are left."""

import io
from pathlib import Path

import pytest

from lowbackground import Config, run
from lowbackground.pipeline.calibrating import scoring_watch
from lowbackground.pipeline.calibrating.calibrate_detector import Data, calibrate_detector
from lowbackground.pipeline.calibrating.scoring_watch import ScoringWatch
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs import progress
from lowbackground.pipeline.runs.progress import NoDisplay, PlainDisplay, State
from tests.pipeline.calibrating.test_calibrate_detector import CONFIG, ONE_PERCENT, jsonl, parquet, rows


class Shown(NoDisplay):
    """A display that remembers."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.units: int | None = None
        self.closed = 0

    def start(self, units: int, done: int = 0, /) -> None:
        self.units = units - done

    def show(self, state: State, /) -> None:
        self.states.append(state)

    def close(self) -> None:
        self.closed += 1


def data(folder: Path) -> Data:
    human = parquet(folder / "a.parquet", rows(300)), jsonl(folder / "b.jsonl", rows(40))
    return Data(human, (parquet(folder / "m.parquet", rows(100, machine=True)),))


def test_files_and_records_of_either_side_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_watch, "SHOW_SECONDS", 0.0)
    shown = Shown()
    config = CONFIG.with_values(read={"batch_rows": 64})
    calibrate_detector("score_column", data(tmp_path), ONE_PERCENT, config, shown)
    assert shown.units == 3
    assert shown.states[0].labels == {"human": 64}
    last = shown.states[-1]
    assert (last.units, last.units_done, last.records) == (3, 3, 440)
    assert last.labels == {"human": 340, "machine": 100}
    assert [state.records for state in shown.states] == sorted(state.records for state in shown.states)
    assert shown.closed == 1


def test_the_display_is_closed_when_something_stops_the_scoring(tmp_path: Path) -> None:
    shown = Shown()
    config = Config(inputs=(jsonl(tmp_path / "in.jsonl", rows(3)),), out=str(tmp_path / "out"), workers=1)
    run(config)
    with pytest.raises(ConfigError, match="no row was captured before"):
        calibrate_detector("score_column", Data(eras=(config.out,)), ONE_PERCENT, CONFIG, shown)
    assert (shown.units, shown.closed) == (1, 1)


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 10))
    for module in (scoring_watch, progress):
        monkeypatch.setattr(module, "monotonic", lambda: float(next(clock)))
    stream = io.StringIO()
    watch = ScoringWatch(PlainDisplay(stream), 2)
    for _ in watch.over(["a", "b"]):
        watch.scored(512, machine=False)
    watch.close()
    lines = stream.getvalue().splitlines()
    assert "0 of 2 units, 512 records" in lines[0]
    assert lines[-1].startswith("2 of 2 units, 1,024 records")
    assert "; human 1,024, 0 s left" in lines[-1]

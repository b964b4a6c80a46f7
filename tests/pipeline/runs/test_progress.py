"""What is shown while a run goes on says how far it is, and nothing that came from content."""

import io
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.engines.local import Outcome
from lowbackground.pipeline.engines.messages import Progress
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.runs.progress import NoDisplay, PlainDisplay, State, Watch, duration, size, state_line
from lowbackground.pipeline.units import Format, InputFile, Unit

UNITS = tuple(Unit(f"u{n}", Format.JSONL, (InputFile(f"{n}", f"{n}", 100, "f"),)) for n in range(4))
BEFORE = SimpleNamespace(tally=SimpleNamespace(read=100, labels={"human": 1, "unknown": 99}))
PLANNED: Any = SimpleNamespace(units=UNITS, done={"u0": BEFORE}, todo=UNITS[1:])


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (38_137_102, "38.1 MB"), (5 * 10**15, "5000.0 TB")],
)
def test_sizes_read_as_people_say_them(number: int, words: str) -> None:
    assert size(number) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5400, "1 h 30 min"), (7500, "2 h 05 min")]
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(st.floats(0, 1e9))
def test_any_duration_can_be_said(seconds: float) -> None:
    assert duration(seconds)


def test_a_line_names_units_records_rate_labels_and_the_time_left() -> None:
    state = State(4, 1, 1200, 60.0, {"unknown": 1000, "human": 200}, 30.0)
    assert state_line(state) == "1 of 4 units, 1,200 records, 60/s; human 200, unknown 1,000, 30 s left"


def test_the_watch_counts_running_and_finished_units_once(tmp_path: Any) -> None:
    watch = Watch(PLANNED, Storage(str(tmp_path)), NoDisplay())
    watch.progress("u1", Progress(10, {"human": 4}))
    watch.progress("u1", Progress(20, {"human": 9}))
    assert (watch.state().records, watch.state().labels, watch.state().units_done) == (
        120,
        {"human": 10, "unknown": 99},
        1,
    )
    tally = SimpleNamespace(read=25, labels={"human": 10})
    commit: Any = SimpleNamespace(tally=tally, broken=None)
    watch.finished(Outcome(UNITS[1], commit))
    watch.finished(Outcome(UNITS[2], None, "the disk is full"))
    state = watch.state()
    assert (state.records, state.labels, state.units_done) == (125, {"human": 11, "unknown": 99}, 3)
    assert state.seconds_left is not None


def test_what_an_earlier_start_did_counts_as_done_and_not_towards_the_rate(tmp_path: Any) -> None:
    watch = Watch(PLANNED, Storage(str(tmp_path)), NoDisplay())
    state = watch.state()
    assert (state.records, state.labels, state.records_per_second) == (100, {"human": 1, "unknown": 99}, 0)


def test_status_json_says_how_it_ended(tmp_path: Any) -> None:
    watch = Watch(PLANNED, Storage(str(tmp_path)), NoDisplay())
    assert orjson.loads((tmp_path / "_run/status.json").read_bytes())["state"] == "running"
    watch.close("interrupted")
    assert orjson.loads((tmp_path / "_run/status.json").read_bytes())["state"] == "interrupted"


def test_failures_are_said_at_once_in_a_log(tmp_path: Any) -> None:
    stream = io.StringIO()
    watch = Watch(PLANNED, Storage(str(tmp_path)), PlainDisplay(stream))
    watch.finished(Outcome(UNITS[1], None, "a.jsonl: the disk is full"))
    assert stream.getvalue() == "failed: a.jsonl: the disk is full\n"

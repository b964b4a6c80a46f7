"""`lowbackground calibrate` as its user types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.pipeline.cli.app import app
from lowbackground.pipeline.errors import ConfigError
from tests.pipeline.calibrating.test_calibrate_detector import jsonl, parquet, rows

CONFIG = """
as_of: 2026-11-20
detectors:
  score_column: {column: p, given_by: test}
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "run.yaml").write_text(CONFIG)
    return str(tmp_path / "run.yaml")


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["calibrate", "score_column", *arguments], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_it_writes_a_file_and_says_what_it_holds(tmp_path: Path, config: str) -> None:
    human, machine = (
        parquet(tmp_path / "h.parquet", rows(400)),
        parquet(tmp_path / "m.parquet", rows(200, machine=True)),
    )
    out = str(tmp_path / "c.json")
    code, screen = call(human, "--machine", machine, "--config", config, "--rate", "0.01", "-o", out)
    assert code == 0
    assert "400 human and 200 machine records" in screen
    assert "made 2026-11-20, expires 2027-11-20" in screen
    assert f"{out}: {read_calibration(out).digest[:12]}" in screen
    assert f"`detectors: {{score_column: {{column: p, given_by: test, calibration: {out}}}}}`" in screen


def test_a_run_uses_the_file(tmp_path: Path, config: str) -> None:
    from lowbackground.pipeline.config import load_config
    from lowbackground.pipeline.labelled import labeller

    out = str(tmp_path / "c.json")
    call(parquet(tmp_path / "h.parquet", rows(400)), "--config", config, "--rate", "0.01", "-o", out)
    (tmp_path / "run.yaml").write_text(CONFIG.replace("given_by: test", f"given_by: test, calibration: {out}"))
    made = labeller(load_config(config))
    versions = {detector.name: detector.version for detector in made.detectors}
    assert versions["score_column"] == f"1 of test (calibration {read_calibration(out).digest[:12]})"


def test_options_reach_the_calibration(tmp_path: Path, config: str) -> None:
    path = jsonl(tmp_path / "h.jsonl", [{**row, "body": row.pop("text"), "team": "red"} for row in rows(400)])
    out = str(tmp_path / "c.json")
    options = ["--text", "body", "--group-column", "team", "--lengths", "10,120", "--valid-days", "9", "--limit", "310"]
    code, _ = call(path, "--config", config, "--rate", "0.05", *options, "-o", out)
    made = read_calibration(out)
    assert code == 0
    assert ([str(stratum.key) for stratum in made.strata], made.n_human, made.rate) == (["en 120+ words"], 310, 0.05)
    assert [group.name for group in made.groups] == ["red"]
    assert (made.expires - made.made).days == 9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["h.jsonl", "--lengths", "many"], "--lengths many: expected numbers of words"),
        (["gone.jsonl", "--rate", "5"], r"a rate is a share and lies between 0 and 1, .*; not 5$"),  # before reading
        (["gone.jsonl", "--lengths", "100,50"], "numbers of words that rise"),
        (["gone.jsonl", "--valid-days", "0"], "holds for 1 to 3660 days"),
        (["--from-era", "h.jsonl"], "h.jsonl: is a file; an output is a folder"),
        (["h.jsonl"], r"no stratum can carry a rate of 0.001.* a higher rate: 0.01 takes 299 and 0.05 takes 59$"),
        (["h.jsonl", "--rate", "0.02"], r"carry a rate of 0.02, .* or ask for a higher rate: 0.05 takes 59$"),
        (["h.jsonl", "--limit", "40", "--rate", "0.05"], "40 human records. Bring more$"),
        (["gone.jsonl"], "no such file"),
        ([], "no human records"),
        (["--from-era", "."], "name the output folder of a run"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "h.jsonl", rows(100))
    with pytest.raises(ConfigError, match=words):
        call(*arguments, "--config", config, "-o", "c.json")
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(("out", "words"), [("no/folder/c.json", "cannot be written"), (".", "is a folder")])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=words):
        call("gone.jsonl", "--config", config, "-o", out)


@pytest.mark.parametrize("closed", [".", "c.json"])
def test_a_closed_folder_and_a_closed_file_are_refused_before_anything_is_read(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.json").touch()
    place = (tmp_path / closed).resolve()
    monkeypatch.setattr("os.access", lambda path, _: Path(path).resolve() != place)  # root may write anywhere
    with pytest.raises(ConfigError, match="cannot be written"):
        call("gone.jsonl", "--config", config, "-o", "c.json")


def test_what_is_no_calibration_is_not_written_over(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = Path(jsonl(tmp_path / "h.jsonl", rows(100))).read_bytes()
    with pytest.raises(ConfigError, match=r"^h\.jsonl: is there, and is no calibration: it is not written over"):
        call("h.jsonl", "--config", config, "-o", "h.jsonl")
    assert Path("h.jsonl").read_bytes() == data


def test_an_earlier_calibration_and_an_empty_file_are_written_over(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "h.jsonl", rows(400))
    Path("c.json").touch()
    for rate in ("0.05", "0.01"):
        assert call("h.jsonl", "--config", config, "--rate", rate, "-o", "c.json")[0] == 0
        assert json.loads(Path("c.json").read_bytes())["calibration"]["rate"] == float(rate)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("c.json")) == ["c.json"]


def test_a_broken_input_makes_the_exit_code_1_and_still_writes_the_file(tmp_path: Path, config: str) -> None:
    path = Path(jsonl(tmp_path / "h.jsonl", rows(400)))
    path.write_text(path.read_text() + "{broken\n" * 20)
    code, screen = call(str(path), "--config", config, "--rate", "0.01", "-o", str(tmp_path / "c.json"))
    assert (code, json.loads((tmp_path / "c.json").read_bytes())["format"]) == (1, "lowbackground calibration 1")
    assert "unreadable: 20" in screen

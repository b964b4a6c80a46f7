"""`lowbackground train text` as its user types it, from labelled texts to a detector that a run uses."""

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.detectors.contract import RunFacts
from lowbackground.pipeline.cli.app import app
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.training import train_text
from tests.detectors.text_classifier.test_fit_text import MACHINE, SOURCES, TEXTS
from tests.detectors.text_classifier.toy import prose
from tests.factories import AS_OF, records


def labelled(path: Path) -> str:
    rows = zip(TEXTS, MACHINE.tolist(), SOURCES, strict=True)
    lines = [{"body": text, "by": "ai" if made else "human", "team": source} for text, made, source in rows]
    pq.write_table(pa.Table.from_pylist(lines), path)
    return str(path)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["train", "text", *arguments], catch_exceptions=False)


COLUMNS = ["--text-column", "body", "--label-column", "by", "--group-column", "team", "--set", "as_of=2026-11-20"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder that was trained into, and the screen."""
    folder = tmp_path_factory.mktemp("train")
    options = [*COLUMNS, "--rate", "0.05", "--lengths", "50"]
    done = call(labelled(folder / "in.parquet"), *options, "-o", str(folder / "own"))
    assert done.exit_code == 0, done.stderr
    return folder / "own", done.stdout


def test_it_writes_weights_calibration_and_card(trained: tuple[Path, str]) -> None:
    folder, _ = trained
    assert sorted(path.name for path in folder.iterdir()) == [
        "ai_text.json",
        "ai_text.safetensors",
        "calibration.json",
        "card.md",
    ]
    about = json.loads((folder / "ai_text.json").read_bytes())["about"]
    assert about == {"made_with": "lowbackground train text", "human_texts": 320, "machine_texts": 320, "sources": 3}


def test_the_screen_and_the_card_say_what_it_reached(trained: tuple[Path, str]) -> None:
    folder, screen = trained
    assert "640 texts of 3 sources: 320 by people, 320 by machines" in screen
    assert re.search(r"source-0 +107 +107  1.000", screen)
    assert re.search(r"en 50\+ words +320 +320", screen)
    assert f"{folder}: use it as `detectors: {{ai_text: {{weights: {folder}}}}}`" in screen
    card = (folder / "card.md").read_text()
    assert all(line in card for line in screen.splitlines()[:5])
    assert "A low score is no evidence of a human hand" in card


def test_the_calibration_is_for_these_weights(trained: tuple[Path, str]) -> None:
    folder, _ = trained
    made = read_calibration(folder / "calibration.json")
    detector = ai_text(weights=str(folder), run=RunFacts(AS_OF))
    assert detector.version == f"1.own (model {str(made.scale.model)[:12]}, calibration {made.digest[:12]})"
    assert (made.n_human, made.n_machine, str(made.made)) == (320, 320, "2026-11-20")


def test_a_folder_that_was_trained_into_is_a_detector(trained: tuple[Path, str]) -> None:
    detector = ai_text(weights=str(trained[0]), run=RunFacts(AS_OF))
    new = [{"text": prose(machine=machine, seed=70_000 + machine, words=150)} for machine in (False, True)]
    human, machine = detector(records(new)).evidence
    assert (human.reason, machine.reason) == ("ai-text.below-threshold", "ai-text.above-threshold")
    assert machine.fpr is not None
    assert machine.fpr <= 0.05


def test_too_few_texts_for_a_rate_give_the_same_weights_without_a_calibration(
    tmp_path: Path, trained: tuple[Path, str]
) -> None:
    done = call(labelled(tmp_path / "in.parquet"), *COLUMNS, "-o", str(tmp_path / "own"))
    assert done.exit_code == 0
    assert "no calibration: no stratum can carry a rate of 0.001, which takes 2,995 human records" in done.stdout
    assert not (tmp_path / "own" / "calibration.json").exists()
    assert (tmp_path / "own" / "ai_text.safetensors").read_bytes() == (trained[0] / "ai_text.safetensors").read_bytes()
    detector = ai_text(weights=str(tmp_path / "own"), run=RunFacts(AS_OF))
    (found,) = detector(records([{"text": TEXTS[0]}])).evidence
    assert (found.reason, found.llr) == ("ai-text.no-calibration", None)


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_text, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs sklearn and lightgbm.*pip install 'lowbackground\[train\]'"):
        call("in.parquet", "-o", str(tmp_path / "own"))
    assert not (tmp_path / "own").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"own: holds notes.txt already"):
        call(labelled(tmp_path / "in.parquet"), "-o", str(tmp_path / "own"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written to"):
        call(labelled(tmp_path / "in.parquet"), "-o", str(tmp_path / "file"))


def test_a_disk_that_fills_up_leaves_the_folder_new_and_is_named(tmp_path: Path) -> None:
    def full() -> None:
        with train_text.emptied_on_error(tmp_path):
            (tmp_path / "ai_text.safetensors").write_bytes(b"the first half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(
        ConfigError, match=r"No space left on device; make room there, and give the same command again$"
    ):
        full()
    assert list(tmp_path.iterdir()) == []


def test_what_is_interrupted_leaves_the_folder_new(tmp_path: Path) -> None:
    def interrupted() -> None:
        with train_text.emptied_on_error(tmp_path):
            (tmp_path / "ai_text.json").write_text("{}")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_data_that_will_not_do_leave_no_weights(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="each side needs texts of two sources"):
        call(labelled(tmp_path / "in.parquet"), *COLUMNS[:4], "-o", str(tmp_path / "own"))
    assert list((tmp_path / "own").iterdir()) == []
    lines = [{"text": text, "label": int(made)} for text, made in zip(TEXTS[:10], MACHINE[:10].tolist(), strict=True)]
    pq.write_table(pa.Table.from_pylist(lines), tmp_path / "ten.parquet")
    with pytest.raises(ConfigError, match=r"^5 human texts can be scored, and a detector takes 300 of either side"):
        call(str(tmp_path / "ten.parquet"), "-o", str(tmp_path / "own"))
    with pytest.raises(ConfigError, match="has no column 'label'"):
        call(labelled(tmp_path / "in.parquet"), "--text-column", "body", "-o", str(tmp_path / "own"))

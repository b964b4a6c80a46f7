"""A file is of people or of machines: given as both, under whatever names, it is refused before anything is scored."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lowbackground import Config, run
from lowbackground.pipeline.calibrating.calibrate_detector import Data
from lowbackground.pipeline.errors import ConfigError
from tests.pipeline.calibrating.test_calibrate_detector import jsonl, made, parquet, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files in a folder, and other names for one of them and for the folder."""
    (tmp_path / "data").mkdir()
    parquet(tmp_path / "data" / "a.parquet", rows(300))
    parquet(tmp_path / "data" / "b.parquet", rows(310))
    (tmp_path / "link.parquet").symlink_to("data/a.parquet")
    (tmp_path / "hard.parquet").hardlink_to(tmp_path / "data" / "a.parquet")
    (tmp_path / "other").symlink_to("data")
    (tmp_path / "list.txt").write_text(f"{tmp_path}/data/a.parquet\n")
    return tmp_path


@pytest.mark.parametrize(
    ("human", "machine"),
    [
        ("data/a.parquet", "data/a.parquet"),
        ("data/a.parquet", "./data/../data/a.parquet"),
        ("data/a.parquet", "link.parquet"),
        ("hard.parquet", "data"),
        ("data", "data/a.parquet"),
        ("other", "data/a.parquet"),
        ("@list.txt", "other"),
        ("data/*.parquet", "link.parquet"),
    ],
)
def test_the_same_file_cannot_be_both(folder: Path, monkeypatch: pytest.MonkeyPatch, human: str, machine: str) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigError, match=r"(a|link)\.parquet: given with --machine, and as human records too"):
        made(Data((human,), (machine,)))


def test_the_message_names_both_spellings_and_counts_the_rest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigError, match=r"^other/a.parquet: .* \(there as data/a.parquet\), and so is 1 more file;"):
        made(Data(("data",), ("other",)))


def test_files_of_one_folder_may_be_of_either(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = made(Data(("data/a.parquet",), ("data/b.parquet",)))
    assert (found.calibration.n_human, found.calibration.n_machine) == (300, 310)


def test_rows_of_a_run_cannot_be_old_human_ones_and_machine_made(tmp_path: Path) -> None:
    lines = rows(320, when=datetime(2015, 1, 1, tzinfo=UTC))
    config = Config(
        inputs=(parquet(tmp_path / "in.parquet", lines),),
        out=str(tmp_path / "out"),
        workers=1,
        read={"columns": {"captured_at": "when", "captured_at_kind": "captured"}},
    )
    assert run(config).exit_code == 0
    again = Config(detectors={"score_column": {"column": "p", "given_by": "t"}}, read={"replace_prov": True})
    with pytest.raises(ConfigError, match=r"part-.*: given with --machine, and as human .*\(there as .*out\)"):
        made(Data(eras=(config.out,), machine=(f"{config.out}/kept",)), again)


def test_what_was_passed_over_is_named_where_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ConfigError, match=r"nothing here can be read \(1 empty\)"):
        made(Data((str(tmp_path),)))
    with pytest.raises(ConfigError, match="no such file"):
        made(Data((jsonl(tmp_path / "h.jsonl", rows(5)),), (str(tmp_path / "gone.jsonl"),)))

"""Files of an output folder appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.storage import Storage, refusal


@pytest.fixture(params=["local", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A local folder, and one of a store behind fsspec."""
    return Storage(str(tmp_path / "out") if request.param == "local" else f"memory://{tmp_path}/out")


def test_what_is_written_is_read_back_and_listed(storage: Storage) -> None:
    storage.write("a/b.json", b"{}")
    storage.write("a/a.json", b"1")
    assert storage.read("a/b.json") == b"{}"
    assert storage.names("a") == ["a.json", "b.json"]
    assert storage.names("nowhere") == []


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(storage: Storage) -> None:
    storage.write("a/b", b"old")

    def interrupted() -> None:
        with storage.create("a/b") as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert storage.read("a/b") == b"old"
    assert storage.names("a") == ["b"]


def test_removing_what_is_not_there_is_as_good_as_removing_it(storage: Storage) -> None:
    storage.remove("a/b")
    assert not storage.exists("a/b")


def test_a_file_in_the_way_of_the_folder_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ConfigError, match="cannot write there"):
        Storage(str(tmp_path / "out")).write("a/b", b"")


def _refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(_file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_with_the_folder_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    storage = Storage(str(tmp_path))
    _refuse(monkeypatch, number)
    with pytest.raises(ConfigError, match="make room there, and give the same command again") as refused:
        storage.write("a", b"1")
    assert str(refused.value).startswith(f"{tmp_path}: {os.strerror(number)}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_became_read_only_is_a_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, errno.EROFS)
    with pytest.raises(ConfigError, match="cannot write there"):
        Storage(str(tmp_path)).write("a", b"1")


def test_an_error_of_the_disk_itself_is_no_matter_of_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        Storage(str(tmp_path)).write("a", b"1")


def test_a_store_that_denies_access_is_refused_though_its_error_has_no_number() -> None:
    assert refusal("s3://bucket/out", PermissionError("Access Denied")) is not None

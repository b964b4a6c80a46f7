"""Files of an output folder appear whole or not at all."""

from pathlib import Path

import pytest

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.storage import Storage


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

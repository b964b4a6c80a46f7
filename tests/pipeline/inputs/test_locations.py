"""Locations: what is shown of them, and what is opened."""

from pathlib import Path

import fsspec
import pytest

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.locations import filesystem, has_file, local_path, open_binary, openable, redacted


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("a/b.jsonl", "a/b.jsonl"),
        ("/tmp/a?token=1@b", "/tmp/a?token=1@b"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("https://user:word@host:8/a/b", "https://host:8/a/b"),
        ("https://host/a?id=1&b=%20#part", "https://host/a?id=1&b=%20"),
        ("https://host/a?X-Amz-Signature=1&x-amz-date=2&id=3&X-Amz-Credential=4", "https://host/a?id=3"),
        ("https://host/a?X-Goog-Signature=1&id=3", "https://host/a?id=3"),
        ("https://host/a?AWSAccessKeyId=1&Signature=2&Expires=3", "https://host/a"),
        ("https://host/a?Expires=3&key=4", "https://host/a?Expires=3&key=4"),
        ("https://host/a?sv=1&sr=b&sig=2&se=3&sp=r", "https://host/a"),
        ("https://host/a?sv=1&sr=b", "https://host/a?sv=1&sr=b"),
        ("https://host/a?ACCESS_TOKEN=1&token=2", "https://host/a"),
        ("hf://datasets/ORG/NAME@main/a", "hf://datasets/ORG/NAME@main/a"),
    ],
)
def test_what_is_shown_gives_no_access(location: str, shown: str) -> None:
    assert shown == redacted(location)


def test_a_file_url_is_decoded_and_must_be_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "a b").write_bytes(b"x")

    assert str(tmp_path / "a b") == local_path(f"file://{tmp_path}/a%20b")
    with open_binary(f"file://localhost{tmp_path}/a%20b") as file:
        assert file.read() == b"x"
    with pytest.raises(ConfigError, match="three slashes"):
        local_path("file://tmp/a")


def test_a_path_of_any_bytes_can_be_written_down_and_opened(tmp_path: Path) -> None:
    path = str(tmp_path) + "/\udcff.txt"
    Path(path).write_bytes(b"x")
    location = openable(path)

    assert location.encode().startswith(b"file:///")
    assert path == local_path(location)
    assert openable("plain") == "plain"


def test_an_allowed_scheme_carries_no_other_one() -> None:
    with pytest.raises(ConfigError, match="'simplecache' are not read"):
        filesystem("simplecache://memory://a")
    assert filesystem("memory://a::file:///etc/passwd")[1].strip("/") == "a::file:///etc/passwd"


@pytest.mark.parametrize(
    ("location", "extra"), [("s3://a/b", r"lowbackground\[s3\]"), ("gs://a/b", r"lowbackground\[gcs\]")]
)
def test_a_store_whose_package_is_missing_says_what_to_install(
    location: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_scheme: str) -> None:
        raise ImportError

    monkeypatch.setattr("fsspec.filesystem", missing)
    with pytest.raises(ConfigError, match=extra):
        filesystem(location)


def test_whether_there_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    assert has_file(str(tmp_path / "a"))
    assert not has_file(str(tmp_path))
    assert not has_file(str(tmp_path / "b"))
    assert not has_file("memory://nothing/here")


def test_a_file_of_a_store_is_read_like_any_other() -> None:
    fsspec.filesystem("memory").pipe("/bucket/a", bytes(range(256)) * 1000)
    with open_binary("memory://bucket/a") as file:
        assert file.read(3) == b"\0\1\2"
        assert file.seek(-2, 2) == 255_998
        assert file.read() == b"\xfe\xff"
        assert file.seekable()


@pytest.mark.parametrize("call", ["open", "read", "seek"])
def test_whatever_a_store_raises_is_an_error_of_files(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class BrokenFile:
        def seekable(self) -> bool:
            return True

        def tell(self) -> int:
            return 0

        def read(self, *_arguments: int) -> bytes:
            raise KeyError("the connection is gone")

        seek = read

        def close(self) -> None: ...

    class BrokenStore:
        def _strip_protocol(self, path: str) -> str:
            return path

        def open(self, _path: str, _mode: str, **_options: int) -> BrokenFile:
            if call == "open":
                raise RuntimeError("no credentials")
            return BrokenFile()

        def isfile(self, _path: str) -> bool:
            raise RuntimeError("no credentials")

    monkeypatch.setattr("fsspec.filesystem", lambda _scheme: BrokenStore())
    assert not has_file("s3://bucket/a")
    with pytest.raises(OSError, match="no credentials" if call == "open" else "the connection is gone"):  # noqa: PT012 (opening and reading are one case)
        file = open_binary("s3://bucket/a")
        getattr(file, call)(1)

"""A storage that fails, or memory that ends, is never written down as damage of an input: in all formats, at every read."""

import errno
import gzip
import io
import json
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError, StorageError, UnitError
from lowbackground.pipeline.inputs.locations import open_binary
from lowbackground.pipeline.readers import files, hub, input_stream, reader_for, streams
from lowbackground.pipeline.readers.http_body import decode_body
from lowbackground.pipeline.units import Format, InputFile, Unit
from tests.archives import archive
from tests.assets import tiny
from tests.reading import input_file, seen
from tests.warcs import members, response

_NOISE = random.Random(1)
TEXTS = [_NOISE.randbytes(3000).hex() for _ in range(40)]  # more than one read of any reader, also compressed


def _parquet(path: Path) -> None:
    pq.write_table(pa.table({"text": TEXTS * 10}), path, row_group_size=40, compression="none", use_dictionary=False)


def _saved(path: Path) -> None:
    batch = pa.record_batch({"text": TEXTS})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, batch.schema) as stream:
        for _ in range(4):
            stream.write_batch(batch)


def _lines() -> bytes:
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in TEXTS)


def _records() -> list[bytes]:
    return members([response(text.encode(), content_type="text/plain", id_=str(n)) for n, text in enumerate(TEXTS)])


MAKERS: dict[str, tuple[Format, Callable[[Path], object]]] = {
    "a.jsonl": (Format.JSONL, lambda path: path.write_bytes(_lines())),
    "a.jsonl.gz": (Format.JSONL, lambda path: path.write_bytes(gzip.compress(_lines()))),
    "a.parquet": (Format.PARQUET, _parquet),
    "a.tar": (
        Format.TAR,
        lambda path: path.write_bytes(archive((f"{n}.txt", text.encode()) for n, text in enumerate(TEXTS))),
    ),
    "a.warc.gz": (Format.WARC, lambda path: path.write_bytes(b"".join(_records()))),
    "a.warc": (Format.WARC, lambda path: path.write_bytes(b"".join(map(gzip.decompress, _records())))),
    "a.arrow": (Format.HUB, _saved),
}


class Failing(io.RawIOBase):
    """A file whose storage fails at one of its reads."""

    def __init__(self, path: str, reads: int, error: BaseException) -> None:
        self._file, self._left, self._error = open_binary(path), reads, error

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        self._left -= 1
        if self._left < 0:
            raise self._error
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def _until_failure(batches: Iterator[Batch]) -> tuple[list[Batch], Exception | None]:
    found: list[Batch] = []
    try:
        found.extend(batches)
    except Exception as error:
        return found, error
    return found, None


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], None]:
    """Let every input from now on fail at that read."""

    def opening(reads: int, error: BaseException) -> None:
        monkeypatch.setattr(input_stream, "open_binary", lambda uri: Failing(uri, reads, error))

    return opening


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), StorageError, "Connection reset by peer"),
        (OSError("ClientPayloadError: no more data"), StorageError, "no more data"),
        (TimeoutError(), StorageError, "TimeoutError"),
        (MemoryError("malloc"), MemoryError, "malloc"),
    ],
)
@pytest.mark.parametrize("name", MAKERS)
def test_no_failure_becomes_a_fact_about_the_input_whichever_read_meets_it(
    tmp_path: Path,
    name: str,
    error: BaseException,
    raised: type[BaseException],
    words: str,
    opening: Callable[[int, BaseException], None],
) -> None:
    format_, make = MAKERS[name]
    make(tmp_path / name)
    file = input_file(tmp_path / name)
    whole = seen(format_, file)
    assert (whole.broken, whole.unreadable) == (None, [])
    caught = []
    for reads in count():
        opening(reads, error)
        batches, failure = _until_failure(reader_for(format_).read(Unit("unit", format_, (file,)), Read(batch_rows=5)))
        assert all(batch.unreadable == () for batch in batches)
        if failure is None:
            break
        caught.append(failure)
    assert sum(batch.records.num_rows for batch in batches) == whole.read
    assert len(caught) > 1
    for failure in caught:
        assert type(failure) is raised
        assert words in str(failure)
        assert raised is MemoryError or str(failure).startswith(f"{name}: reading failed")


@pytest.mark.parametrize("name", MAKERS)
def test_an_input_that_is_gone_leaves_its_unit_undone(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError, match=rf"^{name}: cannot be opened \(No such file or directory\)"):
        seen(MAKERS[name][0], input_file(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("a.parquet", "schema"),
        ("a.arrow", "schema"),
        ("a.parquet", "slices"),
        ("a.jsonl", "slices"),
        ("a.tar", "slices"),
        ("a.warc.gz", "slices"),
    ],
)
def test_what_cannot_be_asked_is_not_planned(tmp_path: Path, name: str, asked: str) -> None:
    reader, file = reader_for(MAKERS[name][0]), InputFile(str(tmp_path / name), name, 1 << 20, "1")
    with pytest.raises(ConfigError, match="cannot be planned without it"):
        reader.schema(file, Read()) if asked == "schema" else reader.slices(file, 1 << 10)


def _stored(monkeypatch: pytest.MonkeyPatch, error: OSError) -> InputFile:
    def refuse(uri: str) -> BinaryIO:
        if uri.endswith("good.jpg"):
            return io.BytesIO(tiny("image/jpeg"))
        raise error

    monkeypatch.setattr(files, "open_binary", refuse)
    return InputFile("s3://bucket/bad.jpg", "s3://bucket/bad.jpg", 9, "1", id="bad.jpg")


@pytest.mark.parametrize(
    ("error", "reason"), [(FileNotFoundError(), "vanished"), (PermissionError(), "permission-denied")]
)
def test_a_loose_file_of_a_store_that_is_gone_or_closed_costs_itself(
    monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    found = seen(Format.FILE, _stored(monkeypatch, error))
    assert [row.reason for row in found.unreadable] == [reason]


def test_a_store_that_fails_on_a_loose_file_or_its_sidecar_leaves_the_unit_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = _stored(monkeypatch, ConnectionError("no route to host"))
    for file in (bad, InputFile("good.jpg", "good.jpg", 9, "1", sidecar="s3://bucket/good.c2pa", id="good.jpg")):
        with pytest.raises(StorageError, match="cannot be read"):
            seen(Format.FILE, file)


class _HTTPXError(Exception):
    __module__ = "httpx._exceptions"


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionError("Server Disconnected"), StorageError),
        (_HTTPXError("read timed out"), StorageError),
        (_caused(ValueError("could not generate the rows"), _HTTPXError("read timed out")), StorageError),
        (OSError("Couldn't deserialize thrift"), UnitError),  # as Arrow says of damage
        (gzip.BadGzipFile("CRC check failed"), UnitError),
        (pa.ArrowInvalid("Not a Parquet file"), UnitError),
        (EOFError(), UnitError),
    ],
)
def test_transport_is_told_from_damage_by_what_a_library_raised(error: Exception, kind: type[Exception]) -> None:
    file = InputFile("hf://datasets/o/n@c/a.parquet", "hf://datasets/o/n/a.parquet", 1, "1")
    fault = hub._fault(file, error)
    assert type(fault) is kind
    assert "--redo-changed" not in str(fault)  # a commit of the hub never changes


def test_memory_that_ends_inside_a_decoder_is_no_corruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: Any, **__: Any) -> Iterator[bytes]:
        raise MemoryError
        yield b""

    monkeypatch.setattr(streams._Gzip, "pieces", out_of_memory)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(_lines()))
    with pytest.raises(MemoryError):
        seen(Format.JSONL, input_file(tmp_path / "a.jsonl.gz"))

    monkeypatch.setattr("lowbackground.pipeline.readers.http_body.zlib.decompressobj", out_of_memory_object)
    with pytest.raises(MemoryError):
        decode_body(gzip.compress(b"x" * 100), None, "gzip", 1000)


def out_of_memory_object(*_: Any, **__: Any) -> Any:
    raise MemoryError


def test_memory_that_ends_inside_arrow_is_no_corrupt_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _parquet(tmp_path / "a.parquet")

    def exhausted(*_: Any, **__: Any) -> Iterator[pa.RecordBatch]:
        raise pa.ArrowMemoryError("malloc of size 64 failed")
        yield

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", exhausted)
    with pytest.raises(MemoryError):
        seen(Format.PARQUET, input_file(tmp_path / "a.parquet"))


def test_memory_that_ends_in_a_loose_file_is_no_fact_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(tiny("image/jpeg"))
    monkeypatch.setattr(files, "open_binary", out_of_memory_object)
    with pytest.raises(MemoryError):
        seen(Format.FILE, input_file(tmp_path / "a.jpg"))

"""The writer: no empty files, files appear when the unit is complete, same rows same bytes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.schema import OutputSchema
from lowbackground.pipeline.storage import Storage
from lowbackground.pipeline.writer import Output, UnitWriter

SCHEMA = OutputSchema(pa.schema([("text", pa.large_string())]), pa.schema([("prov_label", pa.string())]))


def rows(texts: list[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"text": texts, "prov_label": ["unknown"] * len(texts)}, schema=SCHEMA.kept)


def write(folder: Path, batches: list[list[str]], row_group_bytes: int = 1 << 20) -> tuple[Output, ...]:
    with UnitWriter(Storage(str(folder)), "00000000-00000", SCHEMA, {"run_id": "r"}, row_group_bytes) as writer:
        for texts in batches:
            writer.kept.add(rows(texts))
        writer.add_unreadable([])
        return writer.finish()


def test_no_file_has_zero_rows(tmp_path: Path) -> None:
    assert write(tmp_path, [[]]) == ()
    assert not list(tmp_path.rglob("*.parquet"))


def test_outputs_name_rows_size_and_digest_of_what_was_written(tmp_path: Path) -> None:
    (output,) = write(tmp_path, [["a"], ["b", "c"]])
    path = tmp_path / output.path
    assert pq.read_table(path).column("text").to_pylist() == ["a", "b", "c"]
    assert (output.rows, output.bytes) == (3, path.stat().st_size)
    assert pq.read_metadata(path).metadata[b"lowbackground.run_id"] == b"r"


def test_an_error_inside_the_block_publishes_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with UnitWriter(Storage(str(tmp_path)), "u", SCHEMA, {}, 1) as writer:
            writer.kept.add(rows(["a"]))
            writer.add_unreadable([Unreadable("i", "s", 0, "r", "d")])
            raise MemoryError

    with pytest.raises(MemoryError):
        broken()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_row_groups_are_cut_by_bytes(tmp_path: Path) -> None:
    (output,) = write(tmp_path, [["a" * 1000], ["b" * 1000], ["c" * 1000]], row_group_bytes=1500)
    assert pq.read_metadata(tmp_path / output.path).num_row_groups == 2


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "a", [["a"], ["b"]]) == write(tmp_path / "b", [["a"], ["b"]])

"""The writer: no empty files, files appear when the unit is complete, same rows same bytes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.output.schema import OutputSchema
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.output.writer import Output, UnitWriter

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


def test_rows_of_a_slice_count_for_themselves_and_not_for_what_they_were_cut_from(tmp_path: Path) -> None:
    whole = rows([letter * 1000 for letter in "abcdef"])
    with UnitWriter(Storage(str(tmp_path)), "u", SCHEMA, {}, 3500) as writer:
        for row in range(whole.num_rows):
            writer.kept.add(whole.slice(row, 1))
        (output,) = writer.finish()
    described = pq.read_metadata(tmp_path / output.path)
    assert [described.row_group(index).num_rows for index in range(described.num_row_groups)] == [4, 2]


def test_what_repeats_in_our_columns_has_a_dictionary_and_statistics_and_content_has_neither(tmp_path: Path) -> None:
    evidence = pa.list_(
        pa.struct([("detector", pa.string()), ("opt_out", pa.list_(pa.string())), ("detail", pa.string())])
    )
    own = pa.schema(
        [("text", pa.large_string()), ("lang", pa.string()), ("turns", pa.list_(pa.struct([("said", pa.string())])))]
    )
    ours = pa.schema([("prov_id", pa.string()), ("prov_label", pa.string()), ("prov_evidence", evidence)])
    schema = OutputSchema(own, ours)
    row = {
        "text": "a page",
        "lang": "en",
        "turns": [{"said": "a question"}],
        "prov_id": "1",
        "prov_label": "unknown",
        "prov_evidence": [{"detector": "era", "opt_out": ["noai"], "detail": "{}"}],
    }
    with UnitWriter(Storage(str(tmp_path)), "u", schema, {}, 1 << 20) as writer:
        writer.kept.add(pa.RecordBatch.from_pylist([row] * 100, schema=schema.kept))
        (output,) = writer.finish()
    group = pq.read_metadata(tmp_path / output.path).row_group(0)
    columns = {column.path_in_schema: column for column in map(group.column, range(group.num_columns))}
    with_dictionary = {path for path, column in columns.items() if column.has_dictionary_page}
    with_statistics = {path for path, column in columns.items() if column.is_stats_set}
    repeated = {"lang", "prov_label", "prov_evidence.list.element.detector"}
    repeated |= {"prov_evidence.list.element.opt_out.list.element"}
    assert with_dictionary == repeated | {"prov_evidence.list.element.detail"}
    assert with_statistics == repeated | {"prov_id"}

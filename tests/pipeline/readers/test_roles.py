"""Tables in which nothing would be judged, or not what was asked for, are refused before a row is read."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.config import Config, Mapping, Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.readers import parquet
from lowbackground.pipeline.readers.roles import passthrough_schema
from lowbackground.pipeline.runs.plan import make_plan
from lowbackground.pipeline.units import Format
from tests.reading import input_file, seen

JPEG = b"\xff\xd8\xff\xe0 a picture"
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def planned(table: pa.Table, **columns: Any) -> pa.Schema:
    return passthrough_schema(table.schema, "in/a.parquet", Read(columns=Mapping(**columns)))


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({"content": pa.array(["a"])}, r"content \(string|large_string\)"),
        ({"image": pa.array([JPEG])}, r"image \(large_binary\)"),
        (
            {name: pa.array([{"bytes": JPEG, "path": None}], STRUCT) for name in ("before", "after")},
            r"before \(media struct\), after",
        ),
        ({"url": pa.array(["https://a/"])}, "url"),
    ],
)
def test_a_table_with_nothing_to_judge_is_refused_with_its_columns_and_what_to_type(
    table: dict[str, pa.Array], found: str
) -> None:
    with pytest.raises(
        ConfigError, match=rf"^in/a\.parquet: .*'text' or 'raw'.*{found}.*--text NAME.*read\.columns\.raw"
    ):
        planned(pa.table(table))


@pytest.mark.parametrize("part", ["text", "raw", "url", "id", "captured_at"])
def test_a_column_that_was_asked_for_and_is_not_there_is_refused(part: str) -> None:
    kind = {"captured_at_kind": "captured"} if part == "captured_at" else {}

    with pytest.raises(
        ConfigError, match=rf"^in/a\.parquet: has no column 'typo', which is mapped to {part}; it has text"
    ):
        planned(pa.table({"text": ["a"], "raw": [b"a"]}), **{part: "typo"}, **kind)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ({"text": ["a"]}, {}),
        ({"raw": [JPEG]}, {}),
        ({"content": ["a"]}, {"text": "content"}),
        ({"image": pa.array([{"bytes": JPEG, "path": None}], STRUCT)}, {}),
        ({"url": ["https://a/"]}, {"text": None, "raw": None}),
        ({"text": ["a"], "url": [1]}, {"url": None}),
        ({}, {}),
    ],
)
def test_what_can_be_judged_and_what_was_said_to_be_missing_is_read(table: dict[str, Any], columns: Any) -> None:
    assert planned(pa.table(table), **columns).names == list(table)


def test_names_of_columns_are_capped_in_an_error() -> None:
    table = pa.table({"x" * 10_000 + str(number): [1] for number in range(100)})

    with pytest.raises(ConfigError, match=r"and 80 more") as raised:
        planned(table)
    assert len(str(raised.value)) < 3000


def test_of_many_inputs_the_one_without_the_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "date": ["2016-01-01"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": ["b"]}), tmp_path / "b.parquet")
    config = Config(
        inputs=(str(tmp_path),),
        out=str(tmp_path / "out"),
        read=Read(columns=Mapping(captured_at="date", captured_at_kind="captured")),
    )

    with pytest.raises(ConfigError, match=r"b\.parquet: has no column 'date'"):
        make_plan(config)


def test_plain_bytes_that_are_media_and_mapped_to_nothing_are_noted_where_they_are(tmp_path: Path) -> None:
    table = pa.table({"text": list("abc"), "image": [JPEG, b"md5 or so", None]})
    pq.write_table(table, tmp_path / "a.parquet")
    file = input_file(tmp_path / "a.parquet")

    assert seen(Format.PARQUET, file).column("notes") == [["media-unmapped"], [], []]
    mapped = seen(Format.PARQUET, file, Read(columns=Mapping(raw="image")))
    assert mapped.column("notes") == [[], [], []]
    assert parquet.schema(file, Read()).names == ["text", "image"]


def test_keys_of_json_that_play_no_part_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "raw": "no base64", "url": 5, "id": [1]}\n')
    settings = Read(columns=Mapping(raw=None, url=None, id=None))
    found = seen(Format.JSONL, input_file(tmp_path / "a.jsonl"), settings)

    assert found.reasons == []
    assert found.own == [{"text": "a", "extra": '{"id":[1],"raw":"no base64","url":5}'}]

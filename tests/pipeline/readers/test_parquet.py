"""Parquet: columns and types kept, rows counted by file, row groups as the unit of damage."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.config import Mapping, Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.readers import parquet
from lowbackground.pipeline.units import Format, InputFile
from tests.reading import Seen, in_slices, input_file, seen

JPEG = b"\xff\xd8\xff\xe0 a picture"


def written(path: Path, table: pa.Table, **options: Any) -> InputFile:
    pq.write_table(table, path / "a.parquet", **options)
    return input_file(path / "a.parquet")


def read(path: Path, table: pa.Table, settings: Read | None = None, **options: Any) -> Seen:
    return seen(Format.PARQUET, written(path, table, **options), settings)


def captured(name: str = "when") -> Read:
    return Read(columns=Mapping(text=None, raw=None, captured_at=name, captured_at_kind="captured"))


WHEN: dict[str, Any] = {"captured_at": "captured_at", "captured_at_kind": "captured"}
BARE = Read(columns=Mapping(text=None, raw=None))  # of tables that have neither, on purpose


def test_the_users_columns_and_types_pass_through(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None]),
            "source": pa.array(["mine", "too"], pa.large_string()),
            "tags": pa.array([["x"], None], pa.list_(pa.string())),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(5, 2)),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "blob": pa.array([b"1", b"2"]),
            "label": pa.array([1, 2], pa.int8()),
        }
    )
    file = written(tmp_path, table)
    expected = {
        "text": pa.large_string(),
        "source": pa.large_string(),
        "tags": pa.list_(pa.string()),
        "price": pa.decimal128(5, 2),
        "kind": pa.large_string(),
        "blob": pa.large_binary(),
        "label": pa.int8(),
    }

    assert pa.schema(list(expected.items())).equals(parquet.schema(file, Read()))
    assert table.to_pylist() == seen(Format.PARQUET, file).own


def test_offsets_are_rows_of_the_file_and_ids_are_their_own_or_the_place(tmp_path: Path) -> None:
    table = pa.table({"text": list("abcdef"), "id": pa.array([7, 8, None, 7, 9, 10])})
    found = read(tmp_path, table, row_group_size=2)

    assert list(range(6)) == found.column("offset")
    assert found.column("id") == ["7", "8", "a.parquet#2", "7", "9", "10"]
    assert list("abcdef") == found.column("text")


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([1.0, None]), ["1", "a.parquet#1"]),
        (pa.array(["", "x"]), ["a.parquet#0", "x"]),
        (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
        (pa.nulls(2), ["a.parquet#0", "a.parquet#1"]),
    ],
)
def test_ids_of_any_plain_type_become_strings(tmp_path: Path, array: pa.Array, expected: list[str]) -> None:
    assert expected == read(tmp_path, pa.table({"id": array}), BARE).column("id")


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["a", None], pa.string()),
        pa.array(["a", None], pa.large_string()),
        pa.array(["a", None]).dictionary_encode(),
        pa.array(["a", None], pa.string_view()),
    ],
)
def test_every_kind_of_string_is_text(tmp_path: Path, array: pa.Array) -> None:
    found = read(tmp_path, pa.table({"text": array}))

    assert found.column("text") == ["a", None]
    assert found.own == [{"text": "a"}, {"text": None}]


@pytest.mark.parametrize(
    ("part", "array"),
    [
        ("text", pa.array([1])),
        ("text", pa.array([b"a"])),
        ("text", pa.array([["a"]])),
        ("raw", pa.array(["a"])),
        ("url", pa.array([1])),
        ("id", pa.array([[1]])),
        ("id", pa.array([b"1"])),
        ("captured_at", pa.array([1])),
    ],
)
def test_a_mapped_column_of_the_wrong_type_stops_the_run_and_says_what_to_do(
    tmp_path: Path, part: str, array: pa.Array
) -> None:
    file = written(tmp_path, pa.table({part: array}))

    with pytest.raises(
        ConfigError, match=rf"^a.parquet: column '{part}', mapped to {part}, is .*read\.columns\.{part}"
    ):
        parquet.schema(file, Read(columns=Mapping(**WHEN) if part == "captured_at" else Mapping()))


def test_a_mapped_column_that_is_null_throughout_fits_any_part(tmp_path: Path) -> None:
    names = ("text", "raw", "url", "id", "captured_at")
    found = read(tmp_path, pa.table({name: pa.nulls(1) for name in names}), Read(columns=Mapping(**WHEN)))

    assert [found.rows[0][name] for name in ("text", "raw", "url", "captured_at")] == [None] * 4


def test_columns_are_mapped_by_name(tmp_path: Path) -> None:
    table = pa.table({"content": ["a"], "link": ["https://a/"], "jpg": [JPEG], "doc": ["x"], "text": [1]})
    settings = Read(columns=Mapping(text="content", url="link", raw="jpg", id="doc"))
    found = read(tmp_path, table, settings)

    assert {"text": "a", "url": "https://a/", "raw": JPEG, "id": "x", "media_type": "image/jpeg"}.items() <= (
        found.rows[0].items()
    )
    assert table.to_pylist() == found.own


PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def test_the_structs_of_datasets_are_raw(tmp_path: Path) -> None:
    rows = [{"bytes": JPEG, "path": "a.jpg"}, {"bytes": None, "path": "b.jpg"}, None, {"bytes": None, "path": None}]
    found = read(tmp_path, pa.table({"image": pa.array(rows, PICTURE)}))

    assert found.column("raw") == [JPEG, None, None, None]
    assert found.column("media_type") == ["image/jpeg", None, None, None]
    assert found.column("notes") == [[], ["media-by-path"], [], []]
    assert [{"image": row} for row in rows] == found.own


def test_of_several_media_columns_one_has_to_be_mapped(tmp_path: Path) -> None:
    table = pa.table({name: pa.array([{"bytes": JPEG, "path": None}], PICTURE) for name in ("before", "after")})
    captioned = table.append_column("text", pa.array(["a"]))
    unmapped, mapped = read(tmp_path, captioned), read(tmp_path, table, Read(columns=Mapping(raw="after")))

    assert (unmapped.column("raw"), unmapped.column("notes")) == ([None], [["media-unmapped"]])
    assert (mapped.column("raw"), mapped.column("notes")) == ([JPEG], [[]])


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([datetime(2021, 3, 4, 5, 6, 7)]), datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)),  # noqa: DTZ001 (the case)
        (pa.array([10**18], pa.timestamp("ns", tz="Asia/Tokyo")), datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)),
        (pa.array([1_000_000_001_999_999], pa.timestamp("us")), datetime(2001, 9, 9, 1, 46, 41, 999000, tzinfo=UTC)),
        (pa.array([date(2021, 3, 4)]), datetime(2021, 3, 4, tzinfo=UTC)),
        (pa.array(["2021-03-04"]), datetime(2021, 3, 4, tzinfo=UTC)),
        (pa.array(["20210304050607"]), datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)),
        (pa.nulls(1), None),
    ],
)
def test_times_of_capture_are_taken_from_what_was_declared(tmp_path: Path, array: pa.Array, expected: Any) -> None:
    found = read(tmp_path, pa.table({"when": array}), captured())

    assert ([expected], [[]]) == (found.column("captured_at"), found.column("notes"))


def test_a_time_that_is_none_is_null_and_noted(tmp_path: Path) -> None:
    found = read(tmp_path, pa.table({"when": ["last week"]}), captured())

    assert (
        found.column("captured_at"),
        found.column("notes"),
        found.own,
    ) == ([None], [["time-unreadable"]], [{"when": "last week"}])


def test_a_date_that_nobody_declared_is_no_time_of_capture(tmp_path: Path) -> None:
    found = read(tmp_path, pa.table({"captured_at": pa.array([date(2001, 1, 1)])}), BARE)

    assert found.column("captured_at") == [None]


def test_columns_of_an_earlier_run_are_refused_or_dropped(tmp_path: Path) -> None:
    file = written(tmp_path, pa.table({"text": ["a"], "prov_label": ["human"], "prov_x": [1]}))

    with pytest.raises(ConfigError, match=r"a.parquet: .*prov_label, prov_x.*--replace-prov"):
        parquet.schema(file, Read())
    assert seen(Format.PARQUET, file, Read(replace_prov=True)).own == [{"text": "a"}]


def test_rows_of_nothing_but_an_earlier_run_are_counted(tmp_path: Path) -> None:
    file = written(tmp_path, pa.table({"prov_label": ["human"] * 3}))

    assert seen(Format.PARQUET, file, Read(replace_prov=True)).skipped == {"empty": 3}


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])

    with pytest.raises(ConfigError, match="more than one column named 'text'"):
        parquet.schema(written(tmp_path, table), Read())


def test_metadata_of_a_tool_that_encodes_anew_is_noted_row_by_row(tmp_path: Path) -> None:
    facts = {"key": ["1", "2"], "status": ["success"] * 2, "original_height": [9, None], "original_width": [9, None]}
    found = read(tmp_path, pa.table({"jpg": [JPEG] * 2, **facts}), Read(columns=Mapping(raw="jpg")))

    assert found.column("notes") == [["reencoded"], []]
    del facts["status"]
    assert read(tmp_path, pa.table(facts), BARE).column("notes") == [[], []]


def test_media_beyond_the_cap_goes_to_unreadable(tmp_path: Path) -> None:
    table = pa.table({"raw": [b"x" * 2000, JPEG, None]})
    found = read(tmp_path, table, Read(max_media_bytes=1024))

    assert found.reasons == [(0, "too-large")]
    assert found.column("raw") == [JPEG, None]
    assert table.slice(1).to_pylist() == found.own


@pytest.mark.parametrize("columns", [{"text": pa.array([], pa.string())}, {}])
def test_a_file_with_no_rows_is_no_fault(tmp_path: Path, columns: dict[str, pa.Array]) -> None:
    file = written(tmp_path, pa.table(columns))
    found = seen(Format.PARQUET, file)

    assert (found.read, found.broken) == (0, None)
    assert list(columns) == parquet.schema(file, Read()).names


def test_batches_end_at_rows_or_bytes(tmp_path: Path) -> None:
    table = pa.table({"text": ["x" * 500] * 24 + ["y" * 50_000]})

    assert read(tmp_path, table, Read(batch_rows=10)).sizes == [10, 10, 5]
    sizes = read(tmp_path, table, Read(batch_bytes=4096), use_dictionary=False, compression="none").sizes
    assert sum(sizes) == 25
    assert max(sizes) <= 8


def test_a_file_is_cut_at_row_groups(tmp_path: Path) -> None:
    table = pa.table({"text": [f"{number:0100d}" for number in range(100)]})
    file = written(tmp_path, table, row_group_size=10, compression="none", use_dictionary=False)
    cuts = parquet.slices(file, 3600)

    assert cuts == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]
    assert parquet.slices(file, file.size) == [(0, -1)]
    assert [(index, index + 1) for index in range(10)] == parquet.slices(file, 1)
    assert seen(Format.PARQUET, file).rows == in_slices(Format.PARQUET, file, 3600).rows


def test_a_damaged_row_group_costs_its_own_rows(tmp_path: Path) -> None:
    table = pa.table({"text": [f"{number:0100d}" for number in range(30)]})
    file = written(tmp_path, table, row_group_size=10, compression="zstd", use_dictionary=False)
    place = pq.read_metadata(tmp_path / "a.parquet").row_group(1).column(0).data_page_offset
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[place : place + 40] = b"\xff" * 40
    (tmp_path / "a.parquet").write_bytes(data)
    found = seen(Format.PARQUET, file)

    assert [*range(10), *range(20, 30)] == found.column("offset")
    assert [(row, "corrupt-row-group") for row in range(10, 20)] == found.reasons
    assert found.unreadable[0].detail.startswith("row group 1: ")
    assert (found.read, found.broken) == (30, None)
    assert found.rows == in_slices(Format.PARQUET, file, 1).rows


@pytest.mark.parametrize("keep", [0, 3, 4, 100, -1, -8])
def test_a_truncated_file_breaks_its_unit_and_no_plan(tmp_path: Path, keep: int) -> None:
    file = written(tmp_path, pa.table({"text": ["a"] * 1000}))
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:keep])
    found = seen(Format.PARQUET, file)

    assert found.read == 0
    assert found.broken is not None
    assert found.broken.startswith("a.parquet: has no readable Parquet footer")
    assert pa.schema([]).equals(parquet.schema(file, Read()))
    assert parquet.slices(file, 1) == [(0, -1)]


@pytest.mark.parametrize("data", [JPEG, b'{"text": "a"}\n' * 100, b"\x1f\x8b"])
def test_what_is_no_parquet_at_all_is_told_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    found = seen(Format.PARQUET, input_file(tmp_path / "a.jpg"))

    assert found.broken is not None
    assert found.broken.startswith("a.jpg: is no Parquet file: it begins with b'")
    assert "Fetch" not in found.broken


@pytest.mark.parametrize("name", [b"text", b"tags", b"element"])
def test_a_column_name_that_is_no_unicode_breaks_its_unit_and_no_plan(tmp_path: Path, name: bytes) -> None:
    tags = pa.array([[{"element": "x"}]])
    file = written(tmp_path, pa.table({"text": ["a"], "tags": tags}), store_schema=False)
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data.replace(name, b"\xff" * len(name)))

    assert pa.schema([]).equals(parquet.schema(file, Read()))
    assert seen(Format.PARQUET, file).broken is not None


def invalid(values: list[bytes], type_: pa.DataType = pa.string()) -> pa.Array:  # noqa: B008 (immutable)
    return pa.array(values, pa.binary()).view(type_)


def test_strings_that_are_no_unicode_are_mended_and_noted(tmp_path: Path) -> None:
    table = pa.table({"text": invalid([b"a\xff", "ü".encode(), b"c"]), "other": invalid([b"x", b"y", b"\xc3"])})
    found = read(tmp_path, table)

    assert found.column("text") == ["a�", "ü", "c"]
    assert found.own == [{"text": "a�", "other": "x"}, {"text": "ü", "other": "y"}, {"text": "c", "other": "�"}]
    assert found.column("notes") == [["unicode-replaced"], [], ["unicode-replaced"]]


def test_nested_strings_that_are_no_unicode_cost_their_row(tmp_path: Path) -> None:
    tags = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), invalid([b"ok", b"\xff"]))
    found = read(tmp_path, pa.table({"text": ["a", "b"], "tags": tags}))

    assert found.column("text") == ["a"]
    assert found.reasons == [(1, "invalid-unicode")]
    assert "'tags'" in found.unreadable[0].detail


def test_extension_types_pass_through_as_they_are_stored(tmp_path: Path) -> None:
    values = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"], pa.binary(16)))

    assert read(tmp_path, pa.table({"key": values}), BARE).own == [{"key": b"0123456789abcdef"}]


def test_a_footer_that_claims_rows_without_end_breaks_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_MAX_LOST", 5)
    file = written(tmp_path, pa.table({"text": ["a" * 100] * 10}), compression="none", use_dictionary=False)
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[:4] + bytes(40) + data[44:])
    found = seen(Format.PARQUET, file)

    assert found.broken is not None
    assert found.broken.startswith("a.parquet, row 0: row group 0: ")
    assert "10 more rows are claimed" in found.broken

"""The output schema: united by name, never inferred."""

import pyarrow as pa
import pytest

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.schema import conform, output_schema, unite


def test_string_and_large_string_are_one_type_written_large() -> None:
    united = unite([("a", pa.schema([("text", pa.string())])), ("b", pa.schema([("text", pa.large_string())]))])
    assert united == pa.schema([("text", pa.large_string())])


def test_columns_keep_the_order_in_which_they_are_first_seen() -> None:
    united = unite([("a", pa.schema([("x", pa.int8())])), ("b", pa.schema([("y", pa.int8()), ("x", pa.int8())]))])
    assert united.names == ["x", "y"]


def test_a_conflict_of_types_names_both_inputs() -> None:
    with pytest.raises(
        ConfigError, match=r"'n' is int64 in a\.parquet and string in b\.parquet|'n' is int64 in a\.parquet"
    ):
        unite([("a.parquet", pa.schema([("n", pa.int64())])), ("b.parquet", pa.schema([("n", pa.string())]))])


def test_a_column_that_is_null_in_one_input_takes_the_type_of_the_other() -> None:
    nothing, something = pa.schema([("n", pa.null())]), pa.schema([("n", pa.int64())])
    assert unite([("a", nothing), ("b", something)]) == unite([("b", something), ("a", nothing)]) == something


def test_attributes_leave_the_users_columns_out() -> None:
    schema = output_schema([("a", pa.schema([("text", pa.string())]))], [], emit="attributes", rejected="full")
    assert not [name for name in schema.kept.names if not name.startswith("prov_")]


def test_rejected_columns_leaves_the_users_columns_out_of_rejected_alone() -> None:
    schema = output_schema([("a", pa.schema([("text", pa.string())]))], [], emit="full", rejected="columns")
    assert "text" in schema.kept.names
    assert "text" not in schema.rejected.names
    assert schema.rejected.names[-1] == "prov_reject_reason"


def test_two_detectors_may_share_a_column_of_one_type_and_no_other() -> None:
    column = pa.schema([("prov_mark", pa.string())])
    assert (
        output_schema([], [("a", column), ("b", column)], emit="full", rejected="full").kept.names.count("prov_mark")
        == 1
    )
    with pytest.raises(ConfigError, match=r"prov_mark.*detector a.*detector b"):
        output_schema([], [("a", column), ("b", pa.schema([("prov_mark", pa.int8())]))], emit="full", rejected="full")


def test_conform_fills_absent_columns_with_nulls_and_widens_strings() -> None:
    batch = pa.RecordBatch.from_pydict({"s": pa.array(["a"], pa.string())})
    wanted = pa.schema([("n", pa.int64()), ("s", pa.large_string())])
    assert conform(batch, wanted).to_pylist() == [{"n": None, "s": "a"}]
    assert conform(batch, wanted).schema == wanted

"""Rows of an Arrow column that hold a byte string, found without a loop over the rows."""

import pyarrow as pa
import pytest

from lowbackground.manifests.bulk_search import PIECE, Needle, rows_with

NEEDLE = Needle(b"application/c2pa", 9)


def test_finds_the_rows_that_hold_a_needle_and_no_other() -> None:
    column = pa.array(["", "application/c2p", None, "see application/c2pa", "application/c2pa" * 3], pa.large_string())
    assert rows_with(column, [NEEDLE]) == [3, 4]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_takes_every_variable_type(type_: pa.DataType) -> None:
    column = pa.array([b"x", b"application/c2pa"], pa.binary()).cast(type_)
    assert rows_with(column, [NEEDLE]) == [1]


def test_a_needle_across_two_rows_is_none() -> None:
    assert rows_with(pa.array(["application", "/c2pa"]), [NEEDLE]) == []


@pytest.mark.parametrize("shift", range(9))
def test_finds_a_needle_at_every_alignment(shift: int) -> None:
    assert rows_with(pa.array(["a" * shift + "application/c2pa" + "b" * (5 - shift % 3)]), [NEEDLE]) == [0]


@pytest.mark.parametrize("shift", range(-20, 4))
def test_finds_a_needle_where_two_pieces_meet(shift: int) -> None:
    assert rows_with(pa.array(["a" * (4 * PIECE + shift) + "application/c2pa"]), [NEEDLE]) == [0]


def test_sees_a_slice_as_its_own_rows() -> None:
    column = pa.array(["application/c2pa", "x", "application/c2pa", "y"])
    assert rows_with(column.slice(1, 2), [NEEDLE]) == [1]


def test_rows_limit_the_search() -> None:
    column = pa.array(["application/c2pa"] * 5)
    assert rows_with(column, [NEEDLE], [0, 1, 3]) == [0, 1, 3]
    assert rows_with(column, [NEEDLE], []) == []


def test_bytes_below_a_null_do_not_count() -> None:
    values = pa.array(["application/c2pa", "x"])
    hidden = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *values.buffers()[1:]])
    assert hidden.to_pylist() == [None, "x"]
    assert rows_with(hidden, [NEEDLE]) == []


@pytest.mark.parametrize("column", [pa.array([], pa.string()), pa.array([None, None], pa.string()), pa.array([""])])
def test_finds_nothing_where_there_is_nothing(column: pa.Array) -> None:
    assert rows_with(column, [NEEDLE]) == []


def test_refuses_a_needle_that_could_be_missed() -> None:
    with pytest.raises(ValueError, match="needs them"):
        Needle(b"c2pa-m")
    with pytest.raises(ValueError, match="needs them"):
        Needle(b"application/c2pa", 10)

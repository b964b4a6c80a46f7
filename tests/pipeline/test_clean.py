"""Cleaning removes exactly the spans it is told to."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.clean import clean, without_spans
from tests.factories import records


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.booleans())))
def test_what_lies_outside_the_spans_is_all_that_stays(pieces: list[tuple[str, bool]]) -> None:
    text, spans, position = "", [], 0
    for piece, removed in pieces:
        size = len(piece.encode())
        if removed:
            spans.append((position, position + size))
        position += size
        text += piece
    kept = "".join(piece for piece, removed in pieces if not removed)
    assert without_spans(text, spans) == kept


def test_a_span_that_cuts_a_character_is_an_error() -> None:
    with pytest.raises(ValueError):
        without_spans("é", [(0, 1)])


def test_a_span_outside_the_text_is_an_error() -> None:
    with pytest.raises(ValueError, match="outside"):
        without_spans("abc", [(2, 9)])


def test_records_and_the_users_text_column_are_cleaned_alike_and_other_rows_stay() -> None:
    passthrough = pa.RecordBatch.from_pydict(
        {"content": pa.array(["a\ufeffb", "c"], pa.string()), "n": pa.array([1, 2])}
    )
    batch = Batch(records([{"text": "a\ufeffb"}, {"text": "c"}]), passthrough, text_column="content")
    cleaned = clean(batch, {0: [(1, 4)]})
    assert cleaned.records.column("text").to_pylist() == ["ab", "c"]
    assert cleaned.passthrough.to_pylist() == [{"content": "ab", "n": 1}, {"content": "c", "n": 2}]
    assert clean(batch, {}) is batch

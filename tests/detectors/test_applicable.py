"""What a detector is shown: rows of its kinds, and out of its own process only the columns that it names."""

from typing import Any

import pytest

from lowbackground.detectors.applicable import applicable_rows, columns_read, filled
from lowbackground.detectors.contract import RECORDS, Needs
from tests.factories import records

ROWS: list[dict[str, Any]] = [
    {"text": "prose"},
    {"text": "a caption", "raw": b"picture", "media_type": "image/png"},
    {"raw": b"<p>page", "media_type": "text/html"},
    {"raw": b"sound", "media_type": "audio/mpeg", "language": "en"},
]


@pytest.mark.parametrize(
    ("needs", "rows"),
    [
        (Needs(("id",)), None),
        (Needs(("text",)), [0, 1]),
        (Needs(("text",), kinds=("text", "code")), [0]),
        (Needs(("raw",), kinds=("picture",)), [1]),
        (Needs(("raw",), kinds=("video",)), []),
        (Needs(("id",), kinds=("text", "picture", "voice")), None),
    ],
)
def test_rows_without_a_needed_column_or_of_another_kind_are_not_shown(needs: Needs, rows: list[int] | None) -> None:
    assert applicable_rows(records(ROWS), needs) == rows


def test_what_is_sent_to_a_model_is_the_columns_that_it_names_and_no_page() -> None:
    batch = records(ROWS)
    sent = columns_read(batch, Needs(("text",), also=("language",), kinds=("text",)))
    assert sent.schema.names == ["media_type", "text", "language"]
    shown = filled(sent)
    assert shown.schema.equals(RECORDS)
    assert shown.select(sent.schema.names).equals(sent)
    assert shown["raw"].null_count == batch.num_rows
    assert {(row["id"], row["offset"], row["truncated"]) for row in shown.to_pylist()} == {("", 0, False)}


def test_no_rows_stay_no_rows() -> None:
    assert filled(columns_read(records([]), Needs(("text",)))).num_rows == 0

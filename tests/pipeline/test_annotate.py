"""`annotate` gives each row what a run gives it, and leaves it in its place."""

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lowbackground
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from tests.factories import AS_OF
from tests.signing import AI_MADE, action, manifest, signed_tiny
from tests.text_signing import PROSE, signed_text

CONFIG = Config.model_validate(
    {
        "as_of": AS_OF,
        "trust_folder": str(Path(__file__).parent / "no-trust-lists"),
        "read": {
            "columns": {"captured_at": "seen", "captured_at_kind": "captured"},
            "max_media_bytes": 1 << 16,
            "batch_rows": 3,
        },
    }
)


@lru_cache(maxsize=1)
def table() -> pa.Table:
    """One row of every fate: human, synthetic, unknown, opted out of by nobody, too large to judge, doubled."""
    rows = [
        {"id": "old", "text": PROSE * 3, "seen": date(2015, 5, 1)},
        {"id": "new", "text": PROSE * 3, "seen": date(2025, 5, 1)},
        {"id": "signed", "text": signed_text(), "seen": None},
        {"id": "huge", "raw": b"\xff\xd8" + bytes(1 << 17), "text": "a caption"},
        {"id": "photo", "raw": signed_tiny("image/jpeg"), "text": "a caption"},
        {"id": "made", "raw": signed_tiny("image/png", manifest(action("created", AI_MADE)))},
        {"id": "old", "text": "short"},
        {"id": None},
    ]
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("seen", pa.date32()), ("raw", pa.binary())])
    return pa.Table.from_pylist(rows, schema)


def by_offset(folder: Path) -> dict[int, dict]:
    rows = [row for path in folder.glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return {row["prov_offset"]: row for row in rows}


def comparable(row: dict) -> dict:
    """A row less its source, which is the name of the input, and an id that was made from it."""
    made = str(row["prov_id"]).endswith(f"#{row['prov_offset']}")
    return {key: value for key, value in row.items() if key != "prov_source" and not (made and key == "prov_id")}


def test_rows_get_what_a_run_gives_them(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.parquet", tmp_path / "out"
    pq.write_table(table(), path)
    config = CONFIG.with_values(inputs=(str(path),), out=str(out), workers=1, max_unreadable=1)
    assert lowbackground.run(config).exit_code == 0
    annotated = lowbackground.annotate(table(), CONFIG).to_pylist()
    kept, rejected = by_offset(out / "kept"), by_offset(out / "rejected")
    assert {row["prov_label"] for row in annotated} == {"human", "synthetic", "unknown", None}
    for offset, row in enumerate(annotated):
        assert row["prov_offset"] == offset
        if row["prov_reject_reason"] is None:
            assert comparable(row) == comparable(kept[offset]) | {"prov_reject_reason": None}
        elif row["prov_reject_reason"] == "unreadable":
            assert offset not in kept | rejected
        else:
            assert comparable(row) == comparable(rejected[offset])


def test_rows_stay_in_place_and_keep_their_columns() -> None:
    given_, annotated = table(), lowbackground.annotate(table(), CONFIG)
    assert annotated.num_rows == given_.num_rows
    assert annotated.column_names[: given_.num_columns] == given_.column_names
    assert annotated.column("id").to_pylist() == given_.column("id").to_pylist()
    assert annotated.column("raw").to_pylist() == given_.column("raw").to_pylist()
    texts = annotated.column("text").to_pylist()
    assert texts[2] == PROSE  # the carrier of its manifest is gone
    assert texts[:2] + texts[3:] == [row for at, row in enumerate(given_.column("text").to_pylist()) if at != 2]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=6), st.integers(1, 4))
def test_a_row_gets_the_same_answer_in_any_company(order: list[int], batch_rows: int) -> None:
    alone = {at: lowbackground.annotate(table().slice(at, 1), CONFIG).to_pylist()[0] for at in set(order)}
    config = CONFIG.with_values(read={**CONFIG.read.model_dump(), "batch_rows": batch_rows})
    together = lowbackground.annotate(table().take(pa.array(order, pa.int64())), config).to_pylist()
    ignored = {"prov_offset", "prov_id", "prov_notes"}  # place, and what only the company can tell
    for at, row in zip(order, together, strict=True):
        expected = {key: value for key, value in alone[at].items() if key not in ignored}
        assert {key: value for key, value in row.items() if key not in ignored} == expected


def test_a_table_without_rows_gets_the_columns() -> None:
    empty = lowbackground.annotate(table().slice(0, 0), CONFIG)
    assert empty.num_rows == 0
    assert empty.schema.equals(lowbackground.annotate(table(), CONFIG).schema)


def test_a_record_batch_will_do() -> None:
    [batch] = table().to_batches()
    assert lowbackground.annotate(batch, CONFIG).equals(lowbackground.annotate(table(), CONFIG))


def test_the_table_itself_is_left_alone() -> None:
    given_ = table()
    lowbackground.annotate(given_, CONFIG)
    assert given_.equals(table())


def test_columns_of_an_earlier_run_are_refused() -> None:
    once = lowbackground.annotate(table(), CONFIG)
    with pytest.raises(ConfigError, match="prov_"):
        lowbackground.annotate(once, CONFIG)


def test_the_clock_does_not_matter_where_as_of_is_given() -> None:
    assert CONFIG.as_of == datetime(2026, 11, 20, tzinfo=UTC)
    assert lowbackground.annotate(table(), CONFIG).equals(lowbackground.annotate(table(), CONFIG))

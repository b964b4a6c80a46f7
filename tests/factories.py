"""Builders for what tests need in several places."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from lowbackground.detectors.contract import RECORDS

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)


def records(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """A batch with the schema RECORDS; what a row leaves out is null, or a plain default where null is not allowed."""
    defaults = {"source": "test.jsonl", "truncated": False, "notes": []}
    full = [
        {name: row.get(name, defaults.get(name)) for name in RECORDS.names}
        | {"id": row.get("id", f"r{index}"), "offset": row.get("offset", index)}
        for index, row in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(full, schema=RECORDS)

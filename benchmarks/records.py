"""Texts as the records that detectors see."""

from collections.abc import Sequence

import pyarrow as pa

from lowbackground.detectors.contract import RECORDS


def text_records(
    texts: Sequence[str], source: str, *, start: int = 0, languages: Sequence[str | None] | str | None = None
) -> pa.RecordBatch:
    """Plain texts of one source, the first of which stands at `start`; `languages` are told one by one, or for all."""
    count = len(texts)
    told = [languages] * count if languages is None or isinstance(languages, str) else list(languages)
    given = {
        "id": pa.array([f"{source}#{start + row}" for row in range(count)], pa.string()),
        "source": pa.array([source] * count, pa.string()),
        "offset": pa.array(range(start, start + count), pa.int64()),
        "media_type": pa.array(["text/plain"] * count, pa.string()),
        "text": pa.array(texts, pa.large_string()),
        "language": pa.array(told, pa.string()),
        "truncated": pa.array([False] * count, pa.bool_()),
        "notes": pa.array([[]] * count, pa.list_(pa.string())),
    }
    arrays = [given.get(field.name, pa.nulls(count, field.type)) for field in RECORDS]
    return pa.RecordBatch.from_arrays(arrays, schema=RECORDS)

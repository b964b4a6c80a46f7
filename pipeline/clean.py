"""Removes from the training text what carries no text, such as a C2PA manifest wrapped in invisible characters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from lowbackground.pipeline.batch import Batch


def without_spans(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` without the byte ranges of its UTF-8 form; a range that would cut a character in half is an error.

    Raises:
        ValueError: a span lies outside the text or cuts a character.
    """
    data = text.encode()
    kept, position = [], 0
    for start, end in sorted(spans):
        if not 0 <= start <= end <= len(data):
            raise ValueError(f"span {start}..{end} lies outside a text of {len(data)} bytes")
        kept.append(data[position:start])
        position = max(position, end)
    kept.append(data[position:])
    return b"".join(kept).decode()


def clean(batch: Batch, spans: Mapping[int, Sequence[tuple[int, int]]]) -> Batch:
    """`batch` with the spans removed from `text`, in the records and in the user's text column alike."""
    if not spans:
        return batch
    texts: list[str | None] = batch.records.column("text").to_pylist()
    for row, row_spans in spans.items():
        text = texts[row]
        if text is not None:
            texts[row] = without_spans(text, row_spans)
    cleaned = pa.array(texts, pa.large_string())
    passthrough = batch.passthrough
    if batch.text_column is not None:
        index = passthrough.schema.get_field_index(batch.text_column)
        passthrough = passthrough.set_column(
            index, passthrough.schema.field(index), cleaned.cast(passthrough.schema.field(index).type)
        )
    index = batch.records.schema.get_field_index("text")
    return replace(
        batch,
        records=batch.records.set_column(index, batch.records.schema.field(index), cleaned),
        passthrough=passthrough,
    )

"""Contract tests for detectors, in this project and in those of others: `check_detector(my_detector(...))`.

What holds for every detector: one piece of evidence a row, the same answer twice, the same answer in any batch,
columns of the declared types, no exception on the odd records of `sample_batches`, and no column read but those named.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from lowbackground.detectors.applicable import applicable_rows, columns_read, filled
from lowbackground.detectors.contract import RECORDS, Detector, Findings, HoldsModel
from lowbackground.detectors.evidence import Evidence
from lowbackground.detectors.registry import shape_problem


class ContractError(AssertionError):
    """A detector breaks the contract; the message says where and how."""


def check_detector(detector: Detector, batches: Iterable[pa.RecordBatch] | None = None) -> None:
    """Try a detector on `batches`, of the schema `RECORDS`; without them, on `sample_batches()`.

    Raises:
        ContractError: it breaks the contract.
    """
    if problem := shape_problem(detector):
        raise ContractError(problem)
    for batch in sample_batches() if batches is None else batches:
        rows = applicable_rows(batch, detector.needs)
        seen = batch if rows is None else batch.take(pa.array(rows, pa.int64()))
        _check_batch(detector, seen)
        _check_batch(detector, seen.slice(0, 0))


def _check_batch(detector: Detector, batch: pa.RecordBatch) -> None:
    whole = _answer(detector, batch)
    if not _same(detector, whole, _answer(detector, batch)):
        raise ContractError(f"{detector.name} is not pure: it answers the same {batch.num_rows} records in two ways")
    if isinstance(detector, HoldsModel):
        narrow = filled(columns_read(batch, detector.needs))
        if not _same(detector, whole, _answer(detector, narrow)):
            raise ContractError(
                f"{detector.name} reads columns that its needs do not name, and a run will not send them"
            )
    for cut in sorted({1, batch.num_rows // 2, batch.num_rows - 1} & set(range(1, batch.num_rows))):
        parts = [_answer(detector, batch.slice(0, cut)), _answer(detector, batch.slice(cut))]
        if not _same(detector, whole, _joined(detector, parts, cut)):
            raise ContractError(
                f"{detector.name} depends on the batch: {batch.num_rows} records cut at {cut} get other answers"
            )


def _answer(detector: Detector, batch: pa.RecordBatch) -> Findings:
    """The detector's answer, if its form is right."""
    try:
        answer = detector(batch)
    except Exception as error:
        raise ContractError(
            f"{detector.name} raises {type(error).__name__} on {batch.num_rows} odd records: answer FAILED evidence for "
            "what cannot be read, so that the other rows of a batch need not be asked again"
        ) from error
    if not isinstance(answer, Findings):
        raise ContractError(f"{detector.name} answers with {type(answer).__name__} instead of Findings")
    if len(answer.evidence) != batch.num_rows or not all(isinstance(each, Evidence) for each in answer.evidence):
        raise ContractError(
            f"{detector.name} must give one Evidence a row: {batch.num_rows}, not {len(answer.evidence)}"
        )
    documented = getattr(sys.modules[type(detector).__module__], "REASONS", None)
    for evidence in answer.evidence:
        if isinstance(documented, Mapping) and evidence.reason not in documented:
            raise ContractError(
                f"{detector.name} gives the reason {evidence.reason!r}, which REASONS does not document"
            )
    _check_columns(detector, answer, batch.num_rows)
    for row, ranges in answer.spans.items():
        text = batch.column("text")[row].as_py() or ""
        if any(not 0 <= start <= end <= len(text.encode()) for start, end in ranges):
            raise ContractError(f"{detector.name} names spans outside the text of row {row}")
    return answer


def _check_columns(detector: Detector, answer: Findings, rows: int) -> None:
    for name, column in answer.columns.items():
        index = detector.columns.get_field_index(name)
        if index < 0:
            raise ContractError(f"{detector.name} gives a column {name}, which its `columns` does not declare")
        wanted = detector.columns.field(index).type
        if len(column) != rows or not column.type.equals(wanted):
            raise ContractError(
                f"{detector.name}: {name} has {len(column)} values of {column.type}, not {rows} of {wanted}"
            )


def _joined(detector: Detector, parts: Sequence[Findings], cut: int) -> Findings:
    """The answers for the first `cut` rows and for the rest, as one."""
    first, rest = parts
    columns = {
        name: pa.concat_arrays([_column(detector, part, name) for part in parts])
        for name in {*first.columns, *rest.columns}
    }
    return Findings(
        [*first.evidence, *rest.evidence],
        columns,
        {**first.spans, **{row + cut: ranges for row, ranges in rest.spans.items()}},
        [*first.exhibits, *(replace(each, row=each.row + cut) for each in rest.exhibits)],
    )


def _column(detector: Detector, answer: Findings, name: str) -> pa.Array:
    column = answer.columns.get(name)
    return pa.nulls(len(answer.evidence), detector.columns.field(name).type) if column is None else column


def _same(detector: Detector, one: Findings, other: Findings) -> bool:
    """Equal answers; a detector that is not exact may differ in its figures, and not in what it says."""
    if not detector.exact:
        return [(e.signal, e.reason) for e in one.evidence] == [(e.signal, e.reason) for e in other.evidence]
    return (
        list(one.evidence) == list(other.evidence)
        and all(_column(detector, one, name).equals(_column(detector, other, name)) for name in detector.columns.names)
        and _spans(one) == _spans(other)
        and list(one.exhibits) == list(other.exhibits)
    )


def _spans(answer: Findings) -> dict[int, list[tuple[int, int]]]:
    return {row: [(start, end) for start, end in ranges] for row, ranges in answer.spans.items() if ranges}


def sample_batches() -> list[pa.RecordBatch]:
    """Records as they come: texts, pages, media that are none, dates at every edge, and columns that are all null."""
    old, new = datetime(2015, 6, 1, 12, tzinfo=UTC), datetime(2025, 6, 1, 12, tzinfo=UTC)
    prose = "The harbour was quiet in the morning, and the boats lay where the tide had left them. " * 12
    texts: list[dict[str, Any]] = [
        {"text": prose, "media_type": "text/plain", "language": "en", "captured_at": old},
        {"text": "", "media_type": "text/plain", "captured_at": new},
        {"text": "A line.\u200b\ufeff\U000e0041 \x00 Another.", "media_type": "text/html", "language": "xx"},
        {"text": "\U0001f6a2" * 2000, "captured_at": datetime(1970, 1, 1, tzinfo=UTC)},
        {"text": prose, "headers": [{"name": "x-robots-tag", "value": "noai"}, {"name": "", "value": None}]},
    ]
    page = b"<!doctype html><title>Boats</title><p>The harbour was quiet.</p>" + b"<div>" * 500
    media: list[dict[str, Any]] = [
        {"raw": page, "media_type": "text/html", "text": "The harbour was quiet.", "url": "https://example.org/"},
        {"raw": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "media_type": "image/png", "captured_at": new},
        {"raw": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 64, "media_type": "image/jpeg", "truncated": True},
        {"raw": b"", "media_type": "image/webp"},
        {"raw": bytes(range(256)) * 16, "media_type": "application/octet-stream"},
        {"raw": b"%PDF-1.7\n%%EOF", "media_type": "application/pdf", "sidecar": b"\x00\x00\x00\x08jumb"},
        {"raw": b"\x00\x00\x00\x18ftypmp42", "media_type": "video/mp4", "notes": ["reencoded"]},
        {"sidecar": b"nothing of the kind", "media_type": "audio/mpeg"},
    ]
    return [_batch([{} for _ in range(3)]), _batch(texts), _batch(media), _batch(texts + media), _batch(texts[:1])]


def _batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    filled = [
        {"id": f"row-{index}", "source": "sample.jsonl", "offset": index, "truncated": False, "notes": []} | dict(row)
        for index, row in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(filled, schema=RECORDS)

"""Asks every detector about a batch, and stamps what they say.

- A row that has none of the columns a detector needs is SKIPPED, and the detector does not see it.
- A detector that raises, or breaks its contract, is asked again row by row: FAILED is only the row that breaks it.
- Detectors stand in the order of their names, so that the order in which they are given never shows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.applicable import applicable_rows
from lowbackground.detectors.contract import Detector, Exhibit, Findings
from lowbackground.detectors.evidence import MAX_DETAIL_CHARS, Evidence, Finding, Signal, detail
from lowbackground.pipeline.errors import DetectorError

REASONS = {
    "not-applicable": "The record has none of the columns that the detector reads.",
    "detector-error": "The detector raised, or broke its contract, on this record alone; the detail says what and where.",
    "detector-out-of-memory": "The detector needed more memory for this record than a worker may take.",
}

NOT_APPLICABLE = Evidence(Signal.SKIPPED, "not-applicable")

Spans = Mapping[int, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all detectors said about a batch.

    `findings` has a tuple for each row. `columns` are the detectors' own, as long as the batch; of a column that two
    share, the first value that is not null. `spans` are byte ranges of a row's UTF-8 `text` to remove: sorted and apart.
    """

    findings: Sequence[tuple[Finding, ...]]
    columns: Mapping[str, pa.Array] = field(default_factory=dict)
    spans: Spans = field(default_factory=dict)
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one detector said about every row of a batch."""

    findings: list[Finding]
    columns: Mapping[str, pa.Array]
    spans: Spans = field(default_factory=dict)
    exhibits: Sequence[Exhibit] = ()


def judge(records: pa.RecordBatch, detectors: Iterable[Detector]) -> Judgement:
    """Ask all detectors about all records; never raises because of what a detector does."""
    answers = [_observe(detector, records) for detector in sorted(detectors, key=lambda each: each.name)]
    columns: dict[str, pa.Array] = {}
    spans: dict[int, list[tuple[int, int]]] = {}
    for answer in answers:
        for name, column in answer.columns.items():
            columns[name] = pc.coalesce(columns[name], column) if name in columns else column
        for row, ranges in answer.spans.items():
            spans.setdefault(row, []).extend(ranges)
    return Judgement(
        findings=list(zip(*(answer.findings for answer in answers), strict=True)) or [()] * records.num_rows,
        columns=columns,
        spans={row: _apart(ranges) for row, ranges in sorted(spans.items())},
        exhibits=tuple(exhibit for answer in answers for exhibit in answer.exhibits),
    )


def _apart(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same bytes as sorted ranges that neither touch nor overlap; empty ranges vanish."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _observe(detector: Detector, records: pa.RecordBatch) -> _Answer:
    """One detector's answer, for the rows that it sees and those that it does not."""
    rows = applicable_rows(records, detector.needs)
    if rows is None:
        return _ask(detector, records)
    answer = _ask(detector, records.take(pa.array(rows, pa.int64()))) if rows else _Answer([], {})
    findings = [Finding(detector.name, detector.version, detector.basis, NOT_APPLICABLE)] * records.num_rows
    places: list[int | None] = [None] * records.num_rows
    for seen, row in enumerate(rows):
        findings[row] = answer.findings[seen]
        places[row] = seen
    taken = pa.array(places, pa.int64())
    return _Answer(
        findings,
        {
            wanted.name: answer.columns[wanted.name].take(taken) if rows else pa.nulls(records.num_rows, wanted.type)
            for wanted in detector.columns
        },
        {rows[seen]: ranges for seen, ranges in answer.spans.items()},
        [replace(exhibit, row=rows[exhibit.row]) for exhibit in answer.exhibits],
    )


def _ask(detector: Detector, records: pa.RecordBatch) -> _Answer:
    """The detector's answer to rows that it can see; what breaks it costs its own row and no other."""
    try:
        return _checked(detector, records, detector(records))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a Rust extension is no Exception; each failure becomes evidence
        if records.num_rows == 1:
            return _failed(detector, error)
    answers = [_ask(detector, records.slice(row, 1)) for row in range(records.num_rows)]
    return _Answer(
        [answer.findings[0] for answer in answers],
        {f.name: pa.concat_arrays([answer.columns[f.name] for answer in answers]) for f in detector.columns},
        {row: ranges for row, answer in enumerate(answers) for ranges in answer.spans.values()},
        [replace(exhibit, row=row) for row, answer in enumerate(answers) for exhibit in answer.exhibits],
    )


def _failed(detector: Detector, error: BaseException) -> _Answer:
    """FAILED evidence for one row: type and place of the error, and never its words, which may hold content."""
    reason = "detector-out-of-memory" if isinstance(error, MemoryError) else "detector-error"
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = where and f"{where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}"
    words = str(error) if isinstance(error, DetectorError) else None  # our own words hold no content
    evidence = Evidence(Signal.FAILED, reason, detail=detail(error=type(error).__name__, at=place, breach=words))
    finding = Finding(detector.name, detector.version, detector.basis, evidence)
    return _Answer([finding], {wanted.name: pa.nulls(1, wanted.type) for wanted in detector.columns})


def _checked(detector: Detector, records: pa.RecordBatch, answer: Findings) -> _Answer:
    """The answer, if it keeps the contract.

    Raises:
        DetectorError: it does not; the message names the detector, what was expected and what was found.
    """
    rows = records.num_rows
    if not isinstance(answer, Findings):
        raise DetectorError(f"detector {detector.name}: answers with {type(answer).__name__} instead of Findings")
    evidence = list(answer.evidence)
    if len(evidence) != rows:
        raise DetectorError(f"detector {detector.name}: gave {len(evidence)} pieces of evidence for {rows} rows")
    for exhibit in answer.exhibits:
        if not (isinstance(exhibit, Exhibit) and 0 <= exhibit.row < rows and isinstance(exhibit.data, bytes)):
            raise DetectorError(f"detector {detector.name}: an exhibit is of no row of the batch, or not bytes")
    for row, ranges in answer.spans.items():
        _check_spans(detector, records, row, ranges)
    return _Answer(
        _stamped(detector, evidence), _checked_columns(detector, answer, rows), answer.spans, answer.exhibits
    )


def _stamped(detector: Detector, evidence: Sequence[Evidence]) -> list[Finding]:
    """A finding for each row; rows that share one piece of evidence share the finding."""
    name, version, basis = detector.name, detector.version, detector.basis
    known: dict[int, Finding] = {}
    findings = []
    for each in evidence:
        finding = known.get(id(each))
        if finding is None:
            _check_evidence(name, each)
            finding = known[id(each)] = Finding(name, version, basis, each)
        findings.append(finding)
    return findings


def _check_evidence(name: str, evidence: object) -> None:
    if not isinstance(evidence, Evidence):
        raise DetectorError(f"detector {name}: gave {type(evidence).__name__} instead of Evidence")
    for fact, value in (("score", evidence.score), ("llr", evidence.llr), ("fpr", evidence.fpr)):
        if value is not None and not isfinite(value):
            raise DetectorError(f"detector {name}: {fact} is {value}, and must be null or a finite number")
    if evidence.fpr is not None and not 0 <= evidence.fpr <= 1:
        raise DetectorError(f"detector {name}: fpr is {evidence.fpr}, and must lie between 0 and 1")
    if evidence.detail is not None and len(evidence.detail) > MAX_DETAIL_CHARS:
        raise DetectorError(f"detector {name}: detail has {len(evidence.detail)} characters; make it with detail()")


def _checked_columns(detector: Detector, answer: Findings, rows: int) -> dict[str, pa.Array]:
    """The detector's own columns; one that it left out is null."""
    if unknown := sorted(set(answer.columns) - set(detector.columns.names)):
        raise DetectorError(
            f"detector {detector.name}: gave the columns {', '.join(unknown)}, which it does not declare"
        )
    columns = {}
    for wanted in detector.columns:
        column = answer.columns.get(wanted.name)
        if column is None:
            column = pa.nulls(rows, wanted.type)
        if len(column) != rows or not column.type.equals(wanted.type):
            raise DetectorError(
                f"detector {detector.name}: column {wanted.name} has {len(column)} values of {column.type}; "
                f"expected {rows} of {wanted.type}"
            )
        columns[wanted.name] = column
    return columns


def _check_spans(detector: Detector, records: pa.RecordBatch, row: int, ranges: Iterable[tuple[int, int]]) -> None:
    """Spans must lie in the text of their row, and not cut a character."""
    text = records.column("text")[row].as_buffer() if 0 <= row < records.num_rows else None
    data = memoryview(text) if text is not None else memoryview(b"")
    for start, end in ranges:
        inside = 0 <= start <= end <= len(data)
        if not inside or any(at < len(data) and data[at] & 0xC0 == 0x80 for at in (start, end)):  # 10xxxxxx: RFC 3629
            raise DetectorError(
                f"detector {detector.name}: span {start}..{end} of row {row} lies outside its text of {len(data)} bytes, "
                "or cuts a character"
            )

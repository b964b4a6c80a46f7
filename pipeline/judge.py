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
from lowbackground.pipeline.errors import ConfigError, DetectorError, ModelProcessError

REASONS = {
    "not-applicable": "The record has none of the columns that the detector reads.",
    "detector-error": "The detector raised, or broke its contract, on this record alone; the detail says what and where.",
    "detector-out-of-memory": "The detector needed more memory for this record than a worker may take, or than its accelerator has.",
    "detector-process-ended": "The process that holds the detector's model ended over this record, twice when it was shown no other; it crashed, or the kernel killed it for memory.",
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
class Answer:
    """What one detector said about every row of a batch."""

    detector: str
    findings: list[Finding]
    columns: Mapping[str, pa.Array]
    spans: Spans = field(default_factory=dict)
    exhibits: Sequence[Exhibit] = ()


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What may be told of an error that a detector raised: its type and place; its words may hold content.

    `memory`: it needed too much; `ended`: it raised nothing, and its process ended.
    """

    error: str
    place: str | None
    memory: bool
    ended: bool = False

    @property
    def reason(self) -> str:
        """Of the evidence that it is of a record."""
        if self.ended:
            return "detector-process-ended"
        return "detector-out-of-memory" if self.memory else "detector-error"


class RemoteDetectorError(DetectorError):
    """A detector broke in the process that holds its model; `breakdown` is what happened there."""

    def __init__(self, breakdown: Breakdown) -> None:
        super().__init__(breakdown)
        self.breakdown = breakdown


_PASSES = (KeyboardInterrupt, SystemExit, ConfigError, ModelProcessError)
"""What is no answer of a detector: the process is to end, the model is not what was configured, or is gone."""


def judge(records: pa.RecordBatch, detectors: Iterable[Detector]) -> Judgement:
    """Ask all detectors about all records; never raises because of what a detector does.

    Raises:
        ConfigError: the model of a detector cannot be loaded.
        ModelProcessError: the process that holds a model is gone.
    """
    return together(records, [observe(detector, records) for detector in detectors])


def together(records: pa.RecordBatch, answers: Iterable[Answer]) -> Judgement:
    """The answers of several detectors to the same batch as one, in the order of the detectors' names."""
    answers = sorted(answers, key=lambda answer: answer.detector)
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


def observe(detector: Detector, records: pa.RecordBatch, withheld: Sequence[Evidence | None] | None = None) -> Answer:
    """One detector's answer, for the rows that it sees and those that it does not.

    `withheld` has what stands for its answer in each row that it is not to see, and null for the others.
    """
    applicable = applicable_rows(records, detector.needs)
    if withheld is None and applicable is None:
        return _ask(detector, records)
    unseen = [NOT_APPLICABLE] * records.num_rows
    rows = []
    for row in range(records.num_rows) if applicable is None else applicable:
        reason = None if withheld is None else withheld[row]
        if reason is None:
            rows.append(row)
        else:
            unseen[row] = reason
    if len(rows) == records.num_rows:
        return _ask(detector, records)
    findings = _stamped(detector, unseen)
    answer = _ask(detector, records.take(pa.array(rows, pa.int64()))) if rows else Answer(detector.name, [], {})
    places: list[int | None] = [None] * records.num_rows
    for seen, row in enumerate(rows):
        findings[row] = answer.findings[seen]
        places[row] = seen
    taken = pa.array(places, pa.int64())
    return Answer(
        detector.name,
        findings,
        {
            wanted.name: answer.columns[wanted.name].take(taken) if rows else pa.nulls(records.num_rows, wanted.type)
            for wanted in detector.columns
        },
        {rows[seen]: ranges for seen, ranges in answer.spans.items()},
        [replace(exhibit, row=rows[exhibit.row]) for exhibit in answer.exhibits],
    )


def _ask(detector: Detector, records: pa.RecordBatch) -> Answer:
    """The detector's answer to rows that it can see; what breaks it costs its own row and no other."""
    try:
        return _checked(detector, records, detector(records))
    except _PASSES:
        raise
    except BaseException as error:  # a panic of a Rust extension is no Exception; each failure becomes evidence
        if records.num_rows == 1:
            return _failed(detector, error)
    answers = [_ask(detector, records.slice(row, 1)) for row in range(records.num_rows)]
    return Answer(
        detector.name,
        [answer.findings[0] for answer in answers],
        {f.name: pa.concat_arrays([answer.columns[f.name] for answer in answers]) for f in detector.columns},
        {row: ranges for row, answer in enumerate(answers) for ranges in answer.spans.values()},
        [replace(exhibit, row=row) for row, answer in enumerate(answers) for exhibit in answer.exhibits],
    )


def breakdown(error: BaseException) -> Breakdown:
    """What may be told of an error."""
    if isinstance(error, RemoteDetectorError):
        return error.breakdown
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = where and f"{where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}"
    name = type(error).__name__
    return Breakdown(name, place, isinstance(error, MemoryError) or name == "OutOfMemoryError")  # torch has its own


def _failed(detector: Detector, error: BaseException) -> Answer:
    """FAILED evidence for one row: type and place of the error, and never its words, which may hold content."""
    told = breakdown(error)
    ours = isinstance(error, DetectorError) and not isinstance(error, RemoteDetectorError)
    words = str(error) if ours else None  # our own words hold no content
    evidence = Evidence(Signal.FAILED, told.reason, detail=detail(error=told.error, at=told.place, breach=words))
    columns = {wanted.name: pa.nulls(1, wanted.type) for wanted in detector.columns}
    return Answer(detector.name, _stamped(detector, [evidence]), columns)


def _checked(detector: Detector, records: pa.RecordBatch, answer: Findings) -> Answer:
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
    findings, columns = _stamped(detector, evidence), _checked_columns(detector, answer, rows)
    return Answer(detector.name, findings, columns, answer.spans, answer.exhibits)


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

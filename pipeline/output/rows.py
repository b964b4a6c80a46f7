"""Turns a judged and decided batch into the columns that are written, and the evidence in them back into findings.

Most rows of a crawl share a handful of findings, so evidence is encoded once per distinct finding and gathered by
index: a few microseconds a row.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Kind, Signal, Strength
from lowbackground.manifests.digest import sha256_hex
from lowbackground.pipeline.output.schema import EVIDENCE_TYPE


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one record, ready to be written; enum values are their lower-case text."""

    label: str
    rule: str | None
    basis: str | None
    kind: str | None
    unknown_reason: str | None
    p_synthetic: float
    logit: float
    prior: float
    weight: float
    contributions: tuple[float, ...]
    opt_out: tuple[str, ...]
    reject_reason: str | None


def encode(
    records: pa.RecordBatch,
    findings: Sequence[tuple[Finding, ...]],
    detector_columns: Mapping[str, pa.Array],
    decisions: Sequence[Decision],
    notes: Sequence[Collection[str]],
    digests: pa.Array,
) -> pa.RecordBatch:
    """All `prov_` columns and `prov_reject_reason` of a batch, a row a record, in no particular column order."""
    columns: dict[str, pa.Array] = {
        "prov_id": records.column("id"),
        "prov_source": records.column("source"),
        "prov_offset": records.column("offset"),
        "prov_captured_at": records.column("captured_at"),
        "prov_media_type": records.column("media_type"),
        "prov_sha256": digests,
        "prov_label": _strings(d.label for d in decisions),
        "prov_rule": _strings(d.rule for d in decisions),
        "prov_basis": _strings(d.basis for d in decisions),
        "prov_kind": _strings(d.kind for d in decisions),
        "prov_unknown_reason": _strings(d.unknown_reason for d in decisions),
        "prov_p_synthetic": _floats(d.p_synthetic for d in decisions),
        "prov_logit": _floats(d.logit for d in decisions),
        "prov_prior": _floats(d.prior for d in decisions),
        "prov_weight": _floats(d.weight for d in decisions),
        "prov_evidence": encode_evidence(findings, [d.contributions for d in decisions]),
        "prov_opt_out": pa.array([d.opt_out for d in decisions], pa.list_(pa.string())),
        "prov_notes": pa.array([sorted(row) for row in notes], pa.list_(pa.string())),
        "prov_reject_reason": _strings(d.reject_reason for d in decisions),
        **detector_columns,
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _strings(values: Iterable[str | None]) -> pa.Array:
    return pa.array(list(values), pa.string())


def _floats(values: Iterable[float]) -> pa.Array:
    return pa.array(list(values), pa.float64())


def encode_evidence(
    findings: Sequence[tuple[Finding, ...]], contributions: Sequence[tuple[float, ...]]
) -> pa.ListArray:
    """`prov_evidence`: per row a list of struct, in the order of the detectors; silence that found nothing loses its detail."""
    offsets = [0, *accumulate(len(row) for row in findings)]
    index_of: dict[tuple[Finding, float], int] = {}
    pairs = zip(chain.from_iterable(findings), chain.from_iterable(contributions), strict=True)
    indices = [index_of.setdefault(pair, len(index_of)) for pair in pairs]
    distinct = pa.array([_evidence_row(*pair) for pair in index_of], EVIDENCE_TYPE)
    values = distinct.take(pa.array(indices, pa.int32()))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _evidence_row(finding: Finding, contribution: float) -> dict[str, object]:
    evidence = finding.evidence
    return {
        "detector": finding.detector,
        "version": finding.version,
        "basis": finding.basis.value,
        "signal": evidence.signal.value,
        "reason": evidence.reason,
        "strength": evidence.strength,
        "kind": evidence.kind,
        "part": evidence.part,
        "score": evidence.score,
        "fpr": evidence.fpr,
        "llr": evidence.llr,
        "opt_out": list(evidence.opt_out),
        "detail": evidence.detail if evidence.signal is not Signal.SILENT or _found(evidence) else None,
        "contribution": contribution,
    }


def _found(evidence: Evidence) -> bool:
    """Whether silence has something to point at: a kind that speaks for neither side, an opt-out, or what it looked at."""
    return evidence.kind is not None or bool(evidence.opt_out) or evidence.keep_detail


def finding_of(entry: Mapping[str, Any]) -> Finding:
    """A struct of `prov_evidence` as the finding that it was; detail that was kept is written again."""
    evidence = Evidence(
        signal=Signal(entry["signal"]),
        reason=entry["reason"],
        strength=Strength(entry["strength"]) if entry["strength"] else None,
        kind=Kind(entry["kind"]) if entry["kind"] else None,
        part=entry["part"],
        score=entry["score"],
        fpr=entry["fpr"],
        llr=entry["llr"],
        opt_out=tuple(entry["opt_out"] or ()),
        detail=entry["detail"],
        keep_detail=entry["detail"] is not None,
    )
    return Finding(entry["detector"], entry["version"], Basis(entry["basis"]), evidence)


def content_digests(records: pa.RecordBatch) -> pa.Array:
    """SHA-256 in hex of `raw`, else of the UTF-8 text, else null."""
    raw, text = _views(records.column("raw")), _views(records.column("text"))
    contents = (media if media is not None else words for media, words in zip(raw, text, strict=True))
    return pa.array([None if content is None else sha256_hex(content) for content in contents], pa.string())


def _views(column: pa.Array) -> Iterator[memoryview | None]:
    """The values of a large_binary or large_string column without copying any of them."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)[column.offset :] if offsets is not None else np.zeros(1, np.int64)
    view = memoryview(data) if data is not None else memoryview(b"")
    valid = column.is_valid().to_pylist()
    for row, is_valid in enumerate(valid):
        yield view[ends[row] : ends[row + 1]] if is_valid else None


def split(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """The kept and the rejected rows of a batch that has `prov_reject_reason`."""
    reasons = batch.column("prov_reject_reason")
    if reasons.null_count in {0, len(reasons)}:  # one side is empty: nothing needs to be copied
        empty = batch.slice(0, 0)
        return (batch, empty) if reasons.null_count else (empty, batch)
    kept = pc.is_null(reasons)
    return batch.filter(kept), batch.filter(pc.invert(kept))

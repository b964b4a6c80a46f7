"""Adds up the evidence about one record in log-odds: `logit = prior + sum over families`.

- A family is a basis; detectors of one basis look at the same thing, so their evidence is not independent.
- In a family, for each sign by itself, the largest log-likelihood ratio counts in full and the others at `1 - r`;
  the two signs are added and the sum is capped by what calibrations of that family can support.
- Every finding gets its share: prior and contributions add up to the logit.
- A finding about a part of the record, such as a caption, contributes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum

from lowbackground.detectors.evidence import Basis, Finding, Signal

FAMILY_CAP: Mapping[Basis, float] = {
    # In nats. A calibration on n records supports ln(n + 1) at most; these bounds hold for all of a family together,
    # because what is wrong with one of its detectors tends to be wrong with the others.
    Basis.SIGNED: 7.0,  # as watermark; the label of a verified claim is the policy's business, not the sum's
    Basis.WATERMARK: 7.0,  # odds of 1,100 : 1, a null measured on about a thousand unmarked items
    Basis.DECLARED: 5.0,  # 150 : 1, marks are quoted, copied and typed by people
    Basis.KNOWN: 7.0,  # as watermark
    Basis.CLASSIFIER: 4.0,  # 55 : 1, the false positives of the worst source are a few per cent
    Basis.CONTEXT: 1.5,  # 4.5 : 1, a host or a card alone must never flip a label
}

_CARRIES = frozenset({Signal.HUMAN, Signal.SYNTHETIC, Signal.MIXED, Signal.SILENT})  # SKIPPED and FAILED say nothing


@dataclass(frozen=True, slots=True)
class Fused:
    """Log-odds of being synthetic, in nats; `contributions` is aligned with the findings that were fused."""

    logit: float
    p: float
    contributions: tuple[float, ...]


def fuse(findings: Sequence[Finding], prior_logit: float, shrinkage: float) -> Fused:
    """Fuse the findings about one record; `shrinkage` is r, from 0 (independent) to 1 (mere repetition).

    The answer does not depend on the order of the findings.
    """
    families: dict[Basis, list[int]] = {}
    for index, finding in enumerate(findings):
        evidence = finding.evidence
        if evidence.llr is not None and evidence.part is None and evidence.signal in _CARRIES:
            families.setdefault(finding.basis, []).append(index)
    contributions = [0.0] * len(findings)
    for basis, members in families.items():
        llrs = [findings[index].evidence.llr or 0.0 for index in members]
        for index, share in zip(members, _shares(llrs, shrinkage, FAMILY_CAP[basis]), strict=True):
            contributions[index] = share
    logit = fsum((prior_logit, *contributions)) if families else prior_logit
    return Fused(logit, sigmoid(logit), tuple(contributions))


def _shares(llrs: Sequence[float], shrinkage: float, cap: float) -> list[float]:
    """What each member of one family contributes; the sum lies within +-cap."""
    shares = _discounted(llrs, shrinkage)
    total = fsum(shares)
    return shares if abs(total) <= cap else [share * cap / abs(total) for share in shares]


def _discounted(llrs: Sequence[float], shrinkage: float) -> list[float]:
    """Each ratio at `1 - r`, the largest of each sign in full; equal largest ones share that privilege."""
    shares = [(1 - shrinkage) * llr for llr in llrs]
    for largest in {max(0.0, *llrs), min(0.0, *llrs)} - {0.0}:
        equals = [index for index, llr in enumerate(llrs) if llr == largest]
        for index in equals:
            shares[index] += shrinkage * largest / len(equals)
    return shares


def family_totals(findings: Sequence[Finding], contributions: Iterable[float]) -> dict[Basis, float]:
    """What each family of evidence contributed, strongest basis first; families that said nothing are left out."""
    totals: dict[Basis, list[float]] = {}
    for finding, contribution in zip(findings, contributions, strict=True):
        if contribution:
            totals.setdefault(finding.basis, []).append(contribution)
    return {basis: fsum(totals[basis]) for basis in Basis if basis in totals}


def sigmoid(logit: float) -> float:
    """1 / (1 + e^-x), without overflow."""
    if logit >= 0:
        return 1 / (1 + exp(-logit))
    odds = exp(logit)
    return odds / (1 + odds)

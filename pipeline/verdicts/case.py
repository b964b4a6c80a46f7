"""What a policy is asked about: the evidence of one record, and the few facts of the record that rules may name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lowbackground.detectors.evidence import Basis, Finding, Signal
from lowbackground.pipeline.verdicts.fusion import sigmoid

SILENT = frozenset({Signal.SILENT, Signal.SKIPPED})
SPEAKING = frozenset({Signal.HUMAN, Signal.SYNTHETIC, Signal.MIXED})
_BASIS_RANK = {basis: rank for rank, basis in enumerate(Basis)}


@dataclass(frozen=True, slots=True)
class Case:
    """One record, judged and fused.

    `credential` is the record's row of `prov_c2pa`, null without a manifest. `prior_logit` and `logit` are log-odds of
    being synthetic before and after the evidence. `media` is a media kind; `captured_before_cutoff` what
    `Policy.before_cutoff` said of it and of the capture date. `text_length` counts characters, null without a text.
    """

    findings: Sequence[Finding]
    credential: Mapping[str, Any] | None = None
    prior_logit: float = 0.0
    logit: float = 0.0
    media: str = "text"
    captured_before_cutoff: bool = False
    notes: Sequence[str] = ()
    text_length: int | None = None

    @property
    def p(self) -> float:
        """P(synthetic) after all evidence."""
        return sigmoid(self.logit)

    def audible(self) -> list[Finding]:
        """The findings that rules can see, strongest basis first, in an order that no detector's place can change.

        What ran and found nothing, or could not apply, is left out: a rule cannot rest on silence.
        """
        heard = [finding for finding in self.findings if finding.evidence.signal not in SILENT]
        return sorted(heard, key=_order) if len(heard) > 1 else heard

    def speaking(self) -> list[Finding]:
        """The findings that say something about the record itself, and not only about a part of it."""
        return [f for f in self.audible() if f.evidence.signal in SPEAKING and f.evidence.part is None]


def _order(finding: Finding) -> tuple[object, ...]:
    evidence = finding.evidence
    return (
        _BASIS_RANK[finding.basis],
        -evidence.strength.rank if evidence.strength else 0,
        finding.detector,
        evidence.reason,
        evidence.signal,
        evidence.kind or "",
        evidence.part or "",
    )

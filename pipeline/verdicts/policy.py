"""Decides what may be claimed about a record: ordered rules, the first that matches gives the label.

- Pure: a verdict follows from the policy and the case alone, in whatever order the detectors stand.
- No evidence is unknown: a rule sees only findings that say something, or that broke.
- A human label rests on a finding that says human; a policy that could do without is refused.
- Two answers, kept apart: the label says what may be claimed, P(synthetic) how likely it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

from lowbackground.detectors.evidence import Basis, Kind
from lowbackground.manifests.digest import json_digest
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.conditions import Condition, Matcher, canonical, compiled
from lowbackground.pipeline.verdicts.fusion import sigmoid
from lowbackground.pipeline.verdicts.unknown import UNKNOWN_REASONS, is_procedural, unknown_reason

__all__ = [
    "LABELS",
    "UNKNOWN_REASONS",
    "Case",
    "Policy",
    "Rule",
    "Verdict",
    "decide",
    "probability",
]

LABELS = ("human", "synthetic", "unknown")
DECIDED_HUMAN, DECIDED_SYNTHETIC = 0.001, 0.999  # bounds of P(synthetic) where signed or known evidence decides
_DECISIVE = frozenset({Basis.SIGNED, Basis.KNOWN})


@dataclass(frozen=True, slots=True)
class Rule:
    """`label` where `when` holds and `unless` does not; `kind` replaces what the deciding finding says of it."""

    name: str
    label: str
    when: Condition
    unless: Condition | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be claimed about one record.

    `rule` is the rule that decided, null where none did; `basis` and `kind` are those of the finding it rests on.
    `unknown_reason` is null for the other labels.
    """

    label: str
    rule: str | None = None
    basis: Basis | None = None
    kind: Kind | None = None
    unknown_reason: str | None = None


@dataclass(frozen=True)
class Policy:
    """Rules in order, and the first day (UTC) of the era of each media kind."""

    name: str
    rules: tuple[Rule, ...]
    cutoffs: Mapping[str, date]

    @cached_property
    def digest(self) -> str:
        """Changes when a rule or a cut-off changes, not with comments or the way they are written down."""
        return json_digest(
            {
                "rules": [
                    {
                        "name": rule.name,
                        "label": rule.label,
                        "kind": rule.kind,
                        "when": canonical(rule.when),
                        "unless": None if rule.unless is None else canonical(rule.unless),
                    }
                    for rule in self.rules
                ],
                "cutoffs": {kind: day.isoformat() for kind, day in self.cutoffs.items()},
            }
        )

    def before_cutoff(self, media: str, captured_at: datetime | None) -> bool:
        """Whether a record of this media kind was captured before the era; false where nobody knows when."""
        return captured_at is not None and captured_at < self._instants[media]

    @cached_property
    def _instants(self) -> Mapping[str, datetime]:
        return {kind: datetime.combine(day, time(), UTC) for kind, day in self.cutoffs.items()}

    @cached_property
    def matchers(self) -> Sequence[tuple[Rule, Matcher, Matcher | None]]:
        """Each rule with its conditions as functions."""
        return [(r, compiled(r.when), None if r.unless is None else compiled(r.unless)) for r in self.rules]

    def __getstate__(self) -> dict[str, Any]:
        """Functions do not travel to workers; they are compiled there."""
        return {"name": self.name, "rules": self.rules, "cutoffs": dict(self.cutoffs)}


def decide(policy: Policy, case: Case) -> Verdict:
    """The verdict of the first rule that fires; unknown, with its reason, where none does."""
    findings = case.audible()
    if findings:
        for rule, when, unless in policy.matchers:
            deciding = when(findings, case)
            if deciding is not None and (unless is None or unless(findings, case) is None):
                kind = rule.kind or deciding.evidence.kind
                reason = unknown_reason(case) if rule.label == "unknown" else None
                return Verdict(rule.label, rule.name, deciding.basis, kind, reason)
    return Verdict(
        "unknown", kind=Kind.PROCEDURAL if is_procedural(case) else None, unknown_reason=unknown_reason(case)
    )


def probability(verdict: Verdict, logit: float) -> float:
    """P(synthetic) of a decided row: at most `.001` or at least `.999` where signed or known evidence gave the label."""
    p = sigmoid(logit)
    if verdict.basis in _DECISIVE and verdict.label == "human":
        return min(p, DECIDED_HUMAN)
    if verdict.basis in _DECISIVE and verdict.label == "synthetic":
        return max(p, DECIDED_SYNTHETIC)
    return p

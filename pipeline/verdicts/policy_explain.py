"""Says of every rule of a policy whether it fires on a case, and what was in its way: for people who ask why."""

from collections.abc import Sequence
from dataclasses import dataclass

from lowbackground.detectors.evidence import Basis, Finding, Signal
from lowbackground.manifests.chain import HUMAN
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.conditions import AllOf, Condition, Leaf, describe, leaf_tests
from lowbackground.pipeline.verdicts.policy import Policy, decide

NOTHING = "any finding that says something"
NEAR = 0.5  # of the conditions of a rule; with fewer, it is about something else


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule met one case.

    `fires` says that its conditions hold, `decides` that it is the first of which that is so. `met` of `asked`
    conditions hold, counted on the finding that comes closest; an `unless` that holds is one more that is asked and
    not met. `missing` is the first that is in the way.
    """

    rule: str
    label: str
    fires: bool
    decides: bool
    met: int
    asked: int
    missing: str | None

    @property
    def closeness(self) -> float:
        """The share of conditions that hold."""
        return self.met / self.asked


def explain(policy: Policy, case: Case) -> tuple[RuleTrace, ...]:
    """A trace of every rule, in order."""
    findings, deciding = case.audible(), decide(policy, case).rule
    traces = []
    for rule in policy.rules:
        met, asked, missing = max(_nearest(rule.when, findings, case), _unspoken(rule.when, case), key=_share)
        stopped_by = _holding(rule.unless, findings, case) if rule.unless is not None else None
        if stopped_by is not None:
            asked += 1
            missing = missing or f"unless {describe(stopped_by)}"
        traces.append(RuleTrace(rule.name, rule.label, missing is None, rule.name == deciding, met, asked, missing))
    return tuple(traces)


def nearly(traces: Sequence[RuleTrace]) -> RuleTrace | None:
    """Of the rules with another label, the one that came closest to deciding; null where none came near.

    A rule that fires behind the deciding one counts too: it tells what else speaks about the record. Of two that came
    as close, the one that asks more met more.
    """
    label = next((trace.label for trace in traces if trace.decides), "unknown")
    others = [trace for trace in traces if trace.label != label and trace.closeness >= NEAR]
    return max(others, key=lambda trace: (trace.closeness, trace.met), default=None)


def _unspoken(condition: Condition, case: Case) -> tuple[int, int, str | None]:
    """What a manifest meets whose human claim does not count, such as that of a photo changed after signing.

    No rule can fire on silence, but that the manifest nearly decided is what people want to know of such a record.
    """
    claims_human = case.credential is not None and case.credential["claim"] in HUMAN
    credential = [
        finding
        for finding in case.findings
        if claims_human and finding.basis is Basis.SIGNED and finding.evidence.signal is Signal.SILENT
    ]
    met, asked, missing = _nearest(condition, credential, case)
    return met, asked + (missing is None), missing or NOTHING


def _nearest(condition: Condition, findings: Sequence[Finding], case: Case) -> tuple[int, int, str | None]:
    """How many conditions hold, of how many, and the first that does not."""
    if isinstance(condition, Leaf):
        return max(
            (_tried(condition, finding, case) for finding in findings),
            default=(0, len(condition.wanted), NOTHING),
            key=_share,
        )
    parts = [_nearest(part, findings, case) for part in condition.parts]
    if not isinstance(condition, AllOf):
        return max(parts, key=_share)
    missing = next((part[2] for part in parts if part[2] is not None), None)
    return sum(part[0] for part in parts), sum(part[1] for part in parts), missing


def _share(result: tuple[int, int, str | None]) -> tuple[bool, float]:
    return result[2] is None, result[0] / result[1]


def _tried(leaf: Leaf, finding: Finding, case: Case) -> tuple[int, int, str | None]:
    """A mapping against one finding; the tests that stand unwritten are not counted, and must hold first.

    So must the basis: a rule about marks is not half met by a classifier's hit, however much else they have in common.
    """
    tests = leaf_tests(leaf)
    failed = [index for index, (_, test) in enumerate(tests) if not test(finding, case)]
    asked = len(leaf.wanted)
    unwritten = len(tests) - asked
    first = [index for index, (name, _) in enumerate(leaf.wanted, unwritten) if name == "basis"]
    apart = any(index < unwritten or index in first for index in failed)
    return 0 if apart else asked - len(failed), asked, tests[failed[0]][0] if failed else None


def _holding(condition: Condition, findings: Sequence[Finding], case: Case) -> Condition | None:
    """The condition if it holds, narrowed to the alternative that does."""
    if isinstance(condition, Leaf):
        return condition if any(_tried(condition, finding, case)[2] is None for finding in findings) else None
    held = [_holding(part, findings, case) for part in condition.parts]
    if isinstance(condition, AllOf):
        return condition if all(held) else None
    return next((part for part in held if part), None)

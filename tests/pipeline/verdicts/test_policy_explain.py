"""Why a record got its label: every rule says what it met and what it missed."""

from dataclasses import replace

import pytest
from hypothesis import given

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Kind, Signal, Strength
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.conditions import parse_condition
from lowbackground.pipeline.verdicts.policy import Policy, Rule, decide
from lowbackground.pipeline.verdicts.policy_explain import NOTHING, explain, nearly
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy
from tests.strategies import TRUSTED_CAPTURE, cases

STANDARD = load_policy("standard")
ERA = Finding("era", "1", Basis.CONTEXT, Evidence(Signal.HUMAN, "era.before-cutoff", Strength.STRONG))
BROKEN = Finding("marks", "1", Basis.DECLARED, Evidence(Signal.FAILED, "detector-error"))
STRONG_MARK = Finding(
    "marks", "1", Basis.DECLARED, Evidence(Signal.SYNTHETIC, "mark.field", Strength.STRONG, Kind.GENERATED)
)


@pytest.mark.parametrize("policy", [load_policy(name) for name in SHIPPED], ids=SHIPPED)
@given(case=cases())
def test_the_explanation_agrees_with_the_verdict(policy: Policy, case: Case) -> None:
    traces = explain(policy, case)
    verdict = decide(policy, case)
    assert [trace.rule for trace in traces] == [rule.name for rule in policy.rules]
    assert next((trace.rule for trace in traces if trace.fires), None) == verdict.rule
    assert [trace.rule for trace in traces if trace.decides] == ([verdict.rule] if verdict.rule else [])
    for trace in traces:
        assert 0 <= trace.met <= trace.asked
        assert trace.fires == (trace.missing is None)


def test_a_rule_stopped_by_its_unless_says_which_part_stopped_it() -> None:
    (trace,) = (t for t in explain(STANDARD, Case([ERA, BROKEN], captured_before_cutoff=True)) if t.rule == "era")
    assert not trace.fires
    assert trace.missing is not None
    assert trace.missing.startswith("unless {basis: [context, declared, known, signed, watermark], signal: failed")


def test_a_rule_says_the_first_condition_that_its_closest_finding_misses() -> None:
    traces = {trace.rule: trace for trace in explain(STANDARD, Case([STRONG_MARK]))}
    assert traces["declared-synthetic"].missing == "strength_at_least: near_certain"
    assert (traces["declared-synthetic"].met, traces["declared-synthetic"].asked) == (3, 4)


def test_the_rule_that_nearly_decided_is_the_closest_with_another_label() -> None:
    near = nearly(explain(STANDARD, Case([STRONG_MARK])))
    assert near is not None
    assert near.rule == "declared-synthetic"
    photograph = Finding("c2pa", "1", Basis.SIGNED, Evidence(Signal.HUMAN, "c2pa.capture"))
    near = nearly(explain(STANDARD, Case([photograph], TRUSTED_CAPTURE | {"capture_disallowed": True})))
    assert near is not None
    assert (near.rule, near.missing) == ("signed-capture", "capture_allowed: true")


def test_a_rule_about_another_basis_is_not_near_however_much_else_it_shares() -> None:
    hit = Evidence(Signal.SYNTHETIC, "ai.above-threshold", Strength.STRONG, Kind.GENERATED, fpr=0.02, llr=1.0)
    near = nearly(explain(STANDARD, Case([Finding("ai", "1", Basis.CLASSIFIER, hit)])))
    assert near is not None
    assert (near.rule, near.missing) == ("classifier", "fpr_at_most: 0.01")


def test_a_rule_that_came_too_late_nearly_decided() -> None:
    made = Finding("c2pa", "1", Basis.SIGNED, Evidence(Signal.SYNTHETIC, "c2pa.made"))
    anchor = Finding("known", "1", Basis.KNOWN, Evidence(Signal.HUMAN, "known.anchor"))
    near = nearly(explain(STANDARD, Case([made, anchor], TRUSTED_CAPTURE | {"claim": "synthetic"})))
    assert near is not None
    assert (near.rule, near.fires) == ("known-human", True)


def test_where_nothing_speaks_nothing_came_near() -> None:
    traces = explain(STANDARD, Case([]))
    assert nearly(traces) is None
    assert {trace.missing for trace in traces} == {NOTHING}
    assert {trace.met for trace in traces} == {0}


def test_a_manifest_whose_claim_does_not_count_nearly_decided() -> None:
    changed = Finding("c2pa", "1", Basis.SIGNED, Evidence(Signal.SILENT, "c2pa.content-modified"))
    case = Case([changed], TRUSTED_CAPTURE | {"integrity": "modified"})
    near = nearly(explain(STANDARD, case))
    assert near is not None
    assert (near.rule, near.fires, near.missing) == ("signed-capture", False, "signal: human")
    stranger = nearly(explain(STANDARD, Case([changed], TRUSTED_CAPTURE | {"trust": "untrusted", "trust_tier": None})))
    assert stranger is not None
    assert stranger.rule == "signed-capture"  # and not a rule about AI that asks half as much
    assert nearly(explain(STANDARD, Case([changed], TRUSTED_CAPTURE | {"claim": "unknown"}))) is None
    assert nearly(explain(STANDARD, Case([changed]))) is None  # without a manifest there is nothing to tell


@given(case=cases())
def test_silence_fires_no_rule_whatever_the_policy(case: Case) -> None:
    silent = Finding("c2pa", "1", Basis.SIGNED, Evidence(Signal.SILENT, "c2pa.content-modified"))
    quiet = replace(case, findings=(*case.findings, silent))
    broad = replace(STANDARD, rules=(Rule("any-manifest", "unknown", parse_condition({"basis": "signed"}, "test")),))
    assert [trace.fires for trace in explain(broad, quiet)] == [trace.fires for trace in explain(broad, case)]

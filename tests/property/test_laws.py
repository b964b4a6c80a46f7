"""The laws of evidence and labels, each a test: they hold for the shipped policies and, where it is said, for any."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.fusion import FAMILY_CAP, family_totals, fuse
from lowbackground.pipeline.verdicts.policy import Policy, decide, probability
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy, parse_policy
from tests.strategies import (
    SPEAKING,
    TYPICAL,
    cases,
    findings,
    llrs,
    policies,
    priors,
    rows,
    shrinkages,
    with_findings,
)

POLICIES = [load_policy(name) for name in SHIPPED]
FEWER = settings(max_examples=50)  # making a policy is the slow part
every_policy = pytest.mark.parametrize("policy", POLICIES, ids=SHIPPED)
QUIET = rows((Signal.SILENT, Signal.SKIPPED))
TYPICAL_ROWS = st.lists(st.sampled_from(TYPICAL), min_size=2, max_size=3)
NOT_HUMAN = rows(tuple(signal for signal in Signal if signal is not Signal.HUMAN))


@every_policy
@given(case=cases(QUIET))
def test_no_evidence_is_unknown(policy: Policy, case: Case) -> None:
    assert decide(policy, case).label == "unknown"


@FEWER
@given(policy=policies(), case=cases(QUIET))
def test_no_evidence_is_unknown_under_any_policy(policy: Policy, case: Case) -> None:
    verdict = decide(policy, case)
    assert (verdict.label, verdict.rule) == ("unknown", None)


@every_policy
@given(case=cases(NOT_HUMAN))
def test_human_needs_positive_evidence(policy: Policy, case: Case) -> None:
    assert decide(policy, case).label != "human"


@FEWER
@given(policy=policies(), case=cases(NOT_HUMAN))
def test_human_needs_positive_evidence_under_any_policy(policy: Policy, case: Case) -> None:
    assert decide(policy, case).label != "human"


@every_policy
@given(case=cases(QUIET), basis=st.sampled_from(Basis))
def test_passing_a_detector_is_no_evidence_of_humanity(policy: Policy, case: Case, basis: Basis) -> None:
    passed = Finding("detector", "1", basis, Evidence(Signal.SILENT, "text.low-score", score=0.0, fpr=1.0, llr=-20.0))
    assert decide(policy, with_findings(case, [*case.findings, passed])).label == "unknown"


@every_policy
@settings(max_examples=400)  # few records are one failure away from human
@given(case=cases(TYPICAL_ROWS), data=st.data())
def test_a_failure_in_place_of_any_evidence_never_makes_a_record_human(
    policy: Policy, case: Case, data: st.DataObject
) -> None:
    assume(case.findings and decide(policy, case).label != "human")
    index = data.draw(st.integers(0, len(case.findings) - 1))
    broken = list(case.findings)
    broken[index] = replace(broken[index], evidence=Evidence(Signal.FAILED, "detector-error"))
    failed = with_findings(case, broken)
    assert decide(policy, failed).label != "human"
    assert decide(policy, replace(failed, credential=None)).label != "human"  # a detector that broke wrote no row


@every_policy
@given(case=cases(), skipped=findings((Signal.SKIPPED,)), data=st.data())
def test_what_was_skipped_changes_neither_label_nor_p(
    policy: Policy, case: Case, skipped: Finding, data: st.DataObject
) -> None:
    row = list(case.findings)
    row.insert(data.draw(st.integers(0, len(row))), skipped)
    more = with_findings(case, row)
    before, after = decide(policy, case), decide(policy, more)
    assert (after.label, after.rule, after.basis, after.kind) == (before.label, before.rule, before.basis, before.kind)
    assert more.logit == case.logit
    assert probability(after, more.logit) == probability(before, case.logit)


@FEWER
@given(policy=policies(), case=cases(), quiet=findings((Signal.SILENT, Signal.SKIPPED)))
def test_silence_changes_a_label_only_through_p(policy: Policy, case: Case, quiet: Finding) -> None:
    more = with_findings(case, [*case.findings, quiet])
    same_p = replace(more, logit=case.logit)
    assert decide(policy, same_p).label == decide(policy, case).label


@given(
    row=rows(),
    prior=priors,
    r=shrinkages,
    basis=st.sampled_from(Basis),
    signal=st.sampled_from((*SPEAKING, Signal.SILENT)),
    llr=llrs,
)
def test_more_positive_evidence_never_lowers_its_family_and_negative_never_raises_it(
    row: list[Finding], prior: float, r: float, basis: Basis, signal: Signal, llr: float
) -> None:
    added = [*row, Finding("added", "1", basis, Evidence(signal, "text.score", llr=llr))]
    before = family_totals(row, fuse(row, prior, r).contributions).get(basis, 0.0)
    after = family_totals(added, fuse(added, prior, r).contributions).get(basis, 0.0)
    assert after >= before - 1e-9 if llr >= 0 else after <= before + 1e-9


@given(case=cases(), data=st.data())
@every_policy
def test_the_order_of_detectors_does_not_matter(policy: Policy, case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.findings))))
    shuffled = [case.findings[index] for index in order]
    fused, fused_shuffled = fuse(case.findings, case.prior_logit, 0.7), fuse(shuffled, case.prior_logit, 0.7)
    assert fused_shuffled.logit == fused.logit
    assert fused_shuffled.contributions == tuple(fused.contributions[index] for index in order)
    assert decide(policy, with_findings(case, shuffled)) == decide(policy, case)


@FEWER
@given(policy=policies(), case=cases(), data=st.data())
def test_the_order_of_detectors_does_not_matter_under_any_policy(
    policy: Policy, case: Case, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(case.findings))
    assert decide(policy, replace(case, findings=shuffled)) == decide(policy, case)


@pytest.mark.parametrize(
    "file",
    [
        None,
        {},
        {"version": 1},
        {"version": 1, "rules": []},
        {"version": 1, "rules": [{"name": "a", "label": "unknown", "when": {}}]},
        {"version": 1, "rules": [{"name": "a", "label": "unknown", "when": {"all": []}}]},
        {"version": 1, "rules": [{"name": "a", "label": "unknown", "when": {"any": []}}]},
        {"version": 1, "rules": [{"name": "a", "label": "unknown", "when": {"any": [{}]}}]},
    ],
)
def test_an_empty_policy_is_an_error(file: object) -> None:
    with pytest.raises(ConfigError):
        parse_policy(file, "mine.yaml", "mine")


@given(row=rows(), prior=priors, r=shrinkages)
def test_prior_and_stored_contributions_add_up_to_the_stored_logit(row: list[Finding], prior: float, r: float) -> None:
    fused = fuse(row, prior, r)
    assert len(fused.contributions) == len(row)
    assert abs(prior + sum(fused.contributions) - fused.logit) < 1e-6


@given(row=rows(), prior=priors, r=shrinkages)
def test_no_family_contributes_more_than_its_calibrations_support(row: list[Finding], prior: float, r: float) -> None:
    for basis, total in family_totals(row, fuse(row, prior, r).contributions).items():
        assert abs(total) <= FAMILY_CAP[basis] + 1e-9


@every_policy
@given(case=cases())
def test_a_caption_never_labels_its_picture(policy: Policy, case: Case) -> None:
    own = [finding for finding in case.findings if finding.evidence.part is None]
    alone = with_findings(case, own)
    assert alone.logit == case.logit
    assert decide(policy, alone) == decide(policy, case)

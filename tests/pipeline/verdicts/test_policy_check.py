"""`policy check`: rules that can never fire, and human labels that a broken check could hand out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.policy import Policy, decide
from lowbackground.pipeline.verdicts.policy_check import check, unprotected, unreachable
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy, parse_policy
from tests.strategies import cases, policies

GUARD = {"signal": "failed", "basis": ["signed", "watermark", "declared", "known", "context"]}


def policy(*rules: dict[str, Any]) -> Policy:
    named = [{"name": f"r{number}", "label": "unknown"} | rule for number, rule in enumerate(rules, 1)]
    return parse_policy({"version": 1, "rules": named}, "mine.yaml", "mine")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_has_no_problem(name: str) -> None:
    assert check(load_policy(name)) == ()


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (
            [{"when": {"basis": "declared"}}, {"when": {"basis": "declared", "signal": "synthetic"}}],
            "rule r1 fires first",
        ),
        (
            [{"when": {"strength_at_least": "weak"}}, {"when": {"strength_at_least": "strong"}}],
            "rule r1 fires first",
        ),
        ([{"when": {"fpr_at_most": 0.01}}, {"when": {"fpr_at_most": 1e-9}}], "rule r1 fires first"),
        ([{"when": {"reason": "c2pa.*"}}, {"when": {"reason": "c2pa.signed"}}], "rule r1 fires first"),
        (
            [{"when": {"basis": "signed"}}, {"when": {"claim": "synthetic"}}],  # what has a claim is signed
            "rule r1 fires first",
        ),
        (
            [
                {"when": {"basis": "known"}},
                {"when": {"basis": "watermark"}},
                {"when": {"any": [{"basis": "known"}, {"basis": "watermark"}]}},
            ],
            "rule r2 fires first",
        ),
        (
            [
                {"when": {"basis": "known"}, "unless": {"all": [{"basis": "signed"}, {"basis": "declared"}]}},
                {"when": {"basis": "known"}, "unless": {"basis": "signed"}},
            ],
            "rule r1 fires first",
        ),
        (
            [{"when": {"basis": "known", "signal": "human"}, "unless": {"signal": "human"}}],
            "its `unless` holds whenever",
        ),
        (
            [{"when": {"basis": "declared", "grade": "intact/*"}}],
            "asks for a credential of a finding that is not signed",
        ),
        ([{"when": {"part": "text", "claim": "synthetic"}}], "of a finding about a part"),
        ([{"when": {"trust_tier": "c2pa", "grade": "intact/untrusted"}}], "which only a trusted signer has"),
        (
            [{"when": {"all": [{"claim": "synthetic"}, {"claim": "human_capture"}]}}],
            "`claim` is a fact of the record, and cannot be synthetic and human_capture at once",
        ),
        (
            [{"when": {"all": [{"captured_before_cutoff": True}, {"captured_before_cutoff": False}]}}],
            "cannot be true and false at once",
        ),
        ([{"when": {"all": [{"media": "text"}, {"media": ["video", "voice"]}]}}], "cannot be text and [video, voice]"),
    ],
)
def test_a_rule_that_can_never_fire_is_found_with_the_reason(rules: list[dict[str, Any]], why: str) -> None:
    (problem,) = unreachable(policy(*rules))
    assert problem.rule == f"r{len(rules)}"
    assert why in problem.why


@pytest.mark.parametrize(
    "rules",
    [
        [{"when": {"basis": "declared", "signal": "synthetic"}}, {"when": {"basis": "declared"}}],
        [{"when": {"basis": "declared"}, "unless": {"captured_before_cutoff": True}}, {"when": {"basis": "declared"}}],
        [{"when": {"basis": "declared"}}, {"when": {"basis": "declared", "part": "text"}}],
        [{"when": {"basis": "declared"}}, {"when": {"basis": "declared", "signal": "failed"}}],
        [{"when": {"basis": "known"}}, {"when": {"any": [{"basis": "known"}, {"basis": "watermark"}]}}],
        [{"when": {"all": [{"kind": "edited"}, {"kind": "generated"}]}}],  # two findings may differ
        [{"when": {"all": [{"p_at_least": 0.5}, {"p_at_least": 0.9}]}}],
    ],
)
def test_a_rule_that_may_fire_is_not_accused(rules: list[dict[str, Any]]) -> None:
    assert unreachable(policy(*rules)) == ()


@given(policy=policies(), some=st.lists(cases(), min_size=1, max_size=8))
def test_no_rule_that_is_called_dead_ever_decides(policy: Policy, some: list[Case]) -> None:
    dead = {problem.rule for problem in unreachable(policy)}
    assert dead.isdisjoint(decide(policy, case).rule for case in some)


def test_a_reason_that_no_installed_detector_gives_is_taken_for_a_slip_of_the_pen() -> None:
    mine = policy({"when": {"reason": "era.before-cutof"}}, {"when": {"reason": ["nothing.*", "era.*"]}})
    assert unreachable(mine) == ()
    (problem,) = unreachable(mine, frozenset({"era.before-cutoff"}))
    assert (problem.rule, problem.why) == ("r1", "no installed detector gives a reason like era.before-cutof")


def test_a_human_rule_without_a_guard_against_broken_checks_is_named_with_the_remedy() -> None:
    human = {"label": "human", "when": {"basis": "known", "signal": "human"}}
    (problem,) = unprotected(policy(human))
    assert "a check of signed, watermark, declared, known, context broke; add `unless: {signal: failed" in problem.why
    (partly,) = unprotected(policy(human | {"unless": {"signal": "failed", "basis": "signed"}}))
    assert "a check of watermark, declared, known, context broke" in partly.why
    assert unprotected(policy(human | {"unless": {"any": [{"captured_before_cutoff": True}, GUARD]}})) == ()
    assert unprotected(policy(human | {"unless": {"signal": "failed"}})) == ()


def test_alternatives_without_bound_are_not_taken_apart_and_not_accused() -> None:
    twelve = {"any": [{"basis": "signed", "claim": "synthetic"}, {"basis": "declared", "grade": "intact/*"}]}
    assert unreachable(policy({"when": {"all": [twelve] * 12}})) == ()

"""The shipped policies, rule by rule: what fires, what does not, and what the row then says."""

import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lowbackground.detectors.era import CUTOFFS
from lowbackground.detectors.evidence import Basis, Evidence, Finding, Kind, Signal, Strength
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.conditions import describe
from lowbackground.pipeline.verdicts.fusion import sigmoid
from lowbackground.pipeline.verdicts.policy import UNKNOWN_REASONS, Policy, Verdict, decide, probability
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy
from tests.strategies import TRUSTED_CAPTURE

STANDARD, STRICT, LENIENT = (load_policy(name) for name in SHIPPED)
RULES = [
    "conflict",
    "signed-synthetic",
    "signed-mixed",
    "watermark",
    "declared-synthetic",
    "known-synthetic",
    "signed-capture",
    "known-human",
    "era",
    "classifier",
]


def said(basis: Basis, signal: Signal, reason: str = "some.reason", **facts: Any) -> Finding:
    return Finding(f"{basis}-detector", "1", basis, Evidence(signal, reason, **facts))


def signed(signal: Signal, **facts: Any) -> Finding:
    return said(Basis.SIGNED, signal, "c2pa.signed", **facts)


def credential(**facts: Any) -> dict[str, Any]:
    return TRUSTED_CAPTURE | facts


ERA = said(Basis.CONTEXT, Signal.HUMAN, "era.before-cutoff", strength=Strength.STRONG)
MARK = said(Basis.DECLARED, Signal.SYNTHETIC, strength=Strength.NEAR_CERTAIN, kind=Kind.GENERATED)
CAPTURE = signed(Signal.HUMAN, kind=Kind.CAPTURED, strength=Strength.NEAR_CERTAIN)
MADE_BY_AI = credential(claim="synthetic", trust="untrusted", trust_tier=None)
AI_TEXT = said(Basis.CLASSIFIER, Signal.SYNTHETIC, fpr=0.001, llr=4.0, strength=Strength.STRONG)
BROKEN = said(Basis.WATERMARK, Signal.FAILED, "detector-error")


@pytest.mark.parametrize("policy", [STANDARD, STRICT, LENIENT], ids=SHIPPED)
def test_the_shipped_policies_have_the_ten_rules_in_their_order(policy: Policy) -> None:
    assert [rule.name for rule in policy.rules] == RULES


FIRES: list[tuple[str, str, Case]] = [
    ("conflict", "unknown", Case([CAPTURE, MARK], credential(), media="picture")),
    ("conflict", "unknown", Case([MARK, ERA], captured_before_cutoff=True)),
    ("conflict", "unknown", Case([said(Basis.WATERMARK, Signal.SYNTHETIC, fpr=1e-10)], captured_before_cutoff=True)),
    ("signed-synthetic", "synthetic", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI)),
    ("signed-synthetic", "synthetic", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI | {"trust": "stale"})),
    ("signed-synthetic", "synthetic", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI | {"integrity": "legacy_binding"})),
    ("watermark", "synthetic", Case([said(Basis.WATERMARK, Signal.SYNTHETIC, fpr=1e-9)])),
    (
        "watermark",
        "synthetic",
        Case([said(Basis.WATERMARK, Signal.SYNTHETIC, strength=Strength.NEAR_CERTAIN)], media="picture"),
    ),
    ("declared-synthetic", "synthetic", Case([MARK])),
    ("known-synthetic", "synthetic", Case([said(Basis.KNOWN, Signal.SYNTHETIC)])),
    ("signed-capture", "human", Case([CAPTURE], credential())),
    ("known-human", "human", Case([said(Basis.KNOWN, Signal.HUMAN)])),
    ("era", "human", Case([ERA], captured_before_cutoff=True)),
    ("era", "human", Case([ERA, AI_TEXT], captured_before_cutoff=True, logit=5.0)),  # a false positive to count
    ("classifier", "synthetic", Case([AI_TEXT], logit=3.0)),
    ("classifier", "synthetic", Case([AI_TEXT], prior_logit=-1.0, logit=0.0)),  # precise enough at its prior
]


@pytest.mark.parametrize(
    ("rule", "label", "case"), FIRES, ids=[f"{index}-{rule}" for index, (rule, *_) in enumerate(FIRES)]
)
@pytest.mark.parametrize("policy", [STANDARD, STRICT, LENIENT], ids=SHIPPED)
def test_each_rule_fires_where_it_should(policy: Policy, rule: str, label: str, case: Case) -> None:
    verdict = decide(policy, case)
    assert (verdict.rule, verdict.label) == (rule, label)


def test_an_ai_edit_is_unknown_of_kind_edited_and_only_strict_calls_it_synthetic() -> None:
    case = Case([signed(Signal.MIXED)], credential(claim="mixed"))
    mixed = Verdict("unknown", "signed-mixed", Basis.SIGNED, Kind.EDITED, "mixed")
    assert decide(STANDARD, case) == decide(LENIENT, case) == mixed
    assert decide(STRICT, case) == Verdict("synthetic", "signed-mixed", Basis.SIGNED, Kind.EDITED)


QUIET: list[tuple[str, Case]] = [
    ("a modified file that says AI", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI | {"integrity": "modified"})),
    ("a forged manifest that says AI", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI | {"integrity": "forged"})),
    ("a malformed manifest", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI | {"integrity": "malformed"})),
    ("a revoked signer that says AI", Case([signed(Signal.SYNTHETIC)], MADE_BY_AI | {"trust": "revoked"})),
    ("a weak declared mark", Case([said(Basis.DECLARED, Signal.SYNTHETIC, strength=Strength.STRONG)])),
    (
        "a text mark that is near certain by its own word",
        Case([said(Basis.WATERMARK, Signal.SYNTHETIC, strength=Strength.NEAR_CERTAIN, fpr=1e-8)], media="text"),
    ),
    ("a look-alike camera", Case([CAPTURE], credential(trust="untrusted", trust_tier=None, camera_issuer=True))),
    ("a revoked camera", Case([CAPTURE], credential(trust="revoked", trust_tier=None))),
    ("a list that vouches for nothing", Case([CAPTURE], credential(trust_tier="other"))),
    ("a product that may not assert capture", Case([CAPTURE], credential(capture_disallowed=True))),
    ("a changed photograph", Case([CAPTURE], credential(integrity="modified"))),
    ("a context that is not the era", Case([said(Basis.CONTEXT, Signal.HUMAN)], captured_before_cutoff=True)),
    ("era evidence of another cut-off", Case([ERA])),
    ("a classifier without a calibration", Case([said(Basis.CLASSIFIER, Signal.SYNTHETIC, score=0.99)], logit=5.0)),
    ("a classifier hit where few are synthetic", Case([AI_TEXT], prior_logit=-4.6, logit=-0.6)),
    ("a classifier that cries wolf", Case([said(Basis.CLASSIFIER, Signal.SYNTHETIC, fpr=0.02, llr=4.0)], logit=3.0)),
    (
        "known synthetic, captured before the era",
        Case([said(Basis.KNOWN, Signal.SYNTHETIC)], captured_before_cutoff=True),
    ),
    (
        "a computed chart from before the era",
        Case([ERA, said(Basis.DECLARED, Signal.SYNTHETIC, kind=Kind.PROCEDURAL)], captured_before_cutoff=True),
    ),
    (
        "a weak mark from before the era",
        Case([ERA, said(Basis.DECLARED, Signal.SYNTHETIC, strength=Strength.WEAK)], captured_before_cutoff=True),
    ),
    ("an edit from before the era", Case([ERA, said(Basis.DECLARED, Signal.MIXED)], captured_before_cutoff=True)),
    ("a capture, and a check that broke", Case([CAPTURE, BROKEN], credential())),
    ("an anchor, and a check that broke", Case([said(Basis.KNOWN, Signal.HUMAN), BROKEN])),
    ("the era, and a check that broke", Case([ERA, BROKEN], captured_before_cutoff=True)),
    (
        "a caption that says AI",
        Case(
            [said(Basis.DECLARED, Signal.SYNTHETIC, strength=Strength.NEAR_CERTAIN, kind=Kind.GENERATED, part="text")],
            media="picture",
        ),
    ),
    ("a drawing", Case([signed(Signal.HUMAN)], credential(claim="human_made", assurance_level=1, trust_tier="other"))),
]


@pytest.mark.parametrize("case", [case for _, case in QUIET], ids=[name for name, _ in QUIET])
@pytest.mark.parametrize("policy", [STANDARD, STRICT], ids=["standard", "strict"])
def test_no_rule_fires_where_none_should(policy: Policy, case: Case) -> None:
    verdict = decide(policy, case)
    assert (verdict.label, verdict.rule) == ("unknown", None)
    assert verdict.unknown_reason in UNKNOWN_REASONS


def test_a_broken_classifier_does_not_stand_in_the_way_of_a_human_label() -> None:
    broken = said(Basis.CLASSIFIER, Signal.FAILED, "detector-error")
    assert decide(STANDARD, Case([ERA, broken], captured_before_cutoff=True)).rule == "era"


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        ({"trust_tier": "c2pa", "assurance_level": 2}, ("human", "human", "human")),
        ({"trust_tier": "c2pa", "assurance_level": 1}, ("human", "unknown", "human")),
        ({"trust_tier": "c2pa", "assurance_level": None}, ("human", "unknown", "human")),
        ({"trust_tier": "interim"}, ("human", "unknown", "human")),
        ({"trust_tier": "capture"}, ("human", "unknown", "human")),
        ({"trust_tier": "other", "camera_issuer": True}, ("human", "unknown", "human")),
        ({"trust_tier": "other"}, ("unknown", "unknown", "unknown")),
        ({"claim": "human_made"}, ("unknown", "unknown", "human")),
        ({"claim": "human_made", "trust_tier": "other"}, ("unknown", "unknown", "unknown")),
    ],
)
def test_the_presets_differ_in_whom_they_trust_with_a_human_claim(
    facts: dict[str, Any], labels: tuple[str, str, str]
) -> None:
    case = Case([CAPTURE], credential(**facts), media="picture")
    assert tuple(decide(policy, case).label for policy in (STANDARD, STRICT, LENIENT)) == labels


def test_a_synthetic_claim_needs_no_preset() -> None:
    case = Case([signed(Signal.SYNTHETIC)], MADE_BY_AI)
    assert {decide(policy, case).label for policy in (STANDARD, STRICT, LENIENT)} == {"synthetic"}


def test_a_verdict_names_the_strongest_finding_it_rests_on_whatever_the_order() -> None:
    weaker = said(Basis.KNOWN, Signal.SYNTHETIC)
    made = signed(Signal.SYNTHETIC, kind=Kind.GENERATED)
    for row in ([weaker, made], [made, weaker]):
        assert decide(STANDARD, Case(row, MADE_BY_AI)) == Verdict(
            "synthetic", "signed-synthetic", Basis.SIGNED, Kind.GENERATED
        )


@pytest.mark.parametrize(
    ("verdict", "p"),
    [
        (Verdict("human", "signed-capture", Basis.SIGNED), 0.001),
        (Verdict("human", "known-human", Basis.KNOWN), 0.001),
        (Verdict("synthetic", "signed-synthetic", Basis.SIGNED), 0.999),
        (Verdict("unknown", "signed-mixed", Basis.SIGNED), 0.5),
        (Verdict("human", "era", Basis.CONTEXT), 0.5),
        (Verdict("synthetic", "watermark", Basis.WATERMARK), 0.5),
    ],
)
def test_p_is_clamped_for_rows_that_signed_or_known_evidence_decided_and_for_no_others(
    verdict: Verdict, p: float
) -> None:
    assert probability(verdict, 0.0) == p


def test_signed_evidence_never_makes_p_less_certain_than_it_was() -> None:
    assert probability(Verdict("human", "signed-capture", Basis.SIGNED), -9.0) == sigmoid(-9.0)
    assert probability(Verdict("synthetic", "signed-synthetic", Basis.SIGNED), 9.0) == sigmoid(9.0)


def test_the_cut_offs_of_the_standard_policy_are_those_of_the_era_and_strict_ones_are_earlier() -> None:
    assert STANDARD.cutoffs == LENIENT.cutoffs == CUTOFFS
    assert all(STRICT.cutoffs[kind] < CUTOFFS[kind] for kind in CUTOFFS)
    assert {
        "text": date(2022, 11, 30),
        "code": date(2021, 6, 29),
        "picture": date(2022, 4, 1),
        "video": date(2023, 1, 1),
        "voice": date(2022, 1, 1),
        "document": date(2022, 11, 30),
    } == CUTOFFS


def test_before_the_cut_off_is_told_to_the_millisecond_in_utc_and_never_without_a_date() -> None:
    start = datetime(2022, 11, 30, tzinfo=UTC)
    assert STANDARD.before_cutoff("text", start - timedelta(milliseconds=1))
    assert not STANDARD.before_cutoff("text", start)
    assert not STANDARD.before_cutoff("text", None)


def test_a_policy_travels_to_workers_and_decides_there() -> None:
    case = FIRES[0][2]
    assert decide(STANDARD, case).rule == "conflict"
    copy = pickle.loads(pickle.dumps(STANDARD))
    assert copy == STANDARD
    assert copy.digest == STANDARD.digest
    assert decide(copy, case) == decide(STANDARD, case)


def test_the_digests_of_the_presets_differ() -> None:
    assert len({policy.digest for policy in (STANDARD, STRICT, LENIENT)}) == len(SHIPPED)


def test_conditions_are_shown_much_as_they_are_written() -> None:
    (rule,) = (rule for rule in STANDARD.rules if rule.name == "declared-synthetic")
    assert (
        describe(rule.when) == "{basis: declared, signal: synthetic, strength_at_least: near_certain, kind: generated}"
    )

"""An explanation says of a row what the row says, and never anything else."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal, Strength
from lowbackground.manifests.credential import CREDENTIAL_TYPE, Claim, Credential, Integrity, Trust
from lowbackground.pipeline.explain.explanation import Explanation, explain_row
from lowbackground.pipeline.explain.explanation_screen import lines, plain
from lowbackground.pipeline.explain.manifest_tree import Node, Step
from lowbackground.pipeline.output.rows import encode_evidence, finding_of
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.fusion import fuse
from lowbackground.pipeline.verdicts.policy import Policy, decide, probability
from lowbackground.pipeline.verdicts.policy_file import load_policy
from tests.strategies import cases, findings

STANDARD = load_policy("standard")
HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\nfake line\u202etxt\u2028" + "A" * 5000


def row_of(case: Case, policy: Policy = STANDARD) -> dict[str, Any]:
    """The row that a run writes about a case."""
    fused = fuse(case.findings, case.prior_logit, 0.7)
    verdict = decide(policy, case)
    evidence = encode_evidence([tuple(case.findings)], [fused.contributions]).to_pylist()[0]
    captured = datetime(1990, 1, 1, tzinfo=UTC) if case.captured_before_cutoff else None
    media_type = {"picture": "image/png", "video": "video/mp4", "voice": "audio/wav", "code": "text/x-c"}
    full = asdict(Credential("embedded", Integrity.INTACT))
    return {
        "prov_id": "an id",
        "prov_source": "a.jsonl",
        "prov_offset": 7,
        "prov_captured_at": captured,
        "prov_media_type": media_type.get(case.media) or {"document": "application/pdf"}.get(case.media),
        "prov_sha256": "00",
        "prov_label": verdict.label,
        "prov_rule": verdict.rule,
        "prov_basis": verdict.basis,
        "prov_kind": verdict.kind,
        "prov_unknown_reason": verdict.unknown_reason,
        "prov_p_synthetic": probability(verdict, case.logit),
        "prov_logit": fused.logit,
        "prov_prior": case.prior_logit,
        "prov_weight": 0.5,
        "prov_evidence": evidence,
        "prov_opt_out": [],
        "prov_notes": list(case.notes),
        "prov_c2pa": None if case.credential is None else full | dict(case.credential),
    }


def explained(row: dict[str, Any], **options: Any) -> Explanation:
    return explain_row(row, STANDARD, {"era.before-cutoff": "Captured before."}, **options)


def screen(explanation: Explanation) -> list[str]:
    return [plain(line) for line in lines(explanation)]


@settings(deadline=None)
@given(findings())
def test_a_finding_survives_being_written(finding: Finding) -> None:
    [[entry]] = encode_evidence([(finding,)], [(0.0,)]).to_pylist()
    expected = finding.evidence
    assert finding_of(entry) == Finding(finding.detector, finding.version, finding.basis, expected)


@settings(deadline=None)
@given(cases())
def test_the_rule_that_is_said_to_decide_is_the_one_of_the_row(case: Case) -> None:
    found = explained(row_of(case))
    assert [trace.rule for trace in found.rules if trace.decides] == (
        [found.row["prov_rule"]] if found.row["prov_rule"] else []
    )
    assert found.notices == ()


@settings(deadline=None)
@given(cases())
def test_prior_and_families_add_up_to_the_sum(case: Case) -> None:
    odds = explained(row_of(case)).to_json()["log_odds"]
    assert odds["prior"] + sum(odds["families"].values()) == pytest.approx(odds["sum"], abs=1e-9)


@settings(deadline=None)
@given(cases())
def test_every_case_has_a_screen_and_json(case: Case) -> None:
    found = explained(row_of(case))
    assert all(line.isprintable() for line in screen(found))
    assert orjson.loads(orjson.dumps(found.to_json()))["verdict"]["label"] == found.label


@pytest.mark.parametrize(
    ("llr", "words"), [(6.0, "adds +4.00 to the log-odds (capped, or shared"), (2.0, "adds +2.00")]
)
def test_a_ratio_that_does_not_count_in_full_is_said_to(llr: float, words: str) -> None:
    hit = Evidence(Signal.SYNTHETIC, "ai.above-threshold", Strength.STRONG, score=1.0, fpr=0.001, llr=llr)
    text = "\n".join(screen(explained(row_of(Case([Finding("ai", "1", Basis.CLASSIFIER, hit)], prior_logit=0.0)))))
    assert words in text
    assert ("capped" in text) == (llr > 4)


def test_another_policy_is_said_to_be_another() -> None:
    case = Case((), prior_logit=0.0)
    row = row_of(case) | {"prov_rule": "my-rule", "prov_label": "human"}
    [notice] = explained(row).notices
    assert "no rule decides" in notice
    assert "my-rule" in notice


def test_strings_of_content_reach_the_screen_escaped_and_cut() -> None:
    evidence = Evidence(Signal.HUMAN, "era.before-cutoff", part=HOSTILE, opt_out=(HOSTILE,), detail=HOSTILE)
    finding = Finding(HOSTILE, HOSTILE, Basis.CONTEXT, evidence)
    credential = {
        "integrity": "intact",
        "trust": "trusted",
        "trust_tier": HOSTILE,
        "trust_list": HOSTILE,
        "claim": "human_capture",
        "codes": [HOSTILE] * 3,
        "remote_url": HOSTILE,
        "assurance_level": None,
        "camera_issuer": False,
        "capture_disallowed": False,
    }
    row = row_of(Case((), credential=credential)) | {
        "prov_id": HOSTILE,
        "prov_source": HOSTILE,
        "prov_media_type": HOSTILE,
        "prov_notes": [HOSTILE],
        "prov_opt_out": [HOSTILE],
        "prov_reject_reason": HOSTILE,
        "prov_kind": HOSTILE,
        "prov_rule": HOSTILE,
        "prov_basis": HOSTILE,
        "prov_unknown_reason": HOSTILE,
        "prov_evidence": encode_evidence([(finding,)], [(1.0,)]).to_pylist()[0],
    }
    node = Node(HOSTILE, HOSTILE, HOSTILE, HOSTILE, False, HOSTILE, (Step(HOSTILE, HOSTILE, HOSTILE),), (HOSTILE,))
    shown = screen(explained(row, chain=Node(None, "top", parts=(node, Node("inputTo", None))), notices=[HOSTILE]))
    assert all(line.isprintable() for line in shown)
    assert max(map(len, shown)) < 1500
    assert not any(line.startswith("fake line") for line in shown)


def test_the_struct_of_the_output_is_what_is_explained() -> None:
    credential = Credential("embedded", Integrity.INTACT, Trust.TRUSTED, "mine", "capture", Claim.HUMAN_CAPTURE)
    [stored] = pa.array([asdict(credential)], CREDENTIAL_TYPE).to_pylist()
    found = explained(row_of(Case(())) | {"prov_c2pa": stored})
    assert "C2PA  embedded, intact, trusted by mine (capture); claims human_capture" in screen(found)
    assert found.to_json()["c2pa"]["trust_list"] == "mine"


def test_a_broken_ingredient_is_told_at_the_head_of_an_intact_manifest() -> None:
    credential = Credential("embedded", Integrity.INTACT, Trust.TRUSTED, "mine", "capture", Claim.HUMAN_CAPTURE)
    [stored] = pa.array([asdict(credential)], CREDENTIAL_TYPE).to_pylist()
    broken = Node("componentOf", None, failures=("assertion.hashedURI.mismatch",), broken=True)
    chain = Node(None, "top", parts=(Node("parentOf", "middle", parts=(broken,)),))
    shown = screen(explained(row_of(Case(())) | {"prov_c2pa": stored}, chain=chain))
    [head] = [line for line in shown if line.startswith("C2PA")]
    assert head.endswith("; claims human_capture; an ingredient is broken")
    assert any(line.endswith("componentOf: something without a manifest  broken") for line in shown)
    assert any(line.endswith("failed: assertion.hashedURI.mismatch") for line in shown)

"""From a credential to evidence: the rule of asymmetry, case by case and as laws."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.credential_evidence import REASONS, evidence_of, opt_outs
from lowbackground.detectors.evidence import Kind, Signal, Strength
from lowbackground.manifests.credential import Claim, Credential, Integrity, Trust

GOOD = Credential(
    status="embedded",
    integrity=Integrity.INTACT,
    trust=Trust.TRUSTED,
    trust_list="c2pa 123",
    trust_tier="c2pa",
    claim=Claim.HUMAN_CAPTURE,
    active_manifest="urn:a",
)


def said(**changes: Any) -> tuple[str, str, str | None, str | None]:
    found = evidence_of(replace(GOOD, **changes))
    return (found.signal.value, found.reason, found.strength.value if found.strength else None, found.kind)


AI = {"claim": Claim.SYNTHETIC, "trust": Trust.UNTRUSTED, "trust_tier": None}
CASES: list[tuple[dict[str, Any], tuple[str, str, str | None, str | None]]] = [
    ({}, ("human", "c2pa.captured", "near_certain", "captured")),
    ({"trust_tier": "interim"}, ("human", "c2pa.captured", "strong", "captured")),
    ({"trust_tier": "capture"}, ("human", "c2pa.captured", "strong", "captured")),
    ({"trust_tier": "other"}, ("silent", "c2pa.list-may-not-vouch", None, None)),
    ({"trust_tier": "other", "camera_issuer": True}, ("human", "c2pa.captured", "strong", "captured")),
    ({"history_incomplete": True}, ("human", "c2pa.captured", "strong", "captured")),
    ({"enhanced": True}, ("human", "c2pa.captured", "strong", "captured")),
    ({"composed": True}, ("human", "c2pa.captured", "strong", "captured")),
    ({"may_contain_ai": True}, ("silent", "c2pa.may-contain-ai", None, None)),
    ({"capture_disallowed": True}, ("silent", "c2pa.product-may-not-claim", None, None)),
    ({"trust": Trust.UNTRUSTED}, ("silent", "c2pa.signer-untrusted", None, None)),
    ({"trust": Trust.NONE}, ("silent", "c2pa.signer-untrusted", None, None)),
    ({"trust": Trust.STALE}, ("silent", "c2pa.signer-expired", None, None)),
    ({"trust": Trust.REVOKED}, ("silent", "c2pa.signer-revoked", None, None)),
    ({"integrity": Integrity.LEGACY_BINDING}, ("silent", "c2pa.binding-legacy", None, None)),
    ({"integrity": Integrity.MODIFIED}, ("silent", "c2pa.content-modified", None, None)),
    ({"integrity": Integrity.FORGED}, ("silent", "c2pa.manifest-forged", None, None)),
    ({"integrity": Integrity.MALFORMED}, ("silent", "c2pa.manifest-malformed", None, None)),
    ({"integrity": Integrity.UNCHECKED}, ("silent", "c2pa.content-unchecked", None, None)),
    ({"claim": Claim.HUMAN_MADE}, ("human", "c2pa.human-made", "strong", None)),
    ({"claim": Claim.HUMAN_MADE, "trust_tier": "interim"}, ("human", "c2pa.human-made", "weak", None)),
    ({"claim": Claim.PROCEDURAL}, ("silent", "c2pa.procedural", None, "procedural")),
    ({"claim": Claim.UNKNOWN}, ("silent", "c2pa.origin-unknown", None, None)),
    (
        {"claim": Claim.UNKNOWN, "claim_void": "ingredient-untrusted"},
        ("silent", "c2pa.ingredient-untrusted", None, None),
    ),
    (
        {"claim": Claim.UNKNOWN, "claim_void": "unreferenced-manifest"},
        ("silent", "c2pa.unreferenced-manifest", None, None),
    ),
    (AI, ("synthetic", "c2pa.ai-generated", "near_certain", "generated")),
    (AI | {"trust": Trust.STALE}, ("synthetic", "c2pa.ai-generated", "near_certain", "generated")),
    (AI | {"integrity": Integrity.LEGACY_BINDING}, ("synthetic", "c2pa.ai-generated", "near_certain", "generated")),
    (AI | {"claim_by_agent": True}, ("synthetic", "c2pa.ai-generator", "strong", "generated")),
    (AI | {"integrity": Integrity.MODIFIED}, ("synthetic", "c2pa.ai-claim-modified", "weak", "generated")),
    (AI | {"integrity": Integrity.FORGED}, ("synthetic", "c2pa.ai-claim-forged", "weak", "generated")),
    (AI | {"integrity": Integrity.MALFORMED}, ("synthetic", "c2pa.ai-claim-malformed", "weak", "generated")),
    (AI | {"integrity": Integrity.UNCHECKED}, ("synthetic", "c2pa.ai-claim-unchecked", "weak", "generated")),
    (AI | {"trust": Trust.REVOKED}, ("synthetic", "c2pa.ai-claim-revoked", "weak", "generated")),
    ({"claim": Claim.MIXED}, ("mixed", "c2pa.ai-edited", "near_certain", "edited")),
    ({"claim": Claim.MIXED, "composed": True}, ("mixed", "c2pa.ai-composite", "near_certain", "composite")),
    ({"claim": Claim.MIXED, "integrity": Integrity.MODIFIED}, ("mixed", "c2pa.ai-claim-modified", "weak", "edited")),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_each_case(changes: dict[str, Any], expected: tuple[str, str, str | None, str | None]) -> None:
    assert said(**changes) == expected


@pytest.mark.parametrize(
    ("status", "signal", "reason"),
    [
        ("remote", "silent", "c2pa.remote-manifest"),
        ("broken", "failed", "c2pa.manifest-broken"),
        ("unreadable", "failed", "c2pa.container-unreadable"),
        ("timeout", "failed", "c2pa.timeout"),
        ("too_large", "failed", "c2pa.too-large"),
        ("unsupported", "skipped", "c2pa.unsupported"),
        ("truncated", "skipped", "c2pa.truncated"),
    ],
)
def test_what_could_not_be_read_has_a_reason_of_its_own(status: str, signal: str, reason: str) -> None:
    found = evidence_of(Credential(status=status), "a word")
    assert (found.signal, found.reason) == (signal, reason)


def test_wishes_about_training_are_opt_outs() -> None:
    training = (
        "c2pa.ai_generative_training=notAllowed",
        "c2pa.ai_inference=notAllowed",
        "cawg.ai_training=allowed",
        "cawg.data_mining=constrained",
    )
    assert opt_outs(training) == ("c2pa.ai_generative_training=notAllowed", "cawg.data_mining=constrained")
    assert evidence_of(replace(GOOD, training=training)).opt_out == opt_outs(training)


def test_an_opt_out_is_heard_whatever_else_is_wrong() -> None:
    wish = ("cawg.ai_training=notAllowed",)
    for integrity in Integrity:
        for trust in Trust:
            found = evidence_of(replace(GOOD, integrity=integrity, trust=trust, training=wish))
            assert found.opt_out == wish


CREDENTIALS = st.builds(
    Credential,
    status=st.sampled_from(["embedded", "sidecar", "truncated", "text"]),
    integrity=st.sampled_from(Integrity),
    trust=st.sampled_from(Trust),
    trust_tier=st.sampled_from([None, "c2pa", "interim", "capture", "other"]),
    claim=st.sampled_from(Claim),
    claim_void=st.sampled_from([None, "ingredient-untrusted"]),
    claim_by_agent=st.booleans(),
    may_contain_ai=st.booleans(),
    history_incomplete=st.booleans(),
    enhanced=st.booleans(),
    composed=st.booleans(),
    camera_issuer=st.booleans(),
    capture_disallowed=st.booleans(),
)


@given(CREDENTIALS)
def test_human_evidence_needs_everything_and_ai_evidence_little(credential: Credential) -> None:
    found = evidence_of(credential)
    assert found.reason in REASONS
    if found.signal is Signal.HUMAN:
        assert credential.integrity is Integrity.INTACT
        assert credential.trust is Trust.TRUSTED
        assert credential.claim in {Claim.HUMAN_CAPTURE, Claim.HUMAN_MADE}
        assert not credential.may_contain_ai
        assert not credential.capture_disallowed
        assert credential.trust_tier is not None
        assert credential.trust_tier != "other" or credential.camera_issuer
        if found.strength is Strength.NEAR_CERTAIN:
            assert (credential.trust_tier, found.kind) == ("c2pa", Kind.CAPTURED)
    if credential.claim in {Claim.SYNTHETIC, Claim.MIXED} and found.reason != "c2pa.truncated":
        assert found.signal in {Signal.SYNTHETIC, Signal.MIXED}
        assert found.strength is not None


@given(CREDENTIALS)
def test_doubt_never_strengthens(credential: Credential) -> None:
    """Less integrity never gives stronger evidence than an intact one."""
    whole = evidence_of(replace(credential, integrity=Integrity.INTACT))
    found = evidence_of(credential)
    assert (found.strength.rank if found.strength else 0) <= (whole.strength.rank if whole.strength else 0)


def test_every_reason_is_a_sentence() -> None:
    assert all(text.endswith(".") and len(text) > 20 for text in REASONS.values())

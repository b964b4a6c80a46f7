"""Hypothesis strategies for evidence, cases and policies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from lowbackground.detectors.contract import MEDIA_KINDS
from lowbackground.detectors.evidence import Basis, Evidence, Finding, Kind, Signal, Strength
from lowbackground.manifests.credential import Claim, Integrity, Trust
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.conditions import GRADES, SIGNALS, TRUST_TIERS
from lowbackground.pipeline.verdicts.fusion import fuse
from lowbackground.pipeline.verdicts.policy import Policy
from lowbackground.pipeline.verdicts.policy_file import parse_policy

SPEAKING = (Signal.HUMAN, Signal.SYNTHETIC, Signal.MIXED)
QUIET = (Signal.SILENT, Signal.SKIPPED)
REASONS = ("era.before-cutoff", "c2pa.signed", "text.too-short", "text.not-prose", "mark.field", "known.match")

TYPICAL = tuple(  # what shipped detectors say: random evidence alone would seldom fire a shipped rule
    Finding(detector, "1", basis, evidence)
    for detector, basis, evidence in (
        ("era", Basis.CONTEXT, Evidence(Signal.HUMAN, "era.before-cutoff", Strength.STRONG)),
        ("era", Basis.CONTEXT, Evidence(Signal.SILENT, "era.after-cutoff")),
        ("credentials", Basis.SIGNED, Evidence(Signal.HUMAN, "c2pa.capture", Strength.NEAR_CERTAIN, Kind.CAPTURED)),
        ("credentials", Basis.SIGNED, Evidence(Signal.SYNTHETIC, "c2pa.made", Strength.STRONG, Kind.GENERATED)),
        ("credentials", Basis.SIGNED, Evidence(Signal.MIXED, "c2pa.edited", Strength.STRONG, Kind.EDITED)),
        ("credentials", Basis.SIGNED, Evidence(Signal.SILENT, "c2pa.none")),
        ("marks", Basis.DECLARED, Evidence(Signal.SYNTHETIC, "mark.field", Strength.NEAR_CERTAIN, Kind.GENERATED)),
        ("marks", Basis.DECLARED, Evidence(Signal.SYNTHETIC, "mark.words", Strength.WEAK, llr=1.0)),
        ("text-mark", Basis.WATERMARK, Evidence(Signal.SYNTHETIC, "green.list", Strength.STRONG, fpr=1e-12, llr=9.0)),
        ("pixel-mark", Basis.WATERMARK, Evidence(Signal.SYNTHETIC, "dwt.mark", Strength.NEAR_CERTAIN)),
        ("known", Basis.KNOWN, Evidence(Signal.HUMAN, "known.anchor", Strength.STRONG)),
        ("known", Basis.KNOWN, Evidence(Signal.SYNTHETIC, "known.match", Strength.STRONG)),
        ("ai-text", Basis.CLASSIFIER, Evidence(Signal.SYNTHETIC, "text.score", Strength.STRONG, fpr=1e-3, llr=4.0)),
        ("ai-text", Basis.CLASSIFIER, Evidence(Signal.SILENT, "text.score", llr=-2.0)),
    )
)

TRUSTED_CAPTURE: dict[str, Any] = {
    "integrity": "intact",
    "trust": "trusted",
    "trust_tier": "c2pa",
    "claim": "human_capture",
    "assurance_level": 2,
    "camera_issuer": False,
    "capture_disallowed": False,
}
UNTRUSTED_SYNTHETIC = TRUSTED_CAPTURE | {"trust": "untrusted", "trust_tier": None, "claim": "synthetic"}

llrs = st.floats(-20, 20, allow_nan=False)
priors = st.floats(-8, 3, allow_nan=False)
shrinkages = st.floats(0, 1, allow_nan=False)


def evidences(signals: Sequence[Signal] = tuple(Signal), parts: Sequence[str | None] = (None, None, "text")) -> Any:
    """Evidence with any of these signals, about any of these parts."""
    return st.builds(
        Evidence,
        signal=st.sampled_from(signals),
        reason=st.sampled_from(REASONS),
        strength=st.none() | st.sampled_from(Strength),
        kind=st.none() | st.sampled_from(Kind),
        part=st.sampled_from(parts),
        fpr=st.none() | st.sampled_from((0.0, 1e-12, 1e-9, 1e-3, 0.01, 0.5)),
        llr=st.none() | llrs,
    )


def findings(signals: Sequence[Signal] = tuple(Signal), bases: Sequence[Basis] = tuple(Basis), **kwargs: Any) -> Any:
    """One finding of some detector, typical or not."""
    typical = [finding for finding in TYPICAL if finding.evidence.signal in signals and finding.basis in bases]
    anything = st.builds(
        Finding,
        detector=st.sampled_from(("first", "second", "third", "fourth")),
        version=st.just("1"),
        basis=st.sampled_from(bases),
        evidence=evidences(signals, **kwargs),
    )
    return st.sampled_from(typical) | anything if typical else anything


def rows(signals: Sequence[Signal] = tuple(Signal), **kwargs: Any) -> Any:
    """All findings about one record."""
    return st.lists(findings(signals, **kwargs), max_size=6)


@st.composite
def credentials(draw: st.DrawFn) -> Mapping[str, Any]:
    """What of a row of `prov_c2pa` policies read; only a trusted signer has a tier."""
    if draw(st.booleans()):
        return draw(st.sampled_from((TRUSTED_CAPTURE, UNTRUSTED_SYNTHETIC)))
    trust = draw(st.sampled_from(Trust))
    return {
        "integrity": draw(st.sampled_from(Integrity)).value,
        "trust": trust.value,
        "trust_tier": draw(st.sampled_from(TRUST_TIERS)) if trust is Trust.TRUSTED else None,
        "claim": draw(st.sampled_from(Claim)).value,
        "assurance_level": draw(st.sampled_from((None, 1, 2))),
        "camera_issuer": draw(st.booleans()),
        "capture_disallowed": draw(st.booleans()),
    }


@st.composite
def cases(draw: st.DrawFn, rows_: Any = None) -> Case:
    """A case whose log-odds are what fusion makes of its findings."""
    case = Case(
        findings=(),
        credential=draw(st.none() | credentials()),
        prior_logit=draw(priors),
        media=draw(st.sampled_from(MEDIA_KINDS)),
        captured_before_cutoff=draw(st.booleans()),
        notes=draw(st.lists(st.sampled_from(("reencoded", "truncated", "duplicate-id")), max_size=2)),
        text_length=draw(st.none() | st.integers(0, 5000)),
    )
    return with_findings(case, draw(rows() if rows_ is None else rows_))


def with_findings(case: Case, row: Sequence[Finding]) -> Case:
    """The case with other findings, fused anew."""
    return replace(case, findings=tuple(row), logit=fuse(row, case.prior_logit, 0.7).logit)


def _some(values: Sequence[str]) -> Any:
    return st.sampled_from([str(value) for value in values]) | st.lists(
        st.sampled_from([str(value) for value in values]), min_size=1, max_size=3, unique=True
    )


LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "basis": _some(tuple(Basis)),
        "signal": _some(SIGNALS),
        "strength_at_least": st.sampled_from([strength.value for strength in Strength]),
        "kind": _some((*Kind, "none")),
        "reason": _some((*REASONS, "era.*", "*")),
        "part": _some(("text",)),
        "claim": _some(tuple(Claim)),
        "grade": _some((*GRADES, "intact/*", "*/trusted")),
        "trust_tier": _some(TRUST_TIERS),
        "camera_issuer": st.booleans(),
        "capture_allowed": st.booleans(),
        "assurance_at_least": st.sampled_from((1, 2)),
        "fpr_at_most": st.sampled_from((0, 1e-9, 0.01, 1)),
        "p_at_least": st.sampled_from((0, 0.5, 0.9, 1)),
        "precision_at_least": st.sampled_from((0, 0.5, 0.9, 1)),
        "media": _some(MEDIA_KINDS),
        "captured_before_cutoff": st.booleans(),
    },
).filter(bool)

CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(("all", "any")),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy that loads: its human rules rest on a human finding, and ask for whatever else."""
    rules = []
    for number in range(draw(st.integers(1, 4))):
        label = draw(st.sampled_from(("human", "synthetic", "unknown")))
        when = draw(CONDITIONS)
        rule = {"name": f"rule-{number}", "label": label, "when": when}
        if label == "human":
            rule["when"] = {"all": [{"signal": "human"}, when]}
        if draw(st.booleans()):
            rule["unless"] = draw(CONDITIONS)
        rules.append(rule)
    return parse_policy({"version": 1, "rules": rules}, "policy", "any")

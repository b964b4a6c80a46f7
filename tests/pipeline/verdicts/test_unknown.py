"""Why a record stays unknown."""

from typing import Any

import pytest
from hypothesis import given

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Kind, Signal, Strength
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.unknown import UNKNOWN_REASONS, unknown_reason
from tests.strategies import TRUSTED_CAPTURE, cases


def said(signal: Signal, reason: str = "some.reason", basis: Basis = Basis.DECLARED, **facts: Any) -> Finding:
    return Finding("d", "1", basis, Evidence(signal, reason, **facts))


ERA = said(Signal.HUMAN, "era.before-cutoff", Basis.CONTEXT)
WEAK = said(Signal.SYNTHETIC, strength=Strength.WEAK)
NONE = said(Signal.SILENT)
UNSURE = said(Signal.SILENT, "text.score", Basis.CLASSIFIER, llr=-0.5)


@pytest.mark.parametrize(
    ("reason", "case"),
    [
        ("no-content", Case([])),
        ("no-evidence", Case([], media="picture")),
        ("evidence-lost", Case([WEAK], TRUSTED_CAPTURE | {"integrity": "modified"}, media="picture")),
        ("no-evidence", Case([NONE], text_length=5000)),
        ("no-evidence", Case([NONE], media="picture", text_length=10)),  # a short caption is no short picture
        ("too-short", Case([NONE], text_length=299)),
        ("too-short", Case([said(Signal.SKIPPED, "text.too-short")], text_length=900)),
        ("not-prose", Case([said(Signal.SKIPPED, "text.not-prose")], text_length=900)),
        ("no-calibration", Case([said(Signal.SKIPPED, "text.no-calibration")], text_length=900)),
        ("no-calibration", Case([said(Signal.SYNTHETIC, basis=Basis.CLASSIFIER, score=0.9)])),
        (
            "no-calibration",
            Case([said(Signal.SKIPPED, "ai-text.language.no-calibration", Basis.CLASSIFIER)], text_length=900),
        ),
        ("inconclusive", Case([UNSURE], text_length=900)),
        (
            "inconclusive",
            Case([UNSURE, said(Signal.SILENT, "text-model.no-calibration", Basis.CLASSIFIER)], text_length=900),
        ),
        (
            "inconclusive",
            Case([UNSURE, said(Signal.SKIPPED, "text-model.too-short", Basis.CLASSIFIER)], text_length=900),
        ),
        ("inconclusive", Case([WEAK])),
        ("inconclusive", Case([NONE], TRUSTED_CAPTURE | {"claim": "unknown"}, media="picture")),
        ("evidence-lost", Case([NONE], media="picture", notes=["reencoded"])),
        ("evidence-lost", Case([NONE], media="picture", notes=["truncated"])),
        ("evidence-lost", Case([NONE], TRUSTED_CAPTURE | {"integrity": "modified"}, media="picture")),
        ("check-failed", Case([said(Signal.FAILED, "detector-error"), NONE])),
        ("check-failed", Case([said(Signal.FAILED, "detector-error"), ERA])),
        ("procedural", Case([NONE], TRUSTED_CAPTURE | {"claim": "procedural"}, media="picture")),
        ("procedural", Case([said(Signal.SILENT, kind=Kind.PROCEDURAL)])),
        ("mixed", Case([said(Signal.MIXED), ERA])),
        ("conflict", Case([WEAK, ERA])),
        ("conflict", Case([WEAK], captured_before_cutoff=True)),
        ("conflict", Case([WEAK, ERA, said(Signal.MIXED), said(Signal.FAILED, "detector-error")])),
    ],
)
def test_the_reason_is_the_first_that_applies(reason: str, case: Case) -> None:
    assert unknown_reason(case) == reason


def test_a_classifier_alone_makes_no_conflict() -> None:
    assert unknown_reason(Case([said(Signal.SYNTHETIC, basis=Basis.CLASSIFIER, llr=1.0), ERA])) == "inconclusive"


def test_a_caption_gives_no_reason_for_its_picture() -> None:
    caption = [said(Signal.SYNTHETIC, part="text"), said(Signal.FAILED, "detector-error", part="text")]
    assert unknown_reason(Case(caption, media="picture")) == "no-evidence"


@given(cases())
def test_every_case_has_a_reason_of_the_closed_list(case: Case) -> None:
    assert unknown_reason(case) in UNKNOWN_REASONS


def test_every_reason_says_what_would_resolve_it() -> None:
    assert all(";" in sentence for sentence in UNKNOWN_REASONS.values())

"""Fusion: what a family of evidence contributes, worked out by hand."""

from math import exp, isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal
from lowbackground.pipeline.verdicts.fusion import FAMILY_CAP, family_totals, fuse, sigmoid


def said(
    llr: float | None, basis: Basis = Basis.CLASSIFIER, signal: Signal = Signal.SILENT, part: str | None = None
) -> Finding:
    return Finding("d", "1", basis, Evidence(signal, "text.score", llr=llr, part=part))


def test_without_evidence_the_logit_is_the_prior() -> None:
    fused = fuse([said(None)], -1.5, 0.7)
    assert (fused.logit, fused.contributions) == (-1.5, (0.0,))
    assert isclose(fused.p, 1 / (1 + exp(1.5)))


def test_the_largest_of_a_sign_counts_in_full_and_the_others_at_one_minus_r() -> None:
    fused = fuse([said(2.0), said(1.0), said(0.5)], 0.0, 0.7)
    assert fused.contributions == pytest.approx((2.0, 0.3, 0.15))


def test_signs_are_discounted_apart_and_then_added() -> None:
    fused = fuse([said(2.0), said(-1.5), said(-1.0)], 0.0, 0.7)
    assert fused.contributions == pytest.approx((2.0, -1.5, -0.3))
    assert fused.logit == pytest.approx(0.2)


def test_families_add_without_discount() -> None:
    fused = fuse([said(2.0), said(2.0, Basis.DECLARED)], 0.0, 0.7)
    assert fused.logit == pytest.approx(4.0)


def test_a_family_is_capped_and_every_finding_bears_its_share_of_the_cut() -> None:
    fused = fuse([said(10.0), said(10.0), said(-1.0)], 0.0, 0.0)
    assert fused.logit == pytest.approx(FAMILY_CAP[Basis.CLASSIFIER])
    assert fused.contributions == pytest.approx((40 / 19, 40 / 19, -4 / 19))


def test_equal_ratios_share_the_full_weight_so_that_no_place_in_the_list_is_better() -> None:
    fused = fuse([said(1.0), said(1.0)], 0.0, 0.7)
    assert fused.contributions == pytest.approx((0.65, 0.65))


@pytest.mark.parametrize(("r", "total"), [(0.0, 3.0), (1.0, 2.0)])
def test_r_ranges_from_independence_to_mere_repetition(r: float, total: float) -> None:
    assert fuse([said(2.0), said(1.0)], 0.0, r).logit == pytest.approx(total)


@pytest.mark.parametrize("signal", [Signal.SKIPPED, Signal.FAILED])
def test_what_did_not_run_contributes_nothing(signal: Signal) -> None:
    assert fuse([said(3.0, signal=signal)], 0.0, 0.7).contributions == (0.0,)


def test_a_caption_contributes_nothing_to_its_picture() -> None:
    assert fuse([said(3.0, part="text")], 0.0, 0.7).logit == 0.0


def test_totals_are_told_by_family_strongest_basis_first() -> None:
    row = [said(1.0), said(-2.0, Basis.DECLARED), said(None, Basis.SIGNED)]
    totals = family_totals(row, fuse(row, 0.0, 0.7).contributions)
    assert list(totals.items()) == [(Basis.DECLARED, -2.0), (Basis.CLASSIFIER, 1.0)]


def test_every_family_has_a_cap() -> None:
    assert set(FAMILY_CAP) == set(Basis)


@given(st.floats(-1e6, 1e6))
def test_the_sigmoid_never_overflows_and_is_symmetric(x: float) -> None:
    assert 0 <= sigmoid(x) <= 1
    assert isclose(sigmoid(x) + sigmoid(-x), 1.0)


def test_the_sigmoid_inverts_log_odds() -> None:
    assert sigmoid(log(0.35 / 0.65)) == pytest.approx(0.35)

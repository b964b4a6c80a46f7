"""No damage to a page, a text or a header crashes a detector of marks, or makes it grow."""

import pytest

from tests.hunting import MAX_GROWTH_MIB, grown_mib
from tests.mark_hunt import TARGETS, hunt

MUTANTS = 1_000


@pytest.mark.parametrize("target", TARGETS)
def test_no_mutant_breaks_a_detector_of_marks(target: str) -> None:
    reasons = hunt(target, MUTANTS)
    assert reasons.total() == 2 * MUTANTS  # by two detectors
    assert len(reasons) > 1, "the damage changed no answer"


@pytest.mark.soak
@pytest.mark.parametrize("target", TARGETS)
def test_no_mutant_of_very_many_breaks_a_detector_of_marks_or_makes_it_grow(target: str) -> None:
    assert grown_mib("tests.mark_hunt", target, 100 * MUTANTS) < MAX_GROWTH_MIB

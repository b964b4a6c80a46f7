"""No damage to a file crashes a walk, or makes it hang or grow: seeded mutants of every container."""

import pytest

from tests.hunting import MAX_GROWTH_MIB, grown_mib
from tests.metadata_hunt import SEEDS, hunt

MUTANTS = 1_000


@pytest.mark.parametrize("container", SEEDS)
def test_no_mutant_breaks_a_walk(container: str) -> None:
    reasons = hunt(container, MUTANTS)
    assert reasons.total() == MUTANTS
    assert reasons["metadata.container-unread"] < MUTANTS // 2, "most of the damage never reached the walk"
    assert len(reasons) > 1, "the damage changed no answer"


@pytest.mark.soak
@pytest.mark.parametrize("container", SEEDS)
def test_no_mutant_of_very_many_breaks_a_walk_or_makes_it_grow(container: str) -> None:
    assert grown_mib("tests.metadata_hunt", container, 100 * MUTANTS) < MAX_GROWTH_MIB

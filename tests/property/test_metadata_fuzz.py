"""No damage to a file crashes a walk, or makes it hang or grow: seeded mutants of every container."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.metadata_hunt import SEEDS, hunt

MUTANTS = 1_000
MAX_GROWTH_MIB = 64


@pytest.mark.parametrize("container", SEEDS)
def test_no_mutant_breaks_a_walk(container: str) -> None:
    reasons = hunt(container, MUTANTS)
    assert reasons.total() == MUTANTS
    assert reasons["metadata.container-unread"] < MUTANTS // 2, "most of the damage never reached the walk"
    assert len(reasons) > 1, "the damage changed no answer"


@pytest.mark.soak
@pytest.mark.parametrize("container", SEEDS)
def test_no_mutant_of_very_many_breaks_a_walk_or_makes_it_grow(container: str) -> None:
    command = [sys.executable, "-m", "tests.metadata_hunt", container, str(100 * MUTANTS)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["grown_mib"] < MAX_GROWTH_MIB

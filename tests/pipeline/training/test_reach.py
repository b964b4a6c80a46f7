"""What was reached on each source."""

import numpy as np
import pytest

from lowbackground.pipeline.training.reach import Reach, auroc, reach_by_source


def test_auroc_is_the_chance_that_a_machine_text_scores_above_a_human_one() -> None:
    noise = np.random.default_rng(1)
    human, machine = np.round(noise.normal(size=60), 1), np.round(1 + noise.normal(size=40), 1)
    pairs = (machine[:, None] > human).mean() + (machine[:, None] == human).mean() / 2
    assert auroc(human, machine) == pytest.approx(pairs)
    assert auroc(human, np.array([])) is None


def test_a_source_of_one_side_is_held_against_all_texts_of_the_other() -> None:
    scores = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    machine = np.array([False, True, False, True, True])
    found = reach_by_source(scores, machine, ["a", "a", "b", "c", "c"])
    assert found == (Reach("b", 1, 0, pytest.approx(2 / 3)), Reach("a", 1, 1, 1.0), Reach("c", 0, 2, 1.0))


def test_without_the_other_side_there_is_none() -> None:
    assert reach_by_source(np.array([1.0]), np.array([True]), ["a"]) == (Reach("a", 0, 1, None),)

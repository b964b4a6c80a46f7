"""docs/training.md says what the program does."""

from inspect import signature
from pathlib import Path

import pytest

from lowbackground.detectors.text_classifier.fit_text import (
    BRIDGE,
    BRIDGE_SHARE,
    LEAST,
    LEAST_LEFT,
    MAX_BRIDGE_SHARE,
    MAX_FOLDS,
)
from lowbackground.detectors.text_classifier.tables import MAX_BYTES
from lowbackground.pipeline.cli.train import text
from lowbackground.pipeline.training.labelled_texts import HUMAN, MACHINE
from lowbackground.pipeline.training.train_text import CALIBRATION, CARD, WEIGHTS

TEXT = (Path(__file__).parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
SPELT = {"text_column": "`--text "}  # as run and calibrate have it


@pytest.mark.parametrize(
    "option", [name for name in signature(text).parameters if name not in {"data", "out", "settings"}]
)
def test_every_option_is_named(option: str) -> None:
    assert SPELT.get(option, f"--{option.replace('_', '-')}") in TEXT


def test_numbers_and_words_are_those_of_the_program() -> None:
    assert f"At least {LEAST} texts of either side" in TEXT
    assert f"at most {MAX_FOLDS} folds" in TEXT
    assert f"{LEAST_LEFT} texts of either side must be left" in TEXT
    assert (BRIDGE_SHARE, MAX_BRIDGE_SHARE, BRIDGE) == (0.1, 0.2, (100, 2000))
    assert (
        "one human text in ten trains nothing (100 at least, though not more than one in five; 2,000 at most)" in TEXT
    )
    assert f"at most {MAX_BYTES >> 20} MiB" in TEXT
    assert ", ".join(f"`{word}`" for word in HUMAN) in TEXT
    assert ", ".join(f"`{word}`" for word in MACHINE) in TEXT
    assert all(f"`{name}`" in TEXT for name in (WEIGHTS, CALIBRATION, CARD))

"""A model in this process is read when the first record is shown to it, and what is wrong with it is no evidence."""

from typing import Any

import pytest

from lowbackground.detectors.contract import Detector, HoldsModel
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.judge import judge
from lowbackground.pipeline.stand_ins import ModelFacts, loaded_on_use
from tests.factories import records
from tests.fakes import QUIET, Fake, FakeModel

BATCH = records([{"text": "one"}, {"text": "two"}])


def test_what_holds_a_model_is_known_by_its_load() -> None:
    assert isinstance(FakeModel(), HoldsModel)
    assert not isinstance(Fake(), HoldsModel)


def test_a_model_is_read_once_when_the_first_record_is_shown_to_it() -> None:
    model = FakeModel()
    (stand_in,) = loaded_on_use([model])
    assert model.loads == 0
    for _ in range(3):
        assert [row[0].evidence for row in judge(BATCH, [stand_in]).findings] == [QUIET, QUIET]
    assert model.loads == 1


def test_a_model_that_nothing_is_shown_to_is_never_read() -> None:
    model = FakeModel()
    judge(records([{"raw": b"x"}]), loaded_on_use([model]))
    assert model.loads == 0


def test_it_looks_like_the_detector_that_it_stands_for() -> None:
    model = FakeModel(name="text_model", version="7")
    (stand_in,) = loaded_on_use([model])
    assert isinstance(stand_in, Detector)
    assert not isinstance(stand_in, HoldsModel)
    assert ModelFacts.of(stand_in) == ModelFacts.of(model)


def test_detectors_without_a_model_stay_themselves() -> None:
    fake = Fake()
    assert loaded_on_use([fake]) == (fake,)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ValueError("weights.npy: is cut; bring it again"), "^detector fake: weights.npy: is cut; bring it again$"),
        (FileNotFoundError(2, "No such file", "config.json"), r"detector fake: .*No such file: 'config.json'"),
        (MemoryError(), "detector fake: its model needs more memory than this process can get; take a smaller model"),
        (KeyError("layer.7"), r"detector fake: its model cannot be loaded: KeyError: 'layer.7'"),
    ],
)
def test_a_model_that_cannot_be_read_is_for_the_operator_and_no_evidence(trouble: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        judge(BATCH, loaded_on_use([FakeModel(trouble=trouble)]))

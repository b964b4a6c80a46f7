"""Which output of a classifier means a machine is told by plain names, or by the operator, and never guessed."""

import numpy as np
import pytest
import torch

from lowbackground.detectors.models.machine_label import labels_of, log_odds, machine_label
from lowbackground.detectors.models.model_folder import ModelError


def config(*names: str) -> dict[str, object]:
    return {"id2label": {str(index): name for index, name in enumerate(names)}}


@pytest.mark.parametrize(
    ("names", "index"),
    [
        (("Human", "ChatGPT"), 1),  # chatgpt-detector-roberta
        (("Fake", "Real"), 0),  # roberta-base-openai-detector
        (("artificial", "human"), 0),
        (("bonafide", "spoof"), 1),
        (("human-written", "machine_generated"), 1),
        (("AIGenerated", "Real"), 0),
        (("AI",), 0),
    ],
)
def test_plain_names_say_it(names: tuple[str, ...], index: int) -> None:
    assert machine_label(config(*names)) == index


@pytest.mark.parametrize(
    "names",
    [
        ("LABEL_0", "LABEL_1"),
        ("not-ai", "ai"),
        ("human", "mixed", "ai"),
        ("ai", "fake"),
        ("human or ai", "human"),
        ("positive", "negative"),
        ("human", "real"),
        ("human",),
    ],
)
def test_names_that_leave_it_open_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="set machine_label") as error:
        machine_label(config(*names))
    assert all(name in str(error.value) for name in names)


@pytest.mark.parametrize("wanted", [1, "LABEL_1", "label_1"])
def test_the_operator_can_say_it(wanted: str | int) -> None:
    assert machine_label(config("LABEL_0", "LABEL_1"), wanted) == 1
    assert machine_label({}, wanted) == 1


@pytest.mark.parametrize("wanted", [2, -1, "machine", ""])
def test_a_label_that_is_not_there_is_refused(wanted: str | int) -> None:
    with pytest.raises(ModelError, match="0: LABEL_0, 1: LABEL_1"):
        machine_label(config("LABEL_0", "LABEL_1"), wanted)


@pytest.mark.parametrize(
    "listed", [[], {}, "human", {"0": "a", "2": "b"}, {"x": "a"}, {str(number): "a" for number in range(1001)}]
)
def test_a_damaged_table_of_labels_is_refused(listed: object) -> None:
    with pytest.raises(ModelError, match="id2label"):
        labels_of({"id2label": listed})


def test_log_odds_are_those_of_softmax() -> None:
    logits = np.random.default_rng(0).normal(size=(7, 3)) * 3
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for machine in range(3):
        expected = np.log(chances[:, machine] / (1 - chances[:, machine]))
        assert log_odds(torch.tensor(logits), machine).numpy() == pytest.approx(expected, abs=1e-4)


def test_a_single_output_is_a_logit() -> None:
    assert log_odds(torch.tensor([[2.5], [-1.0]]), 0).tolist() == [2.5, -1.0]

"""A model is refused for what it was not made for, as far as it says what it was made for."""

from pathlib import Path
from typing import get_args

import pytest

from lowbackground.detectors.models.model_folder import ModelError, ModelFolder
from lowbackground.detectors.models.model_task import Task, check_task
from lowbackground.detectors.registry import available

RIGHT: dict[str, set[Task]] = {
    "RobertaForSequenceClassification": {"text classifier", "sound classifier"},
    "Wav2Vec2ForSequenceClassification": {"text classifier", "sound classifier"},
    "ASTForAudioClassification": {"sound classifier"},
    "ViTForImageClassification": {"picture classifier"},
    "LlamaForCausalLM": {"language model"},
    "GPT2LMHeadModel": {"language model"},
    "BertForMaskedLM": set(),
    "BertForTokenClassification": set(),
    "VideoMAEForVideoClassification": set(),
    "Wav2Vec2ForCTC": set(),
}


def folder(architectures: object) -> ModelFolder:
    return ModelFolder("m", Path(), "0" * 64, {"architectures": architectures})


@pytest.mark.parametrize("architecture", RIGHT)
@pytest.mark.parametrize("task", get_args(Task))
def test_each_architecture_is_taken_for_what_it_was_made_for_and_nothing_else(architecture: str, task: Task) -> None:
    if task in RIGHT[architecture]:
        check_task(folder([architecture]), task)
        return
    with pytest.raises(
        ModelError, match=rf"\({architecture}\), and a {task} is needed; .* takes? such a model"
    ) as error:
        check_task(folder([architecture]), task)
    named = str(error.value).partition("; ")[2].removesuffix(" takes such a model").replace(" or ", ", ").split(", ")
    assert set(named) <= {found.name for found in available()} | {"no detector"}


@pytest.mark.parametrize(
    "architectures", [None, [], "LlamaForCausalLM", ["DeiTForImageClassificationWithTeacher"], [7]]
)
def test_what_does_not_say_it_is_left_to_loading(architectures: object) -> None:
    for task in get_args(Task):
        check_task(folder(architectures), task)

"""What a model was made for, by the names of its architectures, so that one for another detector is refused with words."""

from typing import Literal

from lowbackground.detectors.models.model_folder import ModelError, ModelFolder

Task = Literal["text classifier", "language model", "picture classifier", "sound classifier"]

LANGUAGE_MODEL_DETECTORS = ("binoculars", "fast_detect_gpt", "detectllm_lrr", "log_likelihood", "log_rank")

# how the classes of transformers end (auto/modeling_auto.py): what such a model is, and the detectors that take it. Models
# of sound may end like those of text (Wav2Vec2ForSequenceClassification), so that each end says which tasks it is right for
_MADE_FOR: dict[str, tuple[str, tuple[Task, ...], tuple[str, ...]]] = {
    "ForSequenceClassification": (
        "a classifier of texts or sound",
        ("text classifier", "sound classifier"),
        ("text_model", "audio_model"),
    ),
    "ForCausalLM": ("a language model", ("language model",), LANGUAGE_MODEL_DETECTORS),
    "LMHeadModel": ("a language model", ("language model",), LANGUAGE_MODEL_DETECTORS),
    "ForImageClassification": ("a classifier of pictures", ("picture classifier",), ("image_model", "video_model")),
    "ForAudioClassification": ("a classifier of sound", ("sound classifier",), ("audio_model",)),
    "ForMaskedLM": ("a model that fills gaps in texts", (), ()),
    "ForTokenClassification": ("a classifier of single words", (), ()),
    "ForVideoClassification": ("a classifier of films as a whole", (), ()),
    "ForCTC": ("a model that writes down speech", (), ()),
}


def check_task(folder: ModelFolder, task: Task) -> None:
    """Refuse a model that was made for something else, as far as its `config.json` says what it was made for.

    Raises:
        ModelError: it was; the message names the detectors that take such a model.
    """
    named = folder.config.get("architectures")
    for architecture in named if isinstance(named, list) else ():
        for end, (is_a, tasks, detectors) in _MADE_FOR.items():
            if str(architecture).endswith(end) and task not in tasks:
                takes = f"; {_any(detectors)} takes such a model" if detectors else "; no detector takes such a model"
                raise ModelError(
                    f"model {folder.name}: is {is_a} ({str(architecture)[:80]}), and a {task} is needed{takes}"
                )


def _any(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"

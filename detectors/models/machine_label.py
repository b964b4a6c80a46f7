"""Which output of a classifier means "made by a machine", and how far it leads.

Models call their classes as they like, and some the other way round than one would guess, so a name that is not plain
is never interpreted: the operator says it.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lowbackground.detectors.models.model_folder import ModelError

if TYPE_CHECKING:
    from torch import Tensor

# words of published classifiers: roberta-base-openai-detector (Fake, Real), chatgpt-detector-roberta (ChatGPT, Human),
# AI-vs-real image models (artificial, human), anti-spoofing models (spoof, bonafide)
_MACHINE = frozenset({"machine", "ai", "fake", "generated", "synthetic", "artificial", "chatgpt", "gpt", "llm", "spoof", "deepfake"})  # fmt: skip
_HUMAN = frozenset({"human", "real", "authentic", "bonafide", "bona", "genuine", "natural"})
_DENIED = frozenset({"not", "non", "no", "un"})
_MAX_LABELS = 1000
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # AIGenerated is two words, as is ai_generated


def machine_label(config: Mapping[str, Any], wanted: str | int | None = None) -> int:
    """The index of the output that means "made by a machine".

    `config` is the model's `config.json`; `wanted` a name of its `id2label` or an index, needed where the names leave it open.

    Raises:
        ModelError: there is no such label, or the names do not say which one it is.
    """
    labels = labels_of(config)
    told = ", ".join(f"{index}: {name}" for index, name in sorted(labels.items())[:10])
    if wanted is not None:
        found = [index for index, name in labels.items() if wanted == index or str(wanted).lower() == name.lower()]
        if len(found) != 1:
            raise ModelError(f"machine_label {wanted!r}: the model has the labels {told}")
        return found[0]
    meanings = {index: _meaning(name) for index, name in labels.items()}
    machine = [index for index, meaning in meanings.items() if meaning == "machine"]
    if len(machine) == 1 and "unclear" not in meanings.values():
        return machine[0]
    raise ModelError(f"the labels {told} do not say which one means made by a machine; set machine_label to it")


def labels_of(config: Mapping[str, Any]) -> dict[int, str]:
    """The labels of a classifier by index.

    Raises:
        ModelError: `id2label` is missing or not of the form that transformers writes.
    """
    listed = config.get("id2label")
    if listed is None:  # transformers writes none for its default of two
        listed = {"0": "LABEL_0", "1": "LABEL_1"}
    if not isinstance(listed, dict) or not 1 <= len(listed) <= _MAX_LABELS:
        raise ModelError(f"id2label of config.json: expected a table of 1 to {_MAX_LABELS} labels")
    try:
        labels = {int(index): str(name)[:60] for index, name in listed.items()}
    except ValueError as error:
        raise ModelError("id2label of config.json: expected numbers as keys") from error
    if sorted(labels) != list(range(len(labels))):
        raise ModelError(f"id2label of config.json: expected the keys 0 to {len(labels) - 1}")
    return labels


def _meaning(name: str) -> str:
    """`machine`, `human`, or `unclear`."""
    words = {word.lower() for word in _WORD.findall(name.replace("ChatGPT", "chatgpt"))}
    machine, human = bool(words & _MACHINE), bool(words & _HUMAN)
    if words & _DENIED or machine == human:
        return "unclear"
    return "machine" if machine else "human"


def log_odds(logits: "Tensor", machine: int) -> "Tensor":
    """How far one class leads: ln p / (1 - p) under softmax, in nats; logits (rows, classes) to (rows,), float32.

    A model with a single output is read as a sigmoid, whose logit it is.
    """
    import torch

    wide = logits.float()
    if wide.shape[-1] == 1:
        return wide[:, 0]
    others = torch.cat([wide[:, :machine], wide[:, machine + 1 :]], dim=-1)
    return wide[:, machine] - torch.logsumexp(others, dim=-1)

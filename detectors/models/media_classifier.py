"""A classifier of transformers for pictures or sound, and the processor that its folder says comes before it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.models.loading import (
    DType,
    LoadedModel,
    Precision,
    load_model,
    precision,
    quiet_transformers,
    require_torch,
)
from lowbackground.detectors.models.machine_label import log_odds, machine_label
from lowbackground.detectors.models.model_folder import ModelError, ModelFolder, find_model
from lowbackground.detectors.models.model_task import check_task

PROCESSOR_FILE = "preprocessor_config.json"
RATE = 16_000  # samples a second, where a feature extractor names no other
DECIMALS = 2  # of log-odds, in nats: how a batch is cut changes float32 sums in the sixth digit, and never shows

Inputs = Mapping[str, NDArray[Any]]  # what the processor makes of one picture or window, without the axis of the batch
Kind = Literal["picture", "sound"]
_AUTO = {"picture": "AutoModelForImageClassification", "sound": "AutoModelForAudioClassification"}


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The options that say which classifier is meant and how it is run, as the operator gave them."""

    model: str
    revision: str | None
    digest: str | None
    machine_label: str | int | None
    batch_size: int
    device: str
    dtype: DType


def find_classifier(kind: Kind, options: ModelOptions) -> "MediaClassifier":
    """The classifier of a folder, checked and not loaded.

    Raises:
        ModelError: it cannot be used, or its labels leave open which one means a machine.
    """
    require_torch()
    folder = find_model(options.model, revision=options.revision, digest=options.digest)
    check_task(folder, "picture classifier" if kind == "picture" else "sound classifier")
    machine = machine_label(folder.config, options.machine_label)
    processor_config(folder)
    dtype = precision(options.device, options.dtype)
    return MediaClassifier(folder, kind, machine, options.device, dtype, options.batch_size)


def processor_config(folder: ModelFolder) -> Mapping[str, Any]:
    """What the folder says of its processor.

    Raises:
        ModelError: it says nothing.
    """
    config = folder.json(PROCESSOR_FILE)
    if not config:
        raise ModelError(
            f"model {folder.name}: holds no {PROCESSOR_FILE}, which says how its input is made; bring it too"
        )
    return config


@dataclass(frozen=True)
class MediaClassifier:
    """`machine` is the index of the class "made by a machine"; `batch_size` how many inputs are computed at once."""

    folder: ModelFolder
    kind: Kind
    machine: int
    device: str
    dtype: Precision
    batch_size: int = 16

    def __post_init__(self) -> None:
        """Refuse a batch that holds nothing."""
        if self.batch_size < 1:
            raise ModelError(f"batch_size {self.batch_size}: expected 1 or more")

    def scale(self, detector: str, rules: str, **options: float | str) -> Scale:
        """What the scores of a detector mean that looks with this model, and with these options, by its `rules`."""
        facts = {"label": self.machine, "dtype": self.dtype, **options}
        told = (f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in facts.items())
        return Scale(detector, ", ".join([rules, *told]), model=self.folder.digest)

    def load(self) -> None:
        """Read processor and weights into memory, and try them on a plain input, once.

        Raises:
            ModelError: they cannot be used.
        """
        self._tried  # noqa: B018 - a cached property

    @cached_property
    def _tried(self) -> float:
        """The score of a plain input: what fails there must not fail once a row."""
        _, loaded = self._loaded
        name, place = self.folder.name, loaded.device
        try:
            (score,) = self._batch([self._plain()])
        except Exception as error:  # each architecture has errors of its own
            told = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            raise ModelError(f"model {name}: fails on a plain {self.kind} on {place}: {told}") from error
        if not isfinite(score):
            raise ModelError(
                f"model {name}: gives {score} for a plain {self.kind} on {place}; its weights are damaged, or overflow "
                "in this dtype"
            )
        return score

    def _plain(self) -> Inputs:
        """A picture that goes from black to white, or a second of a tone."""
        if self.kind == "picture":
            ramp = np.linspace(0, 255, 256).astype(np.uint8)
            return self.prepared(np.broadcast_to(ramp[:, None, None], (256, 256, 3)).copy())
        rate = int(processor_config(self.folder).get("sampling_rate", RATE))
        tone = np.sin(np.arange(rate, dtype=np.float32) * np.float32(2 * np.pi * 440 / rate))
        return self.prepared(tone, sampling_rate=rate)

    @cached_property
    def _loaded(self) -> tuple[Any, LoadedModel]:
        return self._processor(), load_model(self.folder, _AUTO[self.kind], device=self.device, dtype=self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: all but the model."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def _processor(self) -> Any:
        """By Pillow and not by torchvision, whatever is installed: the two do not resize alike."""
        import transformers

        options = {"use_fast": False} if self.kind == "picture" else {}
        kind: Any = transformers.AutoImageProcessor if self.kind == "picture" else transformers.AutoFeatureExtractor
        try:
            with quiet_transformers():
                return kind.from_pretrained(
                    str(self.folder.path), local_files_only=True, trust_remote_code=False, **options
                )
        except Exception as error:  # each processor has errors of its own, and all of them are about the folder
            words = " ".join(str(error).split())[:300]
            raise ModelError(
                f"model {self.folder.name}: {PROCESSOR_FILE} cannot be used: {type(error).__name__}: {words}"
            ) from error

    def prepared(self, item: NDArray[Any], **options: Any) -> Inputs:
        """What the model is given for one picture (height x width x 3, uint8) or one window of sound (float32)."""
        processor, _ = self._loaded
        made = processor(item, return_tensors="np", **options)
        return {name: np.asarray(value)[0] for name, value in made.items()}

    def scores(self, inputs: Iterable[Inputs]) -> Iterator[float]:
        """The log-odds of "made by a machine" for each, in nats, in their order; inputs of one shape are computed together."""
        waiting: list[Inputs] = []
        for each in inputs:
            if waiting and (len(waiting) == self.batch_size or _shapes(each) != _shapes(waiting[0])):
                yield from self._batch(waiting)
                waiting = []
            waiting.append(each)
        if waiting:
            yield from self._batch(waiting)

    def _batch(self, inputs: Sequence[Inputs]) -> list[float]:
        import torch

        _, loaded = self._loaded
        given = {}
        for name in inputs[0]:
            tensor = torch.from_numpy(np.stack([each[name] for each in inputs]))
            kind = getattr(torch, loaded.dtype) if tensor.is_floating_point() else None
            given[name] = tensor.to(loaded.device, kind)
        with torch.inference_mode():
            logits = loaded.model(**given).logits
        scores: list[float] = np.asarray(log_odds(logits, self.machine).cpu(), np.float64).round(DECIMALS).tolist()
        return scores


def _shapes(inputs: Inputs) -> dict[str, tuple[int, ...]]:
    return {name: value.shape for name, value in inputs.items()}

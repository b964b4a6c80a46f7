"""Loads the weights of a checked folder onto a device; the one place that imports torch.

- One copy of a model in a process, however many detectors use it.
- Evaluation mode, inference only: no dropout, no gradients. bfloat16 on an accelerator, float32 on a CPU.
- Weights that are missing are refused: transformers would draw them at random and say so in a warning.
"""

import functools
import importlib.util
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lowbackground.detectors.models.model_folder import ModelError, ModelFolder

Precision = Literal["float32", "bfloat16"]
DType = Literal["auto", "float32", "bfloat16"]
# A line of torch/version.py; a build for CPUs has None there.
_BUILT_FOR = re.compile(r"^(?:cuda|hip|xpu)\b[^=\n]*= *['\"]", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model in evaluation mode on `device` (as torch names it), its weights in `dtype`."""

    model: Any = field(repr=False)
    device: str
    dtype: str


def require_torch() -> None:
    """Refuse to go on without torch; imports nothing.

    Raises:
        ModelError: it is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise ModelError("needs torch, which is not installed: pip install 'lowbackground[torch]'")


def chosen_device(device: str) -> str:
    """The device that `auto` stands for, or the one that is named, if it is there.

    Raises:
        ModelError: there is no such device.
    """
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = device.partition(":")
    there = {"cpu": 1, "mps": int(torch.backends.mps.is_available()), "cuda": torch.cuda.device_count()}
    if kind not in there or (number and not number.isdecimal()):
        raise ModelError(f"device {device!r}: expected auto, cpu, mps, cuda or cuda:N")
    if int(number or 0) >= there[kind]:
        raise ModelError(
            f"device {device!r}: torch finds {there[kind]} {kind} devices here; name another or auto, or see that the driver works "
            f"and that torch is built for {kind}"
        )
    return device


def precision(device: str, dtype: DType) -> Precision:
    """What `auto` stands for on a device: scores differ by it, so it belongs to what a calibration is for.

    Imports no torch; where only torch knows, it is asked in a process of its own.

    Raises:
        ModelError: torch does not work here.
    """
    if dtype != "auto":
        return dtype
    if device == "auto":
        device = _device_here()
    return "float32" if device.partition(":")[0] == "cpu" else "bfloat16"


@functools.cache
def _device_here() -> str:
    """The device that `auto` stands for."""
    if "torch" in sys.modules:
        return chosen_device("auto")
    if sys.platform != "darwin" and not _built_for_accelerators():
        return "cpu"
    program = f"from {__name__} import chosen_device; print(chosen_device('auto'))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2][:300]
        raise ModelError(
            f"torch cannot tell which devices are here: {last}; mend its installation, or set device and dtype"
        )
    return done.stdout.strip()


def _built_for_accelerators() -> bool:
    found = importlib.util.find_spec("torch")
    version = Path(found.origin or "").with_name("version.py") if found is not None else Path()
    return not version.is_file() or _BUILT_FOR.search(version.read_text("utf-8")) is not None


def load_model(folder: ModelFolder, auto_class: str, *, device: str = "auto", dtype: DType = "auto") -> LoadedModel:
    """The model of a folder, by one of the `AutoModelFor…` classes of transformers.

    Raises:
        ModelError: torch, the device or weights are missing, or the folder holds another kind of model.
    """
    require_torch()
    place = chosen_device(device)
    kind = precision(place, dtype)
    key = (folder.digest, auto_class, place, kind)
    with _LOADING:
        loaded = _LOADED.get(key)
        if loaded is None:
            loaded = _LOADED[key] = LoadedModel(_load(folder, auto_class, place, kind), place, kind)
    return loaded


_LOADED: weakref.WeakValueDictionary[tuple[object, ...], LoadedModel] = weakref.WeakValueDictionary()
_LOADING = threading.Lock()


def _load(folder: ModelFolder, auto_class: str, device: str, dtype: str) -> Any:
    import torch
    import transformers

    problem = f"model {folder.name}: cannot be loaded by {auto_class}"
    try:
        with quiet_transformers(), hub_out_of_reach():
            model, info = getattr(transformers, auto_class).from_pretrained(
                str(folder.path),
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                torch_dtype=getattr(torch, dtype),
            )
    except Exception as error:  # each architecture has errors of its own, and all of them are about the folder
        raise ModelError(f"{problem}: {type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
    if gaps := _gaps(info):
        raise ModelError(
            f"{problem}: {folder.name} has no weights for {', '.join(gaps[:3])} ({len(gaps)} in all); it is a model for "
            "another task, or was saved with a head of its own"
        )
    model.config.return_dict = True  # callers read outputs by name
    try:
        return model.to(device).eval().requires_grad_(requires_grad=False)
    except (RuntimeError, NotImplementedError) as error:  # torch's for a device that is full or cannot do it
        raise ModelError(f"model {folder.name}: does not go onto {device}: {str(error)[:300]}") from error


def _gaps(info: Mapping[str, Any]) -> list[str]:
    """The weights that the architecture has and the folder does not, or not in this shape."""
    shapes = [each[0] if isinstance(each, tuple) else each for each in info.get("mismatched_keys", ())]
    return sorted({*map(str, info.get("missing_keys", ())), *map(str, shapes)})


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Without the bars and reports of transformers: what they say is in the errors."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    bar, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


@contextmanager
def hub_out_of_reach() -> Iterator[None]:
    """Every request to the hub fails: what a configuration names beside the weights is not fetched either."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before

"""Weights of a network that is written here, from one file that the operator brings: safetensors, or a PyTorch state dict.

- The file is pinned: its SHA-256 is compared before anything in it is looked at.
- A PyTorch file is a pickle, and is read by the unpickler of torch that knows tensors and plain containers and nothing
  else (`weights_only`); whatever needs more is refused.
- Names and shapes must be those of the network, all of them and no others, or it is not the network.
"""

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowbackground.detectors.models.model_folder import ModelError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

MAX_BYTES = 1 << 30  # the networks that are written here have some 50 MB
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_NESTED = ("state_dict", "model")  # keys under which trainers put the weights: Lightning, audiocraft
_SHOWN = 3  # names in a message


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights whose bytes have the SHA-256 `digest`, in hex."""

    path: Path
    digest: str


def find_weights(weights: str, digest: str) -> WeightsFile:
    """The file of weights, if it is the one that is meant; needs no torch.

    Raises:
        ModelError: it is not there, too large, or another one.
    """
    if not _DIGEST.match(digest):
        raise ModelError(f"digest {digest[:80]!r}: expected the SHA-256 of the weights, 64 hex digits in lower case")
    file = WeightsFile(Path(weights).expanduser(), digest)
    _checked_bytes(file)
    return file


def _checked_bytes(file: WeightsFile) -> bytes:
    try:
        with file.path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(
            f"weights {file.path}: cannot be read ({error.strerror}); nothing is downloaded, bring the file"
        ) from error
    if len(data) > MAX_BYTES:
        raise ModelError(f"weights {file.path}: longer than {MAX_BYTES} bytes; is it the file you meant?")
    found = hashlib.sha256(data).hexdigest()
    if found != file.digest:
        raise ModelError(
            f"weights {file.path}: the file has the digest {found}, and digest: {file.digest} is asked for"
        )
    return data


def read_state(file: WeightsFile) -> dict[str, "Tensor"]:
    """The tensors in a file by name, whatever they were wrapped in.

    Raises:
        ModelError: the file was changed, is damaged, or holds more than tensors.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = _checked_bytes(file)
    if file.path.suffix == ".safetensors":
        try:
            return load(data)
        except (SafetensorError, ValueError) as error:
            raise ModelError(f"weights {file.path}: truncated or no safetensors file ({str(error)[:200]})") from error
    try:
        loaded: Any = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # pickle, zipfile and torch each have errors of their own
        raise ModelError(
            f"weights {file.path}: cannot be read as tensors and nothing else ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]}). Convert the file once, where you trust it, into safetensors; "
            "docs/watermarks.md shows how"
        ) from error
    return _unwrapped(file, loaded)


def _unwrapped(file: WeightsFile, loaded: Any) -> dict[str, "Tensor"]:
    import torch

    for key in _NESTED:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
    if not isinstance(loaded, Mapping) or not all(isinstance(name, str) for name in loaded):
        raise ModelError(f"weights {file.path}: holds a {type(loaded).__name__}; expected tensors by name")
    if strange := [name for name, value in loaded.items() if not isinstance(value, torch.Tensor)]:
        raise ModelError(f"weights {file.path}: {_few(strange)} is no tensor; expected a state dict and nothing else")
    return dict(loaded)


def fill(network: "Module", state: Mapping[str, "Tensor"], what: str) -> "Module":
    """The network with these weights as float32, for inference.

    `what` names network and file in a message.

    Raises:
        ModelError: a name or a shape is not that of the network.
    """
    import torch

    wanted = network.state_dict()
    if missing := sorted(set(wanted) - set(state)):
        raise ModelError(
            f"{what}: has no {_few(missing)}; expected {len(wanted)} tensors named like {_few(list(wanted))}"
        )
    if strange := sorted(set(state) - set(wanted)):
        raise ModelError(
            f"{what}: {_few(strange)} does not belong to it; expected {len(wanted)} tensors named like {_few(list(wanted))}"
        )
    for name, tensor in wanted.items():
        if state[name].shape != tensor.shape:
            raise ModelError(f"{what}: {name} is {_shape(state[name])}; expected {_shape(tensor)}")
        if not torch.isfinite(state[name]).all():
            raise ModelError(f"{what}: {name} holds numbers that are none; bring the file again")
    network.load_state_dict({name: state[name].to(tensor.dtype) for name, tensor in wanted.items()})
    return network.eval().requires_grad_(requires_grad=False)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:80] for name in names[:_SHOWN]) + more


def _shape(tensor: "Tensor") -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"

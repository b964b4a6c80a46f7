"""TrustMark and AudioSeal networks with weights of the tests' own, and files of them as they are published.

No published weights are at hand. What a test needs the network to say is put into the biases of its last layer.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

SURE = 50.0  # a logit that no picture or sound changes the sign of


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _drawn(network: Any, seed: int) -> Any:
    """Random weights under which signals neither die nor explode, so that each layer matters."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            elif tensor.is_floating_point():
                fan = max(1, tensor[0].numel()) if tensor.ndim > 1 else 4
                tensor.copy_(torch.randn(tensor.shape, generator=generator) / fan**0.5)
                if "bn" in name and name.endswith("weight"):
                    tensor.abs_().add_(0.5)
    return network.eval()


def trustmark_network(depth: Any = 18, bits: int | None = None, seed: int = 0) -> Any:
    """A decoder that says `bits` of every picture, the first of a hundred highest; without them, whatever comes."""
    import torch

    from lowbackground.detectors.watermarks.trustmark_network import TrustMarkNetwork

    network = TrustMarkNetwork(depth)
    network.load_state_dict(_drawn_trustmark(depth, seed))
    network.eval().requires_grad_(requires_grad=False)
    if bits is not None:
        with torch.no_grad():
            network.fc.weight.zero_()
            network.fc.bias.copy_(torch.tensor([SURE if bit == "1" else -SURE for bit in f"{bits:0100b}"]))
    return network


@lru_cache(maxsize=2)
def _drawn_audioseal(bits: int) -> Any:
    from lowbackground.detectors.watermarks.audioseal_network import AudioSealNetwork

    return _drawn(AudioSealNetwork(bits, causal=False), 0).state_dict()


@lru_cache(maxsize=2)
def _drawn_trustmark(depth: Any, seed: int) -> Any:
    import torch

    from lowbackground.detectors.watermarks.trustmark_network import TrustMarkNetwork

    network = _drawn(TrustMarkNetwork(depth), seed)
    with torch.no_grad():  # else a random network says much the same of everything
        seen = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1
        network.fc.bias.sub_(network(seen).mean(0))
    return network.state_dict()


def audioseal_network(message: str | None = None, marked: float = 1.0, causal: bool = False, bits: int = 16) -> Any:
    """A detector that hears `message` and log-odds `marked` in every sound; without them, whatever comes."""
    import torch

    from lowbackground.detectors.watermarks.audioseal_network import AudioSealNetwork

    network = AudioSealNetwork(bits, causal=causal)
    network.load_state_dict(_drawn_audioseal(bits))
    network.eval()
    if message is not None:
        with torch.no_grad():
            network.head.weight.zero_()
            said = [1.0 if bit == "1" else -1.0 for bit in message]
            network.head.bias.copy_(torch.tensor([0.0, marked, *said]))
    return network


def published_trustmark(network: Any) -> dict[str, Any]:
    """As ckpt2deploy.py of adobe/trustmark writes a decoder, in float16."""
    return {
        f"decoder.decoder.{name}": tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in network.state_dict().items()
    }


def published_audioseal(network: Any, form: str = "parametrizations") -> dict[str, Any]:
    """As checkpoints of facebookresearch/audioseal name their tensors, by either way that torch has of weight norm."""
    names = {
        "parametrizations": ("parametrizations.weight.original0", "parametrizations.weight.original1"),
        "weight_norm": ("weight_g", "weight_v"),
        "nested": ("inner_conv.weight_g", "inner_conv.weight_v"),
    }
    state: dict[str, Any] = {}
    for name, tensor in network.state_dict().items():
        part, _, rest = name.partition(".")
        long = {"encoder": "detector.0.model", "back": "detector.0.reverse_convolution", "head": "detector.1"}[part]
        long = f"{long}.{rest}"
        if part == "encoder" and ".conv." in f".{rest}":
            long = long.replace(".conv.", ".conv.conv.")
            if form == "nested":
                long = long.replace(".conv.conv.bias", ".conv.conv.inner_conv.bias")
            if rest.endswith("weight") and form in names:
                norm = tensor.flatten(1).norm(dim=1).reshape(-1, 1, 1)
                length, direction = names[form]
                state[long.removesuffix("weight") + length] = norm
                state[long.removesuffix("weight") + direction] = tensor / norm * 3
                continue
        state[long] = tensor
    return state


def saved(path: Path, state: Mapping[str, Any]) -> Path:
    """A state dict as a file: safetensors by its ending, else a PyTorch file."""
    import torch
    from safetensors.torch import save_file

    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, str(path))
    else:
        torch.save(state, path)
    return path

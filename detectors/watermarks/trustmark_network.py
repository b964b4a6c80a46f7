"""The network that reads TrustMark: a residual network with a hundred outputs, one logit a bit.

TrustMark-Q, -B and -P use ResNet-50, -C uses ResNet-18 (adobe/trustmark, python/trustmark/models/trustmark_*.yaml).
The networks are those of He and others, "Deep Residual Learning" (2015), table 1, with the stride of a bottleneck in
its middle convolution; names are those of torchvision, in which the weights are published.

Imports torch: import it only where a model is loaded.
"""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.watermarks.trustmark_payload import BITS

SEEN = 224  # pixels a side; larger input is scaled down inside: SecretDecoder.forward of python/trustmark/unet.py

Depth = Literal[18, 50]
_BLOCKS: Mapping[int, tuple[int, int, int, int]] = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
_WIDTHS = (64, 128, 256, 512)
_PREFIXES = ("decoder.decoder.", "decoder.", "")  # of a checkpoint, of the decoder by itself, of the bare network
_BESIDE = frozenset(
    ("fixed_input", "update_gen")
)  # flags of training that checkpoints carry: python/trustmark/model.py


class _Block(nn.Module):
    """Two convolutions of 3 x 3, or three that narrow, look and widen; and a way around them."""

    def __init__(self, inputs: int, width: int, outputs: int, stride: int) -> None:
        super().__init__()
        bottleneck = outputs != width
        sizes = [(1, 1), (3, stride), (1, 1)] if bottleneck else [(3, stride), (3, 1)]
        channels = [inputs, width, width, outputs] if bottleneck else [inputs, width, outputs]
        self.depth = len(sizes)
        for place, (size, step) in enumerate(sizes):
            conv = nn.Conv2d(channels[place], channels[place + 1], size, step, size // 2, bias=False)
            self.add_module(f"conv{place + 1}", conv)
            self.add_module(f"bn{place + 1}", nn.BatchNorm2d(channels[place + 1]))
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for place in range(1, self.depth + 1):
            y = self.get_submodule(f"bn{place}")(self.get_submodule(f"conv{place}")(y))
            y = torch.relu(y) if place < self.depth else y
        return torch.relu(y + self.downsample(x))


class TrustMarkNetwork(nn.Module):
    """Pictures to logits: float32, (batch, 3, side, side) in -1 to 1, to (batch, 100)."""

    def __init__(self, depth: Depth) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs, widening = 64, 4 if depth == 50 else 1
        for place, (width, blocks) in enumerate(zip(_WIDTHS, _BLOCKS[depth], strict=True)):
            outputs = width * widening
            layer = [
                _Block(inputs if block == 0 else outputs, width, outputs, 2 if block == 0 and place else 1)
                for block in range(blocks)
            ]
            self.add_module(f"layer{place + 1}", nn.Sequential(*layer))
            inputs = outputs
        self.fc = nn.Linear(inputs, BITS)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of each bit."""
        if min(x.shape[-2:]) > SEEN:
            x = nn.functional.interpolate(x, size=(SEEN, SEEN), mode="bilinear", align_corners=False)
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for place in range(1, 5):
            x = self.get_submodule(f"layer{place}")(x)
        return torch.as_tensor(self.fc(x.mean((-2, -1))))


def depth_of(state: Mapping[str, Tensor], what: str) -> Depth:
    """Which network these weights, by their bare names, are of.

    Raises:
        ModelError: of none.
    """
    if "fc.weight" not in state or "layer1.0.conv1.weight" not in state:
        raise ModelError(
            f"{what}: expected the decoder of TrustMark, with conv1.weight, layer1.0.conv1.weight ... fc.weight"
        )
    return 50 if "layer1.0.conv3.weight" in state else 18


def bare_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights without what stands before their names in a checkpoint, and without the flags beside them."""
    prefix = next((each for each in _PREFIXES if f"{each}conv1.weight" in state), "")
    kept = {name: tensor for name, tensor in state.items() if name not in _BESIDE}
    return {name.removeprefix(prefix): tensor for name, tensor in kept.items()}

"""The network that reads AudioSeal: for each sample whether it is marked, and what it says of each bit of the message.

Encoder and head are those of San Roman and others, "Proactive Detection of Voice Cloning with Localized Watermarking"
(2024): the encoder of SEANet (Tagliasacchi and others, 2020; Defossez and others, "High Fidelity Neural Audio
Compression", 2022), a transposed convolution back to the rate of samples, and a convolution of size 1. Sizes are those
of facebookresearch/audioseal, src/audioseal/cards/audioseal_detector_16bits.yaml; the other two cards differ in that
every layer sees the past alone (`causal`).

Imports torch: import it only where a model is loaded.
"""

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lowbackground.detectors.models.model_folder import ModelError

RATE = 16_000  # samples a second that it was trained on
_FILTERS, _DIMENSION, _OUTPUT = 32, 128, 32
_RATIOS = (2, 4, 5, 8)  # downsampling, in the order of the signal
_ENDS, _RESIDUAL, _COMPRESS, _LSTM_LAYERS = 7, 3, 2, 2  # kernel sizes; a block narrows by half; layers
_HEAD = 2  # not marked, marked; behind them one for each bit
MAX_MESSAGE_BITS = 64
_NORMED = re.compile(r"\.(?:weight_([gv])|parametrizations\.weight\.original([01]))\Z")


class _Conv(nn.Module):
    """A convolution over a signal padded with zeros, so that a stride s makes one frame of each s samples begun."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, *, causal: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, size, stride)
        self.causal = causal

    def forward(self, x: Tensor) -> Tensor:
        size, stride = self.conv.kernel_size[0], self.conv.stride[0]
        around = size - stride
        frames = math.ceil((x.shape[-1] - size + around) / stride + 1)
        more = (frames - 1) * stride + size - around - x.shape[-1]
        after = 0 if self.causal else around // 2
        return torch.as_tensor(self.conv(nn.functional.pad(x, (around - after, after + more))))


class _Block(nn.Module):
    """A residual block with a plain way around."""

    def __init__(self, width: int, *, causal: bool) -> None:
        super().__init__()
        narrow = width // _COMPRESS
        self.block = nn.Sequential(
            nn.ELU(), _Conv(width, narrow, _RESIDUAL, causal=causal), nn.ELU(), _Conv(narrow, width, 1, causal=causal)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.as_tensor(self.block(x))


class _Memory(nn.Module):
    """Two layers of LSTM over the frames, and a way around."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, _LSTM_LAYERS)

    def forward(self, x: Tensor) -> Tensor:
        frames = x.permute(2, 0, 1)
        return torch.as_tensor((self.lstm(frames)[0] + frames).permute(1, 2, 0))


class AudioSealNetwork(nn.Module):
    """Sound to logits: float32, (batch, 1, samples) at `RATE`, to (batch, 2 + message_bits, samples)."""

    def __init__(self, message_bits: int, *, causal: bool) -> None:
        super().__init__()
        width = _FILTERS
        layers: list[nn.Module] = [_Conv(1, width, _ENDS, causal=causal)]
        for ratio in _RATIOS:
            layers += [_Block(width, causal=causal), nn.ELU()]
            layers += [_Conv(width, 2 * width, 2 * ratio, ratio, causal=causal)]
            width *= 2
        layers += [_Memory(width), nn.ELU(), _Conv(width, _DIMENSION, _ENDS, causal=causal)]
        self.encoder = nn.Sequential(*layers)
        hop = math.prod(_RATIOS)
        self.back = nn.ConvTranspose1d(_DIMENSION, _OUTPUT, hop, hop)
        self.head = nn.Conv1d(_OUTPUT, _HEAD + message_bits, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logits of each sample."""
        return torch.as_tensor(self.head(self.back(self.encoder(x))[..., : x.shape[-1]]))


def own_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a published checkpoint by the names of `AudioSealNetwork`.

    Convolutions are stored as direction and length of each filter ("weight norm", Salimans and Kingma 2016), under the
    names of either way that torch has of doing so, or plain; version 0.2 nests each in one more module.
    """
    plain: dict[str, Tensor] = {}
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        short = _short(name)
        found = _NORMED.search(short)
        if found is None:
            plain[short] = tensor
        else:
            length = found[1] == "g" or found[2] == "0"
            parts.setdefault(_NORMED.sub(".weight", short), {})["length" if length else "direction"] = tensor
    for name, pair in parts.items():
        if len(pair) == 2 and pair["length"].numel() == len(
            pair["direction"]
        ):  # else it is missing, and will be missed
            plain[name] = _normed(pair["direction"].float(), pair["length"].float())
    return plain


def _short(name: str) -> str:
    name = name.replace(".inner_conv.", ".").replace(".conv.conv.", ".conv.")
    for long, short in (
        ("detector.0.model.", "encoder."),
        ("detector.0.reverse_convolution.", "back."),
        ("detector.1.", "head."),
    ):
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name


def _normed(direction: Tensor, length: Tensor) -> Tensor:
    """Each filter, along the first axis, with its length."""
    norm = direction.flatten(1).norm(dim=1)
    scale: Tensor = (length.flatten() / norm).reshape(-1, *([1] * (direction.ndim - 1)))
    return direction * scale


def message_bits_of(state: Mapping[str, Tensor], what: str) -> int:
    """How many bits of message a head of these weights, by their own names, has.

    Raises:
        ModelError: there is no such head.
    """
    head = state.get("head.weight")
    bits = -1 if head is None or head.ndim != 3 else head.shape[0] - _HEAD
    if not 0 <= bits <= MAX_MESSAGE_BITS:
        raise ModelError(
            f"{what}: expected the detector of AudioSeal, with detector.0.model.0... to detector.1.weight, which has 2 "
            f"outputs and up to {MAX_MESSAGE_BITS} more for a message"
        )
    return bits

"""The networks of TrustMark and AudioSeal, compared with those of transformers, which others wrote."""

from typing import Any

import pytest
import torch
from torch import nn

from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.models.state_dict import fill
from lowbackground.detectors.watermarks.audioseal_network import AudioSealNetwork, message_bits_of, own_names
from lowbackground.detectors.watermarks.trustmark_network import TrustMarkNetwork, bare_names, depth_of
from tests.watermark_networks import audioseal_network, published_audioseal, published_trustmark, trustmark_network


def renamed(name: str, depth: int) -> str:
    """Torchvision's name of a tensor of a ResNet as transformers has it."""
    parts = name.split(".")
    if parts[0] == "fc":
        return f"classifier.1.{parts[1]}"
    kind = {"conv": "convolution", "bn": "normalization"}
    if not parts[0].startswith("layer"):
        return f"resnet.embedder.embedder.{kind[parts[0][:-1]]}.{parts[1]}"
    block = f"resnet.encoder.stages.{int(parts[0][5:]) - 1}.layers.{parts[1]}"
    if parts[2] == "downsample":
        return f"{block}.shortcut.{('convolution', 'normalization')[int(parts[3])]}.{parts[4]}"
    return f"{block}.layer.{int(parts[2][-1]) - 1}.{kind[parts[2][:-1]]}.{parts[3]}"


@pytest.mark.parametrize("depth", [18, 50])
def test_trustmark_s_network_is_the_resnet_of_transformers(depth: Any) -> None:
    import transformers

    deep = depth == 50
    config = transformers.ResNetConfig(
        layer_type="bottleneck" if deep else "basic",
        depths=[3, 4, 6, 3] if deep else [2, 2, 2, 2],
        hidden_sizes=[256, 512, 1024, 2048] if deep else [64, 128, 256, 512],
        embedding_size=64,
        num_labels=100,
    )
    oracle = transformers.ResNetForImageClassification(config).eval()
    network = trustmark_network(depth)
    oracle.load_state_dict({renamed(name, depth): tensor for name, tensor in network.state_dict().items()})
    pictures = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        expected, found = oracle(pictures).logits, network(pictures)
        larger = nn.functional.interpolate(pictures, size=(245, 245), mode="nearest")
        scaled = nn.functional.interpolate(larger, size=(224, 224), mode="bilinear", align_corners=False)
        assert torch.allclose(network(larger), oracle(scaled).logits, rtol=1e-3, atol=1e-3)
    assert found.shape == (2, 100)
    assert found.std() > 1e-3
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


def test_trustmark_s_networks_have_the_sizes_that_are_published() -> None:
    for depth, megabytes in ((18, 22), (50, 47)):  # in float16; its decoders are 21 and 45 MB
        values = sum(tensor.numel() for tensor in TrustMarkNetwork(depth).state_dict().values())  # type: ignore[arg-type]
        assert round(2 * values / 1e6) == pytest.approx(megabytes, abs=1)


@pytest.mark.parametrize("prefix", ["decoder.decoder.", "decoder.", ""])
def test_checkpoints_are_read_whatever_stands_before_their_names(prefix: str) -> None:
    network = trustmark_network(18)
    state = {f"{prefix}{name}": tensor for name, tensor in network.state_dict().items()}
    state |= {"fixed_input": torch.tensor(True), "update_gen": torch.tensor(False)}
    bare = bare_names(state)
    assert depth_of(bare, "weights w") == 18
    fill(TrustMarkNetwork(18), bare, "weights w")


def test_half_precision_is_read_as_float32() -> None:
    network = trustmark_network(18)
    filled = fill(TrustMarkNetwork(18), bare_names(published_trustmark(network)), "weights w")
    pictures = torch.rand(1, 3, 224, 224) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(filled(pictures), network(pictures), atol=0.05 * float(network(pictures).abs().max()))


@pytest.mark.parametrize("state", [{}, {"encoder.pre.conv.weight": torch.ones(1)}, {"fc.weight": torch.ones(1)}])
def test_what_is_no_decoder_of_trustmark_is_refused(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ModelError, match=r"fc\.weight"):
        depth_of(bare_names(state), "weights w")


@pytest.mark.parametrize("form", ["parametrizations", "weight_norm", "nested", "plain"])
def test_weights_are_the_same_however_they_are_stored(form: str) -> None:
    network = audioseal_network()
    state = own_names(published_audioseal(network, form))
    wanted = network.state_dict()
    assert set(state) == set(wanted)
    assert all(torch.allclose(state[name], wanted[name], rtol=1e-5, atol=1e-7) for name in wanted)


@pytest.mark.parametrize("causal", [False, True])
def test_audioseal_s_encoder_is_the_seanet_of_transformers(causal: bool) -> None:
    import transformers

    config = transformers.EncodecConfig(
        num_filters=32,
        num_residual_layers=1,
        upsampling_ratios=[8, 5, 4, 2],
        norm_type="weight_norm",
        kernel_size=7,
        last_kernel_size=7,
        residual_kernel_size=3,
        dilation_growth_rate=2,
        use_causal_conv=causal,
        pad_mode="constant",
        compress=2,
        num_lstm_layers=2,
        use_conv_shortcut=False,
        hidden_size=128,
        audio_channels=1,
    )
    oracle = transformers.EncodecModel(config).encoder.eval()
    made = audioseal_network(causal=causal)
    published = published_audioseal(made, "parametrizations")
    prefix = "detector.0.model."
    oracle.load_state_dict(
        {
            name.removeprefix(prefix).replace(".conv.conv.", ".conv.").join(["layers.", ""]): tensor
            for name, tensor in published.items()
            if name.startswith(prefix)
        }
    )
    state = own_names(published)
    network = fill(AudioSealNetwork(message_bits_of(state, "w"), causal=causal), state, "w")
    for samples in (5, 319, 320, 4001):
        sound = torch.randn(1, 1, samples, generator=torch.Generator().manual_seed(samples))
        with torch.no_grad():
            encoded = oracle(sound)
            assert torch.allclose(network.encoder(sound), encoded, rtol=1e-3, atol=1e-5)
            back = nn.functional.conv_transpose1d(encoded, made.back.weight, made.back.bias, stride=320)
            expected = nn.functional.conv1d(back[..., :samples], made.head.weight, made.head.bias)
            assert torch.allclose(network(sound), expected, rtol=1e-3, atol=1e-4)
            assert network(sound).shape == (1, 18, samples)


def test_a_detector_without_a_message_has_two_outputs() -> None:
    state = own_names(published_audioseal(audioseal_network(bits=0)))
    assert message_bits_of(state, "w") == 0
    fill(AudioSealNetwork(0, causal=False), state, "w")


def test_half_a_weight_norm_is_missed() -> None:
    published = published_audioseal(audioseal_network())
    one = next(name for name in published if name.endswith("original0"))
    for change in ({}, {one: torch.ones(3, 1, 1)}):
        state = own_names({name: tensor for name, tensor in published.items() if name != one} | change)
        with pytest.raises(ModelError, match="has no"):
            fill(AudioSealNetwork(16, causal=False), state, "weights w")


@pytest.mark.parametrize(
    "state", [{}, {"detector.1.weight": torch.ones(1, 32, 1)}, {"detector.1.weight": torch.ones(400, 32, 1)}]
)
def test_what_is_no_detector_of_audioseal_is_refused(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ModelError, match=r"detector\.1\.weight"):
        message_bits_of(own_names(state), "weights w")


def test_the_generator_of_audioseal_is_refused() -> None:
    state = {f"encoder.model.{name}": tensor for name, tensor in published_audioseal(audioseal_network()).items()}
    with pytest.raises(ModelError):
        message_bits_of(own_names(state), "weights w")

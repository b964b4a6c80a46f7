"""Weights from one file: pinned, tensors and nothing else, of this network and no other."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lowbackground.detectors.models import state_dict as module
from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.models.state_dict import WeightsFile, fill, find_weights, read_state
from tests.watermark_networks import digest_of, saved

STATE = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.ones(2)}


def file(path: Path) -> WeightsFile:
    return find_weights(str(path), digest_of(path))


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.ckpt", "w.pt"])
def test_tensors_come_out_as_they_went_in(tmp_path: Path, name: str) -> None:
    state = read_state(file(saved(tmp_path / name, STATE)))
    assert set(state) == set(STATE)
    assert all(torch.equal(state[key], STATE[key]) for key in STATE)


@pytest.mark.parametrize(
    "wrapped", [{"state_dict": STATE, "epoch": 3}, {"model": STATE, "xp.cfg": {"sample_rate": 16000}}]
)
def test_the_wrapping_of_trainers_is_taken_off(tmp_path: Path, wrapped: dict[str, Any]) -> None:
    assert set(read_state(file(saved(tmp_path / "w.pth", wrapped)))) == set(STATE)


class Bomb:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self.path,)


def test_a_pickle_that_does_more_is_refused_and_not_run(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    torch.save({**STATE, "more": Bomb(str(harm))}, tmp_path / "bomb.pth")
    (tmp_path / "bare.pth").write_bytes(pickle.dumps({"more": Bomb(str(harm))}))
    for name in ("bomb.pth", "bare.pth"):
        with pytest.raises(ModelError, match="safetensors"):
            read_state(file(tmp_path / name))
    assert not harm.exists()


def test_another_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "w.pth", STATE)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(ModelError, match=digest_of(path)):
        find_weights(str(path), "0" * 64)
    known = file(path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="digest"):
        read_state(known)


@pytest.mark.parametrize("digest", ["", "abc", "0" * 63, "G" * 64, "A" * 64])
def test_a_digest_is_64_hex_digits(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ModelError, match="64 hex"):
        find_weights(str(saved(tmp_path / "w.pth", STATE)), digest)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="bring the file"):
        find_weights(str(tmp_path / "none.pth"), "0" * 64)
    with pytest.raises(ModelError):
        find_weights(str(tmp_path), "0" * 64)


def test_a_file_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "w.pth", STATE)
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(ModelError, match="longer"):
        find_weights(str(path), digest_of(path))


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, keep: int) -> None:
    path = saved(tmp_path / name, STATE)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError):
        read_state(file(path))


@pytest.mark.parametrize(
    "held", [[STATE["bias"]], STATE["bias"], {"weight": 3}, {1: STATE["bias"]}, {"a": {"b": STATE["bias"]}}]
)
def test_what_is_no_state_dict_is_refused(tmp_path: Path, held: Any) -> None:
    path = tmp_path / "w.pth"
    torch.save(held, path)
    with pytest.raises(ModelError, match="expected"):
        read_state(file(path))


def test_a_network_takes_its_own_weights_as_float32() -> None:
    network = fill(nn.Linear(3, 2), {name: tensor.half() for name, tensor in STATE.items()}, "weights w")
    assert network.weight.dtype == torch.float32
    assert torch.equal(network(torch.ones(3)), torch.tensor([4.0, 13.0]))
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize(
    "change, words",
    [
        ({"bias": None}, "has no bias"),
        ({"more": torch.ones(1)}, "more does not belong"),
        ({"bias": torch.ones(3)}, "bias is 3; expected 2"),
        ({"bias": torch.tensor([1.0, float("nan")])}, "numbers that are none"),
    ],
)
def test_weights_of_another_network_are_refused_with_what_was_expected(change: dict[str, Any], words: str) -> None:
    state = {name: tensor for name, tensor in {**STATE, **change}.items() if tensor is not None}
    with pytest.raises(ModelError, match=words):
        fill(nn.Linear(3, 2), state, "weights w")

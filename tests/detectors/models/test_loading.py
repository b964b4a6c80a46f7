"""Weights are loaded whole, for inference, once a process, and without the network."""

import gc
import json
import shutil
import socket
import sys
from pathlib import Path

import pytest
import torch

from lowbackground.detectors.models import loading
from lowbackground.detectors.models.loading import (
    DType,
    chosen_device,
    hub_out_of_reach,
    load_model,
    precision,
    require_torch,
)
from lowbackground.detectors.models.model_folder import ModelError, find_model
from tests.tiny_models import text_folder

CLASSIFIER = "AutoModelForSequenceClassification"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return text_folder(tmp_path / "model", "roberta")


def test_a_model_is_ready_for_inference(folder: Path) -> None:
    loaded = load_model(find_model(str(folder)), CLASSIFIER, device="cpu")
    assert (loaded.device, loaded.dtype) == ("cpu", "float32")
    assert not loaded.model.training
    assert not any(weights.requires_grad for weights in loaded.model.parameters())
    assert {weights.dtype for weights in loaded.model.parameters()} == {torch.float32}


def test_weights_can_be_had_in_bfloat16(folder: Path) -> None:
    loaded = load_model(find_model(str(folder)), CLASSIFIER, device="cpu", dtype="bfloat16")
    assert {weights.dtype for weights in loaded.model.parameters()} == {torch.bfloat16}


def test_a_process_holds_one_copy_and_only_as_long_as_it_is_used(folder: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    config = json.loads((own / "config.json").read_text())
    (own / "config.json").write_text(json.dumps(config | {"used_by": "this test alone"}))  # copies go by digest
    found = find_model(str(own))
    one = load_model(found, CLASSIFIER, device="cpu")
    assert load_model(found, CLASSIFIER, device="cpu") is one
    assert load_model(found, CLASSIFIER, device="cpu", dtype="bfloat16") is not one
    held = len(loading._LOADED)
    del one
    gc.collect()
    assert len(loading._LOADED) < held


def test_loading_asks_no_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("asks the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asks for an address"))
    load_model(find_model(str(folder)), CLASSIFIER, device="cpu")


def test_the_hub_is_out_of_reach_while_a_model_is_loaded() -> None:
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled
    from huggingface_hub.utils import get_session

    before = constants.HF_HUB_OFFLINE
    with hub_out_of_reach(), pytest.raises(OfflineModeIsEnabled):
        get_session().get("https://huggingface.co/api/models")
    assert before == constants.HF_HUB_OFFLINE


def test_outputs_have_names_whatever_the_configuration_says(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"return_dict": False}), "utf-8")
    loaded = load_model(find_model(str(folder)), CLASSIFIER, device="cpu")
    assert loaded.model(input_ids=torch.tensor([[0, 7, 2]])).logits.shape == (1, 2)


def test_loading_prints_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    logging.enable_progress_bar()
    load_model(find_model(str(folder)), CLASSIFIER, device="cpu")
    assert logging.is_progress_bar_enabled()
    assert capfd.readouterr() == ("", "")


def test_a_model_without_the_head_for_its_task_is_refused(tmp_path: Path) -> None:
    gpt2 = find_model(str(text_folder(tmp_path / "gpt2", "gpt2")))
    with pytest.raises(ModelError, match=r"no weights for score\.weight"):
        load_model(gpt2, CLASSIFIER, device="cpu")


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"intermediate_size": 48}), "utf-8")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(find_model(str(folder)), CLASSIFIER, device="cpu")


@pytest.mark.parametrize("changes", [{"model_type": "unheard-of"}, {"hidden_size": "many"}, {"num_attention_heads": 0}])
def test_a_configuration_that_makes_no_model_is_refused(folder: Path, changes: dict[str, object]) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | changes), "utf-8")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(find_model(str(folder)), CLASSIFIER, device="cpu")


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cuda:99", "mps:3", "", "cpu:1"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(ModelError, match="device"):
        chosen_device(device)


def test_the_best_device_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert chosen_device("auto") == "cpu"
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    assert chosen_device("auto") == "mps"
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert chosen_device("auto") == "cuda"


@pytest.mark.parametrize(
    ("device", "dtype", "found"),
    [
        ("cpu", "auto", "float32"),
        ("cuda", "auto", "bfloat16"),
        ("cuda:1", "auto", "bfloat16"),
        ("mps", "auto", "bfloat16"),
        ("cuda", "float32", "float32"),
        ("cpu", "bfloat16", "bfloat16"),
    ],
)
def test_a_named_device_says_the_precision(device: str, dtype: DType, found: str) -> None:
    assert precision(device, dtype) == found


@pytest.mark.parametrize(("there", "found"), [(False, "float32"), (True, "bfloat16")])
def test_without_a_named_device_torch_says_it(there: bool, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_device_here", loading._device_here.__wrapped__)
    monkeypatch.setattr("torch.cuda.is_available", lambda: there)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert precision("auto", "auto") == found


@pytest.mark.parametrize(
    ("version", "asked"),
    [
        ("cuda: Optional[str] = None\nhip: Optional[str] = None\nxpu: Optional[str] = None\n", False),
        ("cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n", True),
        ("cuda = None\nhip = '6.4'\n", True),
        (None, True),
    ],
)
def test_a_torch_for_cpus_alone_is_not_asked_and_any_other_is_in_a_process_of_its_own(
    version: str | None, asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A torch that is not imported here, and that knows no device but `cuda`."""
    (tmp_path / "torch").mkdir()
    package = "class cuda:\n    is_available = staticmethod(lambda: True)\n"
    (tmp_path / "torch" / "__init__.py").write_text(package)
    if version is not None:
        (tmp_path / "torch" / "version.py").write_text(version)
    monkeypatch.setattr(loading, "_device_here", loading._device_here.__wrapped__)
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert precision("auto", "auto") == ("bfloat16" if asked else "float32")
    assert "torch" not in sys.modules
    if asked:
        (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('no libcudart')")
        with pytest.raises(ModelError, match=r"no libcudart; mend its installation, or set device and dtype"):
            precision("auto", "auto")


def test_torch_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else pytest.fail(name))
    with pytest.raises(ModelError, match=r"pip install 'lowbackground\[torch\]'"):
        require_torch()

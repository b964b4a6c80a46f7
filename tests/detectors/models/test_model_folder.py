"""Models are found in folders and in the local cache of the hub; what must not be loaded is refused, in words that help."""

import json
import pickle
import socket
import sys
from pathlib import Path

import pytest

from lowbackground.detectors.models.model_folder import ModelError, find_model
from tests.tiny_models import text_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return text_folder(tmp_path / "model", "roberta")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, lambda *_: pytest.fail("asks the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asks for an address"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def refusal(model: Path | str, **pins: str) -> str:
    with pytest.raises(ModelError) as error:
        find_model(str(model), **pins)
    return str(error.value)


def changed(file: Path, **keys: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | keys), "utf-8")


def test_a_folder_is_known_by_its_files(folder: Path) -> None:
    found = find_model(str(folder))
    assert found.path == folder
    assert found.config["model_type"] == "roberta"
    assert len(found.digest) == 64
    assert find_model(str(folder), digest=found.digest) == found
    assert pickle.loads(pickle.dumps(found)) == found


def test_the_digest_is_of_what_can_change_an_answer(folder: Path) -> None:
    before = find_model(str(folder)).digest
    (folder / "README.md").write_text("about the model", "utf-8")
    assert find_model(str(folder)).digest == before
    changed(folder / "config.json", layer_norm_eps=1e-6)
    after = find_model(str(folder)).digest
    assert after != before
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert find_model(str(folder)).digest not in {before, after}


def test_another_digest_than_the_pinned_one_is_refused(folder: Path) -> None:
    words = refusal(folder, digest="0" * 64)
    assert "0" * 64 in words
    assert find_model(str(folder)).digest in words


def test_finding_a_model_imports_neither_torch_nor_transformers(folder: Path) -> None:
    import subprocess

    program = (
        "import sys; from lowbackground.detectors.models.model_folder import find_model; find_model(sys.argv[1]); "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.PT", "optimizer.pth", "weights.pkl", "last.ckpt"])
@pytest.mark.parametrize("with_safetensors", [True, False])
def test_a_pickle_is_refused_with_a_remedy(folder: Path, name: str, with_safetensors: bool) -> None:
    (folder / name).write_bytes(pickle.dumps({"weights": 1}))
    if not with_safetensors:
        (folder / "model.safetensors").unlink()
    words = refusal(folder)
    assert name in words
    assert ("remove the pickle" if with_safetensors else "save_pretrained") in words


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "preprocessor_config.json"])
def test_code_that_comes_with_a_model_is_refused(folder: Path, file: str) -> None:
    if not (folder / file).exists():
        (folder / file).write_text("{}", "utf-8")
    changed(folder / file, auto_map={"AutoModel": "modeling_evil.Evil"})
    assert "auto_map" in refusal(folder)


@pytest.mark.parametrize(
    "keys",
    [
        {"attn_implementation": "kernels-community/flash-attn"},
        {"_attn_implementation": "org/kernel@main:name"},
        {"text_config": {"attn_implementation": {"": "org/kernel"}}},
        {"vision_config": {"auto_map": {}}},
    ],
)
def test_code_of_the_hub_that_a_configuration_names_is_refused(folder: Path, keys: dict[str, object]) -> None:
    changed(folder / "config.json", **keys)
    assert "never run" in refusal(folder)
    changed(folder / "config.json", **(dict.fromkeys(keys) | {"attn_implementation": "sdpa"}))
    assert find_model(str(folder)).path == folder


@pytest.mark.parametrize("keys", [{"num_hidden_layers": 1_000_000}, {"text_config": {"n_layer": 10**30}}])
def test_more_layers_than_weights_are_refused(folder: Path, keys: dict[str, object]) -> None:
    changed(folder / "config.json", **keys)
    assert "layers" in refusal(folder)


def test_an_adapter_is_refused(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}', "utf-8")
    assert "merge" in refusal(folder)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 40, 0.5, -1])
def test_truncated_weights_are_refused(folder: Path, keep: float) -> None:
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    weights.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    assert "truncated" in refusal(folder)


def test_weights_that_are_no_safetensors_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(list(range(1000))))
    assert "no safetensors file" in refusal(folder)


def test_weights_in_several_files_are_found_by_their_index(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    assert "model.safetensors.index.json" in refusal(folder)
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    assert "model-00002-of-00002.safetensors" in refusal(folder)
    changed(folder / "model.safetensors.index.json", weight_map={"a": "model-00001-of-00002.safetensors"})
    assert find_model(str(folder)).path == folder


@pytest.mark.parametrize("file", ["../model.safetensors", "/etc/passwd", "weights.bin", ""])
def test_an_index_names_nothing_outside_its_folder(folder: Path, file: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": file}}), "utf-8")
    assert "same folder" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "problem"),
    [("", "no JSON"), ("{", "no JSON"), ("[1]", "no JSON object"), ("[" * 100_000, "no JSON"), ("{}", "config.json")],
    ids=["empty", "cut", "list", "nested", "without keys"],
)
def test_a_damaged_configuration_is_refused(folder: Path, content: str, problem: str) -> None:
    (folder / "config.json").write_text(content, "utf-8")
    assert problem in refusal(folder)


def test_a_configuration_that_is_missing_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "config.json" in refusal(folder)


def test_an_enormous_configuration_is_not_read(folder: Path) -> None:
    (folder / "config.json").write_bytes(b" " * (17 << 20))
    assert "at most" in refusal(folder)


def test_a_folder_that_is_not_there_and_a_file_are_refused(folder: Path) -> None:
    assert "no such folder" in refusal(folder / "none")
    assert "is a file" in refusal(folder / "config.json")
    assert "pin it" in refusal("org/name")


@pytest.mark.usefixtures("no_network")
def test_a_hub_name_that_is_not_in_the_cache_fails_at_once_and_says_how_to_bring_the_model(cache: Path) -> None:
    words = refusal("org/name", revision=COMMIT)
    assert f"hf download org/name --revision {COMMIT}" in words
    assert "--exclude '*.bin'" in words
    assert not cache.exists()


@pytest.mark.usefixtures("no_network")
def test_a_hub_name_is_found_in_the_cache(cache: Path, folder: Path) -> None:
    snapshot = cache / "models--org--name" / "snapshots" / COMMIT
    blobs = cache / "models--org--name" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, file in enumerate(sorted(folder.iterdir())):  # as the hub's cache does: links to blobs
        (blobs / str(number)).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(f"../../blobs/{number}")
    found = find_model("org/name", revision=COMMIT)
    assert found.name == f"org/name@{COMMIT}"
    assert found.digest == find_model(str(folder)).digest
    assert COMMIT.replace("0", "1") in refusal("org/name", revision=COMMIT.replace("0", "1"))


@pytest.mark.parametrize("revision", ["main", "v1.0", COMMIT[:12], COMMIT.upper(), "", f"{COMMIT}\n"])
def test_a_revision_that_can_move_is_refused(cache: Path, revision: str) -> None:
    assert "40 hex digits" in refusal("org/name", revision=revision)


@pytest.mark.parametrize("name", ["../../etc", "name", "a/b/c", "-x/y", "org/name;rm", "http://hub/x"])
def test_what_is_no_hub_name_is_never_looked_up(cache: Path, name: str) -> None:
    assert "ORG/NAME" in refusal(name, revision=COMMIT)

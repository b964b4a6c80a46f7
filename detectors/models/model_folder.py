"""Finds the folder of a model that the operator brings, and refuses what must not be loaded; needs no torch.

- A local folder, or a hub name with a pinned commit, which is looked up in the local cache of the hub and nowhere else:
  there is no network while filtering.
- Weights are safetensors. A folder that also holds pickles, or names code of its own, is refused: what is never there
  is never run by accident.
- The digest of the files is the model's identity, and part of the version of the detector that uses it.
"""

import functools
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GUIDE = "docs/models.md shows how"
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"})  # which unpickling may run
_COUNTS = frozenset({".json", ".safetensors", ".txt", ".model", ".tiktoken", ".jinja"})  # that can change an answer
_CONFIG = "config.json"
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"  # the names that transformers writes
_MAX_JSON_BYTES = 16 << 20  # the index of the largest published models has some 5 MiB
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z")  # names that the hub gives: ORG/NAME


class ModelError(ValueError):
    """A model cannot be used; the message says which, what was expected and found, and what to do."""


@dataclass(frozen=True)
class ModelFolder:
    """A folder whose files may be loaded.

    `name` is what the operator called it; `digest` the SHA-256 of its files, in hex; `config` its `config.json`.
    """

    name: str
    path: Path
    digest: str
    config: Mapping[str, Any] = field(repr=False)

    def json(self, name: str) -> Mapping[str, Any]:
        """The object in a JSON file of the folder; empty where the file is not there.

        Raises:
            ModelError: it is no JSON object of a reasonable size.
        """
        return _json_object(self.name, self.path / name)


def find_model(model: str, *, revision: str | None = None, digest: str | None = None) -> ModelFolder:
    """The folder of a model: a local path, or `ORG/NAME` of the hub with the 40 hex digits of a commit.

    `digest`, where given, is what the files must have.

    Raises:
        ModelError: it is not here, not pinned, not complete, or holds what is never loaded.
    """
    name, path = (model, _local(model)) if revision is None else (f"{model}@{revision}", _cached(model, revision))
    _refuse_pickles(name, path)
    config = _json_object(name, path / _CONFIG)
    if not config:
        raise ModelError(f"model {name}: {path} holds no {_CONFIG}; expected a folder as `save_pretrained` writes it")
    _refuse_code(name, path)
    tensors = sum(_tensors(name, weights) for weights in _weight_files(name, path))
    if (most := max(_layers(config), default=0)) > tensors:
        raise ModelError(f"model {name}: {_CONFIG} asks for {most} layers, and there are {tensors} weights in all")
    found = _digest(path)
    if digest is not None and digest != found:
        raise ModelError(f"model {name}: the files have the digest {found}, and digest: {digest} is asked for")
    return ModelFolder(name, path, found, config)


def _local(model: str) -> Path:
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise ModelError(f"model {model}: is a file; name the folder that holds {_CONFIG} and {_WEIGHTS}")
    if _HUB_NAME.match(model):
        raise ModelError(
            f"model {model}: no folder of this name is here. If it is a name of the hub, pin it by "
            "revision: the 40 hex digits of a commit"
        )
    raise ModelError(f"model {model}: no such folder; bring the model first, nothing is downloaded while filtering")


def _cached(model: str, revision: str) -> Path:
    """The snapshot of a commit in the local cache of the hub; asks nobody else."""
    if not _HUB_NAME.match(model):
        raise ModelError(f"model {model}: revision goes with a hub name ORG/NAME; pin a local folder by digest")
    if not _COMMIT.match(revision):
        raise ModelError(
            f"model {model}: revision {revision!r} can move; expected the 40 hex digits of a commit, which cannot"
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(str(snapshot_download(model, revision=revision, local_files_only=True)))
    except LocalEntryNotFoundError as error:
        raise ModelError(
            f"model {model}: commit {revision} is not in the local cache of the hub, and nothing is downloaded while "
            f"filtering. Bring it first, where there is a network: {bring(model, revision)}"
        ) from error


def bring(model: str, revision: str) -> str:
    """The command that brings a model of the hub into the cache, without the files that are refused."""
    return f"hf download {model} --revision {revision} " + " ".join(f"--exclude '*{end}'" for end in sorted(PICKLES))


def _refuse_pickles(name: str, path: Path) -> None:
    pickles = sorted(file.name for file in path.iterdir() if file.suffix.lower() in PICKLES)
    if not pickles:
        return
    beside = (path / _WEIGHTS).exists() or (path / _INDEX).exists()
    remedy = (
        "The same weights lie beside it as safetensors: remove the pickle, or bring the model into a folder without it"
        if beside
        else "Convert the model once, where you trust it: from_pretrained(FOLDER) and save_pretrained(NEW_FOLDER)"
    )
    raise ModelError(
        f"model {name}: holds {_few(pickles)}, which is a pickle; loading one can run any program, so only safetensors are "
        f"read. {remedy}; {GUIDE}"
    )


def _refuse_code(name: str, path: Path) -> None:
    """Code that comes with a model is never run, and an adapter would have the model below it fetched."""
    if (path / "adapter_config.json").exists():
        raise ModelError(
            f"model {name}: is an adapter; merge it into its model (merge_and_unload) and save the whole; {GUIDE}"
        )
    for file in sorted(path.glob("*config.json")):
        for key, value in _entries(_json_object(name, file)):
            if key == "auto_map" or (
                key.endswith("_implementation") and "/" in json.dumps(value)
            ):  # a kernel of the hub
                raise ModelError(
                    f"model {name}: {file.name} names code that does not come with transformers ({key}), and such code is "
                    "never run. If transformers has this architecture itself, save it again with from_pretrained(FOLDER) "
                    f"and save_pretrained(NEW_FOLDER); {GUIDE}"
                )


def _weight_files(name: str, path: Path) -> list[Path]:
    """The files that hold the weights: one, or those of the index."""
    if (path / _WEIGHTS).exists():
        return [path / _WEIGHTS]
    index = _json_object(name, path / _INDEX).get("weight_map")
    if not isinstance(index, dict) or not index:
        raise ModelError(f"model {name}: {path} holds neither {_WEIGHTS} nor {_INDEX}; only safetensors are read")
    files = sorted({str(file) for file in index.values()})
    if strange := [file for file in files if Path(file).name != file or not file.endswith(".safetensors")]:
        raise ModelError(f"model {name}: {_INDEX} names {_few(strange)}; expected safetensors of the same folder")
    if missing := [file for file in files if not (path / file).exists()]:
        raise ModelError(f"model {name}: {_few(missing)} of {_INDEX} is not there; bring the model again")
    return [path / file for file in files]


def _entries(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """All keys of a configuration and of those within it, with their values."""
    for key, value in config.items():
        yield key, value
        if isinstance(value, dict):
            yield from _entries(value)


def _layers(config: Mapping[str, Any]) -> Iterator[int]:
    """How many layers a configuration asks for; each has weights, or shares those of another."""
    for key, value in _entries(config):
        if key in {"num_hidden_layers", "num_layers", "n_layer", "n_layers"} and isinstance(value, int):
            yield value


def _tensors(name: str, file: Path) -> int:
    """How many there are, in a file whose header and length fit together, which they do only where it is whole."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="np") as opened:
            tensors = sum(1 for _ in opened.keys())  # noqa: SIM118 - it is no mapping and cannot be iterated
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"model {name}: {file.name} of {file.stat().st_size} bytes is truncated or no safetensors file "
            f"({str(error)[:200]}); bring the model again"
        ) from error
    if tensors == 0:
        raise ModelError(f"model {name}: {file.name} holds no weights")
    return tensors


def _json_object(name: str, file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    if (size := file.stat().st_size) > _MAX_JSON_BYTES:
        raise ModelError(f"model {name}: {file.name} has {size} bytes; expected at most {_MAX_JSON_BYTES}")
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model {name}: {file.name} is no JSON: {str(error)[:200]}") from error
    if not isinstance(found, dict):
        raise ModelError(f"model {name}: {file.name} holds no JSON object")
    return found


def _digest(path: Path) -> str:
    """SHA-256 over names and digests of the files that can change an answer."""
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.is_file() and file.suffix in _COUNTS:
            state = file.stat()
            digest.update(file.name.encode() + b"\0" + _file_digest(file.resolve(), state.st_size, state.st_mtime_ns))
    return digest.hexdigest()


@functools.lru_cache(maxsize=256)
def _file_digest(file: Path, size: int, changed: int) -> bytes:  # noqa: ARG001 - they tell apart what a path held when
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

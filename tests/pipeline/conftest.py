"""Fixtures of the tests of the pipeline."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lowbackground.detectors.registry import default_names
from lowbackground.pipeline.config import Config
from tests.factories import AS_OF
from tests.heavy_detector import installed_at


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those of `tmp_path`."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a model whose package is installed, here and in child processes."""
    site = installed_at(tmp_path / "site")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


@pytest.fixture
def heavy_run(model: Path, tmp_path: Path) -> Callable[..., Config]:
    """A run with the model over shards of texts, a list a shard."""

    def make(*shards: list[str], options: Mapping[str, str] | None = None, **values: object) -> Config:
        corpus = tmp_path / "corpus"
        corpus.mkdir(exist_ok=True)
        for shard, texts in enumerate(shards):
            lines = [json.dumps({"id": f"{shard}-{n}", "text": text}) for n, text in enumerate(texts)]
            (corpus / f"{shard}.jsonl").write_text("\n".join(lines) + "\n")
        sections: dict[str, dict[str, object]] = {name: {"enabled": False} for name in default_names()}
        sections |= {"witness": {"folder": str(model)}, "heavy": {"folder": str(model), **(options or {})}}
        return Config.model_validate(
            {
                "inputs": [str(corpus)],
                "out": str(tmp_path / "out"),
                "as_of": AS_OF,
                "workers": 1,
                "trust_folder": str(tmp_path / "trust"),
                "unit_bytes": 1024,
                "detectors": sections,
                **values,
            }
        )

    return make

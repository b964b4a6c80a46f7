"""Fixtures of the tests of the pipeline."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lowbackground.pipeline.config import Config
from tests.heavy_runs import heavy_config, installed_model


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those of `tmp_path`."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a model whose package is installed, here and in child processes."""
    return installed_model(tmp_path, monkeypatch)


@pytest.fixture
def heavy_run(model: Path) -> Callable[..., Config]:
    """A run with the model over shards of texts, a list a shard."""

    def make(*shards: list[str], **values: Any) -> Config:
        return heavy_config(model.parent, shards, **values)

    return make

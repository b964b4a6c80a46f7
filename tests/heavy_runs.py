"""Runs with the model of `heavy_detector`: how they are set up, and what came of them."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lowbackground.detectors.registry import default_names
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.runs.run import run
from lowbackground.pipeline.runs.summary import RunResult
from tests.factories import AS_OF
from tests.heavy_detector import installed_at

PROSE = "words of a page about the weather " * 12
MACHINE = "a machine wrote of the weather " * 12

Row = dict[str, Any]


class Said:
    """A display that remembers its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def planned(self, _planned: object) -> None: ...

    def show(self, _state: object) -> None: ...

    def say(self, line: str) -> None:
        self.lines.append(line)

    def close(self) -> None: ...


def rows(config: Config) -> dict[str, Row]:
    """All rows of an output by id, with their evidence by detector."""
    found: dict[str, Row] = {}
    for folder in ("kept", "rejected"):
        for path in Path(config.out, folder).glob("*.parquet"):
            for row in pq.read_table(path).to_pylist():
                found[row["prov_id"]] = row | {each["detector"]: each for each in row["prov_evidence"]}
    return found


def heavy(config: Config) -> dict[str, tuple[str, str]]:
    return {id_: (row["heavy"]["signal"], row["heavy"]["reason"]) for id_, row in rows(config).items()}


def diaries(model: Path) -> dict[int, list[str]]:
    return {int(path.stem): path.read_text().splitlines() for path in model.glob("*.diary")}


def attempt(config: Config) -> tuple[RunResult, Said]:
    said = Said()
    return run(config, said), said


def installed_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a model whose package is installed, here and in child processes."""
    site = installed_at(folder / "site")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    model = folder / "model"
    model.mkdir()
    return model


def heavy_config(
    folder: Path, shards: Sequence[Sequence[str]], options: Mapping[str, str] | None = None, **values: object
) -> Config:
    """A run in `folder`, whose model is installed, over shards of texts."""
    corpus, model = folder / "corpus", folder / "model"
    corpus.mkdir(exist_ok=True)
    for shard, texts in enumerate(shards):
        lines = [json.dumps({"id": f"{shard}-{n}", "text": text}) for n, text in enumerate(texts)]
        (corpus / f"{shard}.jsonl").write_text("\n".join(lines) + "\n")
    sections: dict[str, dict[str, object]] = {name: {"enabled": False} for name in default_names()}
    sections |= {"witness": {"folder": str(model)}, "heavy": {"folder": str(model), **(options or {})}}
    return Config.model_validate(
        {
            "inputs": [str(corpus)],
            "out": str(folder / "out"),
            "as_of": AS_OF,
            "workers": 1,
            "trust_folder": str(folder / "trust"),
            "unit_bytes": 1024,
            "detectors": sections,
            **values,
        }
    )

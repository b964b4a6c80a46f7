"""The output opens in the tools of its users, without options, whatever the shards were called."""

import json
from pathlib import Path

import pytest

from lowbackground.pipeline.config import Config
from lowbackground.pipeline.runs.run import run
from tests.assets import tiny
from tests.factories import AS_OF

NAMES = ("test", "dev", "train", "validation-00000-of-00001")  # words by which loaders guess splits


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts and pictures, kept, rejected and unreadable, from shards with treacherous names."""
    folder = tmp_path_factory.mktemp("loaders")
    for name in NAMES:
        rows = [
            {"id": f"{name}-{n}", "text": "A page about bridges. " * 30, "when": f"20{18 + n}-01-01"} for n in range(8)
        ]
        lines = [json.dumps(row) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "{broken", ""]))
    (folder / "picture.jpg").write_bytes(tiny("image/jpeg"))
    config = {
        "inputs": [str(folder)],
        "out": str(folder / "out"),
        "as_of": AS_OF,
        "keep": ["human"],
        "workers": 1,
        "trust_folder": str(folder / "trust"),
        "read": {"columns": {"captured_at": "when", "captured_at_kind": "captured"}},
    }
    run(Config.model_validate(config))
    return folder / "out"


ROWS = {"kept": 4 * 5, "rejected": 4 * 3 + 1, "unreadable": 4}


@pytest.mark.parametrize("part", sorted(ROWS))
def test_duckdb_opens_it(out: Path, part: str) -> None:
    import duckdb

    ((count,),) = duckdb.sql(f"SELECT count(*) FROM '{out}/{part}/*.parquet'").fetchall()
    assert count == ROWS[part]


@pytest.mark.parametrize("part", sorted(ROWS))
def test_polars_opens_it(out: Path, part: str) -> None:
    import polars as pl

    assert pl.read_parquet(f"{out}/{part}/*.parquet").height == ROWS[part]
    assert pl.scan_parquet(f"{out}/{part}/*.parquet").collect().height == ROWS[part]


@pytest.mark.parametrize("part", sorted(ROWS))
def test_pandas_opens_it(out: Path, part: str) -> None:
    import pandas as pd

    assert len(pd.read_parquet(out / part)) == ROWS[part]


@pytest.mark.parametrize("part", sorted(ROWS))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library's own making
def test_datasets_opens_it_as_one_split(out: Path, part: str, tmp_path: Path) -> None:
    import datasets

    loaded = datasets.load_dataset(str(out / part), cache_dir=str(tmp_path))
    assert {name: split.num_rows for name, split in loaded.items()} == {"train": ROWS[part]}
    pattern = datasets.load_dataset("parquet", data_files=f"{out}/{part}/*.parquet", cache_dir=str(tmp_path))
    assert pattern["train"].num_rows == ROWS[part]


def test_evidence_and_credentials_read_back_as_what_they_are(out: Path) -> None:
    import duckdb

    query = "SELECT evidence.detector, count(*) FROM (SELECT unnest(prov_evidence) AS evidence FROM '{}/kept/*.parquet') GROUP BY 1"
    assert dict(duckdb.sql(query.format(out)).fetchall())["era"] == ROWS["kept"]

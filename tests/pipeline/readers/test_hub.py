"""Data sets of the hub, read through `datasets` from an endpoint on loopback, and folders that `datasets` saved.

The libraries read HF_ENDPOINT when they are imported, so one process of its own reads everything once.
"""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError, UnitError
from lowbackground.pipeline.readers import hub
from lowbackground.pipeline.readers.data_sets import saved_files
from lowbackground.pipeline.readers.repair import check_structure
from lowbackground.pipeline.units import Format, InputFile, Unit
from tests.hub_endpoint import commit_of, hub_endpoint


def parquet(**columns: list[Any]) -> bytes:
    sink = BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=2)
    return sink.getvalue()


def png(red: int) -> bytes:
    sink = BytesIO()
    picture = Image.new("RGB", (8, 8), (red, 0, 0))
    picture.save(sink, "PNG", optimize=True, compress_level=1)
    return sink.getvalue() + b"bytes after the end, which decoding would lose"


PICTURES = [png(red) for red in range(3)]
TABLES = {
    "README.md": b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n"
    b"  - split: test\n    path: data/test-*\n- config_name: small\n  data_files: data/test-*\n---\n",
    "data/train-00000-of-00002.parquet": parquet(text=["a", "b", "c"], n=[1, 2, 3]),
    "data/train-00001-of-00002.parquet": parquet(text=["d"], n=[4]),
    "data/test-00000-of-00001.parquet": parquet(text=["t"], n=[9]),
}
HOSTILE = {
    "README.md": b"---\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n  - name: image\n    dtype: image\n---\n",
    "train.jsonl": b'{"text": "x", "image": {"path": "/etc/passwd", "bytes": null}}\n'
    b'{"text": "y", "image": {"path": "hf://datasets/ORG/PICTURES/data/0.png", "bytes": null}}\n',
}
REPOSITORIES = {
    "ORG/TABLES": TABLES,
    "ORG/LINES": {"train.jsonl": b'{"text": "x", "n": 1}\n{"text": "y", "n": 2}\n'},
    "ORG/PICTURES": {f"data/{index}.png": data for index, data in enumerate(PICTURES)}
    | {"data/metadata.csv": b"file_name,text\n0.png,a\n1.png,b\n2.png,c\n"},
    "ORG/HOSTILE": HOSTILE,
    "ORG/SCRIPT": {"SCRIPT.py": b"raise SystemExit('a script was run')\n"},
    "ORG/JUDGED": {"train.parquet": parquet(text=["a"], prov_label=["human"])},
}
SCRIPT = r"""
import base64, json, sys
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.inputs.discover import discover
from lowbackground.pipeline.errors import LowbackgroundError
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.units import Unit

def plain(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)

def look(inputs, settings):
    found = {"files": [], "rows": [], "passthrough": [], "schemas": [], "error": None}
    try:
        for format_, file in discover(inputs, Read(**settings)).files:
            reader = reader_for(format_)
            found["files"].append([format_.value, file.uri, file.source, file.size, file.fingerprint])
            found["schemas"].append(str(reader.schema(file, Read(**settings))))
            for start, end in reader.slices(file, 1 << 28):
                for batch in reader.read(Unit("u", format_, (file,), start, end), Read(**settings)):
                    found["rows"] += batch.records.to_pylist()
                    found["passthrough"] += batch.passthrough.to_pylist()
    except LowbackgroundError as error:
        found["error"] = [type(error).__name__, str(error)]
    return found

cases = json.load(sys.stdin)
json.dump({name: look(*case) for name, case in cases.items()}, sys.stdout, default=plain)
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was found and read, by case."""
    folder = tmp_path_factory.mktemp("hub")
    make = (
        "from datasets import Dataset, DatasetDict, Features, Image, Value\n"
        "one = Dataset.from_dict({'text': ['a', 'b', 'c'], 'image': [None, {'bytes': b'GIF89a', 'path': None}, None]},"
        " features=Features({'text': Value('string'), 'image': Image()}))\n"
        "one.save_to_disk('saved/one', num_shards=2)\n"
        "DatasetDict({'train': one.select([0, 2]), 'test': one.select([1])}).save_to_disk('saved/both')\n"
    )
    hub = "hf://datasets/ORG/"
    cases = {
        "streamed": [[f"{hub}TABLES"], {}],
        "downloaded": [[f"{hub}TABLES"], {"streaming": False}],
        "split": [[f"{hub}TABLES"], {"split": "test"}],
        "subset": [[f"{hub}TABLES"], {"subset": "small"}],
        "pinned": [[f"{hub}TABLES@{commit_of(TABLES)}"], {}],
        "bare name": [["ORG/TABLES"], {"format": "hub", "split": "test"}],
        "file": [[f"{hub}TABLES/data/test-00000-of-00001.parquet"], {}],
        "pattern": [[f"{hub}TABLES/data/train-*.parquet"], {}],
        "lines": [[f"{hub}LINES"], {}],
        "pictures": [[f"{hub}PICTURES"], {}],
        "pictures downloaded": [[f"{hub}PICTURES"], {"streaming": False}],
        "hostile": [[f"{hub}HOSTILE"], {}],
        "script": [[f"{hub}SCRIPT"], {}],
        "judged": [[f"{hub}JUDGED"], {}],
        "judged anew": [[f"{hub}JUDGED"], {"replace_prov": True}],
        "no such data set": [[f"{hub}NOTHING"], {}],
        "no such split": [[f"{hub}TABLES"], {"split": "nothing"}],
        "no such subset": [[f"{hub}TABLES"], {"subset": "nothing"}],
        "two revisions": [[f"{hub}TABLES@main"], {"revision": "other"}],
        "saved": [["saved/one"], {}],
        "saved splits": [["saved"], {}],
    }
    with hub_endpoint(REPOSITORIES) as url:
        place = {"HF_ENDPOINT": url, "HF_HOME": str(folder / "home"), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        environment = {**os.environ, **place}
        result = subprocess.run(
            [sys.executable, "-c", make + SCRIPT],
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
            check=False,
        )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout)


def keys(case: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    return [(row["source"], row["offset"], row["text"]) for row in case["rows"]]


def test_a_file_of_a_data_set_is_an_input_and_its_rows_are_counted_by_file(seen: dict[str, Any]) -> None:
    first, second, third = (f"hf://datasets/ORG/TABLES/{path}" for path in TABLES if path.endswith(".parquet"))
    expected = [(first, 0, "a"), (first, 1, "b"), (first, 2, "c"), (second, 0, "d"), (third, 0, "t")]

    assert expected == keys(seen["streamed"])
    assert seen["streamed"]["passthrough"][:2] == [{"text": "a", "n": 1}, {"text": "b", "n": 2}]


def test_what_is_opened_is_pinned_to_a_commit_and_what_is_shown_is_what_was_typed(seen: dict[str, Any]) -> None:
    pin = f"@{commit_of(TABLES)}"
    for case in ("streamed", "file", "pattern"):
        for _, uri, source, *_ in seen[case]["files"]:
            assert pin in uri
            assert uri.replace(pin, "") == source
    assert all(pin in source for _, _, source, *_ in seen["pinned"]["files"])
    assert [row["text"] for row in seen["streamed"]["rows"]] == [row["text"] for row in seen["pinned"]["rows"]]


def test_a_downloaded_data_set_has_the_same_rows_counted_by_split(seen: dict[str, Any]) -> None:
    train = "hf://datasets/ORG/TABLES/train"
    expected = [(train, 0, "a"), (train, 1, "b"), (train, 2, "c"), (train, 3, "d"), (f"{train[:-5]}test", 0, "t")]

    assert expected == keys(seen["downloaded"])
    assert seen["streamed"]["passthrough"] == seen["downloaded"]["passthrough"]


@pytest.mark.parametrize("case", ["split", "subset", "bare name", "file"])
def test_part_of_a_data_set_is_read_where_part_is_named(seen: dict[str, Any], case: str) -> None:
    assert [row["text"] for row in seen[case]["rows"]] == ["t"]


def test_lines_of_a_data_set_become_columns(seen: dict[str, Any]) -> None:
    assert seen["lines"]["passthrough"] == [{"text": "x", "n": 1}, {"text": "y", "n": 2}]


@pytest.mark.parametrize("case", ["pictures", "pictures downloaded"])
def test_pictures_are_the_bytes_that_the_hub_holds(seen: dict[str, Any], case: str) -> None:
    rows = seen[case]["rows"]

    assert [b64decode(row["raw"]) for row in rows] == PICTURES
    assert [(row["text"], row["media_type"]) for row in rows] == [
        ("a", "image/png"),
        ("b", "image/png"),
        ("c", "image/png"),
    ]


def test_a_path_in_a_row_opens_nothing_outside_the_data_set(seen: dict[str, Any]) -> None:
    rows = seen["hostile"]["rows"]

    assert [row["raw"] for row in rows] == [None, None]
    assert [row["notes"] for row in rows] == [["media-by-path"], ["media-by-path"]]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("script", "scripts are no longer supported"),
        ("judged", "--replace-prov"),
        ("no such data set", "Not Found"),
        ("no such split", "it has train, test"),
        ("no such subset", "'default', 'small'"),
        ("two revisions", "keep one"),
    ],
)
def test_what_cannot_be_read_stops_the_run_and_says_what_to_do(seen: dict[str, Any], case: str, words: str) -> None:
    kind, message = seen[case]["error"]

    assert kind == "ConfigError"
    assert words in message
    assert "hf://datasets/ORG/" in message


def test_columns_of_an_earlier_run_are_dropped_when_asked(seen: dict[str, Any]) -> None:
    assert seen["judged anew"]["passthrough"] == [{"text": "a"}]


def test_a_saved_folder_is_read_file_by_file_with_the_bytes_of_its_pictures(seen: dict[str, Any]) -> None:
    first, second = "saved/one/data-00000-of-00002.arrow", "saved/one/data-00001-of-00002.arrow"

    assert [(first, 0, "a"), (first, 1, "b"), (second, 0, "c")] == keys(seen["saved"])
    assert [None, b64encode(b"GIF89a").decode(), None] == [row["raw"] for row in seen["saved"]["rows"]]
    assert all("struct<bytes: binary, path: string>" in schema for schema in seen["saved"]["schemas"])


def test_saved_folders_are_found_below_a_folder_split_by_split(seen: dict[str, Any]) -> None:
    folders = [source.rpartition("/")[0] for _, _, source, *_ in seen["saved splits"]["files"]]

    assert folders == ["saved/both/train", "saved/both/test", "saved/one", "saved/one"]
    assert {"hub"} == {format_ for format_, *_ in seen["saved splits"]["files"]}


def test_a_column_that_appears_half_way_breaks_the_unit_and_is_named() -> None:
    file = InputFile("hf://datasets/A/B@c/x.jsonl", "hf://datasets/A/B/x.jsonl", 1, "1")
    columns = pa.schema([("text", pa.large_string()), ("n", pa.int64())])

    (whole,) = hub._conforming(pa.table({"text": ["a"]}), columns, file)
    assert whole.to_pylist() == [{"text": "a", "n": None}]
    with pytest.raises(UnitError, match=r"hf://datasets/A/B/x.jsonl: .*'late' appears half way"):
        list(hub._conforming(pa.table({"text": ["a"], "late": [1]}), columns, file))
    with pytest.raises(UnitError, match="cannot be read on"):
        list(hub._conforming(pa.table({"text": ["a"], "n": ["no number"]}), columns, file))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"_data_files": [{"filename": "../../x"}]}'])
def test_a_damaged_saved_folder_is_named(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "dataset_info.json").write_bytes(b"{}")
    (tmp_path / "state.json").write_bytes(damage)

    with pytest.raises(ConfigError, match=r"^the/folder: looks like a folder of datasets.save_to_disk and is damaged"):
        saved_files(str(tmp_path), "the/folder")


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff\xffno arrow stream"])
def test_a_damaged_file_of_a_saved_folder_breaks_its_unit_and_no_plan(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "data-00000-of-00001.arrow"
    path.write_bytes(data)
    file = InputFile(str(path), "saved/data-00000-of-00001.arrow", 1, "1")

    assert hub.schema(file, Read()) == pa.schema([])
    with pytest.raises(UnitError, match=r"^saved/data-00000-of-00001.arrow: "):
        list(hub.read(Unit("u", Format.HUB, (file,)), Read()))


def test_offsets_that_point_outside_are_found_before_anything_follows_them(tmp_path: Path) -> None:
    data = pa.py_buffer(b"abc")
    offsets = pa.py_buffer(np.array([0, 1 << 30, 3], np.int32).tobytes())
    bad = pa.Array.from_buffers(pa.string(), 2, [None, offsets, data])
    with pytest.raises(pa.ArrowInvalid):
        check_structure(pa.RecordBatch.from_arrays([bad], ["text"]))
    no_unicode = pa.array([b"\xff"], pa.binary()).view(pa.string())
    check_structure(pa.RecordBatch.from_arrays([no_unicode], ["text"]))

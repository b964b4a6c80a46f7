"""The user's own columns reach the detectors that asked for them, from every kind of input, and no other way."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground import Config, annotate, run
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.own_columns import own_values

ROWS: list[dict[str, Any]] = [
    {"text": "One page about bridges.", "p": 0.25, "verdict": "AI"},
    {"text": "Another page about bridges.", "p": None, "verdict": "human"},
    {"text": "A third page.", "p": 1.5, "verdict": None},
]


def config(shard: str, out: Path, column: str = "p", **options: Any) -> Config:
    return Config(
        inputs=(shard,),
        out=str(out),
        workers=1,
        detectors={"score_column": {"column": column, "given_by": "test", **options}},
    )


def scores(out: Path) -> list[float | None]:
    """The scores that were written, by offset."""
    table = pq.read_table(out / "kept", columns=["prov_offset", "prov_evidence"]).sort_by("prov_offset")
    return [
        next(found["score"] for found in row if found["detector"] == "score_column")
        for row in table["prov_evidence"].to_pylist()
    ]


def test_a_column_of_parquet_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    assert run(config(str(tmp_path / "in.parquet"), tmp_path / "out")).exit_code == 0
    assert scores(tmp_path / "out") == [0.25, None, 1.5]
    kept = pq.read_table(tmp_path / "out" / "kept")
    assert kept["p"].to_pylist() == [0.25, None, 1.5]
    assert not [name for name in kept.column_names if name.startswith("own.")]


def test_a_key_of_json_lines_is_read(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    options = {"verdicts": {"AI": 1, "human": 0}}
    assert run(config(str(tmp_path / "in.jsonl"), tmp_path / "out", "verdict", **options)).exit_code == 0
    assert scores(tmp_path / "out") == [1.0, 0.0, None]


def test_a_missing_column_stops_the_run_before_it_reads(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match=r"detectors.score_column: .*in.parquet: has no column 'q'; it has text"):
        run(config(str(tmp_path / "in.parquet"), tmp_path / "out", "q"))
    assert not (tmp_path / "out").exists()


def test_an_input_without_columns_of_the_users_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>A page about bridges.</p>")
    with pytest.raises(ConfigError, match=r"page.html: has no column 'p'"):
        run(config(str(tmp_path / "page.html"), tmp_path / "out"))


def test_a_column_of_another_type_stops_the_run(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "p": [[0.5]]}), tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match=r"column 'p' is list<.*>, expected number or string"):
        run(config(str(tmp_path / "in.parquet"), tmp_path / "out"))
    pq.write_table(pa.table({"text": ["a"], "p": [True]}), tmp_path / "flags.parquet")
    with pytest.raises(ConfigError, match="column 'p' is bool, expected number or string"):
        run(config(str(tmp_path / "flags.parquet"), tmp_path / "out"))


def test_annotate_reads_it_too(tmp_path: Path) -> None:
    options = {"score_column": {"column": "p", "given_by": "test"}}
    table = annotate(pa.Table.from_pylist(ROWS), Config(detectors=options))
    found = [
        next(one for one in row if one["detector"] == "score_column") for row in table["prov_evidence"].to_pylist()
    ]
    assert [one["score"] for one in found] == [0.25, None, 1.5]
    with pytest.raises(ConfigError, match="has no column 'q'"):
        annotate(pa.Table.from_pylist(ROWS), Config(detectors={"score_column": {"column": "q", "given_by": "test"}}))


def test_two_columns_are_two_detectors(tmp_path: Path) -> None:
    sections = {
        "score_column": {"column": "p", "given_by": "one tool"},
        "score_column/verdict": {"column": "verdict", "given_by": "another", "verdicts": {"AI": 1, "human": 0}},
    }
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    run(config(str(tmp_path / "in.parquet"), tmp_path / "out").with_values(detectors=sections))
    table = pq.read_table(tmp_path / "out" / "kept", columns=["prov_offset", "prov_evidence"]).sort_by("prov_offset")
    found = [{one["detector"]: one for one in row} for row in table["prov_evidence"].to_pylist()]
    assert [row["score_column"]["score"] for row in found] == [0.25, None, 1.5]
    assert [row["score_column/verdict"]["score"] for row in found] == [1.0, 0.0, None]
    assert {row["score_column/verdict"]["version"] for row in found} != {
        row["score_column"]["version"] for row in found
    }
    sections["score_column/verdict"]["column"] = "q"
    with pytest.raises(ConfigError, match=r"detectors\.score_column/verdict: .*has no column 'q'"):
        run(config(str(tmp_path / "in.parquet"), tmp_path / "other").with_values(detectors=sections))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ('{"p": 0.5}', "0.5"),
        ('{"p": "high"}', "high"),
        ('{"p": {"a": [1]}}', '{"a":[1]}'),
        ('{"p": null}', None),
        ('{"q": 1}', None),
        ("[1]", None),
        ("no json", None),
        (None, None),
    ],
)
def test_a_key_comes_as_text_whatever_it_holds(extra: str | None, expected: str | None) -> None:
    batch = pa.record_batch({"extra": pa.array([extra], pa.large_string())})
    assert own_values(batch, "p").to_pylist() == [expected]

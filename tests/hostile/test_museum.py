"""A run over a folder of broken inputs: each costs itself, is named by its reason, and nothing else is lost."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from tests.hostile import museum

PROGRAM = str(Path(sys.executable).with_name("lowbackground"))


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    base = tmp_path_factory.mktemp("museum")
    museum.build(base / "museum")
    command = [PROGRAM, "run", "museum", "-o", "out", "--workers", "2", "--set", f"trust_folder={base / 'trust'}"]
    done = subprocess.run(command, cwd=base, capture_output=True, text=True, check=False)
    return done, base / "out"


Visit = tuple[subprocess.CompletedProcess[str], Path]


def rows(out: Path, folder: str) -> list[dict[str, Any]]:
    return [row for path in sorted((out / folder).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def of(found: list[dict[str, Any]], name: str, column: str = "prov_source") -> list[dict[str, Any]]:
    return [row for row in found if row[column].endswith(name)]


def test_the_run_goes_through_and_its_exit_code_says_that_something_broke(visit: Visit) -> None:
    done, _ = visit
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_every_unit_balances(visit: Visit) -> None:
    _, out = visit
    units = [orjson.loads(path.read_bytes()) for path in (out / "_run" / "units").glob("*.json")]
    assert units
    for unit in units:
        counts = unit["counts"]
        assert counts["read"] == sum(counts[key] for key in ("kept", "rejected", "unreadable")) + sum(
            counts["skipped"].values()
        )
    planned = (out / "_run" / "plan.jsonl").read_bytes().splitlines()
    assert len(units) == len(planned), "a unit was lost"


@pytest.mark.parametrize(("name", "expected"), [("good.jsonl", 5), ("good.warc.gz", 2), ("good.jpg", 1)])
def test_good_inputs_do_not_suffer(visit: Visit, name: str, expected: int) -> None:
    assert len(of(rows(visit[1], "kept"), name)) == expected


def test_broken_lines_are_unreadable_each_with_its_reason_and_the_others_are_kept(visit: Visit) -> None:
    _, out = visit
    kept = {row["id"] for row in of(rows(out, "kept"), "lines.jsonl")}
    reasons = sorted(row["reason"] for row in of(rows(out, "unreadable"), "lines.jsonl", "source"))
    assert {name for name in kept if name is None or not name.startswith("kept-")} == set()
    assert len(kept) + len(reasons) == 10
    assert {"invalid-json", "not-an-object", "wrong-type"} <= set(reasons)


@pytest.mark.parametrize("name", ["cut.jsonl.gz", "cut.warc.gz"])
def test_a_truncated_shard_keeps_its_good_prefix_and_says_where_it_broke(visit: Visit, name: str) -> None:
    _, out = visit
    assert of(rows(out, "kept"), name)
    broken = [orjson.loads(path.read_bytes())["broken"] for path in (out / "_run" / "units").glob("*.json")]
    unreadable = of(rows(out, "unreadable"), name, "source")
    assert unreadable or any(message is not None and name in message for message in broken)


def test_a_gzip_bomb_costs_its_record_and_the_next_one_is_kept(visit: Visit) -> None:
    _, out = visit
    (row,) = of(rows(out, "unreadable"), "bomb.warc.gz", "source")
    assert row["reason"] in {"decompression-bomb", "too-large"}
    assert len(of(rows(out, "kept"), "bomb.warc.gz")) == 1


def test_hostile_documents_and_media_are_rows(visit: Visit) -> None:
    kept = rows(visit[1], "kept")
    for name in ("deep.html", "boxes.mp4", "chunks.png"):
        (row,) = of(kept, name)
        assert row["prov_label"] == "unknown"


def test_member_names_are_names_and_never_paths(visit: Visit) -> None:
    _, out = visit
    assert len(of(rows(out, "kept"), "paths.tar")) == 3
    assert not list(out.parent.parent.glob("escape*"))


def test_a_member_of_a_hundred_gigabytes_costs_its_header(visit: Visit) -> None:
    _, out = visit
    assert len(of(rows(out, "kept"), "huge-member.tar")) == 1
    broken = [orjson.loads(path.read_bytes())["broken"] for path in (out / "_run" / "units").glob("*.json")]
    unreadable = of(rows(out, "unreadable"), "huge-member.tar", "source")
    assert unreadable or any(message is not None and "huge-member.tar" in message for message in broken)


def test_what_is_no_record_is_skipped_by_reason(visit: Visit) -> None:
    done, _ = visit
    assert "unknown-type" in done.stdout
    assert "empty" in done.stdout


def test_an_input_that_is_missing_or_closed_is_said_before_anything_is_read(tmp_path: Path) -> None:
    for name in ("missing.jsonl", "missing-folder/", "@missing.txt"):
        done = subprocess.run(
            [PROGRAM, "run", name, "-o", "out"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert name.strip("@/") in done.stderr
    assert not (tmp_path / "out").exists()

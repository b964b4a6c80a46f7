"""A detector of another package comes through the entry point, and whatever it does costs no more than it touches."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

PROGRAM = str(Path(sys.executable).with_name("lowbackground"))
MODULE = '''
"""A package somebody else wrote."""
import os, signal
from dataclasses import dataclass
import pyarrow as pa
from lowbackground.detectors.contract import Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Signal, Strength

REASONS = {"theirs.fine": "Nothing happened.", "theirs.mark": "It has our mark."}

@dataclass(frozen=True)
class Theirs:
    """Does what the text says."""
    word: str
    name: str = "theirs"
    version: str = "7"
    basis: Basis = Basis.DECLARED
    needs: Needs = Needs(("text",))
    columns: pa.Schema = pa.schema([pa.field("prov_theirs", pa.string())])
    exact: bool = True

    def __call__(self, records):
        return Findings([self.observe(text) for text in records.column("text").to_pylist()],
                        columns={"prov_theirs": pa.array([self.word] * records.num_rows)})

    def observe(self, text):
        if "CRASH" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "EAT" in text:
            bytearray(64 << 30)
        if "RAISE" in text:
            raise RuntimeError("words with content")
        if "MARK" in text:
            return Evidence(Signal.SYNTHETIC, "theirs.mark", Strength.STRONG)
        return Evidence(Signal.SILENT, "theirs.fine")

def theirs(*, word: str = "hello") -> Theirs:
    """Does what the text says."""
    return Theirs(word)
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed distribution, as importlib.metadata sees one."""
    site = tmp_path / "site"
    info = site / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[lowbackground.detectors]\ntheirs = their_module:theirs\nbroken = nowhere:x\n"
    )
    (site / "their_module.py").write_text(MODULE)
    return site


def run(package: Path, *texts: str, flags: tuple[str, ...] = ()) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One shard a text, in a run with that detector; all are dated before the era."""
    base = package.parent
    shards = base / "shards"
    shards.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        path = shards / f"{number}.jsonl"
        if path.exists():  # the second start of a test finds the same input
            continue
        path.write_text(json.dumps({"id": str(number), "text": text, "when": "2016-01-01"}) + "\n")
    command = [
        PROGRAM,
        "run",
        "shards",
        "-o",
        "out",
        "--captured-at",
        "when",
        "--set",
        f"trust_folder={base / 'trust'}",
    ]
    chosen = ["--detectors", "era,theirs", "--set", "detectors.theirs.word=there", *flags]
    environment = {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run([*command, *chosen], cwd=base, capture_output=True, text=True, check=False, env=environment)
    return done, base / "out"


def rows(out: Path) -> dict[str, dict[str, Any]]:
    found = [row for path in sorted((out / "kept").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    return {row["prov_id"]: row for row in found}


def evidence(row: dict[str, Any]) -> dict[str, Any]:
    (found,) = [each for each in row["prov_evidence"] if each["detector"] == "theirs"]
    return dict(found)


def test_its_evidence_its_column_and_its_option_reach_the_output(package: Path) -> None:
    done, out = run(package, "plain", "MARK")
    assert done.returncode == 0, done.stderr
    plain, marked = rows(out)["0"], rows(out)["1"]
    assert (plain["prov_theirs"], evidence(plain)["version"], evidence(plain)["reason"]) == (
        "there",
        "7",
        "theirs.fine",
    )
    assert plain["prov_label"] == "human"
    assert (marked["prov_label"], marked["prov_unknown_reason"]) == ("unknown", "conflict")


def test_an_exception_is_failed_evidence_without_content_and_never_human(package: Path) -> None:
    done, out = run(package, "plain", "RAISE")
    assert done.returncode == 0, done.stderr
    failed = rows(out)["1"]
    assert (evidence(failed)["signal"], evidence(failed)["reason"]) == ("failed", "detector-error")
    assert "words with content" not in json.dumps(evidence(failed)) + done.stderr
    assert failed["prov_label"] == "unknown"
    assert rows(out)["0"]["prov_label"] == "human"


def test_a_hunger_for_memory_is_failed_evidence_and_counted_outside_the_promise(package: Path) -> None:
    done, out = run(package, "plain", "EAT")
    assert done.returncode == 0, done.stderr
    assert evidence(rows(out)["1"])["reason"] == "detector-out-of-memory"
    assert "1 record hit a time or memory limit" in done.stdout


def test_a_crash_costs_its_unit_which_stays_undone_and_is_named(package: Path) -> None:
    done, out = run(package, "plain", "CRASH", "plain too")
    assert done.returncode == 1
    assert "shards/1.jsonl: the worker process ended with signal 11" in done.stdout
    assert set(rows(out)) == {"0", "2"}
    again, out = run(package, "plain", "CRASH", "plain too")
    assert again.returncode == 1
    assert "2 of them done before" in again.stdout


def test_a_package_that_does_not_load_is_listed_with_its_error_and_stops_nobody(package: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(package)}
    listed = subprocess.run([PROGRAM, "detectors"], capture_output=True, text=True, check=True, env=environment).stdout
    assert "theirs  (theirs)  Does what the text says." in listed
    assert "broken  (theirs)  failed to load: ModuleNotFoundError" in listed
    done, _ = run(package, "plain", flags=("--detectors", "broken"))
    assert done.returncode == 2
    assert "broken" in done.stderr

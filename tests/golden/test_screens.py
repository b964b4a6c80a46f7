"""What a user sees on the screen, held as files; `make golden` rewrites them, and the diff is reviewed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.output.schema import output_schema

HERE = Path(__file__).parent
PROGRAM = str(Path(sys.executable).with_name("lowbackground"))
COMMANDS = [
    "",
    "run",
    "redecide",
    "calibrate",
    "train",
    "train text",
    "inspect",
    "detectors",
    "demo",
    "trust",
    "trust update",
    "trust import",
    "trust show",
    "trust remove",
    "policy",
    "policy check",
    "policy show",
    "config",
    "config schema",
    "config check",
    "config defaults",
]


def held(name: str, text: str, update: bool) -> None:
    """Compare with the golden file, or rewrite it."""
    path = HERE / name
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path.name} is missing; make golden writes it"
    assert text == path.read_text(encoding="utf-8")


def screen(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=cwd)


def test_the_help_of_every_command(update_golden: bool) -> None:
    pages = [f"$ lowbackground {command} --help\n{screen(*command.split(), '--help').stdout}" for command in COMMANDS]
    held("help.txt", "\n".join(line.rstrip() for line in "\n".join(pages).splitlines()) + "\n", update_golden)


def test_help_needs_no_heavy_import() -> None:
    """--help answers at once: pyarrow, datasets and transformers are imported where they are used."""
    code = (
        "import sys; sys.argv = ['lowbackground', '--help']\n"
        "from lowbackground.pipeline.cli.app import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'pyarrow', 'datasets', 'transformers', 'duckdb', 'c2pa', 'numpy', 'PIL'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.fixture
def run_screen(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A run over one shard with a row of each fate."""
    rows = [
        {"id": "old", "text": "A page about bridges. " * 40, "when": "2016-03-01"},
        {"id": "new", "text": "A page about bridges. " * 40, "when": "2025-03-01"},
        {"id": "short", "text": "Bridges.", "when": "2025-03-01"},
    ]
    lines = [json.dumps(row) for row in rows]
    (tmp_path / "shard.jsonl").write_text("\n".join([*lines, "{broken", ""]), encoding="utf-8")
    (tmp_path / "run.yaml").write_text(
        "max_unreadable: 1.0\ntrust_folder: trust\nread: {columns: {captured_at: when, captured_at_kind: captured}}\n"
    )
    return screen("run", "shard.jsonl", "-o", "out", "--config", "run.yaml", "--as-of", "2026-11-20", cwd=tmp_path)


def test_the_final_screen_of_a_run(run_screen: subprocess.CompletedProcess[str], update_golden: bool) -> None:
    assert run_screen.returncode == 0, run_screen.stderr
    text = re.sub(r"[\d.]+ s, [\d,]+ records/s", "N s, N records/s", run_screen.stdout)
    held("final_screen.txt", f"--- stdout\n{text}--- stderr\n{run_screen.stderr}", update_golden)


def test_the_output_schema(update_golden: bool) -> None:
    schema = output_schema([], [], emit="full", rejected="full").rejected
    held("output_schema.txt", "".join(f"{field.name}: {field.type}\n" for field in schema), update_golden)


def test_the_schema_is_that_of_the_files(run_screen: subprocess.CompletedProcess[str], tmp_path: Path) -> None:
    """The golden schema is not a promise on paper: the files have it."""
    assert run_screen.returncode == 0
    (path,) = (tmp_path / "out" / "kept").glob("*.parquet")
    written = {field.name: field.type for field in pq.read_schema(path) if field.name.startswith("prov_")}
    assert written == {field.name: field.type for field in output_schema([], [], emit="full", rejected="full").kept}


def test_errors_of_the_operator_are_one_line_and_exit_code_two(tmp_path: Path) -> None:
    for arguments in (
        ("run", "missing.jsonl", "-o", "out"),
        ("run", "-o", "out"),
        ("run", "missing.jsonl"),
        ("run", "missing.jsonl", "-o", "out", "--policy", "nowhere.yaml"),
        ("run", "missing.jsonl", "-o", "out", "--keep", "robots"),
        ("run", "missing.jsonl", "-o", "out", "--detectors", "nothing"),
        ("run", "ftp://host/file", "-o", "out"),
        ("config", "check", "nowhere.yaml"),
    ):
        done = screen(*arguments, cwd=tmp_path)
        assert done.returncode == 2, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "out").exists()

"""A run over each broken WARC file ends with the exit code that a batch job can act on."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("lowbackground"))
FAILS = {  # more than 1 % of what they hold cannot be judged
    "example-trunc.warc": "invalid-record 1, wrong-digest 1",
    "example-wrong-chunks.warc.gz": "short-body 1",
    "clipped.warc.gz": "truncated 1",
}
WHOLE = [  # what is wrong with these costs no record: bad URIs, missing digests, odd chunks that can be read
    "example-bad-non-chunked.warc.gz",
    "example-bad.warc.gz.bad",
    "example-digest.warc",
    "example-iana.org-chunked.warc",
    "example-resource.warc.gz",
    "example-space-in-target-uri.warc.gz",
    "example-wget-bad-target-uri.warc.gz",
    "example.warc",
    "example.warc.gz",
    "post-test.warc.gz",
]


@pytest.mark.real
@pytest.mark.parametrize("name", [*FAILS, *WHOLE])
def test_the_exit_code_says_whether_too_much_was_lost(shared: Path, tmp_path: Path, name: str) -> None:
    folder = "real/resiliparse" if name == "clipped.warc.gz" else "broken"
    command = [PROGRAM, "run", str(shared / "warc" / folder / name), "-o", str(tmp_path / "out"), "--detectors", "era"]
    done = subprocess.run([*command, "--progress", "none"], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if name in FAILS else 0), done.stderr
    assert FAILS.get(name, "unreadable") in done.stdout


@pytest.mark.real
def test_no_broken_file_is_left_out(shared: Path) -> None:
    there = {path.name for path in (shared / "warc" / "broken").iterdir()} - {"LICENSE"}
    assert there == {*FAILS, *WHOLE} - {"clipped.warc.gz"}

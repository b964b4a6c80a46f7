"""A line of a gigabyte costs bounded memory and itself."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, resource, sys
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.units import Format, InputFile, Unit

reader = reader_for(Format.JSONL)
unit = Unit("u", Format.JSONL, (InputFile(sys.argv[1], "long.jsonl", int(sys.argv[2]), ""),))
list(reader.read(Unit("u", Format.JSONL, ()), Read()))  # what the libraries need by themselves
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
texts, reasons = [], []
for batch in reader.read(unit, Read(max_line_bytes=int(sys.argv[3]))):
    texts += batch.records.column("text").to_pylist()
    reasons += [[row.offset, row.reason] for row in batch.unreadable]
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
json.dump({"texts": texts, "reasons": reasons, "grown_mib": grown >> 10}, sys.stdout)
"""
GIB = 1 << 30


def test_a_line_of_a_gigabyte_costs_itself_and_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text": "before"}\n{"text": "')
        file.seek(GIB, 1)  # a hole: zeros that take no room on the disk
        file.write(b'"}\n{"text": "after"}\n')
    arguments = [sys.executable, "-c", SCRIPT, str(path), str(path.stat().st_size), str(16 << 20)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["texts"] == ["before", "after"]
    assert found["reasons"] == [[19, "too-large"]]
    assert found["grown_mib"] < 64

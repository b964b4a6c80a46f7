"""Laws of the readers: slices are the whole, places are where the record is, and no damage does more than break a unit."""

import gzip
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.readers import reader_for
from lowbackground.pipeline.units import Format, InputFile
from tests.archives import JPEG, PNG, archive
from tests.mutations import mutant
from tests.reading import Seen, in_slices, input_file, seen

ROWS = st.fixed_dictionaries(
    {}, optional={"text": st.none() | st.text(max_size=40), "id": st.integers() | st.text(max_size=5), "k": st.floats()}
)
BROKEN = st.sampled_from(["", "  ", "no json", "[1]", '{"text": 1}', '{"text": "\\ud800"}', '{"a": 1e999}'])
LINES = st.lists(ROWS.map(json.dumps) | BROKEN, max_size=30)


def written(folder: str, data: bytes) -> InputFile:
    path = Path(folder, "a")
    path.write_bytes(data)
    return input_file(path)


@given(LINES, st.integers(1, 300), st.integers(1, 8), st.booleans())
def test_lines_are_all_told_once_where_they_are(lines: list[str], cut: int, rows: int, ended: bool) -> None:
    data = "\n".join(lines).encode() + (b"\n" if ended else b"")
    with TemporaryDirectory() as folder:
        file = written(folder, data)
        whole = seen(Format.JSONL, file, Read(batch_rows=rows))
        parts = in_slices(Format.JSONL, file, cut)

    assert sum(bool(line.strip()) for line in lines) == whole.read
    assert (whole.rows, whole.own, whole.unreadable) == (parts.rows, parts.own, parts.unreadable)
    for row in whole.rows:
        line = data[row["offset"] :].split(b"\n")[0]
        assert row["text"] == json.loads(line).get("text", None) or "unicode-replaced" in row["notes"]


@given(
    st.lists(st.tuples(st.none() | st.text(max_size=20), st.none() | st.binary(max_size=20)), max_size=30),
    st.integers(1, 7),
    st.integers(1, 400),
    st.integers(1, 8),
)
def test_row_groups_are_all_told_once(
    values: list[tuple[str | None, bytes | None]], group: int, cut: int, rows: int
) -> None:
    columns = {
        "text": pa.array([text for text, _ in values], pa.string()),
        "raw": pa.array([raw for _, raw in values], pa.binary()),
    }
    with TemporaryDirectory() as folder:
        sink = BytesIO()
        pq.write_table(pa.table(columns), sink, row_group_size=group)
        file = written(folder, sink.getvalue())
        whole, parts = seen(Format.PARQUET, file, Read(batch_rows=rows)), in_slices(Format.PARQUET, file, cut)

    assert values == [(row["text"], row["raw"]) for row in whole.rows]
    assert list(range(len(values))) == whole.column("offset")
    assert (whole.rows, whole.own) == (parts.rows, parts.own)


NAMES = st.tuples(
    st.integers(0, 6), st.sampled_from(["jpg", "png", "txt", "json", "c2pa", "bin", "left.jpg", "txt.gz"])
)
CONTENT = {
    "jpg": JPEG,
    "png": PNG,
    "txt": b"a text",
    "json": b'{"url": "u"}',
    "c2pa": b"s",
    "bin": b"\0\1",
    "gz": gzip.compress(b"t"),
}


@given(st.lists(NAMES, max_size=25), st.integers(1, 8000), st.integers(1, 8))
def test_samples_are_never_cut_and_all_told_once(names: list[tuple[int, str]], cut: int, rows: int) -> None:
    data = archive([(f"{key}.{ext}", CONTENT[ext.rpartition(".")[2]]) for key, ext in names])
    with TemporaryDirectory() as folder:
        file = written(folder, data)
        whole, parts = seen(Format.TAR, file, Read(batch_rows=rows)), in_slices(Format.TAR, file, cut)

    assert (whole.rows, whole.skipped, whole.unreadable) == (parts.rows, parts.skipped, parts.unreadable)
    assert sum(ext.endswith(("jpg", "png")) for _, ext in names) == sum(row["raw"] in (JPEG, PNG) for row in whole.rows)
    for row in whole.rows:
        header = data[row["offset"] : row["offset"] + 100].rstrip(b"\0").decode()
        assert row["id"].partition("#")[0] == header.partition(".")[0]


def tables() -> bytes:
    sink = BytesIO()
    texts = [f"text {number} " * 5 for number in range(60)]
    pictures = [{"bytes": JPEG, "path": None}] * 60
    table = pa.table({"text": texts, "image": pictures, "tags": [["a", "b"]] * 60, "n": range(60)})
    pq.write_table(table, sink, row_group_size=20, compression="zstd")
    return sink.getvalue()


def samples() -> bytes:
    return archive([(f"{number}.{ext}", CONTENT[ext]) for number in range(8) for ext in ("jpg", "txt", "json", "c2pa")])


def text_lines() -> bytes:
    return b"".join(b'{"text": "line %d", "id": %d, "raw": "/9j/"}\n' % (number, number) for number in range(100))


def saved() -> bytes:
    sink = BytesIO()
    table = pa.table({"text": ["a", "b"] * 30, "image": [{"bytes": JPEG, "path": None}] * 60})
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=20)
    return sink.getvalue()


SEEDS: dict[str, tuple[Format, Callable[[], bytes]]] = {
    "jsonl": (Format.JSONL, text_lines),
    "jsonl.gz": (Format.JSONL, lambda: gzip.compress(text_lines(), mtime=0)),
    "jsonl.zst": (Format.JSONL, lambda: zstandard.compress(text_lines())),
    "parquet": (Format.PARQUET, tables),
    "tar": (Format.TAR, samples),
    "tar.gz": (Format.TAR, lambda: gzip.compress(samples(), mtime=0)),
    "arrow": (Format.HUB, saved),
}
MUTANTS = 60


def hunt(kind: str, count: int, folder: Path) -> None:
    """Read seeded mutants: a damaged file breaks its unit at worst, and every row that comes out is sound."""
    format_, make = SEEDS[kind]
    good, random, different = make(), Random(kind), 0
    places = [*range(0, len(good), 512), len(good) - 8]
    path = folder / "a"
    path.write_bytes(good)
    whole = seen(format_, input_file(path))
    for _ in range(count):
        path.write_bytes(mutant(good, places, random))
        file = input_file(path)
        try:
            reader_for(format_).schema(file, Read())
        except ConfigError:
            continue  # the damage changed the schema: the run does not start
        found: Seen = seen(format_, file)
        different += (found.rows, found.broken) != (whole.rows, whole.broken)
        in_slices(format_, file, len(good) // 3)

    assert whole.rows
    assert different > count // 10, "the damage changed no answer"


@pytest.mark.parametrize("kind", SEEDS)
def test_no_damage_does_more_than_break_a_unit(kind: str, tmp_path: Path) -> None:
    hunt(kind, MUTANTS, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("kind", SEEDS)
def test_no_damage_of_very_much_does_more_than_break_a_unit(kind: str, tmp_path: Path) -> None:
    hunt(kind, 100 * MUTANTS, tmp_path)

"""Labelled text: which words mean what, and which data cannot be meant."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.training.labelled_texts import MAX_CHARS, Columns, LabelledTexts, read_labelled

ROWS: list[dict[str, Any]] = [
    {"text": "By a person.", "label": "human", "team": "red"},
    {"text": "By a model.", "label": "machine", "team": "blue"},
]


def read(
    path: Path, lines: list[dict[str, Any]], columns: Columns | None = None, config: Config | None = None
) -> LabelledTexts:
    pq.write_table(pa.Table.from_pylist(lines), path / "in.parquet")
    return read_labelled((str(path / "in.parquet"),), columns or Columns(), config or Config())


def test_texts_labels_and_groups_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, ROWS, Columns(group="team"))
    assert (found.texts, found.labels, found.groups) == (
        ["By a person.", "By a model."],
        [False, True],
        ["red", "blue"],
    )
    assert found.machine.tolist() == [False, True]


def test_of_json_lines_too(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    found = read_labelled((str(tmp_path / "in.jsonl"),), Columns(group="team"), Config())
    assert (found.labels, found.groups) == ([False, True], ["red", "blue"])


@pytest.mark.parametrize(
    ("labels", "machine"),
    [
        (("Human ", "AI"), [False, True]),
        ((False, True), [False, True]),
        ((0, 1), [False, True]),
        ((0.0, 1.0), [False, True]),
        (("1", "0"), [True, False]),
    ],
)
def test_usual_words_are_known(tmp_path: Path, labels: tuple[Any, Any], machine: list[bool]) -> None:
    assert read(tmp_path, [{"text": "A text.", "label": label} for label in labels]).labels == machine


def test_other_words_are_told_by_the_user(tmp_path: Path) -> None:
    lines = [{"text": "A text.", "by": "Mensch"}, {"text": "A text.", "by": "Maschine"}]
    assert read(tmp_path, lines, Columns("by", human=("mensch",), machine=("maschine",))).labels == [False, True]


@pytest.mark.parametrize(
    ("lines", "columns", "words"),
    [
        ([{"text": "A", "label": "maybe\x1b"}], Columns(), r"holds 'maybe\\x1b'; expected one of 0, 1, ai"),
        ([{"text": "A", "label": 2.0}], Columns(), "holds '2.0'"),
        (ROWS[:1], Columns(), "all that was read, 1 text, is labelled human; .* add some by machines"),
        (ROWS[1:], Columns(), "all that was read, 1 text, is labelled machine; .* add some by people"),
        ([{"text": "", "label": "human"}, {"text": "A", "label": None}], Columns(), "1 with no text; 1 with no label$"),
        ([{"text": "A", "label": None}], Columns(), "1 with no label; 'label' is where .* with --label-column"),
        (
            [{"text": None, "label": "human"}],
            Columns(),
            "1 with no text; name the column of the text with --text$",
        ),
        ([{**row, "site": None} for row in ROWS], Columns(group="site"), "no row has anything in 'site'"),
        (ROWS, Columns("who"), "has no column 'who'"),
        (ROWS, Columns(group="who"), "has no column 'who'"),
        (ROWS, Columns(human=("x",), machine=("X",)), "both name x"),
    ],
)
def test_data_that_cannot_be_meant_are_refused(
    tmp_path: Path, lines: list[dict[str, Any]], columns: Columns, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        read(tmp_path, lines, columns)


def test_rows_without_a_text_or_a_label_are_counted_and_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path, [*ROWS, {"text": None, "label": "human"}, {"text": "A", "label": None}])
    assert (len(found.texts), dict(found.unused)) == (2, {"no text": 1, "no label": 1})


def test_a_text_is_kept_as_far_as_the_detector_looks(tmp_path: Path) -> None:
    found = read(tmp_path, [{"text": "word " * MAX_CHARS, "label": "human"}, ROWS[1]])
    assert len(found.texts[0]) == MAX_CHARS


def test_a_limit_ends_the_reading(tmp_path: Path) -> None:
    found = read(tmp_path, ROWS * 4, config=Config(limit=3))
    assert (len(found.texts), len(found.labels), len(found.groups)) == (3, 3, 3)


def garbage(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"?" * 60 + b"PAR1")


def test_shards_that_cannot_be_read_are_named_where_nothing_else_was(tmp_path: Path) -> None:
    for number in range(4):
        garbage(tmp_path / f"{number}.parquet")
    (tmp_path / "x.jsonl").write_text("no json\n" * 3)
    with pytest.raises(
        ConfigError, match=r"no labelled text: 3 unreadable; .*0\.parquet: has no readable .*2 more broken"
    ):
        read_labelled((str(tmp_path),), Columns(), Config())


def test_beside_those_that_can_they_are_counted(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    garbage(tmp_path / "b.parquet")
    (tmp_path / "README.md").write_text("What this is.")
    found = read_labelled((str(tmp_path),), Columns(), Config())
    assert (found.labels, len(found.broken), found.documents) == ([False, True], 1, 1)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.bin", "a.warc.gz"])
def test_files_without_columns_cannot_say_who_wrote_them(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 8)
    with pytest.raises(ConfigError, match=r"a\.\w+.*: is no table.* with a column 'by' \(--label-column\)"):
        read_labelled((str(tmp_path / name),), Columns("by"), Config())


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing here can be read; name shards, folders"):
        read_labelled((str(tmp_path),), Columns(), Config())

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
        (ROWS[:1], Columns(), "all 1 texts are labelled human"),
        (ROWS[1:], Columns(), "all 1 texts are labelled machine"),
        ([{"text": "", "label": "human"}, {"text": "A", "label": None}], Columns(), "1 with no text, 1 with no label"),
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

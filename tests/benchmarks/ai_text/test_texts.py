"""Cleaning, and that a text stands once among all files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.ai_text.texts import cleaned, first_of_each, is_english, read_texts
from tests.detectors.text_classifier.toy import prose


def write(folder: Path, file: str, rows: list[tuple[str, str, str]]) -> None:
    columns = {
        "source": [file] * len(rows),
        "split": ["core"] * len(rows),
        "domain": ["x"] * len(rows),
        "label": [label for label, _, _ in rows],
        "generator": ["human" if label == "human" else "gpt-4" for label, _, _ in rows],
        "lang": [language for _, language, _ in rows],
        "text": [text for _, _, text in rows],
        "licence": ["none"] * len(rows),
    }
    pq.write_table(pa.table(columns), folder / f"{file}.parquet")


def test_markup_and_numbers_of_turns_are_erased():
    assert cleaned("Good<br /><br />film &amp;amp; more") == "Good  film & more"
    assert cleaned("Q1: Why?\nA2: Because.") == "Why?\nBecause."
    assert cleaned("a < b and c > d") == "a < b and c > d"


def test_short_and_foreign_texts_are_no_english_prose():
    assert is_english(prose(machine=False))
    assert not is_english("the of and to a in is that")
    assert not is_english("der Hund und die Katze sind auf dem Dach " * 10)


def test_near_duplicates_go_and_the_first_stays():
    one, two = prose(machine=False, seed=1), prose(machine=False, seed=2)
    changed = one.replace(".", " !", 1) + " One more sentence stands at the end."
    assert first_of_each([one, two, changed, two], "en").tolist() == [True, True, False, False]


def test_of_two_copies_the_one_that_may_train_is_kept(tmp_path):
    shared_text, own = prose(machine=False, seed=1), prose(machine=False, seed=2)
    write(tmp_path, "detectrl", [("human", "en", shared_text), ("human", "de", own)])
    write(tmp_path, "glimpse", [("human", "en", shared_text), ("human", "en", own)])
    texts = read_texts(tmp_path)
    assert texts.file.tolist() == ["glimpse", "glimpse"]
    assert texts.trains.all()
    assert len(texts.normal) == 2


def test_a_folder_without_data_is_refused_in_words(tmp_path):
    with pytest.raises(SystemExit, match="no Parquet of labelled text"):
        read_texts(tmp_path)

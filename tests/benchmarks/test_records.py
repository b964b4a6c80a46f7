"""Texts as records: each in its place, with the language that was told."""

import pytest

from benchmarks.records import text_records
from lowbackground.detectors.contract import RECORDS


@pytest.mark.parametrize(
    ("languages", "told"), [(None, [None, None]), ("en", ["en", "en"]), (["de", None], ["de", None])]
)
def test_texts_stand_in_their_places(languages, told):
    records = text_records(["one", "two"], "file", start=7, languages=languages)
    assert records.schema == RECORDS
    assert records.column("id").to_pylist() == ["file#7", "file#8"]
    assert records.column("text").to_pylist() == ["one", "two"]
    assert records.column("language").to_pylist() == told


def test_no_text_is_no_record():
    assert text_records([], "file").num_rows == 0

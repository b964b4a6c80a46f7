"""Grouping documents into batches: nothing is lost, nothing is copied twice, nothing invalid reaches Arrow."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.contract import RECORDS
from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS, Document, Event, Skipped, batch_of, batches

WHEN = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


def document(number: int = 0, **values: object) -> Document:
    defaults = {"id": f"d{number}", "source": "a.warc", "offset": number, "raw": b"x" * 10, "text": "ten bytes"}
    return Document(**(defaults | values))


EVENTS = st.lists(
    st.one_of(
        st.builds(document, st.integers(0, 9), raw=st.none() | st.binary(max_size=4000)),
        st.sampled_from(["request", "redirect"]).map(Skipped),
        st.integers(0, 9).map(lambda n: Unreadable(f"u{n}", "a.warc", n, "wrong-digest", "")),
    ),
    max_size=60,
)


@given(events=EVENTS, rows=st.integers(1, 7))
def test_every_event_is_in_exactly_one_batch_and_in_order(events: list[Event], rows: int) -> None:
    found = list(batches(events, Read(batch_rows=rows, batch_bytes=4096)))
    documents = [e for e in events if isinstance(e, Document)]
    assert [r for b in found for r in b.records.column("offset").to_pylist()] == [d.offset for d in documents]
    assert [r for b in found for r in b.records.column("raw").to_pylist()] == [d.raw for d in documents]
    assert [u for b in found for u in b.unreadable] == [e for e in events if isinstance(e, Unreadable)]
    skipped: Counter[str] = sum((Counter(b.skipped) for b in found), Counter())
    assert skipped == Counter(e.reason for e in events if isinstance(e, Skipped))
    assert all(b.records.num_rows <= rows for b in found)


def test_a_document_larger_than_a_batch_stands_alone_and_is_not_copied() -> None:
    large = b"y" * 10_000
    found = list(batches([document(1), document(2, raw=large), document(3)], Read(batch_bytes=2048)))
    assert [b.records.num_rows for b in found] == [1, 1, 1]
    assert found[1].records.column("raw").buffers()[2].address == pa.py_buffer(large).address


def test_a_broken_stream_gives_its_good_prefix_first() -> None:
    def events() -> Iterator[Event]:
        yield document(1)
        yield Skipped("request")
        raise UnitError("a.warc at byte 7: the stream ends")

    stream = batches(events(), Read())
    first = next(stream)
    assert first.records.num_rows == 1
    assert first.skipped == {"request": 1}
    with pytest.raises(UnitError, match="byte 7"):
        next(stream)


def only(*documents: Document, **settings: object) -> Batch:
    batch = batch_of(documents, Read(**settings))
    batch.records.validate(full=True)
    batch.passthrough.validate(full=True)
    assert batch.records.schema == RECORDS
    assert batch.passthrough.schema == DOCUMENT_COLUMNS
    return batch


def test_shared_columns_are_one_buffer() -> None:
    batch = only(document(1), document(2))
    for name in ("id", "url", "media_type", "text", "language"):
        theirs, ours = batch.records.column(name).buffers(), batch.passthrough.column(name).buffers()
        assert [b and b.address for b in theirs] == [b and b.address for b in ours]


def test_raw_is_written_for_media_alone_unless_asked_for() -> None:
    page, picture = document(1, media_type="text/html"), document(2, media_type="image/png", raw=b"\x89PNG", text=None)
    assert only(page, picture).passthrough.column("raw").to_pylist() == [None, b"\x89PNG"]
    assert only(page, picture, keep_raw=True).passthrough.column("raw").to_pylist() == [b"x" * 10, b"\x89PNG"]
    assert only(page).passthrough.column("raw").to_pylist() == [None]
    kept = only(picture)
    assert kept.passthrough.column("raw").buffers()[2].address == kept.records.column("raw").buffers()[2].address


def test_absent_and_empty_stay_apart() -> None:
    batch = only(document(1, raw=None, headers=None), document(2, raw=b"", headers=()), document(3, raw=b"z"))
    assert batch.records.column("raw").to_pylist() == [None, b"", b"z"]
    assert batch.records.column("headers").to_pylist() == [None, [], None]


def test_headers_notes_and_times_arrive_as_given() -> None:
    row = only(
        document(1, headers=[("a", "1"), ("a", "2")], notes=["truncated"], truncated=True, date=WHEN, captured_at=WHEN)
    )
    record = row.records.to_pylist()[0]
    assert record["headers"] == [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]
    assert record["notes"] == ["truncated"]
    assert record["truncated"] is True
    assert record["captured_at"] == WHEN
    assert row.passthrough.to_pylist()[0]["date"] == WHEN


@given(text=st.text(alphabet=st.characters(codec=None, categories=None), max_size=20))
def test_any_python_string_is_valid_in_arrow(text: str) -> None:
    batch = only(document(1, id=text, text=text, url=text, title=text, headers=[(text, text)]))
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert batch.records.column("text").to_pylist() == [joined]

"""Which records carry a manifest in text, and in which of their bytes."""

from typing import Any

import pytest

from lowbackground.detectors.carried_manifests import carried, is_caption, rows_to_look_at
from lowbackground.manifests.text_carriers import Form
from tests.factories import records
from tests.text_signing import PROSE, raw_wrapper

WRAPPER = raw_wrapper(b"a store")
BLOCK = "<!-- -----BEGIN C2PA MANIFEST----- https://example.org/a -----END C2PA MANIFEST----- -->\n"
LINK = "<link rel=c2pa-manifest href=a>"
XHTML = "application/xhtml+xml"


def forms(**row: Any) -> list[list[Form]]:
    batch = records([{"text": PROSE}, row])
    found = carried(batch, 1)
    assert (1 in rows_to_look_at(batch)) >= bool(found.sources)
    return [[carrier.form for carrier in source.carriers] for source in found.sources]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"text": PROSE}, []),
        ({"text": PROSE + WRAPPER}, [[Form.WRAPPER]]),
        ({"text": BLOCK + WRAPPER}, [[Form.BLOCK, Form.WRAPPER]]),
        ({"text": LINK}, []),
        ({"text": LINK, "media_type": "text/html"}, [[Form.LINK]]),
        ({"text": LINK, "raw": b"<p>", "media_type": "text/html"}, []),
        ({"text": "x", "raw": LINK.encode(), "media_type": "text/html"}, [[Form.LINK]]),
        ({"text": WRAPPER, "raw": LINK.encode(), "media_type": "text/html"}, [[Form.LINK], [Form.WRAPPER]]),
        ({"text": "x", "raw": BLOCK.encode(), "media_type": "text/html"}, []),
        ({"text": "x", "raw": BLOCK.encode(), "media_type": XHTML}, [[Form.BLOCK]]),
        ({"text": "x", "raw": (LINK + BLOCK).encode(), "media_type": XHTML}, [[Form.LINK, Form.BLOCK]]),
        ({"raw": (PROSE + WRAPPER).encode(), "media_type": "text/plain"}, [[Form.WRAPPER]]),
        ({"raw": (PROSE + WRAPPER).encode()}, [[Form.WRAPPER]]),
        ({"raw": WRAPPER.encode(), "media_type": "image/jpeg"}, []),
        ({"text": WRAPPER, "raw": WRAPPER.encode(), "media_type": "image/jpeg"}, [[Form.WRAPPER]]),
        ({"text": WRAPPER, "raw": WRAPPER.encode(), "media_type": "text/plain"}, [[Form.WRAPPER]]),
    ],
)
def test_each_kind_of_record_is_searched_where_it_can_carry_a_manifest(row: dict[str, Any], expected: Any) -> None:
    assert forms(**row) == expected


def test_the_bytes_of_a_text_come_before_what_was_made_from_them() -> None:
    served = ("\ufeff" + PROSE + WRAPPER).encode()
    [source] = carried(records([{"text": PROSE + WRAPPER, "raw": served, "media_type": "text/plain"}]), 0).sources
    assert source.data == served


def test_spans_are_of_the_text_even_where_the_bytes_were_asked() -> None:
    found = carried(
        records([{"text": "b" + WRAPPER, "raw": ("aaaa" + WRAPPER).encode(), "media_type": "text/plain"}]), 0
    )
    assert found.spans == ((1, 1 + len(WRAPPER.encode())),)


def test_what_somebody_quotes_is_not_removed() -> None:
    quoted = "write -----BEGIN C2PA MANIFEST----- the reference -----END C2PA MANIFEST----- into a comment"
    found = carried(records([{"text": quoted}]), 0)
    assert (len(found.sources), found.spans) == (1, ())


def test_a_row_is_looked_at_whatever_stands_in_the_other_rows() -> None:
    rows = [{"text": LINK, "media_type": "text/html"}, {"raw": b"x", "media_type": "image/png"}, {"text": WRAPPER}]
    for batch in (rows, rows[::-1]):
        assert [batch[row] for row in rows_to_look_at(records(batch))] == [one for one in batch if "text" in one]
    assert rows_to_look_at(records([])) == []


@pytest.mark.parametrize("media_type", ["image/png", "image/svg+xml", "video/mp4", "audio/mpeg", "application/pdf"])
def test_a_text_beside_media_is_a_caption(media_type: str) -> None:
    assert is_caption(media_type)


@pytest.mark.parametrize("media_type", [None, "text/html", "text/x-python", "application/json", "text/plain"])
def test_any_other_text_is_the_record(media_type: str | None) -> None:
    assert not is_caption(media_type)

"""The texts and pages of a batch that hold one of many needles; nobody looks at the others.

A text is what will be trained on, or the bytes of a record that is one. A page is the bytes of a record whose type is
HTML; where there are none, its text is the page's source.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from lowbackground.detectors.carried_manifests import is_caption
from lowbackground.manifests.bulk_search import buffers
from lowbackground.manifests.many_needles import ManyNeedles, Place
from lowbackground.manifests.media_types import is_textual

PAGES = frozenset({"text/html", "application/xhtml+xml"})
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Found:
    """Bytes of the record in `row`, and the needles in them as (start, number of the needle), in order."""

    row: int
    data: bytes
    places: Sequence[tuple[int, int]]


def found_texts(records: pa.RecordBatch, search: ManyNeedles) -> Iterator[Found]:
    """The texts that hold a needle, in the order of rows."""
    texts, raws = records.column("text"), records.column("raw")
    types = records.column("media_type").to_pylist()
    has_text, has_raw = texts.is_valid().to_pylist(), raws.is_valid().to_pylist()
    alone = [row for row, type_ in enumerate(types) if has_raw[row] and not has_text[row] and _is_plain(type_)]
    yield from _in_order([*_found(texts, search.places(texts)), *_found(raws, search.places(raws, alone))])


def found_pages(records: pa.RecordBatch, search: ManyNeedles) -> Iterator[Found]:
    """The pages that hold a needle, in the order of rows; those in UTF-16 are searched as UTF-8."""
    texts, raws = records.column("text"), records.column("raw")
    pages = [row for row, type_ in enumerate(records.column("media_type").to_pylist()) if type_ in PAGES]
    has_raw = raws.is_valid().to_pylist()
    in_raw = [row for row in pages if has_raw[row]]
    wide = _wide(raws, in_raw)
    recoded = pa.array([_recoded(_bytes(raws, row)) for row in wide], pa.large_binary())
    yield from _in_order(
        [
            *_found(raws, search.places(raws, in_raw)),
            *_found(texts, search.places(texts, [row for row in pages if not has_raw[row]])),
            *(Found(wide[found.row], found.data, found.places) for found in _found(recoded, search.places(recoded))),
        ]
    )


def _in_order(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda each: each.row)


def _found(column: pa.Array, places: Sequence[Place]) -> Iterator[Found]:
    """The places, which are in order, by their rows."""
    by_row: dict[int, list[tuple[int, int]]] = {}
    for place in places:
        by_row.setdefault(place.row, []).append((place.start, place.needle))
    for row, starts in by_row.items():
        yield Found(row, _bytes(column, row), starts)


def _bytes(column: pa.Array, row: int) -> bytes:
    buffer = column[row].as_buffer()
    return b"" if buffer is None else bytes(buffer.to_pybytes())


def _wide(column: pa.Array, rows: Sequence[int]) -> list[int]:
    """The rows that begin with the byte order mark of UTF-16, told from the array's buffers: a scalar is a copy of a page."""
    offsets, data = buffers(column)
    return [row for row in rows if data[offsets[row] : offsets[row + 1]][:2].tobytes() in _WIDE]


def _recoded(page: bytes) -> bytes:
    return page[2:].decode(_WIDE[page[:2]], "replace").encode("utf-8", "replace")


def _is_plain(media_type: str | None) -> bool:
    """Whether bytes of this type are a text as it is read."""
    if media_type is None:
        return True
    return is_textual(media_type) and media_type not in PAGES and not is_caption(media_type)

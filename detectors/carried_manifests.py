"""Where records carry C2PA manifests in text: all rows of a batch searched at once, few of them looked at closely.

- The text is what will be trained on: carriers in it are removed from it, wherever else they stand.
- The bytes of a text (line breaks and byte-order mark included) are what was signed, and come before what was made
  from them.
- Of a page only the bytes hold its own manifest; the wrapper of a text that was pasted into it survives in its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from lowbackground.detectors.contract import media_kind
from lowbackground.manifests import html_carriers, text_carriers
from lowbackground.manifests.bulk_search import rows_with
from lowbackground.manifests.html_carriers import find_html_carriers
from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.text_carriers import Carrier, Form, find_carriers

Span = tuple[int, int]

_XHTML = "application/xhtml+xml"  # a page, and XML: it may hold a block in a comment (C2PA 2.4, A.9)
_PAGES = frozenset({"text/html", _XHTML})


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes of a record that carry manifests, and their carriers."""

    data: bytes
    carriers: Sequence[Carrier]


@dataclass(frozen=True, slots=True)
class Carried:
    """What one record carries. `spans` are the byte ranges of its text that carry no text, in order."""

    sources: tuple[Source, ...]
    spans: tuple[Span, ...]


def is_caption(media_type: str | None) -> bool:
    """Whether a text beside bytes of this type is about them, and the label is about the bytes."""
    return media_kind(media_type) not in {"text", "code"}


def rows_to_look_at(records: pa.RecordBatch) -> list[int]:
    """The rows that may carry a manifest, ascending; all others carry none. One pass over texts and pages."""
    texts, raws = records.column("text"), records.column("raw")
    media_types = records.column("media_type").to_pylist()
    has_raw, has_text = raws.is_valid().to_pylist(), texts.is_valid().to_pylist()
    pages = [row for row, media_type in enumerate(media_types) if media_type in _PAGES]
    alone = [
        row
        for row, media_type in enumerate(media_types)
        if has_raw[row] and (media_type == _XHTML or (not has_text[row] and _is_plain(media_type)))
    ]
    return sorted(
        {
            *rows_with(texts, text_carriers.NEEDLES),
            *rows_with(texts, html_carriers.NEEDLES, [row for row in pages if not has_raw[row]]),
            *rows_with(raws, html_carriers.NEEDLES, [row for row in pages if has_raw[row]]),
            *rows_with(raws, text_carriers.NEEDLES, alone),
        }
    )


def carried(records: pa.RecordBatch, row: int) -> Carried:
    """What one record carries: a page its own manifest and those of its text, any other record those of one source."""
    text, raw = _bytes(records, "text", row), _bytes(records, "raw", row)
    media_type = records.column("media_type")[row].as_py()
    is_page = media_type in _PAGES
    in_text = find_carriers(text)
    if is_page and not raw:  # the text is the page's source
        in_text += find_html_carriers(text)
    in_raw: list[Carrier] = []
    if is_page:
        in_raw = find_html_carriers(raw)
    if media_type == _XHTML:
        in_raw += [carrier for carrier in find_carriers(raw) if carrier.form is Form.BLOCK]
    elif _is_plain(media_type):
        in_raw = find_carriers(raw)
    sources = [Source(data, found) for data, found in ((raw, in_raw), (text, in_text)) if found]
    return Carried(tuple(sources if is_page else sources[:1]), _spans(in_text))


def _bytes(records: pa.RecordBatch, column: str, row: int) -> bytes:
    """The bytes of one value; none for null."""
    buffer = records.column(column)[row].as_buffer()
    return b"" if buffer is None else bytes(buffer.to_pybytes())


def _is_plain(media_type: str | None) -> bool:
    """Whether bytes of this type are a text as it is read, not one that is extracted from them."""
    if media_type is None:
        return True
    return is_textual(media_type) and media_type not in _PAGES and not is_caption(media_type)


def _spans(carriers: Sequence[Carrier]) -> tuple[Span, ...]:
    """What to remove: whatever was read as a carrier, and damaged wrappers; a delimiter that somebody quotes stays."""
    removed = [one for one in carriers if one.failure is None or one.form is Form.WRAPPER]
    return tuple(sorted((one.start, one.end) for one in removed))

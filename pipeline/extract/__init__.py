"""From the bytes of a document to its training text: charset, markup, title, language.

Readers of WARC, tar and loose files call `extract` for every document; media have no text and pass through it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lowbackground.detectors.language import language
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import LowbackgroundError
from lowbackground.pipeline.extract.charset import REPLACED, decode
from lowbackground.pipeline.extract.cost import too_costly
from lowbackground.pipeline.extract.html import main_text, stripped_text, title
from lowbackground.pipeline.panics import is_panic

HTML = frozenset({"text/html", "application/xhtml+xml"})
TRUNCATED = "truncated"
PLAIN = "main-content-skipped"
_CUT_AT_TAG = 4096  # bytes: a cut page ends after a tag if one is this near, so that no character is torn


class ExtractionError(LowbackgroundError):
    """The document could not be turned into text; the record goes to unreadable with this reason."""

    reason = "parse-failed"


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a document says: `text` is null where it is no text at all, empty where it is a page without prose.

    `truncated`: a size cap was applied, and `raw` is what was left of it. `notes` are slugs for `prov_notes`.
    """

    text: str | None
    title: str | None
    language: str | None
    notes: tuple[str, ...]
    truncated: bool


NO_TEXT = Extracted(None, None, None, (), truncated=False)


def has_text(media_type: str | None) -> bool:
    """Whether documents of this type are read as text: pages, and what is written in characters for people."""
    return media_type is not None and (media_type in HTML or media_type.startswith("text/"))


def extract(raw: bytes, media_type: str | None, charset_hint: str | None, settings: Read) -> Extracted:
    """The text of `raw`; `media_type` is what `sniff` found, `charset_hint` the charset that the transport declared.

    Pages longer than `settings.max_html_bytes` are cut. No result holds NUL or a lone surrogate.

    Raises:
        ExtractionError: the parser failed on this document, for which it is to blame.
        ConfigError: `settings.extractor` is not installed.
    """
    if not has_text(media_type):
        return NO_TEXT
    if media_type in HTML:
        return _page(raw, charset_hint, settings)
    decoded = decode(raw, charset_hint)
    return _extracted(decoded.text, None, decoded.notes, truncated=False)


def _page(raw: bytes, charset_hint: str | None, settings: Read) -> Extracted:
    truncated = len(raw) > settings.max_html_bytes
    page = _cut(raw, settings.max_html_bytes) if truncated else raw
    costly = too_costly(page)  # first, while the reader has left the bytes in the cache
    decoded = decode(page, charset_hint, markup=True)
    if decoded.wide:
        costly = too_costly(decoded.text.encode())
    notes = [*decoded.notes, *([TRUNCATED] if truncated else []), *([PLAIN] if costly else [])]
    text = stripped_text(decoded.text) if costly else _main_text(decoded.text, settings)
    return _extracted(text, title(decoded.text), notes, truncated=truncated)


def _extracted(text: str, heading: str | None, notes: Sequence[str], *, truncated: bool) -> Extracted:
    if "\0" in text or (heading and "\0" in heading):
        text, heading = text.replace("\0", "\ufffd"), heading and heading.replace("\0", "\ufffd")
        notes = (*notes, REPLACED)
    return Extracted(text, heading, language(text), tuple(sorted(set(notes))), truncated)


def _cut(page: bytes, size: int) -> bytes:
    return page[: page.rfind(b">", size - _CUT_AT_TAG, size) + 1 or size]


def _main_text(page: str, settings: Read) -> str:
    try:
        return _extractor(settings)(page)
    except (LowbackgroundError, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise ExtractionError(
            f"{settings.extractor} failed on the page: {type(error).__name__}: {error}"[:300]
        ) from error


def _extractor(settings: Read) -> Callable[[str], str]:
    if settings.extractor == "resiliparse":
        return main_text
    from lowbackground.pipeline.extract import trafilatura

    return trafilatura.main_text

"""What the bytes of one file or archive member are: media, a text with what it says, or neither."""

import mimetypes
from dataclasses import dataclass
from functools import lru_cache

from lowbackground.manifests.media_types import DOCUMENTS, SHEET, SLIDES, WORD
from lowbackground.manifests.sniff import sniff
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import HTML, NO_TEXT, Extracted, extract, has_text

HEAD = 4096  # bytes that settle what something is, before all of it is read
_NAMES = mimetypes.MimeTypes()  # Python's own table: the system's would give other answers on other machines
for _type, _ending in ((WORD, ".docx"), (SHEET, ".xlsx"), (SLIDES, ".pptx")):  # which it knows since Python 3.14
    _NAMES.add_type(_type, _ending)
_MAX_ENDING = 20  # characters; every ending in the table is shorter
_FAMILIES = ("audio/", "image/", "video/")
_TABLES = frozenset(("text/csv", "text/tab-separated-values"))  # whose rows would be one text
_NOT_PROSE = frozenset(("text/css", "text/javascript")) | _TABLES  # written for machines


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes that are a record; `said` is empty for media, and a page that is too long is cut to its cap."""

    raw: bytes
    media_type: str
    said: Extracted


def hint_of(name: str) -> str | None:
    """The media type that a file name suggests."""
    _, dot, ending = name[-_MAX_ENDING:].lower().rpartition(".")
    return _type_of_ending(ending) if dot else None


@lru_cache(maxsize=512)
def _type_of_ending(ending: str) -> str | None:
    return _NAMES.guess_type(f"x.{ending}", strict=False)[0]


def is_media(media_type: str | None) -> bool:
    """Whether detectors look at the bytes themselves: pictures, sound, video, PDF, Office documents."""
    return media_type is not None and (media_type.startswith(_FAMILIES) or media_type in DOCUMENTS)


def is_record(media_type: str | None) -> bool:
    """Whether something of this type is a record by itself."""
    return is_media(media_type) or (has_text(media_type) and media_type not in _NOT_PROSE)


def no_record(media_type: str | None) -> str:
    """Why something of this type is no record: one of `reasons.SKIPPED`."""
    if media_type is None:
        return "unknown-type"
    if media_type == "text/css":
        return "css"
    if media_type.endswith("/javascript"):
        return "javascript"
    if media_type.startswith("font/"):
        return "font"
    is_data = media_type in _TABLES or media_type.endswith(("/json", "/x-ndjson", "/xml", "+json", "+xml"))
    return "structured-data" if is_data else "unknown-type"


def payload_of(raw: bytes, hint: str | None, settings: Read) -> Payload | str:
    """What `raw` is, or the reason why it is no record.

    Raises:
        ExtractionError: a page whose parser failed.
    """
    media_type = sniff(raw, hint)
    if media_type is None or not is_record(media_type):
        return no_record(media_type) if raw else "empty"
    if is_media(media_type):
        return Payload(raw, media_type, NO_TEXT)
    said = extract(raw, media_type, None, settings)
    return Payload(raw[: settings.max_html_bytes] if media_type in HTML else raw, media_type, said)

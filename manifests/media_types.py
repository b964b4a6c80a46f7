"""Names of media types: one spelling for each, whatever a server called it."""

import re
from functools import lru_cache

MAX_HINT_CHARS = 200  # a Content-Type with every registered parameter is shorter; the rest is hostile
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*\Z")  # RFC 6838, section 4.2

# Left: registered aliases and the misspellings that servers send. Right: IANA's name where there is one.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-webp": "image/webp",
    "image/tif": "image/tiff",
    "image/dng": "image/x-adobe-dng",
    "image/svg": "image/svg+xml",
    "application/svg+xml": "image/svg+xml",
    "image/ico": "image/x-icon",
    "image/vnd.microsoft.icon": "image/x-icon",
    "image/x-ms-bmp": "image/bmp",
    "image/x-bmp": "image/bmp",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/x-aiff": "audio/aiff",
    "video/x-m4v": "video/mp4",
    "application/mp4": "video/mp4",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "application/x-troff-msvideo": "video/x-msvideo",
    "application/x-pdf": "application/pdf",
    "application/x-zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/x-c2pa-manifest-store": "application/c2pa",
    "text/javascript": "application/javascript",
    "application/x-javascript": "application/javascript",
    "application/ecmascript": "application/javascript",
    "text/ecmascript": "application/javascript",
    "text/json": "application/json",
    "text/x-json": "application/json",
    "text/xml": "application/xml",
    "text/x-markdown": "text/markdown",
    "text/rtf": "application/rtf",
    "application/ndjson": "application/x-ndjson",
    "application/jsonl": "application/x-ndjson",
}

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
WORD = f"{_OPEN_XML}.wordprocessingml.document"
SHEET = f"{_OPEN_XML}.spreadsheetml.sheet"
SLIDES = f"{_OPEN_XML}.presentationml.presentation"
OFFICE = frozenset(  # IANA's names for documents of ECMA-376, with macros or without
    (
        *(WORD, "application/vnd.ms-word.document.macroenabled.12"),
        *(SHEET, "application/vnd.ms-excel.sheet.macroenabled.12"),
        *(SLIDES, "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
    )
)
DOCUMENTS = OFFICE | {"application/pdf"}  # read for what they say about themselves; their text is not extracted


@lru_cache(maxsize=512)
def _canonical(head: str) -> str | None:
    name = head.partition(";")[0].partition(",")[0].strip().lower()
    return _ALIASES.get(name, name) if _TYPE.match(name) else None


def canonical_media_type(hint: str | None) -> str | None:
    """`image/jpeg` for `Image/JPG; q=1`; null where the hint is no media type at all."""
    return _canonical(hint[:MAX_HINT_CHARS]) if hint else None


def is_textual(media_type: str) -> bool:
    """Whether the type names something written in characters."""
    return (
        media_type.startswith("text/")
        or media_type.endswith(("+json", "+xml"))
        or media_type in {"application/javascript", "application/json", "application/x-ndjson", "application/xml"}
    )

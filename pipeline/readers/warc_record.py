"""One WARC record as one event: a document, a reason why it is none, or what keeps it from being read."""

from collections.abc import Iterable
from dataclasses import dataclass

from fastwarc.warc import WarcRecord, WarcRecordType

from lowbackground.manifests.sniff import sniff
from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import HTML, NO_TEXT, TRUNCATED, ExtractionError, extract
from lowbackground.pipeline.readers.documents import Document, Event, Skipped
from lowbackground.pipeline.readers.http_body import Body, BodyError, dechunked, decode_body
from lowbackground.pipeline.readers.http_head import Head, HeadError, charset_of, read_head
from lowbackground.pipeline.readers.payload import is_media, is_record, no_record
from lowbackground.pipeline.readers.warc_digest import Check
from lowbackground.pipeline.readers.warc_faults import FormatError, FormatErrors
from lowbackground.pipeline.readers.warc_stream import Found

MAX_ID_CHARS = 1000
MAX_URL_CHARS = 8192  # browsers and servers refuse longer ones
_PIECE = 1 << 20

_SKIPPED_TYPES = {
    int(WarcRecordType.warcinfo): "warcinfo",
    int(WarcRecordType.request): "request",
    int(WarcRecordType.metadata): "metadata",
    int(WarcRecordType.revisit): "revisit",
    int(WarcRecordType.continuation): "continuation",
    int(WarcRecordType.unknown): "unknown-record",
}


class _SkipError(Exception):
    """The record is no document by rule; its text is the slug."""


class _UnreadableError(Exception):
    """The record should have been a document."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origin:
    """What the file says about all of its records."""

    source: str
    is_archive: bool


@dataclass(frozen=True, slots=True)
class _Payload:
    """The body of a record without its HTTP codings; a page may be one byte longer than its cap, to show that it is."""

    data: bytes
    media_type: str
    cut: bool
    proven: bool


GUESSED_PLACE = "place-guessed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a record came to. `proven`: its block digest vouches for it, whatever is damaged around it."""

    event: Event
    proven: bool = False


def outcome_of(found: Found, origin: Origin, settings: Read) -> Outcome:
    """Read one record to its end, or as far as it matters.

    Raises:
        OSError: the storage failed.
        ConfigError: the extractor is not installed.
    """
    skipped = _SKIPPED_TYPES.get(int(found.record.record_type))
    if skipped:
        return Outcome(Skipped(skipped))
    id_ = _bare(found.record.record_id)[:MAX_ID_CHARS] or f"{origin.source}#{found.offset}"
    try:
        with FormatErrors():
            return _document(found, id_, origin, settings)
    except _SkipError as skip:
        return Outcome(Skipped(str(skip)))
    except (_UnreadableError, BodyError, HeadError, ExtractionError) as error:
        reason, detail = _cut(found) or (error.reason, str(error))
    except FormatError as error:
        reason, detail = "invalid-record", str(error)
    return Outcome(Unreadable(id_, origin.source, found.offset, reason, detail[:300]))


def _cut(found: Found) -> tuple[str, str] | None:
    """Reason and detail where the input does not hold the whole record: whatever else is wrong follows from that."""
    try:
        with FormatErrors():
            found.record.reader.consume()
            cut = found.cut()
    except FormatError as error:
        return "invalid-record", str(error)
    return ("truncated", cut) if cut else None


def _document(found: Found, id_: str, origin: Origin, settings: Read) -> Outcome:
    record, headers = found.record, found.record.headers
    url = _bare(headers.get("WARC-Target-URI"))[:MAX_URL_CHARS] or None
    content_type = headers.get("Content-Type")
    head = None
    if record.record_type == WarcRecordType.response:
        head = _head(record, content_type, settings)
        content_type = head.get("content-type")
    elif url is not None and url.startswith("metadata:"):
        raise _SkipError("metadata")  # the crawler's own log and arguments, as Wget stores them
    payload = _payload(found, head, content_type, settings)
    said = NO_TEXT
    if not is_media(payload.media_type):
        said = extract(payload.data, payload.media_type, charset_of(content_type), settings)
    truncated = said.truncated or payload.cut or "WARC-Truncated" in headers or "WARC-Segment-Number" in headers
    date = record.record_date
    document = Document(
        id=id_,
        source=origin.source,
        offset=found.offset,
        raw=payload.data[: settings.max_html_bytes] if payload.media_type in HTML else payload.data,
        media_type=payload.media_type,
        text=said.text,
        title=said.title,
        language=said.language,
        url=url,
        date=date,
        captured_at=date if origin.is_archive and not found.doubtful else None,
        headers=head.headers if head else None,
        truncated=truncated,
        notes=sorted({*said.notes, *([TRUNCATED] if truncated else ()), *([GUESSED_PLACE] if found.doubtful else ())}),
    )
    return Outcome(document, payload.proven)


def _head(record: WarcRecord, content_type: str | None, settings: Read) -> Head:
    if not (content_type or "application/http").lower().startswith("application/http"):
        raise _SkipError("not-http")
    head = read_head(record.reader.readline)
    if head.status not in settings.statuses:
        raise _SkipError("redirect" if 300 <= head.status < 400 else "http-status")
    return head


def _payload(found: Found, head: Head | None, content_type: str | None, settings: Read) -> _Payload:
    """Read the body: as much as a page may have, and the rest only where it is media or a plain text."""
    record, headers = found.record, found.record.headers
    check = Check(headers.get("WARC-Block-Digest"), headers.get("WARC-Payload-Digest"), head.raw if head else b"")
    page_cap = settings.max_html_bytes + 1
    stored = record.reader.read(page_cap)
    check.update(stored)
    body = _decoded(stored, head, page_cap)
    is_text = record.record_type == WarcRecordType.conversion and (content_type or "").startswith("text/plain")
    media_type = "text/plain" if is_text and body.data else sniff(body.data, content_type)
    rest = record.content_length - record.reader.tell()
    if not is_record(media_type):
        raise _SkipError("empty" if media_type is None and rest <= 0 else no_record(media_type))
    assert media_type is not None  # noqa: S101 (is_record says so)
    if media_type not in HTML and (rest > 0 or body.more):
        stored += _rest(record, check, settings.max_media_bytes - len(stored))
        body = _decoded(stored, head, settings.max_media_bytes)
        if body.more:
            raise _UnreadableError("too-large", f"larger than read.max_media_bytes, {settings.max_media_bytes}")
    while piece := record.reader.read(_PIECE):
        check.update(piece)
    _verify(found, head, stored, body, check)
    cut = body.cut and len(stored) == _body_size(record, head)
    return _Payload(body.data, media_type, cut, check.proves())


def _decoded(stored: bytes, head: Head | None, cap: int) -> Body:
    if head is None:
        return Body(stored[:cap], more=len(stored) > cap)
    return decode_body(stored, head.get("transfer-encoding"), head.get("content-encoding"), cap)


def _rest(record: WarcRecord, check: Check, room: int) -> bytes:
    left = record.content_length - record.reader.tell()
    if left > room:
        raise _UnreadableError("too-large", f"its body goes on for {left - room} bytes beyond read.max_media_bytes")
    rest = record.reader.read(left)
    check.update(rest)
    return rest


def _verify(found: Found, head: Head | None, stored: bytes, body: Body, check: Check) -> None:
    """Whether the record is whole and what was written, now that all of it has been read."""
    cut = found.cut()
    if cut:
        raise _UnreadableError("truncated", cut)
    size = _body_size(found.record, head)
    if check.fails(lambda: _readings(stored, body, whole=len(stored) == size)):
        raise _UnreadableError("wrong-digest", "its bytes are not those that its digest was made of")
    if head is None or body.undone or head.get("transfer-encoding") or "WARC-Truncated" in found.record.headers:
        return
    declared = (head.get("content-length") or "").partition(",")[0].strip()
    if declared.isdecimal() and size < int(declared[:18]):
        raise _UnreadableError("short-body", f"{size} of the {declared[:18]} bytes that its Content-Length declares")


def _body_size(record: WarcRecord, head: Head | None) -> int:
    return int(record.content_length) - (len(head.raw) if head else 0)


def _readings(stored: bytes, body: Body, *, whole: bool) -> Iterable[bytes] | None:
    """What "payload" may mean for this body; null where what was digested cannot be had."""
    if body.undone or (not whole and body.data[: len(stored)] != stored):
        return None
    return (stored, body.data, dechunked(stored).data) if whole else ()


def _bare(uri: str | None) -> str:
    """A URI without the angle brackets that record ids have, and that Wget 1.19 puts around targets too."""
    return (uri or "").strip().removeprefix("<").removesuffix(">")

"""Samples of a WebDataset archive: members that share a key, and the records that they make.

A sample with one media part is one record, with several one record each (`key#ext`), its text a caption; a sample
without media is a record for each of its texts. Members of a sample follow one another, as WebDataset has it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import NO_TEXT, Extracted, ExtractionError, extract
from lowbackground.pipeline.readers.documents import Document, Event, Skipped
from lowbackground.pipeline.readers.roles import was_reencoded

PAGES = frozenset(("htm", "html", "xhtml"))
TEXTS = frozenset(("caption", "md", "text", "txt")) | PAGES
UNREADABLE = "metadata-unreadable"
METADATA = "json"
SIDECAR = "c2pa"
_CAPTION_KEYS = ("caption", "text")  # img2dataset's name, and everybody's


@dataclass(frozen=True, slots=True)
class Part:
    """A member of a sample. `kind` is `media`, `text`, `metadata` or `sidecar`; `media_type` is null for the last two."""

    ext: str
    offset: int
    kind: str
    data: bytes
    media_type: str | None = None


def split_name(name: str) -> tuple[str, str] | None:
    """Key and extension: WebDataset cuts the last component of the path at its first dot. Null for a hidden name."""
    folder, slash, base = name.rpartition("/")
    if base.startswith("."):
        return None
    stem, _, ext = base.partition(".")
    return f"{folder}{slash}{stem}", ext


def records(key: str, parts: Sequence[Part], source: str, settings: Read) -> Iterator[Event]:
    """The records of a sample, and what of it is used by none."""
    media = [part for part in parts if part.kind == "media"]
    texts = sorted((part for part in parts if part.kind == "text"), key=_preference)
    metadata = [part for part in parts if part.kind == "metadata"]
    facts, notes = _facts(metadata[:1])
    for part in media or texts:
        id_ = key if len(media or texts) == 1 else f"{key}#{part.ext}"
        try:
            said = _caption(texts, facts, settings) if media else _said(part, settings)
        except ExtractionError as error:
            yield Unreadable(id_, source, part.offset, "parse-failed", str(error))
            continue
        yield Document(
            id=id_,
            source=source,
            offset=part.offset,
            raw=part.data,
            media_type=part.media_type,
            text=said.text,
            title=said.title,
            language=said.language,
            url=_string(facts, ("url",)),
            sidecar=_sidecar(part, parts) if media else None,
            truncated=said.truncated and not media,
            notes=(*notes, *said.notes),
        )
    if not media and not texts:
        yield from _without_content(key, metadata, facts, notes, source)
    unused = [*(texts[1:] if media else ()), *metadata[1:]]
    yield from (Skipped("unused-part") for _ in unused)


def _without_content(
    key: str, metadata: Sequence[Part], facts: dict[str, Any], notes: Sequence[str], source: str
) -> Iterator[Event]:
    """A sample of metadata alone, which may hold a text; or of a sidecar alone."""
    if not metadata:
        yield Skipped("sidecar-without-content")
        return
    offset, text = metadata[0].offset, _string(facts, _CAPTION_KEYS)
    if UNREADABLE in notes:
        yield Unreadable(key, source, offset, "invalid-json", "the sample has metadata alone, and it is no JSON object")
    elif text is None:
        yield Skipped("unused-part")
    else:
        url = _string(facts, ("url",))
        yield Document(key, source, offset, text=text, url=url, media_type="text/plain", notes=tuple(notes))


def _said(part: Part, settings: Read) -> Extracted:
    return extract(part.data, part.media_type, None, settings)


def _caption(texts: Sequence[Part], facts: dict[str, Any], settings: Read) -> Extracted:
    """What is said beside the media; a caption that cannot be parsed costs the caption and not the picture."""
    if not texts:
        return replace(NO_TEXT, text=_string(facts, _CAPTION_KEYS))
    try:
        return _said(texts[0], settings)
    except ExtractionError:
        return replace(NO_TEXT, notes=(UNREADABLE,))


def _facts(metadata: Sequence[Part]) -> tuple[dict[str, Any], list[str]]:
    """The metadata of the sample as an object, and what is to be noted of every record of it."""
    if not metadata:
        return {}, []
    try:
        facts = orjson.loads(metadata[0].data)
    except orjson.JSONDecodeError:
        facts = None
    if not isinstance(facts, dict):
        return {}, [UNREADABLE]
    return facts, ["reencoded"] if was_reencoded(facts) else []


def _string(facts: dict[str, Any], names: Sequence[str]) -> str | None:
    return next((facts[name] for name in names if isinstance(facts.get(name), str)), None)


def _preference(part: Part) -> tuple[int, str]:
    """Of several texts beside a picture, which is its caption: plain text first, then by name."""
    order = ("txt", "caption", "text")
    return (order.index(part.ext) if part.ext in order else len(order), part.ext)


def _sidecar(part: Part, parts: Sequence[Part]) -> bytes | None:
    """`<stem>.c2pa` of the part, else `<name>.c2pa`, under the same key."""
    stores = {other.ext.lower(): other.data for other in parts if other.kind == "sidecar"}
    stem = part.ext.lower().rpartition(".")[0]
    for ext in (f"{stem}.{SIDECAR}".lstrip("."), f"{part.ext.lower()}.{SIDECAR}"):
        if ext in stores:
            return stores[ext]
    return None

"""Reads WebDataset archives, plain or compressed; a record's offset is where the header of its member begins.

Names of members are strings and never paths. What a member is, is told by its content; its extension says only what it
is for: caption, metadata or sidecar.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

import pyarrow as pa

from lowbackground.manifests.sniff import sniff
from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.extract import has_text
from lowbackground.pipeline.inputs.locations import is_local
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS, Event, Skipped, batches
from lowbackground.pipeline.readers.input_stream import open_input
from lowbackground.pipeline.readers.payload import HEAD, hint_of, is_media
from lowbackground.pipeline.readers.samples import METADATA, PAGES, SIDECAR, TEXTS, Part, records, split_name
from lowbackground.pipeline.readers.streams import MAX_MAGIC, Stream, StreamError, codec_of
from lowbackground.pipeline.readers.tar_headers import Member, PlainSource, TarError, TarWalk
from lowbackground.pipeline.units import InputFile, Unit

MAX_PARTS = 1000  # members of one sample; real ones have fewer than twenty
MAX_SAMPLE_MEDIA = 2  # times read.max_media_bytes that the parts of one sample may have together
_GZIPPED = ".gz"


def schema(file: InputFile, settings: Read) -> pa.Schema:  # noqa: ARG001 (the same for every file; readers share one signature)
    """The columns of a source that has none of its own."""
    return DOCUMENT_COLUMNS


def slices(file: InputFile, unit_bytes: int) -> list[tuple[int, int]]:
    """Ranges of a plain local archive that each begin with a sample, by a walk over its headers; all of any other."""
    if file.size <= unit_bytes or not is_local(file.uri):
        return [(0, -1)]
    with open_input(file) as stream:
        if codec_of(stream.read(MAX_MAGIC)) is not None:
            return [(0, -1)]
        cuts = list(_cuts(TarWalk(PlainSource(stream, 0, file.size)), unit_bytes))
    return list(zip(cuts, [*cuts[1:], file.size], strict=True))


def _cuts(walk: TarWalk, unit_bytes: int) -> Iterator[int]:
    """Where units begin; a fault ends the walk, and the last unit meets it again."""
    yield 0
    last, key = 0, None
    try:
        for member in walk:
            name = split_name(member.name) if member.kind == "file" else None
            if name is None:
                continue
            if name[0] != key and key is not None and member.offset - last >= unit_bytes:
                last = member.offset
                yield last
            key = name[0]
    except TarError:
        return


def read(unit: Unit, settings: Read) -> Iterator[Batch]:
    """The records of the samples that begin in the unit.

    Raises:
        UnitError: the archive breaks; what came before was yielded.
        StorageError: the file cannot be opened or read.
    """
    for file in unit.files:
        with open_input(file) as stream:
            yield from batches(_events(file, stream, unit, settings), settings)


def _events(file: InputFile, stream: BinaryIO, unit: Unit, settings: Read) -> Iterator[Event]:
    try:
        compressed = codec_of(stream.read(MAX_MAGIC)) is not None
        stream.seek(0)
        forward = compressed or not file.size  # a web server may not say how much there is to seek in
        source = Stream(stream) if forward else PlainSource(stream, unit.start, file.size)
        yield from _Reader(file.source, TarWalk(source, unit.start), settings).events(unit.end)
    except StreamError as error:
        raise _broken(file, str(error)) from error
    except TarError as error:
        raise _broken(file, f"{error}, at byte {error.offset}") from error


def _broken(file: InputFile, words: str) -> UnitError:
    return UnitError(
        f"{file.source}: {words}; the samples before it were read. Fetch the file again and run with --redo-changed"
    )


@dataclass(slots=True)
class _Sample:
    """The sample under way.

    `told` says that one of its members was accounted for by itself; `lost_media` that this was to be its picture, sound
    or video: then its texts are captions of nothing.
    """

    key: str
    offset: int
    parts: list[Part] = field(default_factory=list)
    size: int = 0
    told: bool = False
    lost_media: bool = False


class _Reader:
    def __init__(self, source: str, walk: TarWalk, settings: Read) -> None:
        self._source, self._walk, self._settings = source, walk, settings
        self._sample: _Sample | None = None

    def events(self, end: int) -> Iterator[Event]:
        """Everything up to the first sample that begins at or after `end`; a negative one is none."""
        try:
            for member in self._walk:
                name = split_name(member.name) if member.kind == "file" else None
                if name is None:
                    if member.kind != "folder":
                        yield Skipped("hidden-file" if member.kind == "file" else "not-a-file")
                    continue
                if self._sample is None or name[0] != self._sample.key:
                    yield from self._finished()
                    if 0 <= end <= member.offset:
                        return
                    self._sample = _Sample(name[0], member.offset)
                yield from self._add(member, name[1], self._sample)
        except (TarError, StreamError):
            sample = self._sample
            if sample is not None and (sample.parts or not sample.told):
                detail = "the archive breaks inside this sample"
                yield Unreadable(sample.key, self._source, sample.offset, "truncated", detail)
            raise
        yield from self._finished()

    def _finished(self) -> Iterator[Event]:
        sample, self._sample = self._sample, None
        if sample is None or not sample.parts:
            return
        if sample.lost_media and not any(part.kind == "media" for part in sample.parts):
            yield from (Skipped("unused-part") for _ in sample.parts)
        else:
            yield from records(sample.key, sample.parts, self._source, self._settings)

    def _add(self, member: Member, ext: str, sample: _Sample) -> Iterator[Event]:
        """Take a member into the sample, or say what keeps it out."""
        found = self._part(member, ext, sample)
        if isinstance(found, Part):
            sample.parts.append(found)
            sample.size += len(found.data)
        else:
            sample.told = True
            sample.lost_media |= is_media(hint_of(f"x.{ext}"))
            yield found

    def _part(self, member: Member, ext: str, sample: _Sample) -> Part | Event:
        head = self._walk.read(HEAD)
        kind = _kind_of(head, ext)
        if kind is None:
            return Skipped("unknown-type" if member.size else "empty")
        refused = self._refused(member, sample)
        if refused is not None:
            return Unreadable(f"{sample.key}#{ext}", self._source, member.offset, *refused)
        data = head + self._walk.read(member.size - len(head))
        if len(data) < member.size:
            missing = member.size - len(data)
            raise TarError(member.offset, f"the archive ends {missing} bytes before its member does", truncated=True)
        if ext.lower().endswith(_GZIPPED):
            try:
                data = _gunzipped(data, self._settings.max_media_bytes)
            except StreamError as error:
                reason = "too-large" if error.reason == "bomb" else "invalid-encoding"
                return Unreadable(f"{sample.key}#{ext}", self._source, member.offset, reason, str(error)[:200])
        if kind != "text":
            return Part(ext, member.offset, kind, data, sniff(data, hint_of(f"x.{ext}")) if kind == "media" else None)
        media_type = _text_type(data, ext)
        return Part(ext, member.offset, kind, data, media_type) if media_type else Skipped("unknown-type")

    def _refused(self, member: Member, sample: _Sample) -> tuple[str, str] | None:
        """Why a member is not even read: reason and detail."""
        cap = self._settings.max_media_bytes
        if member.size > cap:
            return "too-large", f"{member.size} bytes are declared, read.max_media_bytes is {cap}"
        if sample.size + member.size > MAX_SAMPLE_MEDIA * cap:
            return "too-large", f"its sample has more than {MAX_SAMPLE_MEDIA} times read.max_media_bytes, {cap}"
        return ("too-many-parts", f"its sample has more than {MAX_PARTS}") if len(sample.parts) >= MAX_PARTS else None


def _kind_of(head: bytes, ext: str) -> str | None:
    """What a member is for, by extension; whether it is media, by content; null for what is of no use."""
    last = ext.lower().removesuffix(_GZIPPED).rpartition(".")[2]
    if not head:
        return None
    if last in TEXTS:
        return "text"
    if last == METADATA:
        return "metadata"
    if last == SIDECAR:
        return "sidecar"
    return "media" if is_media(sniff(head, hint_of(f"x.{ext}"))) else None


def _text_type(data: bytes, ext: str) -> str | None:
    """`text/html` for a page, `text/plain` for any other text; null for bytes that are none."""
    if ext.lower().removesuffix(_GZIPPED).rpartition(".")[2] in PAGES:
        found = sniff(data, "text/html")
        return found if has_text(found) else None
    return "text/plain" if has_text(sniff(data, "text/plain")) else None


def _gunzipped(data: bytes, cap: int) -> bytes:
    """The content of a compressed member.

    Raises:
        StreamError: it is damaged, or larger than `cap`.
    """
    content = Stream(BytesIO(data)).read(cap + 1)
    if len(content) > cap:
        raise StreamError("bomb", f"decompresses to more than read.max_media_bytes, {cap}")
    return content

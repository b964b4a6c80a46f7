"""The records of a WARC file with the place of each, over damage and between two cuts.

FastWARC raises at the first thing it cannot read. Here the damage becomes a `Broken`, and reading goes on at the next
place where a record begins: a member or frame whose content starts with `WARC/`, or such a line in a plain file.
A record is placed by the start of its member; further records in one member are numbered on from there.

A slice (start, end) holds the records from the first that begins at or after `start` up to the first that begins at or
after `end`, and what is broken before that one; so slices that meet make up the whole file.

A body can hold what looks like records, with dates that its author chose. So a slice is led to its first record by the
records before it, and a record that was found again after damage is doubtful until sound ones have run on for longer
than such a body could make them.
"""

import re
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from fastwarc.stream_io import GzipReader, Lz4Reader, ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecord

from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.readers.warc_faults import FormatError, FormatErrors
from lowbackground.pipeline.readers.warc_search import PROBE, codec_at_start, is_start, next_start

MAX_HEADER_BYTES = 1 << 16
_LOOK_BACK = 32 << 20  # bytes before a slice whose records lead to it: more than crawlers keep of one response
_PROOF: dict[str | None, int] = {  # bytes for which records that stand in a body cannot follow each other
    "gzip": 1 << 20,  # a stored deflate block ends after 64 KiB (RFC 1951, 3.2.4), and its header breaks the chain
    "zstd": 1 << 20,  # a raw block ends after 128 KiB (RFC 8878, 3.1.1.2)
    "lz4": 8 << 20,  # an uncompressed block ends after 4 MiB (LZ4 frame format, block maximum size)
    None: 64 << 20,  # a body stands in a plain file as it is: this is larger than crawlers keep
}


@dataclass(frozen=True, slots=True)
class Found:
    """A record, to be read before the next is asked for. `cut` says, once it has been read, if the input ends inside it.

    `doubtful`: it was found again after damage, and may stand in the body of another record.
    """

    record: WarcRecord
    offset: int
    cut: Callable[[], str | None]
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where no record could be read. `taints`: the record before may be part of the damage."""

    offset: int
    detail: str
    taints: bool = False
    reason: str = "invalid-record"


class _FaultError(Exception):
    """Where the stream broke, and what to tell."""

    def __init__(self, offset: int, broken: Broken) -> None:
        super().__init__()
        self.offset = offset
        self.broken = broken


def records(file: BinaryIO, name: str, start: int = 0, end: int = -1) -> Iterator[Found | Broken]:
    """The records of `file` between `start` and `end` (-1: to the end of the file); `name` is for messages.

    Raises:
        UnitError: at the very end, where a rest of the file could not be read.
        OSError: the storage failed.
    """
    codec = codec_at_start(file)
    at, resumed = _first(file, codec, start)
    while at is not None and not 0 <= end <= at:
        try:
            yield from _run(file, codec, at, end, resumed)
        except _FaultError as fault:
            if 0 <= end <= fault.offset and is_start(file, codec, fault.offset):
                return  # the next slice begins with it and will tell
            yield fault.broken
            lost = fault.offset
            at = resumed = next_start(file, codec, lost + 1)
            if at is None and codec is None and lost == 0 and not is_start(file, codec, 0):
                raise UnitError(
                    f"{name}: is no WARC file: no record begins anywhere in it. Leave out --format warc to have it read as "
                    "what it is"
                ) from None
            if at is None:
                raise UnitError(
                    f"{name}: from byte {lost} on no record could be read; a file that was cut in transfer ends like "
                    "this: fetch it again and run with --redo-changed"
                ) from None
        else:
            return


def _first(file: BinaryIO, codec: str | None, start: int) -> tuple[int | None, int | None]:
    """Where the first record at or after `start` begins, and where the records that lead to it were last found again."""
    at: int | None = max(0, start - _LOOK_BACK)
    resumed = None
    if at:
        at = resumed = next_start(file, codec, at)
    while at is not None and at < start:
        led = _run(file, codec, at, start, resumed)
        try:
            while True:
                next(led)
        except StopIteration as stop:
            at = stop.value
            break
        except _FaultError as fault:
            if fault.offset >= start and is_start(file, codec, fault.offset):
                return fault.offset, resumed
            at = resumed = next_start(file, codec, fault.offset + 1)
    return at, resumed


def _run(
    file: BinaryIO, codec: str | None, at: int, end: int, resumed: int | None
) -> Generator[Found | Broken, None, int | None]:
    """Records from a place where one begins, up to `end` or to the first fault.

    Returns where the record begins that it stopped before; null at the end of the file.

    Raises:
        _FaultError: with the place of the fault.
    """
    places = _Places(file, codec, at)
    for record in places:
        offset, member = places.offset, places.member
        if 0 <= end <= member:
            return member
        if not _has_length(record):
            raise _FaultError(member, Broken(offset, "its Content-Length is missing or no number"))
        doubtful = resumed is not None and member - resumed < _PROOF[codec]
        yield Found(record, offset, partial(places.cut, record), doubtful)
        try:
            with _FORMAT_ERRORS:
                record.reader.consume()
                cut = places.cut(record)
        except FormatError as error:
            raise _FaultError(member, Broken(offset, str(error), taints=True)) from error
        if cut:
            raise _FaultError(member, Broken(offset, cut, taints=True, reason="truncated"))
    places.check_end()
    return None


def _has_length(record: WarcRecord) -> bool:
    declared = record.headers.get("Content-Length") or ""
    return bool(declared.isdecimal()) and len(declared) < 20 and int(declared) == record.content_length


class _Places:
    """Iterates records and knows where each begins, which FastWARC tells only through the reader of a codec.

    `member` is where the member of the last record starts, `offset` the place of that record.
    """

    def __init__(self, file: BinaryIO, codec: str | None, at: int) -> None:
        file.seek(at)
        reader = _READERS.get(codec)
        self._file, self._codec = file, codec
        self._reader: Any = reader(file) if reader else None
        self._records = ArchiveIterator(
            self._reader or file,
            parse_http=False,
            max_header_len=MAX_HEADER_BYTES,
            stream_detect=False,  # detection reads ahead, and then the reader tells the place of a later frame
        )
        self._last: WarcRecord | None = None
        self.member = self.offset = self._after = at

    def __iter__(self) -> Iterator[WarcRecord]:
        while True:
            try:
                with _FORMAT_ERRORS:
                    record = next(self._records, None)
                    position = self._position(record) if record else 0
            except FormatError as error:
                raise self._between_records(str(error)) from error
            if record is None:
                return
            shares = self._last is not None and position == self.member
            self.offset = self.offset + 1 if shares else position
            self.member = self._after = position
            self._last = record
            yield record

    def _position(self, record: WarcRecord) -> int:
        return int(self._reader.frame_start_position() if self._reader else record.stream_pos)

    def cut(self, record: WarcRecord) -> str | None:
        """What is wrong with the length of a record that has been read to its end: the input ends before it does."""
        self._after = self._position(record)
        read, declared = record.reader.tell(), record.content_length
        return f"the input ends after {read} of its {declared} bytes" if read < declared else None

    def _between_records(self, detail: str) -> _FaultError:
        """Tell damage at the tail of the last record's member from damage where the next record should be."""
        if self._last is None:
            return _FaultError(self.member, Broken(self.member, detail))
        if self._reader is None:
            at = self._end_of_last()
            return _FaultError(at, Broken(at, detail))
        tail = Broken(self.offset + 1, detail, taints=self.offset == self.member)
        if self._after != self.member:  # the record goes on in another member; perhaps it should not
            return _FaultError(self.member, tail)
        try:
            with _FORMAT_ERRORS:
                at = int(self._reader.frame_start_position())
        except FormatError:  # a panic took the reader with it
            at = self.member
        if at == self.member:
            return _FaultError(self.member, tail)
        if self._is_readable(at):
            return _FaultError(at - 1, tail)
        return _FaultError(at, Broken(at, detail))

    def _is_readable(self, at: int) -> bool:
        places = _Places(self._file, self._codec, at)
        try:
            return next(iter(places), None) is not None
        except _FaultError:
            return False

    def _end_of_last(self) -> int:
        """Where the last record of a plain file ends, by its own headers."""
        assert self._last is not None  # noqa: S101 (told by the caller)
        self._file.seek(self.member)
        head = self._file.read(MAX_HEADER_BYTES)
        end = _HEADERS_END.search(head)
        return self.member + (end.end() if end else len(head)) + int(self._last.content_length)

    def check_end(self) -> None:
        """Whether the file ends where a record ends; FastWARC takes a member that is cut short for the end.

        Raises:
            _FaultError: it does not.
        """
        at = int(self._reader.frame_start_position()) if self._reader else self.member
        self._file.seek(at)
        if self._last is None or at not in {self.member, self._after}:
            rest = self._file.read(PROBE)
            if rest and not _is_empty_member(rest):
                raise _FaultError(at, Broken(at, "the file ends inside the headers of a record"))


def _is_empty_member(rest: bytes) -> bool:
    """Whether a file ends with a gzip member without content, as block-wise gzip writes it at the end."""
    with suppress(zlib.error):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        return not member.decompress(rest, 1) and member.eof
    return False


_FORMAT_ERRORS = FormatErrors()
_READERS: dict[str | None, Callable[[BinaryIO], Any]] = {"gzip": GzipReader, "lz4": Lz4Reader, "zstd": ZstdReader}
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


def has_member_per_record(file: BinaryIO) -> bool:
    """Whether records can be found from the middle: told by the first two, which must not share a member.

    A zstd file that begins with a dictionary (a skippable frame) cannot be read without it, so only as a whole.

    Raises:
        OSError: the storage failed.
    """
    codec = codec_at_start(file)
    if codec is None:
        return True
    places = _Places(file, codec, 0)
    try:
        members = [places.member for _ in islice(places, 2)]
    except _FaultError:
        return False
    return len(set(members)) == 2 and members[0] == 0

"""The records of a WARC file with the place of each, over damage and between two cuts.

FastWARC raises at the first thing it cannot read. Here the damage becomes a `Broken`, and reading goes on at the next
place where a record begins: a member or frame whose content starts with `WARC/`, or such a line in a plain file. A record is placed by the start of its member; further records in one member are numbered on from there.

A slice (start, end) holds the records from the first that begins at or after `start` up to the first that begins at or
after `end`, and what is broken before that one; so slices that meet make up the whole file.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from fastwarc.stream_io import GzipReader, Lz4Reader, ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecord

from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.panics import is_panic
from lowbackground.pipeline.readers.streams import codec_of

MAX_HEADER_BYTES = 1 << 16
_WINDOW = 1 << 20
_PROBE = 1 << 18  # compressed bytes that hold the first block of any member: zstd's are 128 KiB
_BEGIN = b"WARC/"


@dataclass(frozen=True, slots=True)
class Found:
    """A record, to be read before the next is asked for. `cut` says, once it has been read, if the input ends inside it."""

    record: WarcRecord
    offset: int
    cut: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where no record could be read. `taints`: the record before may be part of the damage."""

    offset: int
    detail: str
    taints: bool = False
    reason: str = "invalid-record"


class FormatError(Exception):
    """What is stored here cannot be read; nothing is wrong with the storage."""


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
    at = start if start == 0 else next_start(file, codec, start)
    while at is not None and not 0 <= end <= at:
        try:
            yield from _run(file, codec, at, end)
        except _FaultError as fault:
            if 0 <= end <= fault.offset and is_start(file, codec, fault.offset):
                return  # the next slice begins with it and will tell
            yield fault.broken
            lost, at = fault.offset, next_start(file, codec, fault.offset + 1)
            if at is None:
                raise UnitError(
                    f"{name}: from byte {lost} on no record could be read; a file that was cut in transfer ends like "
                    "this: fetch it again and run with --redo-changed"
                ) from None
        else:
            return


def _run(file: BinaryIO, codec: str | None, at: int, end: int) -> Iterator[Found | Broken]:
    """Records from a place where one begins, up to `end` or to the first fault.

    Raises:
        _FaultError: with the place of the fault.
    """
    places = _Places(file, codec, at)
    for record in places:
        offset, member = places.offset, places.member
        if 0 <= end <= member:
            return
        if not _has_length(record):
            raise _FaultError(member, Broken(offset, "its Content-Length is missing or no number"))
        yield Found(record, offset, partial(places.cut, record))
        try:
            with format_errors():
                record.reader.consume()
                cut = places.cut(record)
        except FormatError as error:
            raise _FaultError(member, Broken(offset, str(error), taints=True)) from error
        if cut:
            raise _FaultError(member, Broken(offset, cut, taints=True, reason="truncated"))
    places.check_end()


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
                with format_errors():
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
            with format_errors():
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
        if at != self.member or (self._last is None and self._file.read(1)):
            raise _FaultError(at, Broken(at, "the file ends inside the headers of a record"))


_READERS: dict[str | None, Callable[[BinaryIO], Any]] = {"gzip": GzipReader, "lz4": Lz4Reader, "zstd": ZstdReader}
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


@contextmanager
def format_errors() -> Iterator[None]:
    """Tells what FastWARC cannot read from what the storage cannot give.

    Raises:
        FormatError: in place of FastWARC's complaints, which are bare OSErrors without a number, and of its panics.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None or type(error) is not OSError:
            raise
        raise FormatError(str(error)[:200]) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise FormatError(f"the reader gave up: {error}"[:200]) from error


def codec_at_start(file: BinaryIO) -> str | None:
    """`gzip`, `zstd`, `lz4`, or null for a plain file."""
    file.seek(0)
    return codec_of(file.read(_MAGIC_BYTES))


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


def is_start(file: BinaryIO, codec: str | None, at: int) -> bool:
    """Whether a record begins at this very byte."""
    return next_start(file, codec, at, at + 1) == at


def next_start(file: BinaryIO, codec: str | None, at: int, before: int | None = None) -> int | None:
    """The first place at or after `at`, and before `before`, where a record begins; null if there is none.

    A plain file is searched for the line that starts a record and a header after it. An archive that was itself
    archived uncompressed has such places inside a body; nothing but reading the whole file tells them apart.
    """
    pattern, probe = _STARTS[codec]
    window_at = at
    while before is None or window_at < before:
        file.seek(window_at)
        window = file.read(_WINDOW + _PROBE)
        for found in pattern.finditer(window):
            place = window_at + found.start()
            if found.start() >= _WINDOW or (before is not None and place >= before):
                break
            if place >= at and probe(memoryview(window)[found.start() : found.start() + _PROBE]):
                return place
        if len(window) < _WINDOW + _PROBE:
            return None
        window_at += _WINDOW
    return None


def _gzip_begins(data: memoryview) -> bool:
    with suppress(zlib.error):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, len(_BEGIN)) == _BEGIN
    return False


def _zstd_begins(data: memoryview) -> bool:
    import zstandard

    with suppress(zstandard.ZstdError):
        return zstandard.ZstdDecompressor().stream_reader(data).read(len(_BEGIN)) == _BEGIN
    return False


def _lz4_begins(data: memoryview) -> bool:
    import lz4.frame

    with suppress(RuntimeError):
        return bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, len(_BEGIN))) == _BEGIN
    return False


_MAGIC_BYTES = 6
_STARTS: dict[str | None, tuple[re.Pattern[bytes], Callable[[memoryview], bool]]] = {
    "gzip": (re.compile(rb"\x1f\x8b\x08[\x00-\x1f]"), _gzip_begins),  # RFC 1952: deflate, reserved flags zero
    "zstd": (re.compile(rb"\x28\xb5\x2f\xfd"), _zstd_begins),
    "lz4": (re.compile(rb"\x04\x22\x4d\x18"), _lz4_begins),
    None: (re.compile(rb"WARC/\d\.\d{1,2}\r?\n[A-Za-z-]{2,40}:"), lambda _data: True),
}

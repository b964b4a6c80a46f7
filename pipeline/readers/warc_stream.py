"""The records of a WARC file with the place of each, over damage and between two cuts.

FastWARC raises at the first thing it cannot read. Here the damage becomes a `Broken`, and reading goes on at the next
place where a record begins: a gzip member or zstd frame whose content starts with `WARC/`, or such a line in a plain
file. A record is placed by the start of its member; further records in one member are numbered on from there.

A slice (start, end) holds the records from the first that begins at or after `start` up to the first that begins at or
after `end`, and what is broken before that one; so slices that meet make up the whole file.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from fastwarc.stream_io import GzipReader, ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecord

from lowbackground.pipeline.errors import UnitError
from lowbackground.pipeline.readers.streams import codec_of

MAX_HEADER_BYTES = 1 << 16
_WINDOW = 1 << 20
_PROBE = 1 << 18  # compressed bytes that hold the first block of any member: zstd's are 128 KiB
_BEGIN = b"WARC/"


@dataclass(frozen=True, slots=True)
class Found:
    """A record, to be read before the next is asked for. `fault` says what is wrong once its body has been read."""

    record: WarcRecord
    offset: int
    fault: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where no record could be read. `taints`: the record before may be part of the damage."""

    offset: int
    detail: str
    taints: bool = False


class _FaultError(Exception):
    """Where the stream broke; `broken` is what to tell, null where the record at hand told it."""

    def __init__(self, offset: int, broken: Broken | None) -> None:
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
            if fault.broken:
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
        if not (record.headers.get("Content-Length") or "").isdecimal():
            raise _FaultError(member, Broken(offset, "its Content-Length is missing or no number"))
        yield Found(record, offset, partial(places.fault, record))
        try:
            record.reader.consume()
        except OSError as error:
            raise_if_storage(error)  # else the reader of the record met it too
        if places.fault(record):
            raise _FaultError(member, None)
    places.check_end()


class _Places:
    """Iterates records and knows where each begins, which FastWARC tells only through the reader of some codecs."""

    def __init__(self, file: BinaryIO, codec: str | None, at: int) -> None:
        file.seek(at)
        reader = _READERS.get(codec)
        self._file = file
        self._reader: Any = reader(file) if reader else None
        self._records = ArchiveIterator(self._reader or file, parse_http=False, max_header_len=MAX_HEADER_BYTES)
        self._last: WarcRecord | None = None
        self._plain = codec is None
        self._crossed = False
        self.member, self.offset = at, at

    def __iter__(self) -> Iterator[WarcRecord]:
        while True:
            try:
                record = next(self._records, None)
            except OSError as error:
                raise_if_storage(error)
                raise self._between_records(str(error)[:200]) from error
            if record is None:
                return
            member = self._reader.frame_start_position() if self._reader else record.stream_pos
            shares = self._last is not None and member == self.member
            self.offset = self.offset + 1 if shares else member
            self.member, self._last = member, record
            yield record

    def fault(self, record: WarcRecord) -> str | None:
        """What is wrong with the frame of a record that has been read to its end.

        One that goes on in a next member is odd and no fault yet: writers do that, and so does a wrong Content-Length.
        """
        self._crossed = self._reader is not None and self._reader.frame_start_position() != self.member
        read, declared = record.reader.tell(), record.content_length
        if read < declared:
            return f"the input ends after {read} of its {declared} bytes"
        return None

    def _between_records(self, detail: str) -> _FaultError:
        if self._last is None:
            return _FaultError(self.member, Broken(self.member, detail))
        if self._crossed:
            return _FaultError(self.member, Broken(self.offset + 1, detail, taints=True))
        if self._plain:
            at = self._end_of_last()
            return _FaultError(at, Broken(at, detail))
        at = self._reader.frame_start_position() if self._reader else self.member + 1
        if at != self.member:
            return _FaultError(at, Broken(at, detail))
        return _FaultError(at, Broken(self.offset + 1, detail, taints=self.offset == self.member))

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
        at = self._reader.frame_start_position() if self._reader else self.member
        self._file.seek(at)
        if at != self.member or (self._last is None and self._file.read(1)):
            raise _FaultError(at, Broken(at, "the file ends inside the headers of a record"))


_READERS: dict[str | None, Callable[[BinaryIO], Any]] = {"gzip": GzipReader, "zstd": ZstdReader}
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


def raise_if_storage(error: OSError) -> None:
    """FastWARC's own complaints about the format carry no error number; the system's and the stores' do.

    Raises:
        OSError: `error`, where it is none of FastWARC's.
    """
    if error.errno is not None or type(error) is not OSError:
        raise error


def codec_at_start(file: BinaryIO) -> str | None:
    """`gzip`, `zstd`, `lz4`, or null for a plain file."""
    file.seek(0)
    return codec_of(file.read(_MAGIC_BYTES))


def has_member_per_record(file: BinaryIO) -> bool:
    """Whether records can be found from the middle: told by the first two, which must not share a member.

    Raises:
        OSError: the storage failed.
    """
    codec = codec_at_start(file)
    if codec not in _READERS:
        return codec is None
    places = _Places(file, codec, 0)
    try:
        members = [places.member for _ in islice(places, 2)]
    except _FaultError:
        return False
    return len(set(members)) == 2


def is_start(file: BinaryIO, codec: str | None, at: int) -> bool:
    """Whether a record begins at this very byte."""
    return next_start(file, codec, at, at + 1) == at


def next_start(file: BinaryIO, codec: str | None, at: int, before: int | None = None) -> int | None:
    """The first place at or after `at`, and before `before`, where a record begins; null if there is none.

    A plain file is searched for a line that starts a record and a header after it. An archive that was itself
    archived uncompressed has such places inside a body; nothing but reading the whole file tells them apart.
    """
    pattern, probe = _STARTS[codec]
    lead = 1 if codec is None and at else 0  # the newline before the line
    window_at = at - lead
    while before is None or window_at < before:
        file.seek(window_at)
        window = file.read(_WINDOW + _PROBE)
        for found in pattern.finditer(window):
            place = window_at + found.start(1)
            if codec is None and window_at and found.start(1) == 0:
                continue  # the middle of a line, or a place that the window before showed
            if found.start() >= _WINDOW or (before is not None and place >= before):
                break
            if place >= at and probe(memoryview(window)[found.start(1) : found.start(1) + _PROBE]):
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
    "gzip": (re.compile(rb"(\x1f\x8b\x08[\x00-\x1f])"), _gzip_begins),  # RFC 1952: deflate, reserved flags zero
    "zstd": (re.compile(rb"(\x28\xb5\x2f\xfd)"), _zstd_begins),
    "lz4": (re.compile(rb"(\x04\x22\x4d\x18)"), _lz4_begins),
    None: (re.compile(rb"(?:\A|\n)(WARC/\d\.\d{1,2}\r?\n[A-Za-z-]{2,40}:)"), lambda _data: True),
}

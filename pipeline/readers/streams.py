"""Decompression of an input file, told by its first bytes: gzip, zstd, bzip2, xz and LZ4 frames, one after another.

- What was decompressed before a fault is yielded first; then `StreamError` says what the fault is.
- An error of the file itself goes on as it is.
- Memory is bounded whatever the ratio, and so is work: above `MAX_RATIO` the stream is taken for a bomb.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

from lowbackground.pipeline.inputs.locations import open_binary

CHUNK = 1 << 20  # bytes of one piece of output, and of one read of an uncompressed file
_INPUT = 1 << 16
_FAULT_STEP = 64  # bytes of input, of which DEFLATE makes at most 66 KiB
_ZSTD_INPUT = 1 << 10  # RFC 8878, 3.1.1.2: a block of 4 bytes may stand for 128 KiB, so this bounds a piece to 32 MiB
_ZSTD_WINDOW = 1 << 31  # what `zstd --ultra --long=31` makes, in which large public text dumps are published
_XZ_MEMORY = 1 << 30  # xz(1): level 9 needs 65 MiB
MAX_RATIO = (
    2000  # DEFLATE cannot exceed 1032 (zlib's technical notes); JSON lines of one word repeated reach about 1000
)
_FREE = 1 << 30  # bytes of output before a ratio means anything

_MAGIC = {  # RFC 1952, RFC 8878, bzip2's and xz's and LZ4's frame formats
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x04\x22\x4d\x18": "lz4",
}
MAX_MAGIC = 6


class StreamError(Exception):
    """A compressed stream that cannot be read on; `reason` is `truncated`, `corrupt` or `bomb`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def codec_of(head: bytes) -> str | None:
    """The codec that a file with these first bytes is written in; null for none that is known."""
    for magic, codec in _MAGIC.items():
        if head.startswith(magic):
            return codec
    skippable = len(head) >= 4 and head[0] >> 4 == 5 and head[1:4] == b"\x2a\x4d\x18"  # RFC 8878, 3.1.2
    return "zstd" if skippable else None


class _Decoder(Protocol):
    """One member or frame: `pieces` yields all output of some input."""

    eof: bool
    left: bytes

    def pieces(self, data: bytes) -> Iterator[bytes]: ...


class _Gzip:
    def __init__(self) -> None:
        self._object = zlib.decompressobj(wbits=31)
        self.eof, self.left = False, b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        full = True  # a full piece may leave output inside zlib even when all input is consumed
        while (data or full) and not self._object.eof:
            before = self._object.copy()
            try:
                piece = self._object.decompress(data, CHUNK)
            except zlib.error:
                yield from self._up_to_fault(before, data)
                raise
            data, full = self._object.unconsumed_tail, len(piece) == CHUNK
            yield piece
        self.eof, self.left = self._object.eof, self._object.unused_data

    @staticmethod
    def _up_to_fault(decoder: Any, data: bytes) -> Iterator[bytes]:
        """The output before a fault, which zlib drops together with the call that meets it."""
        for start in range(0, len(data), _FAULT_STEP):
            yield decoder.decompress(data[start : start + _FAULT_STEP])


class _Bounded:
    """bzip2, xz and LZ4, whose objects share the interface of `bz2.BZ2Decompressor`."""

    def __init__(self, new: Callable[[], Any]) -> None:
        self._object = new()
        self.eof, self.left = False, b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        yield self._object.decompress(data, CHUNK)
        while not self._object.eof and not self._object.needs_input:
            yield self._object.decompress(b"", CHUNK)
        self.eof, self.left = self._object.eof, self._object.unused_data or b""


class _Zstd:
    def __init__(self) -> None:
        import zstandard

        self._object = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self.eof, self.left = False, b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_INPUT):
            yield self._object.decompress(data[start : start + _ZSTD_INPUT])
            if self._object.eof:
                self.left = self._object.unused_data + data[start + _ZSTD_INPUT :]
                break
        self.eof = self._object.eof


def _lz4() -> Any:
    import lz4.frame

    return lz4.frame.LZ4FrameDecompressor()


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": _Gzip,
    "zstd": _Zstd,
    "bzip2": lambda: _Bounded(bz2.BZ2Decompressor),
    "xz": lambda: _Bounded(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)),
    "lz4": lambda: _Bounded(_lz4),
}


def decompressed(file: BinaryIO) -> Iterator[bytes]:
    """The content of a file from where it stands, in non-empty pieces of bounded size.

    Raises:
        StreamError: after the last good piece.
    """
    head = file.read(_INPUT)
    codec = codec_of(head)
    if codec is None:
        if head:
            yield head
        yield from plain(file)
        return
    consumed = produced = 0
    for read, piece in _members(file, head, codec):
        consumed, produced = consumed + read, produced + len(piece)
        if produced > _FREE and produced > MAX_RATIO * consumed:
            raise StreamError("bomb", f"{consumed} bytes of {codec} gave {produced}, more than {MAX_RATIO} for one")
        if piece:
            yield piece


def plain(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file from where it stands, as they are."""
    while piece := file.read(CHUNK):
        yield piece


def _members(file: BinaryIO, data: bytes, codec: str) -> Iterator[tuple[int, bytes]]:
    """Each piece of output, with the bytes of input that were read since the one before."""
    decoder: _Decoder | None = None
    read = len(data)
    while data:
        if decoder is None:
            decoder = _DECODERS[codec]()
        try:
            for piece in decoder.pieces(data):
                yield read, piece
                read = 0
        except MemoryError:
            raise
        except Exception as error:  # five libraries, each with errors of its own
            raise StreamError("corrupt", f"{codec} data is corrupt ({_words(error)})") from error
        data = b""
        if decoder.eof:
            data, decoder = decoder.left, None
        if not data:
            data = file.read(_INPUT)
            read += len(data)
        if decoder is None:
            data, skipped = _next_member(file, data, codec)
            read += skipped
    if decoder is not None:
        raise StreamError("truncated", f"{codec} data ends in the middle")


def _next_member(file: BinaryIO, data: bytes, codec: str) -> tuple[bytes, int]:
    """What follows a finished member: another one, or nothing but padding; and how much was read to find out."""
    read = 0
    while data and not (rest := data.lstrip(b"\0")):
        data = file.read(_INPUT)
        read += len(data)
    if not data:
        return b"", read
    if len(rest) < MAX_MAGIC:
        more = file.read(_INPUT)
        rest, read = rest + more, read + len(more)
    if codec_of(rest) != codec:
        raise StreamError("corrupt", f"{codec} data is followed by something else")
    return rest, read


def _words(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


class Stream:
    """A decompressed input, read forward; `position` counts decompressed bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pieces = decompressed(file)
        self._buffer = memoryview(b"")
        self.position = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end.

        Raises:
            StreamError: where fewer than `size` bytes are left before a fault; those are lost to the caller.
        """
        parts = []
        while size:
            if not self._buffer:
                piece = next(self._pieces, b"")
                if not piece:
                    break
                self._buffer = memoryview(piece)
            part, self._buffer = self._buffer[:size], self._buffer[size:]
            parts.append(part)
            size -= len(part)
            self.position += len(part)
        return parts[0].tobytes() if len(parts) == 1 else b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over up to `size` bytes; how many there were."""
        start = self.position
        while size > self.position - start and self.read(min(CHUNK, size - (self.position - start))):
            pass
        return self.position - start

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def open_stream(location: str) -> Stream:
    """The decompressed content of a file.

    Raises:
        OSError: it is not there, or may not be read.
    """
    return Stream(open_binary(location))

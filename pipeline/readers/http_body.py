"""HTTP transfer and content codings of an archived body, undone at a bounded cost.

Archives hold bodies as sent, already decoded under their old headers, or cut off. So a coding that the bytes do not
show is taken for undone, and a body that ends early keeps what it has. RFC 9110 section 8.4, RFC 9112 section 7.1.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_CODINGS = 4  # real responses have one or two
MAX_RATIO = 500  # repetitive pages reach about 200; DEFLATE cannot exceed 1032, Brotli and Zstandard can a hundredfold
_FREE = 1 << 20  # bytes of output before a ratio means anything
_PIECE = 1 << 20
_FEED = 1 << 14
_ZSTD_FEED = 1 << 10  # RFC 8878, 3.1.1.2: 4 bytes may stand for 128 KiB, so this bounds a piece to 32 MiB
_ZSTD_WINDOW = 1 << 23  # RFC 9659: content coding zstd must not need a window above 8 MiB
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4000})?\r\n")


class BodyError(Exception):
    """A body that cannot be decoded; `reason` is `invalid-encoding` or `decompression-bomb`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body.

    `more`: it goes on beyond the cap. `cut`: its input ended before its codings did. `undone`: a coding that a header
    names is not in the bytes, so neither Content-Length nor a payload digest has to fit them.
    """

    data: bytes
    more: bool = False
    cut: bool = False
    undone: bool = False


def decode_body(stored: bytes, transfer: str | None, content: str | None, cap: int) -> Body:
    """`stored` without the codings that the two headers name, as at most `cap` bytes.

    Raises:
        BodyError: a coding is there and broken, or expands more than `MAX_RATIO`.
    """
    codings = [*_names(content), *_names(transfer)]
    if len(codings) > MAX_CODINGS:
        raise BodyError(
            "invalid-encoding", f"{len(codings)} codings on top of each other, at most {MAX_CODINGS} are read"
        )
    data, more, cut, undone = stored, False, False, False
    for at, coding in enumerate(reversed(codings), 1):
        limit = cap if at == len(codings) else max(cap, len(stored))
        body = dechunked(data) if coding == "chunked" else _decompressed(data, coding, limit)
        data, more = body.data, body.more
        cut, undone = cut or body.cut, undone or body.undone
    return Body(data[:cap], more or len(data) > cap, cut, undone)


def _names(header: str | None) -> list[str]:
    return [name for part in (header or "").split(",") if (name := part.strip().lower())]


def dechunked(stored: bytes) -> Body:
    """A chunked body as one; `stored` itself where it is not chunked at all."""
    chunks: list[memoryview] = []
    at, data = 0, memoryview(stored)
    while found := _CHUNK.match(stored, at):
        size = int(found[1], 16)
        start, at = found.end(), found.end() + size
        if size == 0:
            return Body(b"".join(chunks))
        if not chunks and at + 2 <= len(stored) and stored[at : at + 2] != b"\r\n":
            return Body(stored, undone=True)  # a text that happens to begin with a hexadecimal word
        chunks.append(data[start:at])
        at += 2
    return Body(b"".join(chunks), cut=True) if chunks else Body(stored, undone=True)


def _decompressed(data: bytes, coding: str, limit: int) -> Body:
    """Unknown codings are servers' nonsense, such as `utf-8` or `none`: browsers pass over them, and so does this."""
    decoder = _CODINGS.get(coding)
    if decoder is None or not data:
        return Body(data)
    if not data.startswith(decoder.magic):
        return Body(data, undone=True)
    pieces, size = [], 0
    try:
        for consumed, piece in decoder.pieces(data):
            size += len(piece)
            if size > _FREE and size > MAX_RATIO * consumed:
                raise BodyError(
                    "decompression-bomb", f"{consumed} bytes of {coding} gave {size}, more than {MAX_RATIO} for one"
                )
            pieces.append(piece)
            if size > limit:
                return Body(b"".join(pieces)[: limit + 1], more=True)
    except EOFError:
        return Body(b"".join(pieces), cut=True)
    except (BodyError, MemoryError):
        raise
    except Exception as error:
        if not size and not decoder.magic:
            return Body(data, undone=True)
        raise BodyError("invalid-encoding", f"{coding} is corrupt after {size} bytes: {str(error)[:100]}") from error
    return Body(b"".join(pieces))


Pieces = Iterator[tuple[int, bytes]]  # input consumed so far, and output; EOFError where the input ends early


def _inflate(data: bytes, wbits: int) -> Pieces:
    at = 0
    while True:
        member = zlib.decompressobj(wbits=wbits)
        while not member.eof:
            feed = data[at : at + _FEED]
            if not feed:
                raise EOFError
            at += len(feed)
            while feed and not member.eof:
                piece = member.decompress(feed, _PIECE)
                feed = member.unconsumed_tail
                yield at - len(feed), piece
        at -= len(member.unused_data)
        if wbits != _GZIP or not data.startswith(_GZIP_MAGIC, at):
            return  # what follows the last member is padding


def _undeflate(data: bytes) -> Pieces:
    """`deflate` is zlib by the standard, and bare DEFLATE by many servers."""
    is_zlib = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0  # RFC 1950, 2.2
    return _inflate(data, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _unbrotli(data: bytes) -> Pieces:
    import brotli

    decoder = brotli.Decompressor()
    for at in range(0, len(data), _FEED):
        feed = data[at : at + _FEED]
        while True:
            yield min(at + _FEED, len(data)), decoder.process(feed, output_buffer_limit=_PIECE)
            if decoder.is_finished():
                return
            if decoder.can_accept_more_data():
                break
            feed = b""
    raise EOFError


def _unzstd(data: bytes) -> Pieces:
    import zstandard

    at = 0
    while data.startswith(_ZSTD_MAGIC, at):
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        while not frame.eof:
            feed = data[at : at + _ZSTD_FEED]
            if not feed:
                raise EOFError
            at += len(feed)
            yield at, frame.decompress(feed)
        at -= len(frame.unused_data)


_GZIP = zlib.MAX_WBITS | 16  # zlib.h: with a gzip header
_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878


@dataclass(frozen=True, slots=True)
class _Coding:
    """A content coding; with a `magic`, bytes that do not start with it were decoded before they were stored."""

    pieces: Callable[[bytes], Pieces]
    magic: bytes = b""


_GZIP_CODING = _Coding(lambda data: _inflate(data, _GZIP), _GZIP_MAGIC)
_CODINGS = {
    "gzip": _GZIP_CODING,
    "x-gzip": _GZIP_CODING,  # RFC 9110, 8.4.1.3
    "deflate": _Coding(_undeflate),
    "br": _Coding(_unbrotli),  # RFC 7932
    "zstd": _Coding(_unzstd, _ZSTD_MAGIC),
}

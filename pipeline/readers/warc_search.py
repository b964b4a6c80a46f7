"""Finds where a WARC record begins, from anywhere in a file: a member or frame whose content starts with `WARC/`.

A plain file is searched for the line that starts a record and a header after it. An archive that was itself archived
without compression has such places inside a body; nothing but reading the whole file tells them apart.
"""

import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from lowbackground.pipeline.readers.streams import MAX_MAGIC, codec_of

PROBE = 1 << 18  # compressed bytes that hold the first block of any member: zstd's are 128 KiB
_WINDOW = 1 << 20
_BEGIN = b"WARC/"


def codec_at_start(file: BinaryIO) -> str | None:
    """`gzip`, `zstd`, `lz4`, or null for a plain file."""
    file.seek(0)
    return codec_of(file.read(MAX_MAGIC))


def is_start(file: BinaryIO, codec: str | None, at: int) -> bool:
    """Whether a record begins at this very byte."""
    return next_start(file, codec, at, at + 1) == at


def next_start(file: BinaryIO, codec: str | None, at: int, before: int | None = None) -> int | None:
    """The first place at or after `at`, and before `before`, where a record begins; null if there is none."""
    pattern, probe = _STARTS[codec]
    window_at = at
    while before is None or window_at < before:
        file.seek(window_at)
        window = file.read(_WINDOW + PROBE)
        for found in pattern.finditer(window):
            place = window_at + found.start()
            if found.start() >= _WINDOW or (before is not None and place >= before):
                break
            if place >= at and probe(memoryview(window)[found.start() : found.start() + PROBE]):
                return place
        if len(window) < _WINDOW + PROBE:
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


_STARTS: dict[str | None, tuple[re.Pattern[bytes], Callable[[memoryview], bool]]] = {
    "gzip": (re.compile(rb"\x1f\x8b\x08[\x00-\x1f]"), _gzip_begins),  # RFC 1952: deflate, reserved flags zero
    "zstd": (re.compile(rb"\x28\xb5\x2f\xfd"), _zstd_begins),
    "lz4": (re.compile(rb"\x04\x22\x4d\x18"), _lz4_begins),
    None: (re.compile(rb"WARC/\d\.\d{1,2}\r?\n[A-Za-z-]{2,40}:"), lambda _data: True),
}

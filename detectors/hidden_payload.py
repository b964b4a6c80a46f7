"""Payloads in the lowest bits of pixels ("stealth pnginfo"), which survive when metadata is stripped.

Bits run down the columns: one a pixel in alpha, or three in red, green and blue. Fifteen letters name the form, 32
bits give the length in bits, then comes the text, plain or gzipped (NovelAI/novelai-image-metadata, nai_sig.py). An
accidental match has odds of 2^-120. In a PNG the first pixel of a row is known as soon as the row is inflated, so
nearly every file is ruled out after a few rows, and no pixel of the others is decoded either.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from lowbackground.detectors.pixels import (
    Columns,
    Pixels,
    UndecodableError,
    decoded_pixels,
    first_columns,
    is_lossless_webp,
    picture_header,
)
from lowbackground.manifests.metadata.fields import MAX_PARTS, MAX_VALUE_BYTES, Data, Field

# What is decoded: a PNG at four bytes a pixel, and only where the first letters match; a lossless WebP at twenty, whatever
# it holds, and 40 bytes can ask for any size. NovelAI's pictures are no larger.
MAX_PIXELS = {"png": 12 << 20, "webp": 3 << 20}
COLOUR = frozenset(("RGB", "RGBA"))  # Pillow's modes; what was converted to them holds no bit of a payload
_MAGIC = {
    b"stealth_pnginfo": ("alpha", False),
    b"stealth_pngcomp": ("alpha", True),
    b"stealth_rgbinfo": ("rgb", False),
    b"stealth_rgbcomp": ("rgb", True),
}
_LETTERS = 15
_HEADER_BITS = 8 * (_LETTERS + 4)
_HEADS = {"alpha": b"stealth_png", "rgb": b"stealth_rgb"}
_FEED = 4096
_Decoded = TypeVar("_Decoded", Pixels, Columns)
_CHUNK = struct.Struct(">I4s")


def hidden_payload(data: Data, container: str) -> Field | None:
    """The payload of a PNG or a lossless WebP as a field `stealth:alpha` or `stealth:rgb`; null where there is none."""
    if container == "png":
        channels = [name for name in ("alpha", "rgb") if _may_hold(data, name)]
    elif container == "webp" and is_lossless_webp(data):
        channels = ["alpha", "rgb"]
    else:
        return None
    columns = _colour_columns(data, container) if channels else None
    if columns is None:
        return None
    for channel in channels:
        text = _payload(columns, channel)
        if text is not None:
            return Field(f"stealth:{channel}", text, f"pixels, {channel}", 0)
    return None


def colour_pixels(data: Data, media_type: str, max_pixels: int) -> Pixels | None:
    """The pixels as stored, RGB or RGBA; null where they are of another kind, too many, or cannot be decoded."""
    return _if_coloured(decoded_pixels, data, media_type, max_pixels)


def _colour_columns(data: Data, container: str) -> Columns | None:
    """The columns of a picture: of a PNG, which has a payload, no more than that needs; of a WebP from what others share."""
    type_, limit = f"image/{container}", MAX_PIXELS[container]
    if container == "png":
        return _if_coloured(first_columns, data, type_, limit)
    pixels = colour_pixels(data, type_, limit)
    return None if pixels is None else lambda count: pixels[:, :count]


def _if_coloured(
    decode: Callable[[Data, str, int], _Decoded], data: Data, type_: str, max_pixels: int
) -> _Decoded | None:
    try:
        return decode(data, type_, max_pixels) if picture_header(data, type_).mode in COLOUR else None
    except UndecodableError:  # a picture that nobody can decode hides nothing
        return None


def _bits(text: bytes) -> list[int]:
    return [byte >> shift & 1 for byte in text for shift in range(7, -1, -1)]


def _may_hold(data: Data, channel: str) -> bool:
    """Whether the first column of a PNG begins as a payload does, as far as it reaches; True where it cannot be told."""
    if len(data) < 33:
        return False
    _, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    if depth != 8 or colour not in {2, 6} or (channel == "alpha" and colour == 2):
        return False
    if interlaced:
        return False  # no writer of payloads interlaces
    wanted = _bits(_HEADS[channel])
    per_row = 1 if channel == "alpha" else 3
    at = 0
    for pixel in _first_pixels(data, 4 if colour == 6 else 3, min(height, len(wanted) // per_row)):
        values = pixel[3:4] if channel == "alpha" else pixel[:3]
        for value in values:
            if at < len(wanted) and value & 1 != wanted[at]:
                return False
            at += 1
    return at > 0


def _first_pixels(data: Data, size: int, rows: int) -> Iterator[bytes]:
    """The first pixel of each row of a PNG.

    Left of it all is zero, so its filters come to nothing, to the pixel above, or to half of it (PNG, 9.2).
    """
    width = struct.unpack_from(">I", data, 16)[0]
    length = 1 + width * size
    above = bytes(size)
    row = bytearray()
    left = length
    inflater = zlib.decompressobj()
    for piece in _compressed(data):
        waiting = piece
        while waiting:
            try:
                inflated = inflater.decompress(waiting, left)
            except zlib.error:
                return
            waiting = inflater.unconsumed_tail
            if len(row) <= size:
                row += inflated[: size + 1]
            left -= len(inflated)
            if left:
                if not inflated:
                    break
                continue
            filter_, raw = row[0], row[1 : 1 + size]
            half = filter_ == 3
            added = above if filter_ in {2, 4} else bytes(value // 2 for value in above) if half else bytes(size)
            above = bytes((one + other) & 0xFF for one, other in zip(raw, added, strict=False))
            yield above
            rows -= 1
            if not rows:
                return
            row, left = bytearray(), length


def _compressed(data: Data) -> Iterator[bytes]:
    """The contents of the IDAT chunks, in small pieces."""
    at = 8
    for _ in range(MAX_PARTS):
        if at + 12 > len(data):
            return
        length, name = _CHUNK.unpack_from(data, at)
        if name == b"IDAT":
            for start in range(at + 8, min(at + 8 + length, len(data)), _FEED):
                yield bytes(data[start : min(start + _FEED, at + 8 + length)])
        elif name == b"IEND":
            return
        at += 12 + length


def _payload(columns: Columns, channel: str) -> str | None:
    """The text that a channel holds; null where its letters do not match, or what follows is damaged."""
    if channel == "alpha" and columns(1).shape[2] < 4:
        return None
    header = _read(columns, channel, 0, _HEADER_BITS)
    form = _MAGIC.get(header[:_LETTERS])
    if form is None or form[0] != channel or len(header) < _LETTERS + 4:
        return None
    size = int.from_bytes(header[_LETTERS:], "big")
    if not 0 < size <= 8 * MAX_VALUE_BYTES:
        return None
    raw = _read(columns, channel, _HEADER_BITS, size)
    if len(raw) < size // 8:
        return None
    if form[1]:
        inflater = zlib.decompressobj(31)  # gzip
        try:
            raw = inflater.decompress(raw, MAX_VALUE_BYTES)
        except zlib.error:
            return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _read(columns: Columns, channel: str, start: int, bits: int) -> bytes:
    """Whole bytes from the lowest bits, from bit `start` on; fewer where the picture ends."""
    per_column = len(columns(1)) * (1 if channel == "alpha" else 3)
    pixels = columns(-(-(start + bits) // per_column))
    channels = pixels[:, :, 3:4] if channel == "alpha" else pixels[:, :, :3]
    stream = (channels.transpose(1, 0, 2).reshape(-1) & 1)[start : start + bits]
    return bytes(np.packbits(stream[: len(stream) // 8 * 8]))

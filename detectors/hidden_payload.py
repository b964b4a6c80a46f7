"""Payloads in the lowest bits of pixels ("stealth pnginfo"), which survive when metadata is stripped.

Bits run down the columns: one a pixel in alpha, or three in red, green and blue. Fifteen letters name the form, 32
bits give the length in bits, then comes the text, plain or gzipped (NovelAI/novelai-image-metadata, nai_sig.py). An
accidental match has odds of 2^-120. In a PNG the first pixel of a row is known as soon as the row is inflated, so
nearly every file is ruled out after a few rows, and no pixel of the others is decoded either.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lowbackground.detectors.pixels import is_lossless_webp
from lowbackground.manifests.metadata.fields import MAX_PARTS, MAX_VALUE_BYTES, Data, Field

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 12 << 20  # decoded at four bytes each, and only where the first letters match
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
_CHUNK = struct.Struct(">I4s")


def hidden_payload(data: Data, container: str) -> Field | None:
    """The payload of a PNG or a lossless WebP as a field `stealth:alpha` or `stealth:rgb`; null where there is none."""
    if container == "png":
        channels = [name for name in ("alpha", "rgb") if _may_hold(data, name)]
    elif container == "webp" and is_lossless_webp(data):
        channels = ["alpha", "rgb"]
    else:
        return None
    picture = open_picture(data, MAX_PIXELS) if channels else None
    if picture is None:
        return None
    for channel in channels:
        text = _payload(picture, channel)
        if text is not None:
            return Field(f"stealth:{channel}", text, f"pixels, {channel}", 0)
    return None


def open_picture(data: Data, max_pixels: int) -> "Image.Image | None":
    """The decoded picture, RGB or RGBA; null where it cannot be decoded, or has too many pixels."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that does not matter here
        try:
            picture = Image.open(io.BytesIO(data), formats=("PNG", "WEBP"))
            if picture.width * picture.height > max_pixels or picture.mode not in {"RGB", "RGBA"}:
                return None
            picture.load()
        except Image.DecompressionBombError:
            return None
        except (OSError, ValueError, SyntaxError, struct.error, EOFError, KeyError, IndexError, MemoryError):
            return None  # a picture that nobody can decode hides nothing
        return picture


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


def _payload(picture: "Image.Image", channel: str) -> str | None:
    """The text that a channel holds; null where its letters do not match, or what follows is damaged."""
    if channel == "alpha" and picture.mode != "RGBA":
        return None
    header = _read(picture, channel, 0, _HEADER_BITS)
    form = _MAGIC.get(header[:_LETTERS])
    if form is None or form[0] != channel or len(header) < _LETTERS + 4:
        return None
    size = int.from_bytes(header[_LETTERS:], "big")
    if not 0 < size <= 8 * MAX_VALUE_BYTES:
        return None
    raw = _read(picture, channel, _HEADER_BITS, size)
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


def _read(picture: "Image.Image", channel: str, start: int, bits: int) -> bytes:
    """Whole bytes from the lowest bits, from bit `start` on; fewer where the picture ends."""
    import numpy as np

    per_column = picture.height * (1 if channel == "alpha" else 3)
    first, last = start // per_column, min(picture.width, -(-(start + bits) // per_column))
    if first >= last:
        return b""
    columns = np.asarray(picture.crop((first, 0, last, picture.height)))
    channels = columns[:, :, 3:4] if channel == "alpha" else columns[:, :, :3]
    stream = (channels.transpose(1, 0, 2).reshape(-1) & 1)[start - first * per_column :][:bits]
    return bytes(np.packbits(stream[: len(stream) // 8 * 8]))

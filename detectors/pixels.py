"""Decoded pixels for the detectors that look at them: bounded, only of formats that are safe to decode, and once.

- `picture_header` reads a header and decides for free what need not be decoded at all.
- `decoded_pixels` decodes, and `rgb_pixels` leaves alpha out. A second detector that asks about the same bytes gets the
  same array, as long as that is among the last `KEPT_BYTES` of pixels: about what a batch of pictures decodes to.
- `upright` turns pixels as the picture's EXIF says it is to be shown; marks are read from pixels as they are stored.
"""

import hashlib
import io
import struct
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

KEPT_BYTES = 128 << 20  # a batch ends at 16 MiB of files by default, and a JPEG decodes to about ten times its size
_PILLOW = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}  # other codecs are rare, or less tried
_BROKEN = (  # what Pillow raises on damage; DecompressionBombError is none of them, and comes before it
    OSError, ValueError, SyntaxError, struct.error, EOFError, LookupError, TypeError, AttributeError, OverflowError,
)  # fmt: skip
_LUMINANCE_SUM, _CHROMA_SUM = 3688, 5505  # of the tables at quality 50: ITU-T T.81, Annex K

Data = bytes | memoryview
Pixels = NDArray[np.uint8]
Columns = Callable[[int], Pixels]  # from how many: height x so many x channels, fewer where the picture is narrower


class UndecodableError(ValueError):
    """No picture comes out of these bytes."""


class TooManyPixelsError(UndecodableError):
    """More pixels than are decoded."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a header says about pixels; `mode` is Pillow's. `quality` is null where nothing was lost.

    `quality` is that of libjpeg, 1 to 100, that has the same mean step in its chroma table; of a lossy WebP 0, for its
    header does not say. `halved` tells whether chroma was halved down and across.
    """

    width: int
    height: int
    mode: str
    quality: int | None = None
    halved: tuple[bool, bool] = (False, False)


def can_be_decoded(media_type: str | None) -> bool:
    """Whether pictures of this type are decoded at all."""
    return media_type in _PILLOW


def picture_header(data: Data, media_type: str) -> PictureHeader:
    """The header of a picture of a type that `can_be_decoded`; no pixel is decoded.

    Raises:
        TooManyPixelsError: it claims more than Pillow opens.
        UndecodableError: it is none.
    """
    if media_type == "image/webp" and not is_lossless_webp(data):
        return PictureHeader(0, 0, "RGB", 0)
    with _opened(data, media_type) as picture:
        if picture.format not in {"JPEG", "MPO"}:
            return PictureHeader(picture.width, picture.height, picture.mode)
        quality, halved = _jpeg_loss(picture)
        return PictureHeader(picture.width, picture.height, picture.mode, quality, halved)


def _opened(data: Data, media_type: str) -> "Image.Image":
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that does not matter, and of sizes that the caller caps
        try:
            return Image.open(io.BytesIO(data), formats=(_PILLOW[media_type],))
        except Image.DecompressionBombError as error:
            raise TooManyPixelsError("more pixels than any picture has") from error
        except _BROKEN as error:
            raise UndecodableError(f"no header of {media_type}: {type(error).__name__}") from error


def _jpeg_loss(picture: "Image.Image") -> tuple[int, tuple[bool, bool]]:
    """The quality that a JPEG's chroma was kept at, and whether it was halved down and across."""
    layers = getattr(picture, "layer", [])  # by component: id, sampling across, sampling down, table
    tables = getattr(picture, "quantization", {})
    if len(layers) < 3:
        return _quality(sum(tables.get(0, ())), _LUMINANCE_SUM), (False, False)
    luminance, chroma = layers[0], layers[1]
    table = chroma[3] if chroma[3] in tables else 0
    standard = _CHROMA_SUM if table != luminance[3] else _LUMINANCE_SUM
    halved = luminance[2] > chroma[2], luminance[1] > chroma[1]
    return _quality(sum(tables.get(table, ())), standard), halved


def _quality(total: int, standard: int) -> int:
    """The quality of libjpeg from the sum of a table (jcparam.c, jpeg_quality_scaling); 0 without a table."""
    if not total:
        return 0
    scale = 100 * total / standard
    return max(1, min(100, round(100 - scale / 2 if scale <= 100 else 5000 / scale)))


def is_lossless_webp(data: Data) -> bool:
    """Whether a still WebP is coded as VP8L (RFC 9649, 2.6 and 2.7)."""
    at = 12
    for _ in range(8):  # VP8X, ICCP and ALPH may come before the picture
        if at + 8 > len(data):
            return False
        name, length = struct.unpack_from("<4sI", data, at)
        if name in {b"VP8L", b"VP8 ", b"ANIM", b"ANMF"}:
            return bool(name == b"VP8L")
        at += 8 + length + (length & 1)
    return False


class _Kept:
    """The arrays last decoded, up to `KEPT_BYTES`, by the digest of what they were decoded from."""

    def __init__(self) -> None:
        self.arrays: OrderedDict[bytes, Pixels] = OrderedDict()
        self.size = 0

    def get(self, key: bytes) -> Pixels | None:
        found = self.arrays.get(key)
        if found is not None:
            self.arrays.move_to_end(key)
        return found

    def put(self, key: bytes, pixels: Pixels) -> None:
        if pixels.nbytes > KEPT_BYTES:
            return
        self.arrays[key] = pixels
        self.size += pixels.nbytes
        while self.size > KEPT_BYTES:
            self.size -= self.arrays.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        self.arrays.clear()
        self.size = 0


_kept = _Kept()  # changes no answer, only how often the same bytes are decoded


def forget_pixels() -> None:
    """Let go of what is kept for other detectors, for whoever measures what one needs."""
    _kept.clear()


def decoded_pixels(data: Data, media_type: str, max_pixels: int) -> Pixels:
    """The first frame as stored, read-only: height x width x 4 of a picture stored as RGBA, else x 3, converted to RGB.

    Raises:
        TooManyPixelsError: it has more than `max_pixels`.
        UndecodableError: it is damaged.
    """
    key = hashlib.sha256(data).digest()
    pixels = _kept.get(key)
    if pixels is None:
        pixels = _decoded(data, media_type, max_pixels)
        pixels.flags.writeable = False
        _kept.put(key, pixels)
    elif pixels.shape[0] * pixels.shape[1] > max_pixels:
        raise TooManyPixelsError(f"more than {max_pixels} pixels")
    return pixels


def first_columns(data: Data, media_type: str, max_pixels: int) -> Columns:
    """The picture, decoded, as a function that gives its first so many columns: RGB or RGBA, in the mode it is stored in.

    What is not asked for is never copied out of the decoder's memory, and nothing is kept for others; what was kept for
    them is used.

    Raises:
        TooManyPixelsError: it has more than `max_pixels`.
        UndecodableError: it is damaged.
    """
    kept = _kept.get(hashlib.sha256(data).digest())
    if kept is not None:
        return lambda count: kept[:, :count]
    picture = _loaded(data, media_type, max_pixels)
    return lambda count: np.asarray(picture.crop((0, 0, min(count, picture.width), picture.height)))


def rgb_pixels(data: Data, media_type: str, max_pixels: int) -> Pixels:
    """As `decoded_pixels`, without alpha: height x width x 3.

    Raises:
        TooManyPixelsError: it has more than `max_pixels`.
        UndecodableError: it is damaged.
    """
    pixels = decoded_pixels(data, media_type, max_pixels)
    return pixels if pixels.shape[2] == 3 else pixels[:, :, :3]


def stored_orientation(data: Data, media_type: str) -> int:
    """The orientation in the EXIF that stands before the pixels, 1 to 8; 1 where there is none, or none that is sane.

    Raises:
        UndecodableError: it is no picture of that type.
    """
    from PIL import Image

    with _opened(data, media_type) as picture, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exif, block = Image.Exif(), picture.info.get("exif")
        try:
            exif.load(block if isinstance(block, bytes) else b"")
            value = exif.get(0x0112)  # Exif 2.32, 4.6.4
        except _BROKEN:
            return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Pixels turned as an `orientation` of EXIF (1 to 8; another one counts as 1) says they are to be shown: a view.

    Row 0 of the stored picture is the visual top in 1 and 2, bottom in 3 and 4, left in 5 and 8 and so on (Exif 2.32, 4.6.4).
    """
    if orientation in {5, 6, 7, 8}:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in {2, 3, 6, 7} else pixels


def _decoded(data: Data, media_type: str, max_pixels: int) -> Pixels:
    return np.asarray(_loaded(data, media_type, max_pixels))


def _loaded(data: Data, media_type: str, max_pixels: int) -> "Image.Image":
    """The decoded picture, RGB or RGBA."""
    picture = _opened(data, media_type)
    if picture.width * picture.height > max_pixels:
        raise TooManyPixelsError(f"more than {max_pixels} pixels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture.load()
            return picture if picture.mode in {"RGB", "RGBA"} else picture.convert("RGB")
        except _BROKEN as error:
            raise UndecodableError(f"damaged {media_type}: {type(error).__name__}") from error

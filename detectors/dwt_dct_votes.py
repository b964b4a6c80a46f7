"""Reads one vote a block out of pixels, for the watermark "dwtDct" of imwatermark.

The encoder (ShieldMnt/invisible-watermark, maxDct.py) takes the U plane, its Haar low band, and blocks of 4 x 4 of
that: 8 x 8 pixels. It moves the largest coefficient of a block, by magnitude and without the first, to a remainder of
a quarter (0) or three quarters (1) of 36. Despite the name there is no cosine transform.

- Its decoder asks the largest coefficient. In flat colour a lowered coefficient is no longer the largest, so here the
  one that stands out most has a second vote; without it, some lossless pictures are missed.
- Programs encode bytes or floats, and give channels in either order: four readings. Bytes carry an offset of 128 on U,
  floats one of 1/2; rounding U to bytes as well changes no result and is left out.
- Where a JPEG has halved its chroma, the decoder's smooth upsampling blurs the low band by a known kernel, which is
  undone; without that, most marks are missed at quality 95.
- All in integers, so that no processor's rounding can turn a vote.
"""

import numpy as np
from numpy.typing import NDArray

SIDE = 8  # pixels of a block
MODES = ("bgr-float", "rgb-float", "bgr-bytes", "rgb-bytes")
MOST = 2  # votes of a block for 1

_STEP = 36  # maxDct.py, scales
# U = 0.492 (B - Y), Y = 0.299 R + 0.587 G + 0.114 B (OpenCV, COLOR_BGR2YUV); the low band is half the sum of four.
_WEIGHTS = (299, 587, 886)  # R, G, B in thousandths of B - Y, the first two negative
_UNIT = 0.492 / 2 / 1000  # of the low band, in one step of the integers below
_PERIOD = round(_STEP / _UNIT)
_OFFSETS = (round(1 / _UNIT), round(256 / _UNIT))  # of U, 1/2 in floats and 128 in bytes, is twice that in the low band
_BAND = 64  # rows of blocks at once, which stay in the processor's cache
# libjpeg's "fancy" upsampling weighs the near sample 3/4 and the next 1/4 (jdsample.c); the mean of the two pixels
# made of a sample has the kernel 1/8, 3/4, 1/8. Its inverse falls off by -(3 - 2 sqrt 2) a step.
_FALL = -(3 - 2 * 2**0.5)
_INVERSE = tuple(np.float32(2**0.5 * _FALL**step) for step in range(3))
_MARGIN = len(_INVERSE) - 1

Planes = NDArray[np.int32]


def block_votes(pixels: NDArray[np.uint8], halved: tuple[bool, bool] = (False, False)) -> NDArray[np.uint8]:
    """The votes for 1, from 0 to `MOST`, by mode, row and column of blocks.

    Args:
        pixels: RGB, height x width x 3.
        halved: whether a JPEG halved the chroma down and across.
    """
    rows, columns = pixels.shape[0] // SIDE, pixels.shape[1] // SIDE
    votes = np.empty((len(MODES), rows, columns), np.uint8)
    for first in range(0, rows, _BAND):
        last = min(rows, first + _BAND)
        top, bottom = max(0, 4 * first - _MARGIN), min(4 * rows, 4 * last + _MARGIN)
        planes = _low_bands(pixels[2 * top : 2 * bottom, : SIDE * columns])
        for axis in (0, 1):
            if halved[axis]:
                planes = [_unblurred(plane, axis) for plane in planes]
        for order, plane in enumerate(planes):
            votes[order::2, first:last] = _votes(plane[4 * first - top : 4 * last - top])
    return votes


def _low_bands(pixels: NDArray[np.uint8]) -> list[Planes]:
    """The low band of U without its offset, in steps of `_UNIT`, with the channels in right and in swapped order."""
    down = pixels[0::2].astype(np.uint16)
    down += pixels[1::2]
    sums = down[:, 0::2] + down[:, 1::2]
    red, green, blue = (sums[..., channel].astype(np.int32) for channel in range(3))
    low, middle, high = _WEIGHTS
    green *= middle
    return [high * blue - green - low * red, high * red - green - low * blue]


def _unblurred(plane: Planes, axis: int) -> Planes:
    """The plane before a kernel of 1/8, 3/4, 1/8 along `axis`."""
    padded = np.pad(
        plane.astype(np.float32), [(_MARGIN, _MARGIN) if each == axis else (0, 0) for each in (0, 1)], "edge"
    )
    if axis == 0:
        near, one, two = padded[2:-2], padded[1:-3] + padded[3:-1], padded[:-4] + padded[4:]
    else:
        near, one, two = padded[:, 2:-2], padded[:, 1:-3] + padded[:, 3:-1], padded[:, :-4] + padded[:, 4:]
    whole = _INVERSE[0] * near + _INVERSE[1] * one + _INVERSE[2] * two
    scale = np.float32(1 / (_INVERSE[0] + 2 * _INVERSE[1] + 2 * _INVERSE[2]))  # what the cut tail leaves out
    restored: Planes = np.rint(whole * scale).astype(np.int32)
    return restored


def _votes(plane: Planes) -> NDArray[np.uint8]:
    """Votes by numeric path, row and column; `plane` has four rows and columns a block."""
    rows, columns = plane.shape[0] // 4, plane.shape[1] // 4
    inside = np.ascontiguousarray(plane.reshape(rows, 4, columns, 4).transpose(1, 3, 0, 2)).reshape(16, rows, columns)
    rest = inside[1:]  # the encoder leaves the first alone
    high, low, total = rest.max(0), rest.min(0), rest.sum(0, dtype=np.int32)
    upward = len(rest) * (high + low) >= 2 * total  # high stands out from the mean at least as far as low
    votes = np.empty((len(_OFFSETS), rows, columns), np.uint8)
    for path, offset in enumerate(_OFFSETS):
        above, below = np.abs(high + offset), np.abs(low + offset)
        votes[path] = _bit(np.maximum(above, below))
        votes[path] += _bit(np.where(upward, above, below))
    return votes


def _bit(magnitude: Planes) -> NDArray[np.bool_]:
    return magnitude % _PERIOD > _PERIOD // 2

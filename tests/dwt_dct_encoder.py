"""Writes the watermark of the Stable Diffusion family into pixels, as imwatermark's `EmbedMaxDct` does.

Made from the formulas, in plain NumPy; `tests/golden/dwt_dct/` holds pictures that the package itself marked, and a
test holds this encoder to them.
"""

import numpy as np
from numpy.typing import NDArray

STEP = 36.0  # maxDct.py: scales = [0, 36, 36]

Pixels = NDArray[np.uint8]


def marked(pixels: Pixels, bits: str, *, order: str = "bgr", path: str = "float") -> Pixels:
    """RGB pixels with the payload in every block; `order` of channels and numeric `path` as the program had them."""
    planes = pixels.astype(np.float64)
    red, green, blue = (planes[..., channel] for channel in ((0, 1, 2) if order == "bgr" else (2, 1, 0)))
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue  # OpenCV, COLOR_BGR2YUV
    u, v = 0.492 * (blue - luminance), 0.877 * (red - luminance)
    if path == "bytes":
        luminance, u, v = (np.rint(plane) for plane in (luminance, u + 128, v + 128))
        u = np.floor(np.clip(_embedded(u, bits), 0, 255)) - 128  # stored into an array of bytes
        v = v - 128
    else:
        u = _embedded(u + 0.5, bits) - 0.5
    blue, red = luminance + 2.032 * u, luminance + 1.140 * v
    green = luminance - 0.395 * u - 0.581 * v
    result = np.stack((red, green, blue) if order == "bgr" else (blue, green, red), -1)
    if path == "bytes":
        result = np.rint(result)
    return np.clip(result, 0, 255).astype(np.uint8)


def _embedded(plane: NDArray[np.float64], bits: str) -> NDArray[np.float64]:
    """The plane with the largest coefficient of each block of its Haar low band moved."""
    height, width = (side // 4 * 4 for side in plane.shape)
    corner = plane[:height, :width]
    squares = [corner[down::2, across::2] for down, across in ((0, 0), (0, 1), (1, 0), (1, 1))]
    low = sum(squares) / 2
    rows, columns = low.shape[0] // 4, low.shape[1] // 4
    blocks = low[: 4 * rows, : 4 * columns].reshape(rows, 4, columns, 4).transpose(0, 2, 1, 3).reshape(-1, 16)
    moved = blocks.copy()
    place = np.abs(blocks[:, 1:]).argmax(1) + 1
    index = np.arange(len(blocks))
    value = blocks[index, place]
    wanted = np.array([bit == "1" for bit in bits])[index % len(bits)]
    size = (np.abs(value) // STEP + 0.25 + 0.5 * wanted) * STEP
    moved[index, place] = np.where(value < 0, -size, size)
    change = np.zeros_like(low)
    change[: 4 * rows, : 4 * columns] = (
        (moved - blocks).reshape(rows, columns, 4, 4).transpose(0, 2, 1, 3).reshape(4 * rows, 4 * columns)
    )
    result = plane.copy()
    squares[1], squares[2] = squares[2], squares[1]  # the package swaps two bands of detail on its way back
    for square, (down, across) in zip(squares, ((0, 0), (0, 1), (1, 0), (1, 1)), strict=True):
        result[down:height:2, across:width:2] = square + change / 2
    return result

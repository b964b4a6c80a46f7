"""Marks the pictures in this folder with the package that generators use: invisible-watermark 0.2.0 (MIT licence).

Not needed by any test: the pictures are kept. To make them again, in an environment of their own:

    pip install --no-deps invisible-watermark==0.2.0 opencv-python-headless PyWavelets numpy pillow
    python tests/golden/dwt_dct/make.py

The package imports PyTorch for a method that is not used here, so an empty module stands in for it.
"""

import sys
from pathlib import Path
from types import ModuleType

sys.modules.setdefault("torch", ModuleType("torch"))

import numpy as np  # noqa: E402  after the stand-in
from imwatermark import WatermarkEncoder  # noqa: E402
from PIL import Image  # noqa: E402

HERE = Path(__file__).parent
SIDE = 256  # the smallest that the package accepts
CASES = (  # file name, payload as the program gives it, bytes or float, order of channels
    ("sd1-bytes-bgr", b"StableDiffusionV1", "bytes", "bgr"),
    ("sd1-inpainting-bytes-bgr", b"StableDiffusionV1-Inpainting", "bytes", "bgr"),
    ("sd2-bytes-bgr", b"SDV2", "bytes", "bgr"),
    ("sdxl-float-bgr", [int(bit) for bit in f"{0xB3EC907BB19E:b}"], "float", "bgr"),
    ("sdxl-float-rgb", [int(bit) for bit in f"{0xB3EC907BB19E:b}"], "float", "rgb"),
    ("flux-float-bgr", [int(bit) for bit in f"{0x2AFE879CF52E:b}"], "float", "bgr"),
    ("invokeai-bytes-bgr", b"InvokeAI", "bytes", "bgr"),
)


def scene(seed: int) -> np.ndarray:
    """A few soft hills of colour."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    picture = np.full((SIDE, SIDE, 3), random.uniform(70, 150, 3))
    for _ in range(3):
        centre, width = random.uniform(0, 1, 2), random.uniform(0.1, 0.4)
        hill = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * width**2))
        picture += hill[..., None] * random.uniform(-60, 60, 3)
    return np.clip(picture, 20, 235).astype(np.uint8) // 4 * 4  # so that the files stay small


def marked(picture: np.ndarray, payload: bytes | list[int], path: str, order: str) -> np.ndarray:
    """The picture as the program would have written it."""
    encoder = WatermarkEncoder()
    encoder.set_watermark("bytes" if isinstance(payload, bytes) else "bits", payload)
    given = np.ascontiguousarray(picture[..., ::-1] if order == "bgr" else picture)
    result = encoder.encode(given if path == "bytes" else given.astype(np.float32), "dwtDct")
    result = np.clip(result, 0, 255).astype(np.uint8)
    return result[..., ::-1] if order == "bgr" else result


def save(name: str, picture: np.ndarray) -> None:
    """A lossless file, with nothing in it but pixels."""
    Image.fromarray(np.ascontiguousarray(picture)).save(HERE / f"{name}.webp", lossless=True, quality=100, method=6)


if __name__ == "__main__":
    for seed, (name, payload, path, order) in enumerate(CASES):
        save(name, marked(scene(seed), payload, path, order))
    save("sdxl-right-half", np.hstack([scene(50), marked(scene(51), CASES[3][1], "float", "bgr")]))
    save("unmarked", scene(60))

"""What `dwt_dct` finds and costs: `python -m benchmarks.dwt_dct [FOLDER]`, some minutes on one core.

The pictures of FOLDER are cut to 512 x 512, marked as generators do (`tests/dwt_dct_encoder.py`), and read back as they
are and through JPEG. Pictures of which half is pure black or white are left out, and counted: there is no room in them
for a mark. False positives are the null's: `benchmarks/dwt_dct_null.py`.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
from PIL import Image

from benchmarks.unmarked_pictures import HALVED, Pixels, cuts, drawn, photographs, through_jpeg
from lowbackground.detectors.dwt_dct_null import measured_null
from lowbackground.detectors.dwt_dct_payloads import PAYLOADS
from lowbackground.detectors.dwt_dct_score import read_mark
from lowbackground.detectors.dwt_dct_votes import block_votes
from tests.dwt_dct_encoder import marked

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data"
SIDE = 512
BAR_MS = 60  # a megapixel, all modes, on one core
CASES = [  # payload, numeric path, order of channels
    *((payload, "bytes", "bgr") for payload in PAYLOADS if payload.name not in {"SDXL", "FLUX"}),
    *(
        (payload, "float", order)
        for payload in PAYLOADS
        if payload.name in {"SDXL", "FLUX"}
        for order in ("bgr", "rgb")
    ),
]
LOSSES = [
    (None, 0),
    *((quality, 0) for quality in (95, 90, 85, 80, 75, 70)),
    *((quality, 2) for quality in (100, 98, 95, 92, 90, 85)),
]


def scenes(folder: Path) -> Iterator[Pixels]:
    """One cut of each photograph, and how many had no room for a mark."""
    crowded = 0
    for number, (_, whole) in enumerate(photographs(folder)):
        (cut,) = cuts(whole, np.random.default_rng((number, 3)), 1)
        cut = cut[:SIDE, :SIDE]
        if min(cut.shape[:2]) < SIDE // 2 or cut.shape[0] * cut.shape[1] < SIDE * SIDE // 4:
            continue
        if np.isin(cut, (0, 255)).mean() > 0.5:
            crowded += 1
            continue
        yield cut
    print(f"left out as black or white: {crowded}")


def score(pixels: Pixels, halved: tuple[bool, bool]) -> tuple[float, str]:
    """The score of a picture and the payload it is for."""
    reading = read_mark(block_votes(pixels, halved), pixels.shape[1], pixels.shape[0])
    return (0.0, "") if reading is None else (reading.best.score, reading.best.payload.name)


def power(folder: Path) -> bool:
    """Print what is found by loss; true where every lossless mark is near certain."""
    pictures = [
        (case, marked(cut, case[0].bits, path=case[1], order=case[2])) for cut in scenes(folder) for case in CASES
    ]
    null = measured_null()
    print(f"{len(pictures)} marked pictures; strong above {null.strong}, near certain above {null.near_certain}")
    print(f"{'':>16} {'lowest':>7} {'median':>7} {'strong':>8} {'near certain':>13} {'right payload':>14}")
    kept = True
    for quality, subsampling in LOSSES:
        found = []
        for (payload, _, _), pixels in pictures:
            seen = pixels if quality is None else through_jpeg(pixels, quality, subsampling)
            value, name = score(seen, HALVED[subsampling])
            found.append((value, name == payload.name))
        values = np.array([value for value, _ in found])
        certain = (values > null.near_certain).mean()
        right = np.mean([same for value, same in found if value > null.strong] or [0.0])
        label = "lossless" if quality is None else f"JPEG {quality} {'4:2:0' if subsampling else '4:4:4'}"
        print(
            f"{label:>16} {values.min():7.1f} {np.median(values):7.1f} {(values > null.strong).mean():8.1%} "
            f"{certain:13.1%} {right:14.1%}",
            flush=True,
        )
        kept = kept and (quality is not None or certain == 1)
    return kept


def cost() -> bool:
    """Print processor time a megapixel of reading, and of decoding before it; true where reading keeps the bar."""
    pixels = np.tile(drawn(0)[1][:SIDE, :SIDE], (2, 2, 1))
    height, width, _ = pixels.shape
    millions = height * width / 1e6
    kept = True
    for label, halved, options in (
        ("PNG", (False, False), {"format": "PNG"}),
        ("WebP lossless", (False, False), {"format": "WEBP", "lossless": True}),
        ("JPEG 95 4:4:4", (False, False), {"format": "JPEG", "quality": 95, "subsampling": 0}),
        ("JPEG 95 4:2:0", (True, True), {"format": "JPEG", "quality": 95, "subsampling": 2}),
    ):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, **options)
        decoding = _milliseconds(lambda data=out: np.array(Image.open(data))) / millions
        reading = _milliseconds(lambda halved=halved: read_mark(block_votes(pixels, halved), width, height)) / millions
        print(f"{label:>16} {reading:6.1f} ms a megapixel, and {decoding:6.1f} for decoding (bar {BAR_MS}, all modes)")
        kept = kept and reading <= BAR_MS
    return kept


def _milliseconds(work) -> float:
    """The median processor time of some calls."""
    times = []
    for _ in range(7):
        start = process_time()
        work()
        times.append((process_time() - start) * 1e3)
    return median(times)


def main(folder: Path = DEFAULT_FOLDER) -> bool:
    """Print both; true where every bar is kept."""
    return all([cost(), power(folder)])


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:2])) else 1)

"""Pictures that carry no watermark: drawn from seeds, and cut from a folder of photographs.

A null made of noise alone would flatter any statistic. What may imitate a mark is regular structure in step with the
blocks of eight pixels, so half of the kinds are regular: stripes, tiles, grids, pages, screens, charts, icons.
"""

import io
import sys
import tarfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, UnidentifiedImageError

Pixels = NDArray[np.uint8]  # height x width x 3, RGB
Random = np.random.Generator

SIZES = (  # width, height; with those of generators, which put a payload of 32 bits in step with the rows
    *((512, 512), (768, 512), (512, 768), (768, 768), (1024, 576), (640, 480), (256, 256), (1024, 1024)),
    *((300, 400), (517, 389), (800, 600), (480, 270), (1000, 333), (275, 300), (960, 160), (1200, 630)),
)
MIN_AREA = 256 * 256  # as the encoder: imwatermark, WatermarkEncoder.encode
MAX_BYTES = 64 << 20
HALVED = ((False, False), (False, True), (True, True))  # down, across, by Pillow's number of a subsampling
CUT = 768  # pixels, the largest side of a cut from a photograph


def _spectrum(random: Random, width: int, height: int, exponent: float) -> NDArray[np.float64]:
    """Noise whose amplitude falls with frequency, as in photographs; mean 0, deviation 1."""
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    amplitude = np.hypot(rows, columns)
    amplitude[0, 0] = 1
    noise = np.fft.rfft2(random.standard_normal((height, width))) / amplitude**exponent
    noise[0, 0] = 0
    plane = np.fft.irfft2(noise, (height, width))
    return plane / (plane.std() + 1e-9)


def clouds(random: Random, width: int, height: int) -> Pixels:
    """Colour noise of a random spectrum, its channels more or less alike."""
    exponent, alike = random.uniform(0.3, 2.0), random.uniform(0, 0.98)
    shared = _spectrum(random, width, height, exponent)
    planes = [alike * shared + (1 - alike) * _spectrum(random, width, height, exponent) for _ in range(3)]
    scaled = np.stack(planes, -1) * random.uniform(5, 70) + random.uniform(40, 215, 3)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def grain(random: Random, width: int, height: int) -> Pixels:
    """White noise on a colour: the grain of a sensor, up to a picture of nothing else."""
    values = random.uniform(0, 255, 3) + random.standard_normal((height, width, 3)) * random.uniform(0.5, 60)
    return np.clip(values, 0, 255).astype(np.uint8)


def gradient(random: Random, width: int, height: int) -> Pixels:
    """A smooth run of colour, sometimes dithered."""
    slope = random.standard_normal((2, 3)) * 150
    x, y = np.linspace(-1, 1, width)[None, :, None], np.linspace(-1, 1, height)[:, None, None]
    values = random.uniform(30, 225, 3) + x * slope[0] + y * slope[1]
    if random.random() < 0.5:
        values = values + random.uniform(-0.5, 0.5, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def stripes(random: Random, width: int, height: int) -> Pixels:
    """Stripes or checks; half of them in step with the blocks, where every row repeats the same bits."""
    step = 8 * int(random.integers(1, 40)) if random.random() < 0.5 else int(random.integers(2, 200))
    duty = max(1, int(step * random.uniform(0.1, 0.9)))
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    slant = int(random.integers(-2, 3))
    on = ((x + slant * y) % step < duty) ^ ((y % step < duty) if random.random() < 0.5 else False)
    return np.where(on[..., None], *random.integers(0, 256, (2, 3))).astype(np.uint8)


def tiled(random: Random, width: int, height: int) -> Pixels:
    """One small picture repeated, as wallpapers and textures are; half of them in step with the blocks."""
    side = 8 * int(random.integers(1, 33)) if random.random() < 0.5 else int(random.integers(5, 260))
    piece = clouds(random, side, side) if random.random() < 0.5 else grain(random, side, side)
    return np.tile(piece, (-(-height // side), -(-width // side), 1))[:height, :width]


def mosaic(random: Random, width: int, height: int) -> Pixels:
    """Flat cells of random colour: pixel art, censored parts, heat maps."""
    side = int(random.choice([4, 8, 8, 16, 16, 24, 32, 64, int(random.integers(3, 90))]))
    palette = random.integers(0, 256, (int(random.integers(2, 40)), 3), dtype=np.uint8)
    cells = palette[random.integers(0, len(palette), (-(-height // side), -(-width // side)))]
    return cells.repeat(side, 0).repeat(side, 1)[:height, :width]


def _colour(random: Random) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(0, 256, 3))
    return red, green, blue


def page(random: Random, width: int, height: int) -> Pixels:
    """Lines of text on paper."""
    paper = (255, 255, 255) if random.random() < 0.5 else _colour(random)
    canvas = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(canvas)
    size = int(random.integers(9, 32))
    font, ink = ImageFont.load_default(size), _colour(random)
    leading = 8 * max(2, size // 6) if random.random() < 0.5 else int(size * random.uniform(1.1, 1.8))
    for top in range(8, height, leading):
        letters = "".join(chr(int(code)) for code in random.integers(97, 127, width // 5))
        draw.text((8, top), letters, font=font, fill=ink if random.random() < 0.9 else _colour(random))
    return np.asarray(canvas)


def screen(random: Random, width: int, height: int) -> Pixels:
    """Windows, tables and buttons on a grid, or not on one."""
    canvas = Image.new("RGB", (width, height), _colour(random))
    draw = ImageDraw.Draw(canvas)
    snap = int(random.choice([1, 8, 16]))
    for _ in range(int(random.integers(10, 200))):
        left, top = (int(random.integers(0, side)) // snap * snap for side in (width, height))
        size = [max(snap, int(random.integers(4, 200)) // snap * snap) for _ in range(2)]
        outline = _colour(random) if random.random() < 0.5 else None
        draw.rectangle((left, top, left + size[0] - 1, top + size[1] - 1), fill=_colour(random), outline=outline)
        if random.random() < 0.5:
            draw.text((left + 2, top + 2), "Menu 12", font=ImageFont.load_default(12), fill=_colour(random))
    return np.asarray(canvas)


def drawing(random: Random, width: int, height: int) -> Pixels:
    """Lines, curves and polygons: charts and clip art, sometimes blurred."""
    canvas = Image.new("RGB", (width, height), _colour(random))
    draw = ImageDraw.Draw(canvas)
    for _ in range(int(random.integers(5, 120))):
        corners = [(int(random.integers(0, width)), int(random.integers(0, height))) for _ in range(3)]
        if random.random() < 0.5:
            draw.line(corners, fill=_colour(random), width=int(random.integers(1, 9)))
        else:
            draw.polygon(corners, fill=_colour(random))
    if random.random() < 0.3:
        canvas = canvas.filter(ImageFilter.GaussianBlur(float(random.uniform(0.5, 6))))
    return np.asarray(canvas)


KINDS: dict[str, Callable[[Random, int, int], Pixels]] = {
    each.__name__: each for each in (clouds, grain, gradient, stripes, tiled, mosaic, page, screen, drawing)
}


def drawn(seed: int) -> tuple[str, Pixels]:
    """Picture number `seed`: its kind, and its pixels; one in three is laid over by another kind."""
    random = np.random.default_rng(seed)
    width, height = SIZES[int(random.integers(0, len(SIZES)))]
    names = list(KINDS)
    name = names[seed % len(names)]
    pixels = KINDS[name](random, width, height)
    if random.random() < 0.33:
        share = random.uniform(0.1, 0.9)
        other = KINDS[names[int(random.integers(0, len(names)))]](random, width, height)
        pixels = (pixels * share + other * (1 - share)).astype(np.uint8)
    return name, pixels


def resaved(pixels: Pixels, random: Random) -> tuple[Pixels, tuple[bool, bool]]:
    """The pixels as they are, or after one turn through JPEG, and whether that halved chroma down and across.

    The quality is 75 to 100 where chroma stays in full, and else 90 to 100: what the detector reads by default.
    """
    if random.random() < 0.5:
        return pixels, (False, False)
    subsampling = int(random.integers(0, 3))
    quality = int(random.integers(90 if subsampling else 75, 101))
    return through_jpeg(pixels, quality, subsampling), HALVED[subsampling]


def through_jpeg(pixels: Pixels, quality: int, subsampling: int) -> Pixels:
    """The pixels as a JPEG gives them back."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(out) as picture:
        return np.asarray(picture.convert("RGB"))


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """The pictures of a WARC file, or every file of a tar, with where they stand."""
    if path.suffix == ".tar":
        with tarfile.open(path) as archive:
            for member in archive:
                body = archive.extractfile(member)
                if body is not None:
                    yield member.name, body.read()
        return
    from fastwarc.warc import ArchiveIterator

    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if (record.http_content_type or "").startswith("image/"):
                yield str(record.stream_pos), record.reader.read()


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and what WARC and tar files hold, by name."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if path.name.endswith((".warc", ".warc.gz", ".tar")):
            try:
                yield from ((f"{name}#{member}", data) for member, data in _members(path))
            except (OSError, tarfile.TarError) as error:  # broken on purpose; what stood before the damage was read
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        elif path.stat().st_size < MAX_BYTES:
            yield name, path.read_bytes()


def photographs(folder: Path) -> Iterator[tuple[str, Pixels]]:
    """The pictures below a folder that differ to the eye (perceptual hash), as RGB."""
    import imagehash

    seen = set()
    for name, data in files(folder):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                picture = Image.open(io.BytesIO(data)).convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
            continue  # most files are no pictures, and some pictures are broken on purpose
        if picture.width * picture.height < MIN_AREA:
            continue
        key = str(imagehash.phash(picture))
        if key not in seen:
            seen.add(key)
            yield name, np.asarray(picture)


def cuts(pixels: Pixels, random: Random, number: int) -> Iterator[Pixels]:
    """Random parts of a picture, turned, mirrored or scaled, so that each meets the grid of blocks anew."""
    for _ in range(number):
        picture = Image.fromarray(pixels)
        scale = random.uniform(0.5, 1.0)
        if picture.width * picture.height * scale**2 > 2 * MIN_AREA:
            picture = picture.resize((int(picture.width * scale), int(picture.height * scale)))
        width, height = min(CUT, picture.width), min(CUT, picture.height)
        left, top = (int(random.integers(0, side + 1)) for side in (picture.width - width, picture.height - height))
        part = picture.crop((left, top, left + width, top + height))
        if random.random() < 0.5:
            part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if random.random() < 0.5:
            part = part.transpose(Image.Transpose.ROTATE_90)
        yield np.asarray(part)

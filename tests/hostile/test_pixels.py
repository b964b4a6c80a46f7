"""Pictures made to hurt: none raises, none is decoded beyond the limit, none disturbs another row."""

import io
import struct
import zlib
from random import Random

import numpy as np
import pytest
from PIL import Image

from benchmarks.unmarked_pictures import clouds
from lowbackground.detectors import pixels as module
from lowbackground.detectors.dwt_dct import dwt_dct
from lowbackground.detectors.dwt_dct_payloads import PAYLOADS
from lowbackground.detectors.evidence import Evidence, Signal, Strength
from tests.dwt_dct_encoder import marked
from tests.factories import records
from tests.mutations import mutant

DETECTOR = dwt_dct(min_quality=1, min_quality_full_chroma=1)


def look(data: bytes, media_type: str = "image/png") -> Evidence:
    (evidence,) = DETECTOR(records([{"raw": data, "media_type": media_type}])).evidence
    return evidence


def saved(picture: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def chunk(name: bytes, contents: bytes) -> bytes:
    return struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))


def png(width: int, height: int, *rest: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(rest)


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (60_000, 60_000), (10_000, 10_000), (2**31 - 1, 1)])
def test_a_claim_of_endless_pixels_is_over_the_limit(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    body = chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b"")
    assert look(png(*size, body)).reason == "dwt-dct.over-limit"


def test_a_bomb_of_text_beside_the_pixels_is_not_inflated() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9))
    rows = b"".join(b"\0" + bytes(300 * 3) for _ in range(300))
    data = png(300, 300, bomb, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    assert look(data).reason in {"dwt-dct.undecodable", "dwt-dct.none"}


@pytest.mark.parametrize(
    ("size", "reason"), [((1, 1), "too-small"), ((30_000, 1), "too-small"), ((1, 30_000), "too-small")]
)
def test_pictures_of_one_line_or_one_pixel_are_too_small(size: tuple[int, int], reason: str) -> None:
    assert look(saved(Image.new("RGB", size))).reason == f"dwt-dct.{reason}"


@pytest.mark.parametrize("size", [(100_000, 1), (7, 30_000), (30_000, 7), (8, 30_000), (30_000, 9)])
def test_long_strips_are_read_or_too_small(size: tuple[int, int]) -> None:
    assert look(saved(Image.new("RGB", size, "teal"))).signal in {Signal.SILENT, Signal.SKIPPED}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
@pytest.mark.parametrize("interlaced", [False, True])
def test_every_kind_of_png_is_answered(mode: str, interlaced: bool) -> None:
    picture = Image.fromarray(clouds(np.random.default_rng(1), 300, 300)).convert(mode)
    evidence = look(saved(picture, interlace=interlaced))
    assert evidence.signal == (Signal.SILENT if mode.startswith("RGB") else Signal.SKIPPED)


def test_sixteen_bits_a_channel_keep_the_mark() -> None:
    pixels = marked(clouds(np.random.default_rng(1), 384, 384), PAYLOADS[2].bits, path="bytes")
    rows = b"".join(b"\0" + (row.astype(">u2") * 257).tobytes() for row in pixels)
    data = png(384, 384, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""), depth=16)
    assert look(data).reason == "dwt-dct.marked"


def test_cmyk_is_ruled_out() -> None:
    picture = Image.fromarray(clouds(np.random.default_rng(1), 300, 300)).convert("CMYK")
    assert look(saved(picture, "JPEG"), "image/jpeg").reason == "dwt-dct.no-colour"


def test_of_an_animation_the_first_frame_is_read() -> None:
    first = Image.fromarray(marked(clouds(np.random.default_rng(1), 384, 384), PAYLOADS[2].bits, path="bytes"))
    data = saved(first, save_all=True, append_images=[Image.new("RGB", first.size, "red")] * 3)
    assert b"acTL" in data
    assert look(data).reason == "dwt-dct.marked"
    webp = saved(first, "WEBP", save_all=True, append_images=[Image.new("RGB", first.size)], lossless=True)
    assert look(webp, "image/webp").signal == Signal.SKIPPED


def test_a_format_that_lies_reaches_no_other_decoder() -> None:
    for format_ in ("GIF", "TIFF", "BMP", "ICO", "PPM", "TGA"):
        data = saved(Image.new("RGB", (300, 300)), format_)
        for media_type in ("image/png", "image/jpeg", "image/webp"):
            assert look(data, media_type).signal == Signal.SKIPPED


def _fuzz(seeds: range) -> None:
    pixels = clouds(np.random.default_rng(1), 264, 256)
    picture = Image.fromarray(pixels)
    originals = [
        (saved(picture), "image/png"),
        (saved(picture.convert("RGBA"), "PNG", compress_level=1), "image/png"),
        (saved(picture, "JPEG", quality=95), "image/jpeg"),
        (saved(picture, "JPEG", quality=90, progressive=True), "image/jpeg"),
        (saved(picture, "WEBP", lossless=True), "image/webp"),
        (saved(picture, "WEBP"), "image/webp"),
    ]
    looked_marked = 0
    for seed in seeds:
        data, media_type = originals[seed % len(originals)]
        module.forget_pixels()
        evidence = look(mutant(data, [0, 30, 160, 600], Random(seed)), media_type)
        assert evidence.strength != Strength.NEAR_CERTAIN
        looked_marked += evidence.strength is not None
    assert (
        looked_marked <= len(seeds) / 10_000
    )  # what the measured null allows `strong`; each mutant is another picture


def test_damaged_pictures_are_answered() -> None:
    _fuzz(range(300))


@pytest.mark.soak
def test_many_damaged_pictures_are_answered() -> None:
    _fuzz(range(100_000))

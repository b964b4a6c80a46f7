"""Payloads in the lowest bits: found in either channel and any filter, ruled out without decoding."""

import io

import numpy as np
import pytest
from PIL import Image

from lowbackground.detectors import hidden_payload as module
from lowbackground.detectors.hidden_payload import hidden_payload
from tests.metadata_files import stealth

TEXT = "Steps: 20, Sampler: Euler a " * 5


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("channel", ["alpha", "rgb"])
@pytest.mark.parametrize("size", [(64, 128), (128, 16), (3, 700), (400, 7)])
def test_a_payload_is_found_in_pictures_of_any_shape(channel: str, gzipped: bool, size: tuple[int, int]) -> None:
    found = hidden_payload(stealth(TEXT, channel=channel, gzipped=gzipped, size=size), "png")
    assert found is not None
    assert (found.key, found.value) == (f"stealth:{channel}", TEXT)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_a_payload_is_found_however_the_rows_are_filtered(level: int) -> None:
    random = np.random.default_rng(7)
    for _ in range(5):  # noise makes Pillow's zlib choose among the filters
        noise = random.integers(0, 255, (128, 64, 4), dtype=np.uint8)
        with Image.open(io.BytesIO(stealth(TEXT))) as marked:
            pixels = np.array(marked)
        noise[:, :, 3] = pixels[:, :, 3]
        out = io.BytesIO()
        Image.fromarray(noise).save(out, "PNG", compress_level=level)
        assert hidden_payload(out.getvalue(), "png") is not None


@pytest.mark.parametrize("filter_", range(5))
def test_the_first_column_is_known_under_every_filter(filter_: int) -> None:
    import struct
    import zlib

    random = np.random.default_rng(filter_)
    rows = [bytes([filter_]) + random.bytes(8 * 3) for _ in range(40)]
    body = zlib.compress(b"".join(rows))
    header = struct.pack(">IIBBBBB", 8, 40, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, contents in ((b"IHDR", header), (b"IDAT", body[:50]), (b"IDAT", body[50:]), (b"IEND", b"")):
        data += struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))
    with Image.open(io.BytesIO(data)) as picture:
        expected = [bytes(pixel) for pixel in np.array(picture)[:, 0]]
    assert list(module._first_pixels(data, 3, 40)) == expected


def test_a_picture_without_a_payload_is_never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "decoded_pixels", lambda *_: pytest.fail("decoded"))
    random = np.random.default_rng(3)
    for mode, channels in (("RGB", 3), ("RGBA", 4)):
        out = io.BytesIO()
        Image.fromarray(random.integers(0, 255, (200, 30, channels), dtype=np.uint8), mode).save(out, "PNG")
        assert hidden_payload(out.getvalue(), "png") is None


@pytest.mark.parametrize("options", [{"format": "WEBP", "quality": 80}, {"format": "PNG", "size": (4, 30)}])
def test_a_payload_that_was_lost_or_cut_is_none(options: dict[str, object]) -> None:
    data = stealth("x", channel="alpha", **options) if options["format"] == "WEBP" else stealth("x" * 9)[:-60]
    assert hidden_payload(data, "webp" if options["format"] == "WEBP" else "png") is None


def test_a_length_beyond_the_picture_is_none() -> None:
    with Image.open(io.BytesIO(stealth("x", gzipped=False))) as marked:
        pixels = np.array(marked)
    pixels[120:, 0, 3] |= 1  # the length becomes four billion bits
    pixels[:24, 1, 3] |= 1
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    assert hidden_payload(out.getvalue(), "png") is None


def test_pixels_are_decoded_once_for_all_that_look_at_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from lowbackground.detectors import pixels

    data = stealth(TEXT, size=(320, 256))
    first = pixels.rgb_pixels(data, "image/png", 1 << 20)
    lossless = stealth(TEXT, size=(320, 256), format="WEBP", lossless=True, exact=True)
    assert hidden_payload(lossless, "webp") is not None
    monkeypatch.setattr(pixels, "_loaded", lambda *_: pytest.fail("decoded twice"))
    assert hidden_payload(data, "png") is not None
    assert np.shares_memory(pixels.decoded_pixels(data, "image/png", 1 << 20), first)
    assert pixels.decoded_pixels(lossless, "image/webp", 1 << 20).shape == (256, 320, 4)


@pytest.mark.parametrize("container, limit", module.MAX_PIXELS.items())
def test_pictures_beyond_the_limit_are_not_decoded(container: str, limit: int) -> None:
    """A lossless WebP of one colour has 40 bytes, whatever its size."""
    side = int(limit**0.5) + 1
    out = io.BytesIO()
    Image.new("RGB", (side, side)).save(out, container.upper(), lossless=True)
    assert hidden_payload(out.getvalue(), container) is None
    assert module.colour_pixels(out.getvalue(), f"image/{container}", limit) is None


def test_memory_that_ends_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "first_columns", ends)
    with pytest.raises(MemoryError):
        hidden_payload(stealth(TEXT), "png")
    monkeypatch.setattr(module, "decoded_pixels", ends)
    with pytest.raises(MemoryError):
        hidden_payload(stealth(TEXT, format="WEBP", lossless=True), "webp")


@pytest.mark.parametrize("mode", ["P", "L", "LA", "1", "I;16"])
def test_pictures_of_other_kinds_hide_nothing(mode: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 200)).convert(mode).save(out, "PNG")
    assert module.colour_pixels(out.getvalue(), "image/png", 1 << 20) is None
    assert hidden_payload(out.getvalue(), "png") is None

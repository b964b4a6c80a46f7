"""Pixels: bounded, of safe formats only, and decoded once."""

import io

import numpy as np
import pytest
from PIL import Image

from lowbackground.detectors import pixels as module
from lowbackground.detectors.pixels import (
    TooManyPixelsError,
    UndecodableError,
    can_be_decoded,
    decoded_pixels,
    is_lossless_webp,
    picture_header,
    rgb_pixels,
    stored_orientation,
    upright,
)


def saved(format_: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(out, format_, **options)
    return out.getvalue()


@pytest.mark.parametrize("subsampling, halved", [(0, (False, False)), (1, (False, True)), (2, (True, True))])
@pytest.mark.parametrize("quality", [40, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_that_it_was_saved_with(
    quality: int, subsampling: int, halved: tuple[bool, bool]
) -> None:
    header = picture_header(saved("JPEG", quality=quality, subsampling=subsampling), "image/jpeg")
    assert header.halved == halved
    assert header.quality is not None
    assert abs(header.quality - quality) <= 1


def test_lossless_pictures_have_no_quality_and_lossy_webp_has_none_to_tell() -> None:
    assert picture_header(saved("PNG"), "image/png").quality is None
    assert picture_header(saved("WEBP", lossless=True), "image/webp").quality is None
    assert picture_header(saved("WEBP", quality=99), "image/webp").quality == 0


@pytest.mark.parametrize("mode", ["L", "P", "LA", "1", "I;16"])
def test_the_mode_of_a_png_is_told_without_decoding(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved("PNG", mode)
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    assert picture_header(data, "image/png").mode == mode


def test_lossless_webp_is_told_from_lossy_and_animated() -> None:
    assert is_lossless_webp(saved("WEBP", lossless=True))
    assert not is_lossless_webp(saved("WEBP", quality=80))
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert not is_lossless_webp(out.getvalue())
    assert not is_lossless_webp(b"RIFF")


def test_the_same_bytes_are_decoded_once_and_nobody_can_change_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_kept", module._Kept())
    data = saved("PNG")
    first = rgb_pixels(data, "image/png", 10_000)
    monkeypatch.setattr(module, "_decoded", lambda *_: pytest.fail("decoded twice"))
    assert rgb_pixels(memoryview(bytes(data)), "image/png", 10_000) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0
    with pytest.raises(TooManyPixelsError):
        rgb_pixels(data, "image/png", 100)


def test_no_more_than_the_limit_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = module._Kept()
    monkeypatch.setattr(module, "_kept", kept)
    monkeypatch.setattr(module, "KEPT_BYTES", 3 * 64 * 48 * 2)
    files = [saved("PNG") + bytes([number]) for number in range(4)]
    for data in files:
        rgb_pixels(data, "image/png", 10_000)
        assert kept.size <= module.KEPT_BYTES
    assert len(kept.arrays) == 2
    rgb_pixels(saved("PNG", size=(200, 200)), "image/png", 100_000)  # larger than all that may be kept
    assert len(kept.arrays) == 2


def test_alpha_is_dropped_and_colours_stay() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    assert np.array_equal(rgb_pixels(out.getvalue(), "image/png", 1000), noise[..., :3])
    assert np.array_equal(decoded_pixels(out.getvalue(), "image/png", 1000), noise)


@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_is_turned_as_pillow_turns_it(orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.open(io.BytesIO(saved("PNG"))).save(out, "PNG", exif=exif.tobytes())
    turned = ImageOps.exif_transpose(Image.open(out))
    found = stored_orientation(out.getvalue(), "image/png")
    assert found == (orientation if 1 <= orientation <= 8 else 1)
    assert np.array_equal(upright(rgb_pixels(out.getvalue(), "image/png", 10_000), found), np.array(turned))


@pytest.mark.parametrize("block", [b"", b"Exif", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0" + bytes(200), b"\xff" * 5000])
def test_exif_that_is_none_turns_nothing(block: bytes) -> None:
    for format_ in ("PNG", "JPEG", "WEBP"):
        data = saved(format_, exif=b"Exif\0\0" + block)
        assert stored_orientation(data, f"image/{format_.lower()}") == 1


def test_other_formats_are_not_decoded() -> None:
    for media_type in ("image/gif", "image/tiff", "image/svg+xml", "image/avif", "text/html", None):
        assert not can_be_decoded(media_type)
    with pytest.raises(UndecodableError):
        picture_header(saved("GIF"), "image/png")  # a type that lies reaches no other decoder


@pytest.mark.parametrize("cut", [0, 1, 8, 40, 200, -3000])
@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_damage_has_an_error_of_its_own(format_: str, cut: int) -> None:
    data = saved(format_)[:cut]
    with pytest.raises(UndecodableError):
        rgb_pixels(data, f"image/{format_.lower()}", 10_000)

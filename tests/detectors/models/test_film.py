"""Film: frames in the middle of equal parts, whatever its header says, within a budget."""

import struct
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from lowbackground.detectors.models import film
from lowbackground.detectors.models.ffmpeg import UnreadableError, UnsupportedError
from lowbackground.detectors.models.film import sampled_frames, survey
from tests.media_files import FILMS, film_file, grey_frames, sound_file, tone


def brightness(data: bytes, media_type: str, count: int) -> list[tuple[float, int]]:
    """Time and number of each frame: `grey_frames` are eight steps apart."""
    found = sampled_frames(data, media_type, survey(data, media_type), count)
    return [(frame.time, round(float(frame.pixels.mean()) / 8)) for frame in found]


@pytest.mark.parametrize("format_, codec, media_type", FILMS)
@pytest.mark.parametrize("key_every", [1, 7, 100])
def test_frames_come_from_the_middle_of_equal_parts(format_: str, codec: str, media_type: str, key_every: int) -> None:
    data = film_file(grey_frames(30), 10, format_, codec, key_every=key_every)
    found = brightness(data, media_type, 5)
    assert [time for time, _ in found] == pytest.approx([0.3, 0.9, 1.5, 2.1, 2.7], abs=0.11)
    for time, number in found:
        assert number == pytest.approx(time * 10, abs=1)


def test_a_film_of_fewer_frames_gives_those_it_has() -> None:
    assert [time for time, _ in brightness(film_file(grey_frames(3)), "video/mp4", 8)] == [0, 0.1, 0.2]
    assert [time for time, _ in brightness(film_file(grey_frames(1)), "video/mp4", 8)] == [0]


def test_a_duration_that_lies_changes_nothing() -> None:
    data = film_file(grey_frames(30), 10)
    at = data.index(b"mvhd")
    lying = data[: at + 20] + struct.pack(">I", 0x7FFFFFFF) + data[at + 24 :]  # ISO/IEC 14496-12, 8.2.2
    assert brightness(lying, "video/mp4", 5) == brightness(data, "video/mp4", 5)


def test_of_a_truncated_film_what_is_there_is_sampled() -> None:
    random = np.random.default_rng(1)
    noisy = [np.clip(each + random.integers(-9, 9, each.shape), 0, 255).astype(np.uint8) for each in grey_frames(30)]
    data = film_file(noisy, 10, "matroska", "libx264", key_every=7)
    found = brightness(data[: int(len(data) * 0.6)], "video/x-matroska", 4)
    assert len(found) == 4
    assert found[-1][0] < 2.5


def test_a_rotated_film_is_turned() -> None:
    half = np.zeros((64, 96, 3), np.uint8)
    half[:32] = 255  # light above
    upright = film_file([half] * 5)
    assert next(sampled_frames(upright, "video/mp4", survey(upright, "video/mp4"), 1)).pixels.shape == (64, 96, 3)
    for degrees, light in ((90, np.s_[:, :32]), (180, np.s_[32:]), (-90, np.s_[:, 32:])):
        data = film_file([half] * 5, rotation=degrees)
        (frame,) = sampled_frames(data, "video/mp4", survey(data, "video/mp4"), 1)
        assert frame.pixels[light].mean() > 200
        assert frame.pixels.mean() == pytest.approx(127, abs=10)


def test_the_budget_of_decoded_pixels_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "MAX_DECODED_PIXELS", 64 * 64 * 4)
    found = brightness(film_file(grey_frames(30), codec="libx264", key_every=100), "video/mp4", 5)
    assert [number for _, number in found] == [2, 3]  # the fourth frame is the last


def test_frames_that_say_no_time_are_part_of_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a film of tiny packets without times there could be millions, each as costly as any other."""
    decoded = 0

    def frames(_container: object, _stream: object) -> Iterator[SimpleNamespace]:
        nonlocal decoded
        while True:
            decoded += 1
            yield SimpleNamespace(width=1920, height=1080, time=None)

    data = film_file(grey_frames(3))
    known = survey(data, "video/mp4")
    monkeypatch.setattr(film, "decoded_frames", frames)
    with pytest.raises(UnreadableError):
        list(sampled_frames(data, "video/mp4", known, 2))
    assert decoded == -(-film.MAX_DECODED_PIXELS // (1920 * 1080))


def test_frames_larger_than_the_limit_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = film_file(grey_frames(10))
    known = survey(data, "video/mp4")
    assert (known.width, known.height) == (64, 64)
    monkeypatch.setattr(film, "MAX_FRAME_PIXELS", 1000)
    with pytest.raises(UnreadableError):
        list(sampled_frames(data, "video/mp4", known, 3))


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x18ftypmp42", b"\0" * 5000, b"\x1aE\xdf\xa3" + bytes(50)])
@pytest.mark.parametrize("media_type", ["video/mp4", "video/webm", "video/x-msvideo", "video/ogg"])
def test_what_is_no_film_has_an_error_of_its_own(data: bytes, media_type: str) -> None:
    with pytest.raises(UnreadableError):
        survey(data, media_type)


def test_sound_without_pictures_is_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        survey(sound_file(tone(1), format_="mp4", codec="aac"), "video/mp4")


def test_packets_are_read_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "MAX_PACKETS", 10)
    assert survey(film_file(grey_frames(30)), "video/mp4").seconds == pytest.approx(1)

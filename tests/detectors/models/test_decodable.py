"""What can be looked at or heard comes out, and whatever cannot has a reason, with the prefix of who asks."""

from typing import Any

import numpy as np
import pytest

from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.models.decodable import PICTURE, SOUND, AbstainError, picture_of, reasons_of, sound_of
from tests.media_files import sound_file, tone
from tests.media_scores import noise, picture

SEEN = picture(noise(1, 80, 100))
HEARD = sound_file(tone(2))


def look(data: bytes = SEEN, media_type: str | None = "image/png", **changes: Any) -> Any:
    limits = {"turned": False, "truncated": False, "min_side": 64, "max_pixels": 10_000, "prefix": "a"}
    return picture_of(data, media_type, **(limits | changes))


def hear(data: bytes = HEARD, media_type: str | None = "audio/wav", **changes: Any) -> Any:
    limits = {"rate": 8_000, "min_seconds": 1.0, "max_seconds": 1.5, "prefix": "a"}
    return sound_of(data, media_type, **(limits | changes))


def test_a_picture_is_its_pixels_and_turned_where_asked() -> None:
    assert np.array_equal(look(), noise(1, 80, 100))
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: to be turned clockwise by 90 degrees
    sideways = picture(noise(1, 80, 100), exif=exif)
    assert look(sideways).shape == (80, 100, 3)
    assert np.array_equal(look(sideways, turned=True), np.rot90(noise(1, 80, 100), -1))


def test_a_sound_has_the_rate_and_the_length_that_are_asked_for() -> None:
    sound = hear()
    assert (sound.rate, sound.seconds, sound.cut) == (8_000, 1.5, True)


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"media_type": "image/tiff"}, "not-decoded"),
        ({"media_type": None}, "not-decoded"),
        ({"truncated": True}, "undecodable"),
        ({"data": SEEN[:200]}, "undecodable"),
        ({"data": b""}, "undecodable"),
        ({"min_side": 81}, "too-small"),
        ({"max_pixels": 7_999}, "over-limit"),
    ],
)
def test_what_is_no_picture_to_judge_says_why(changes: dict[str, Any], slug: str) -> None:
    with pytest.raises(AbstainError) as abstained:
        look(**changes)
    assert abstained.value.evidence.reason == f"a.{slug}"
    assert abstained.value.evidence.reason in reasons_of("a", PICTURE)
    assert abstained.value.evidence.signal is (Signal.FAILED if slug == "over-limit" else Signal.SKIPPED)


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"media_type": "audio/midi"}, "not-decoded"),
        ({"media_type": None}, "not-decoded"),
        ({"data": b"RIFF"}, "undecodable"),
        ({"data": sound_file(tone(0.5))}, "too-short"),
        ({"data": sound_file(0 * tone(2))}, "silent"),
    ],
)
def test_what_is_no_sound_to_judge_says_why(changes: dict[str, Any], slug: str) -> None:
    with pytest.raises(AbstainError) as abstained:
        hear(**changes)
    assert abstained.value.evidence.reason == f"a.{slug}"
    assert abstained.value.evidence.reason in reasons_of("a", SOUND)
    assert abstained.value.evidence.signal is Signal.SKIPPED

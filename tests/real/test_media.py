"""Sound and film of other people: what is sound decodes to its length, frames stand where they should, damage is told."""

from pathlib import Path

import pytest

from lowbackground.detectors.models.ffmpeg import UnreadableError
from lowbackground.detectors.models.film import sampled_frames, survey
from lowbackground.detectors.models.sound import decoded_sound

pytestmark = pytest.mark.real

FIXTURES = Path("c2pa/c2pa-rs/sdk/tests/fixtures")
MATRIX = Path("c2pa/expiry-matrix/media")

SOUNDS = [
    (MATRIX / "cicadas.wav", "audio/wav", 15.6),
    (MATRIX / "cicadas.mp3", "audio/mpeg", 15.6),
    (FIXTURES / "sample1.wav", "audio/wav", 33.5),
    (FIXTURES / "sample1.flac", "audio/flac", 10.6),
    (FIXTURES / "sample1.mp3", "audio/mpeg", 120.0),  # cut there
]
FILMS = [
    (MATRIX / "cards.mp4", "video/mp4", (1080, 1920), 4.7),
    (FIXTURES / "video1.mp4", "video/mp4", (720, 1280), 2.0),
    (FIXTURES / "test.avi", "video/x-msvideo", (480, 270), 30.0),
    (FIXTURES / "c.mov", "video/quicktime", (2750, 1834), 5.3),
]


@pytest.mark.parametrize("path, media_type, seconds", SOUNDS, ids=[path.name for path, *_ in SOUNDS])
def test_recordings_decode_to_their_length(shared: Path, path: Path, media_type: str, seconds: float) -> None:
    found = decoded_sound((shared / path).read_bytes(), media_type, 16_000, 120)
    assert found.seconds == pytest.approx(seconds, abs=0.1)
    assert found.audible
    assert not found.damaged


@pytest.mark.parametrize("path, media_type, size, seconds", FILMS, ids=[path.name for path, *_ in FILMS])
def test_frames_are_spread_over_films(
    shared: Path, path: Path, media_type: str, size: tuple[int, int], seconds: float
) -> None:
    data = (shared / path).read_bytes()
    film = survey(data, media_type)
    assert (film.width, film.height) == size
    assert film.seconds == pytest.approx(seconds, abs=0.1)
    frames = list(sampled_frames(data, media_type, film, 4))
    assert [frame.time for frame in frames] == pytest.approx([seconds * part / 8 for part in (1, 3, 5, 7)], abs=0.1)
    assert all(frame.pixels.shape == (size[1], size[0], 3) for frame in frames)
    assert all(frame.pixels.std() > 1 for frame in frames)


@pytest.mark.parametrize("name", ["nested_moov_1000.mp4", "dashinit.mp4"])
def test_films_without_a_frame_are_unreadable(shared: Path, name: str) -> None:
    with pytest.raises(UnreadableError):
        survey((shared / FIXTURES / name).read_bytes(), "video/mp4")

"""Sound: decoded to mono at any rate, bounded, what is good of a damaged one, windows spread over it."""

import io

import numpy as np
import pytest

from lowbackground.detectors.models import ffmpeg, sound
from lowbackground.detectors.models.ffmpeg import MemoryLimitError, UnreadableError, UnsupportedError, can_be_opened
from lowbackground.detectors.models.sound import Sound, decoded_sound, windows
from tests.media_files import SOUNDS, film_file, grey_frames, sound_file, tone


@pytest.mark.parametrize("format_, codec, media_type, rate", SOUNDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_comes_out_of_every_container_as_it_went_in(
    format_: str, codec: str, media_type: str, rate: int, channels: int
) -> None:
    data = sound_file(tone(2, rate), rate, format_, codec, channels)
    found = decoded_sound(data, media_type, 16_000, 60)
    assert not found.damaged
    assert not found.cut
    assert found.audible
    assert found.seconds == pytest.approx(2, abs=0.06)
    assert np.abs(np.fft.rfft(found.samples[8000:24_000])).argmax() == 440  # hertz
    assert found.samples.dtype == np.float32


def test_no_more_is_decoded_than_wanted() -> None:
    found = decoded_sound(sound_file(tone(5)), "audio/wav", 16_000, 2.5)
    assert found.cut
    assert found.seconds == 2.5


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_of_a_truncated_file_what_is_there_is_decoded(share: float) -> None:
    for format_, codec, media_type, rate in SOUNDS:
        if media_type != "audio/mp4":  # whose tables stand at the end
            data = sound_file(tone(4, rate), rate, format_, codec)
            found = decoded_sound(data[: int(len(data) * share)], media_type, 16_000, 60)
            assert found.seconds == pytest.approx(4 * share, abs=0.9)  # containers hold up to a second together


def test_damage_in_the_middle_costs_what_is_damaged() -> None:
    data = bytearray(sound_file(tone(4, 44_100), 44_100, "mp3", "libmp3lame"))
    data[len(data) // 3 : len(data) // 3 + 2000] = bytes(2000)
    found = decoded_sound(bytes(data), "audio/mpeg", 16_000, 60)
    assert found.seconds > 3
    assert np.isfinite(found.samples).all()


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\0" * 5000, b"ID3" + bytes(100), b"\xff" * 5000])
@pytest.mark.parametrize(
    "media_type", ["audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4", "audio/webm"]
)
def test_what_is_no_sound_has_an_error_of_its_own(data: bytes, media_type: str) -> None:
    with pytest.raises(UnreadableError):
        decoded_sound(data, media_type, 16_000, 60)


def test_film_without_sound_is_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        decoded_sound(film_file(grey_frames(3)), "video/mp4", 16_000, 60)


def test_a_rare_codec_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "_PLAIN", "none")
    with pytest.raises(UnsupportedError, match="codec"):
        decoded_sound(sound_file(tone(1)), "audio/wav", 16_000, 60)


def test_samples_that_are_no_numbers_are_made_some() -> None:
    samples = tone(1)
    samples[100:200], samples[300], samples[400], samples[500] = np.nan, np.inf, -np.inf, 1e30
    found = decoded_sound(sound_file(samples, codec="pcm_f32le"), "audio/wav", 16_000, 60)
    assert np.isfinite(found.samples).all()
    assert np.abs(found.samples).max() <= 1


def test_memory_that_ends_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    def ends(*_: object, **__: object) -> None:
        raise av.error.MemoryError(12, "no memory")

    data = sound_file(tone(1))
    with pytest.raises(MemoryLimitError):
        ffmpeg.attempted(ends)
    monkeypatch.setattr(av, "open", ends)
    with pytest.raises(MemoryLimitError):
        decoded_sound(data, "audio/wav", 16_000, 60)


def test_python_s_own_end_of_memory_is_no_answer_of_ffmpeg() -> None:
    def ends() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        ffmpeg.attempted(ends)


def test_a_playlist_opens_no_other_file() -> None:
    lists = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    for media_type in sorted(ffmpeg._DEMUXERS):
        with pytest.raises(UnreadableError):
            decoded_sound(lists, media_type, 16_000, 60)
    with pytest.raises(UnreadableError, match="Unsupported"):
        ffmpeg.attempted(ffmpeg._refused, "file:///etc/passwd")


def test_formats_that_are_opened_are_listed() -> None:
    assert can_be_opened("audio/mpeg")
    for media_type in (None, "", "audio/midi", "video/x-flv", "application/x-mpegurl", "image/png"):
        assert not can_be_opened(media_type)


def test_silence_is_told_from_sound() -> None:
    assert not Sound(np.zeros(100, np.float32), 16_000).audible
    assert not Sound(np.full(100, 0.0005, np.float32), 16_000).audible
    assert not Sound(np.empty(0, np.float32), 16_000).audible
    assert Sound(np.full(100, 0.01, np.float32), 16_000).audible


@pytest.mark.parametrize(
    "seconds, most, starts",
    [
        (1.0, 8, [0.0]),
        (4.0, 8, [0.0]),
        (5.0, 8, [0.0, 1.0]),
        (8.0, 8, [0.0, 4.0]),
        (10.0, 8, [0.0, 3.0, 6.0]),
        (100.0, 3, [0.0, 48.0, 96.0]),
        (100.0, 1, [0.0]),
    ],
)
def test_windows_are_spread_from_the_first_second_to_the_last(seconds: float, most: int, starts: list[float]) -> None:
    whole = Sound(np.arange(int(seconds * 100), dtype=np.float32), 100)
    found = windows(whole, 4.0, most)
    assert [start for start, _ in found] == starts
    for start, samples in found:
        assert len(samples) == min(400, len(whole.samples))
        assert samples[0] == start * 100


def test_the_same_bytes_give_the_same_samples() -> None:
    data = sound_file(tone(2, 44_100), 44_100, "mp3", "libmp3lame")
    one, other = (decoded_sound(each, "audio/mpeg", 16_000, 60) for each in (data, memoryview(data)))
    assert np.array_equal(one.samples, other.samples)
    assert io.BytesIO(data).getvalue() == data


def test_frames_that_bring_nothing_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    class Nothing:
        def __init__(self, **_: object) -> None: ...

        def resample(self, _: object) -> list[object]:
            return []

    monkeypatch.setattr(av, "AudioResampler", Nothing)
    monkeypatch.setattr(sound, "MAX_EMPTY_FRAMES", 3)
    with pytest.raises(UnreadableError):
        decoded_sound(sound_file(tone(2)), "audio/wav", 16_000, 60)

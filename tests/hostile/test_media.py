"""Sound and film made to hurt: each is decoded or refused, in bounded work and memory, and no other file is opened."""

import io
import struct
import subprocess
import sys
import tracemalloc
from functools import lru_cache
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from lowbackground.detectors.models import film as film_module
from lowbackground.detectors.models.ffmpeg import MemoryLimitError, UnreadableError
from lowbackground.detectors.models.film import sampled_frames, survey
from lowbackground.detectors.models.sound import decoded_sound
from tests.media_files import FILMS, SOUNDS, film_file, grey_frames, sound_file, tone
from tests.mutations import mutant

SECONDS = 5.0
COUNT = 4


def hear(data: bytes, media_type: str) -> None:
    try:
        found = decoded_sound(data, media_type, 16_000, SECONDS)
    except (UnreadableError, MemoryLimitError):
        return
    assert 0 < found.seconds <= SECONDS
    assert np.isfinite(found.samples).all()


def watch(data: bytes, media_type: str) -> None:
    try:
        frames = list(sampled_frames(data, media_type, survey(data, media_type), COUNT))
    except (UnreadableError, MemoryLimitError):
        return
    assert 0 < len(frames) <= COUNT
    assert [frame.time for frame in frames] == sorted({frame.time for frame in frames})


def noisy(count: int) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(1)
    return [np.clip(each + random.integers(-9, 9, each.shape), 0, 255).astype(np.uint8) for each in grey_frames(count)]


@lru_cache(maxsize=1)
def originals() -> list[tuple[bytes, str]]:
    sounds = [
        (sound_file(tone(1, rate), rate, format_, codec), media_type) for format_, codec, media_type, rate in SOUNDS
    ]
    films = [
        (film_file(noisy(12), 10, format_, codec, key_every=5), media_type) for format_, codec, media_type in FILMS
    ]
    return [*sounds, *films]


def _fuzz(seeds: range) -> None:
    for seed in seeds:
        data, media_type = originals()[seed % len(originals())]
        damaged = mutant(data, [0, 30, 100, len(data) - 200, len(data) - 40], Random(seed))
        (hear if media_type.startswith("audio/") else watch)(damaged, media_type)


def test_damaged_sound_and_film_are_decoded_or_refused() -> None:
    _fuzz(range(600))


@pytest.mark.soak
def test_many_damaged_sounds_and_films_are_decoded_or_refused() -> None:
    _fuzz(range(100_000))


def test_a_type_that_lies_reaches_no_other_reader() -> None:
    for data, true_type in originals():
        for media_type in ("audio/mpeg", "audio/wav", "video/mp4", "video/webm", "audio/ogg"):
            if media_type.partition("/")[2] not in true_type:
                hear(data, media_type)
                watch(data, media_type)


def test_a_sound_that_claims_endless_samples_gives_those_it_has() -> None:
    data = bytearray(sound_file(tone(1)))
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = struct.pack("<I", 0xFFFFFFF0)
    assert decoded_sound(bytes(data), "audio/wav", 16_000, 60).seconds == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "channels, rate, bits",
    [(0, 16_000, 16), (65_535, 16_000, 16), (1, 0, 16), (1, 2**32 - 1, 16), (1, 16_000, 0), (2, 1999, 8)],
)
def test_a_header_of_wild_figures_is_read_or_refused(channels: int, rate: int, bits: int) -> None:
    data = bytearray(sound_file(tone(1)))
    at = data.index(b"fmt ") + 8
    data[at + 2 : at + 16] = struct.pack("<HIIHH", channels, rate, rate, max(1, channels * bits // 8) % 65_536, bits)
    hear(bytes(data), "audio/wav")


@pytest.mark.parametrize("size", [(0, 0), (65_535, 65_535), (1, 65_535), (16_000, 16_000)])
def test_a_film_that_claims_endless_pixels_costs_little(size: tuple[int, int]) -> None:
    data = bytearray(film_file(grey_frames(12), codec="mpeg4"))
    for box, place in ((b"mp4v", 28), (b"tkhd", 80)):  # ISO/IEC 14496-12, 12.1.3 and 8.3.2
        at = data.index(box) + place
        field = struct.pack(">HH", *size) if box == b"mp4v" else struct.pack(">II", size[0] << 16, size[1] << 16)
        data[at : at + len(field)] = field
    tracemalloc.start()
    watch(bytes(data), "video/mp4")
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_key_frames_far_apart_are_not_decoded_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = 0
    original = film_module.decoded_frames

    def counted(*arguments: object) -> object:
        nonlocal frames
        for frame in original(*arguments):  # type: ignore[arg-type]
            frames += 1
            yield frame

    monkeypatch.setattr(film_module, "decoded_frames", counted)
    data = film_file(grey_frames(31), codec="libx264", key_every=1000)
    assert len(list(sampled_frames(data, "video/mp4", survey(data, "video/mp4"), 10))) == 10
    assert frames <= 32


def test_nothing_is_said_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    for seed in range(60):
        data, media_type = originals()[seed % len(originals())]
        capfd.readouterr()  # encoders talk when the originals are made
        (hear if media_type.startswith("audio/") else watch)(mutant(data, [0, 100], Random(seed)), media_type)
        assert capfd.readouterr() == ("", "")


def test_a_header_cannot_make_ffmpeg_take_gigabytes() -> None:
    code = """
import resource, struct
from lowbackground.detectors.models.ffmpeg import MemoryLimitError, UnreadableError
from lowbackground.detectors.models.sound import decoded_sound
from tests.media_files import sound_file, tone
plain = sound_file(tone(1))
decoded_sound(plain, "audio/wav", 16_000, 60)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
tag = b"INFOISFT" + struct.pack("<I", 0x70000000) + b"Lavf"
data = plain[:36] + b"LIST" + struct.pack("<I", 0x7000000C) + tag + plain[36:]
try:
    decoded_sound(data, "audio/wav", 16_000, 60)
except (UnreadableError, MemoryLimitError):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 64 << 10  # kB; without a limit, FFmpeg fills 1.9 GB with what it expects to read


def test_bytes_are_left_as_they_are() -> None:
    data, media_type = originals()[0]
    held = io.BytesIO(data)
    hear(data, media_type)
    assert held.getvalue() == data


@pytest.mark.parametrize("rate", [1, 100, 1999, 768_001, 2**31 - 1])
def test_a_rate_that_no_recording_has_is_refused_before_it_is_changed(rate: int) -> None:
    data = bytearray(sound_file(tone(1)))
    at = data.index(b"fmt ") + 8
    data[at + 4 : at + 12] = struct.pack("<II", rate, min(2 * rate, 2**32 - 1))
    with pytest.raises(UnreadableError):
        decoded_sound(bytes(data), "audio/wav", 16_000, 60)

"""audio_model: the mean over its windows, at the rate of its feature extractor, and abstentions with reasons."""

import json
from pathlib import Path

import numpy as np
import pytest

from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.models import audio_model as audio
from lowbackground.detectors.models.model_folder import ModelError
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.media_scores import RUN, TOLERANCE, expected, facts, observe
from tests.tiny_media_models import sound_model


def test_the_score_of_sound_is_the_mean_over_its_windows(sounds: str) -> None:
    samples = np.concatenate([tone(2, hertz=300), tone(2, hertz=2000, level=0.2), tone(1, hertz=700)])
    detector = audio.audio_model(model=sounds, run=RUN, window_seconds=1.0, max_windows=3)
    (found,) = observe(detector, [sound_file(samples, codec="pcm_f32le")], "audio/wav")
    parts = [expected(sounds, "audio", samples[at : at + 16_000], sampling_rate=16_000) for at in (0, 32_000, 64_000)]
    assert found.score == pytest.approx(np.mean(parts), abs=TOLERANCE)
    told = facts(found)
    assert told["media"] == "voice"
    assert (told["seconds"], told["window"], told["pieces"]) == (5.0, 1.0, 3)
    places = [place.split(":") for place in told["scores"].split()]
    assert [float(time) for time, _ in places] == [0, 2, 4]
    assert [float(score) for _, score in places] == pytest.approx(parts, abs=TOLERANCE)
    assert told["leaning"] == sum(score > 0 for score in parts)
    highest = audio.audio_model(model=sounds, run=RUN, window_seconds=1.0, max_windows=3, aggregate="highest")
    (most,) = observe(highest, [sound_file(samples, codec="pcm_f32le")], "audio/wav")
    assert most.score == pytest.approx(max(parts), abs=TOLERANCE)
    assert highest.version != detector.version


def test_sound_that_gives_no_score_says_why(sounds: str) -> None:
    detector = audio.audio_model(model=sounds, run=RUN)
    for data, media_type, reason in (
        (sound_file(tone(0.5)), "audio/wav", "too-short"),
        (sound_file(0 * tone(3)), "audio/wav", "silent"),
        (b"RIFF", "audio/wav", "undecodable"),
        (b"", "audio/mpeg", "undecodable"),
        (sound_file(tone(3)), "audio/midi", "not-decoded"),
        (film_file(grey_frames(20)), "audio/mp4", "not-decoded"),
    ):
        (found,) = observe(detector, [data], media_type)
        assert found.reason == f"audio-model.{reason}"
        assert found.signal == Signal.SKIPPED


def test_a_truncated_sound_is_scored_and_marked(sounds: str) -> None:
    data = sound_file(tone(5))
    (found,) = observe(audio.audio_model(model=sounds, run=RUN), [data[: len(data) // 2]], "audio/wav", truncated=True)
    assert found.score is not None
    assert facts(found)["damaged"] is True
    assert facts(found)["seconds"] == pytest.approx(2.5, abs=0.01)


def test_the_rate_is_that_of_the_feature_extractor(tmp_path: Path) -> None:
    folder = str(sound_model(tmp_path, rate=8000))
    detector = audio.audio_model(model=folder, run=RUN, window_seconds=1.0, max_windows=1)
    data = sound_file(tone(2, 8000), 8000, codec="pcm_f32le")
    (found,) = observe(detector, [data], "audio/wav")
    assert found.score == pytest.approx(
        expected(folder, "audio", tone(2, 8000)[:8000], sampling_rate=8000), abs=TOLERANCE
    )


def test_a_strange_rate_is_refused(tmp_path: Path) -> None:
    folder = sound_model(tmp_path)
    path = folder / "preprocessor_config.json"
    for rate in (0, -1, 10**9, "fast", None, [16_000]):
        path.write_text(json.dumps({**json.loads(path.read_text()), "sampling_rate": rate}))
        with pytest.raises(ModelError, match="sampling_rate"):
            audio.audio_model(model=str(folder), run=RUN)

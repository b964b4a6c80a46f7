"""video_model: the mean over its frames, and abstentions with reasons."""

import numpy as np
import pytest

from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.models import video_model as video
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.media_scores import RUN, TOLERANCE, expected, facts, noise, observe


def test_the_score_of_a_film_is_the_mean_over_its_frames(pictures: str) -> None:
    shown = [noise(seed, 64, 64) for seed in range(20)]
    data = film_file(shown, 10, "mp4", "libx264")
    detector = video.video_model(model=pictures, run=RUN, frames=4)
    (found,) = observe(detector, [data], "video/mp4")
    told = facts(found)
    assert (told["media"], told["width"], told["height"], told["pieces"]) == ("video", 64, 64, 4)
    places = [place.split(":") for place in told["scores"].split()]
    assert [float(time) for time, _ in places] == pytest.approx([0.2, 0.7, 1.2, 1.7], abs=0.11)
    from lowbackground.detectors.models.film import sampled_frames, survey

    sampled = sampled_frames(data, "video/mp4", survey(data, "video/mp4"), 4)
    scores = [expected(pictures, "image", frame.pixels) for frame in sampled]
    assert [float(score) for _, score in places] == pytest.approx(scores, abs=TOLERANCE)
    assert found.score == pytest.approx(np.mean(scores), abs=TOLERANCE)


def test_films_that_give_no_score_say_why(pictures: str, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = video.video_model(model=pictures, run=RUN)
    good = film_file(grey_frames(20))
    for data, media_type, reason in (
        (film_file(grey_frames(20, 32)), "video/mp4", "too-small"),
        (film_file(grey_frames(2)), "video/mp4", "too-short"),
        (b"\0\0\0\x18ftypmp42", "video/mp4", "undecodable"),
        (good[: len(good) // 2], "video/mp4", "undecodable"),
        (good, "video/x-flv", "not-decoded"),
        (sound_file(tone(2), format_="mp4", codec="aac"), "video/mp4", "not-decoded"),
    ):
        (found,) = observe(detector, [data], media_type)
        assert found.reason == f"video-model.{reason}"
        assert found.signal == Signal.SKIPPED
    monkeypatch.setattr(video, "MAX_FRAME_PIXELS", 1000)
    (found,) = observe(detector, [good], "video/mp4")
    assert (found.signal, found.reason) == (Signal.FAILED, "video-model.over-limit")

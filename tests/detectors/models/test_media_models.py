"""image_model, audio_model and video_model: what the model says, in batches of any size, and abstentions with reasons."""

import io
import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import CalibrationError
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.conformance import check_detector, sample_batches
from lowbackground.detectors.contract import Detector, HoldsModel, RunFacts
from lowbackground.detectors.evidence import Evidence, Signal, Strength
from lowbackground.detectors.models import audio_model as audio
from lowbackground.detectors.models import image_model as image
from lowbackground.detectors.models import video_model as video
from lowbackground.detectors.models.media_adapter import AbstainError
from lowbackground.detectors.models.media_classifier import MediaClassifier
from lowbackground.detectors.models.model_folder import ModelError
from tests.factories import AS_OF, records
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.tiny_media_models import SIDE, picture_model, sound_model

RUN = RunFacts(AS_OF)
TOLERANCE = 0.011  # scores are rounded to 0.01


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(picture_model(tmp_path_factory.mktemp("vit")))


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(sound_model(tmp_path_factory.mktemp("wav2vec2")))


def noise(seed: int, height: int = 80, width: int = 100) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (1 + height // 10, 1 + width // 10, 3), dtype=np.uint8)
    return coarse.repeat(10, 0).repeat(10, 1)[:height, :width]


def picture(pixels: NDArray[np.uint8], format_: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format_, **options)
    return out.getvalue()


def observe(detector: Detector, files: Sequence[bytes], media_type: str, **row: Any) -> list[Evidence]:
    rows = [{"raw": data, "media_type": media_type, **row} for data in files]
    return list(detector(records(rows)).evidence)


def facts(evidence: Evidence) -> dict[str, Any]:
    assert evidence.detail is not None
    told: dict[str, Any] = json.loads(evidence.detail)
    return told


def expected(folder: str, kind: str, item: NDArray[Any], **options: Any) -> float:
    """Ln p / (1 - p) of the second class, by transformers itself."""
    import torch
    import transformers

    auto: Any = transformers
    task = "Image" if kind == "image" else "Audio"
    reader = "AutoImageProcessor" if kind == "image" else "AutoFeatureExtractor"
    model = getattr(auto, f"AutoModelFor{task}Classification").from_pretrained(folder).eval()
    given = getattr(auto, reader).from_pretrained(folder)(item, return_tensors="pt", **options)
    with torch.no_grad():
        share = float(torch.softmax(model(**given).logits[0].double(), 0)[1])
    return float(np.log(share / (1 - share)))


def test_the_score_of_a_picture_is_the_log_odds_of_its_model(pictures: str) -> None:
    items = [noise(seed) for seed in range(5)]
    found = observe(image.image_model(model=pictures, run=RUN), [picture(each) for each in items], "image/png")
    scores = [each.score for each in found]
    assert scores == pytest.approx([expected(pictures, "image", each) for each in items], abs=TOLERANCE)
    assert len(set(scores)) > 3
    assert all(each.reason == "image-model.no-calibration" for each in found)
    assert all(each.signal == Signal.SILENT and each.fpr is None and each.llr is None for each in found)
    assert facts(found[0]) == {"media": "picture", "width": 100, "height": 80}


@pytest.mark.parametrize("kind", ["convnext"])
def test_other_architectures_score_as_well(tmp_path: Path, kind: str) -> None:
    folder = str(picture_model(tmp_path, kind))
    (found,) = observe(image.image_model(model=folder, run=RUN), [picture(noise(1))], "image/png")
    assert found.score == pytest.approx(expected(folder, "image", noise(1)), abs=TOLERANCE)


def test_a_picture_is_seen_as_it_is_to_be_shown(pictures: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored top is the visual right
    (turned,) = observe(
        image.image_model(model=pictures, run=RUN), [picture(noise(1), exif=exif.tobytes())], "image/png"
    )
    assert turned.score == pytest.approx(expected(pictures, "image", np.rot90(noise(1), -1)), abs=TOLERANCE)
    assert facts(turned)["width"] == 80


@pytest.mark.parametrize("format_", ["JPEG", "WEBP"])
def test_jpeg_and_webp_are_scored(pictures: str, format_: str) -> None:
    data = picture(noise(1), format_, quality=90)
    (found,) = observe(image.image_model(model=pictures, run=RUN), [data], f"image/{format_.lower()}")
    decoded = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    assert found.score == pytest.approx(expected(pictures, "image", decoded), abs=TOLERANCE)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_pictures_of_every_mode_are_scored(pictures: str, mode: str) -> None:
    out = io.BytesIO()
    Image.fromarray(noise(1)).convert(mode).save(out, "JPEG" if mode == "CMYK" else "PNG")
    media_type = "image/jpeg" if mode == "CMYK" else "image/png"
    (found,) = observe(image.image_model(model=pictures, run=RUN), [out.getvalue()], media_type)
    assert found.score is not None


def test_pictures_that_give_no_score_say_why(pictures: str) -> None:
    detector = image.image_model(model=pictures, run=RUN, max_megapixels=1, min_side=64)
    good = picture(noise(1))
    for data, media_type, reason in (
        (good[:200], "image/png", "undecodable"),
        (b"", "image/png", "undecodable"),
        (good, "image/gif", "not-decoded"),
        (good, "image/jpeg", "undecodable"),
        (picture(noise(1, 63, 500)), "image/png", "too-small"),
        (picture(np.zeros((2, 30_000, 3), np.uint8)), "image/png", "too-small"),
        (picture(np.zeros((1200, 1200, 3), np.uint8)), "image/png", "over-limit"),
    ):
        (found,) = observe(detector, [data], media_type)
        assert found.reason == f"image-model.{reason}"
        assert found.signal == (Signal.FAILED if reason == "over-limit" else Signal.SKIPPED)
        assert found.score is None
    (cut,) = observe(detector, [good], "image/png", truncated=True)
    assert cut.reason == "image-model.undecodable"


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


def test_a_record_that_asks_for_too_much_memory_fails_by_itself(
    pictures: str, sounds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import av

    original = av.open

    def limited(file: Any, **options: Any) -> Any:
        if len(file.getvalue()) == 9:
            raise av.error.MemoryError(12, "no memory")
        return original(file, **options)

    clip, film = sound_file(tone(2)), film_file(grey_frames(9))
    monkeypatch.setattr(av, "open", limited)
    heard = observe(audio.audio_model(model=sounds, run=RUN), [b"too much!", clip], "audio/wav")
    seen = observe(video.video_model(model=pictures, run=RUN), [b"too much!", film], "video/mp4")
    for failed, good in (heard, seen):
        assert failed.signal == Signal.FAILED
        assert failed.reason.endswith("-model.out-of-memory")
        assert good.score is not None


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


FACTORIES = [(image, "picture"), (audio, "voice"), (video, "video")]


def built(module: ModuleType, pictures: str, sounds: str, **options: Any) -> Any:
    factory = getattr(module, module.__name__.rpartition(".")[2])
    return factory(model=sounds if module is audio else pictures, run=RUN, **options)


@pytest.mark.parametrize("module, group", FACTORIES)
def test_the_contract_is_kept(module: ModuleType, group: str, pictures: str, sounds: str) -> None:
    detector = built(module, pictures, sounds)
    assert isinstance(detector, HoldsModel)
    assert not detector.exact
    assert detector.needs.kinds == (group,)
    check_detector(detector)
    reasons = {each.reason for batch in sample_batches() for each in detector(batch).evidence}
    assert reasons <= set(module.REASONS)


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_how_a_batch_is_cut_does_not_show(pictures: str, sounds: str, batch_size: int) -> None:
    files = [picture(noise(seed, 70 + seed, 90)) for seed in range(7)]
    one = observe(image.image_model(model=pictures, run=RUN), files, "image/png")
    assert observe(image.image_model(model=pictures, run=RUN, batch_size=batch_size), files, "image/png") == one
    clips = [sound_file(tone(seconds, hertz=200 * seconds)) for seconds in (1.0, 4.5, 2.0, 9.0, 4.0)]
    heard = observe(audio.audio_model(model=sounds, run=RUN), clips, "audio/wav")
    assert observe(audio.audio_model(model=sounds, run=RUN, batch_size=batch_size), clips, "audio/wav") == heard


@pytest.mark.parametrize("module, group", FACTORIES)
def test_a_detector_is_sent_without_its_model(module: ModuleType, group: str, pictures: str, sounds: str) -> None:
    detector = built(module, pictures, sounds)
    detector.load()
    sent = pickle.dumps(detector)
    assert len(sent) < 10_000
    again = pickle.loads(sent)
    assert (again.version, again.scale) == (detector.version, detector.scale)
    batch = records([{"raw": picture(noise(1)), "media_type": "image/png"}])
    assert again(batch).evidence == detector(batch).evidence


def test_setting_up_imports_neither_torch_nor_transformers_nor_av(pictures: str, sounds: str) -> None:
    code = f"""
import sys
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.models.audio_model import audio_model
from lowbackground.detectors.models.image_model import image_model
from lowbackground.detectors.models.video_model import video_model
from datetime import datetime, UTC
run = RunFacts(datetime(2026, 1, 1, tzinfo=UTC))
image_model(model={pictures!r}, run=run), video_model(model={pictures!r}, run=run), audio_model(model={sounds!r}, run=run)
print(sorted({{"torch", "transformers", "av"}} & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("module, group", FACTORIES)
def test_with_a_calibration_of_its_kind_a_score_becomes_evidence(
    module: ModuleType, group: str, pictures: str, sounds: str, tmp_path: Path
) -> None:
    detector = built(module, pictures, sounds)
    random = np.random.default_rng(1)
    human, machine = random.normal(-30, 1, 3200), random.normal(-20, 1, 400)
    size = len(human) + len(machine)
    sample = Sample(
        np.concatenate([human, machine]),
        np.arange(size) >= len(human),
        [(group, None)] * size,
        ["one source"] * size,
    )
    made = calibrate(sample, detector.scale, made=AS_OF.date())
    path = tmp_path / "calibration.json"
    write_calibration(made, path)
    calibrated = built(module, pictures, sounds, calibration=str(path))
    assert made.digest[:12] in calibrated.version
    data = {
        "picture": picture(noise(1)),
        "voice": sound_file(tone(5)),
        "video": film_file(grey_frames(20)),
    }[group]
    media_type = {"picture": "image/png", "voice": "audio/wav", "video": "video/mp4"}[group]
    (found,) = observe(calibrated, [data], media_type)
    assert found.reason == f"{module.PREFIX}.above-threshold"
    assert (found.signal, found.strength) == (Signal.SYNTHETIC, Strength.STRONG)
    assert found.fpr is not None
    assert found.fpr < 0.001
    assert found.llr is not None
    assert found.llr > 0
    if module is not image:  # another way of scoring, which this calibration is not for
        with pytest.raises(CalibrationError):
            built(module, pictures, sounds, aggregate="highest", calibration=str(path))


def test_labels_that_leave_it_open_are_refused(tmp_path: Path) -> None:
    folder = str(picture_model(tmp_path, labels=("LABEL_0", "LABEL_1")))
    with pytest.raises(ModelError, match="machine_label"):
        image.image_model(model=folder, run=RUN)
    by_name = image.image_model(model=folder, run=RUN, machine_label="LABEL_0")
    by_place = image.image_model(model=folder, run=RUN, machine_label=1)
    (one,), (other,) = (observe(each, [picture(noise(1))], "image/png") for each in (by_name, by_place))
    assert one.score is not None
    assert one.score == -(other.score or 0)
    assert by_name.version != by_place.version


def test_a_folder_without_a_processor_is_refused(tmp_path: Path) -> None:
    folder = picture_model(tmp_path)
    (folder / "preprocessor_config.json").unlink()
    for module in (image, video):
        with pytest.raises(ModelError, match="preprocessor_config"):
            built(module, str(folder), "")


def test_a_processor_that_cannot_be_used_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    folder = picture_model(tmp_path)
    (folder / "preprocessor_config.json").write_text('{"image_processor_type": "NoSuchProcessor"}')
    detector = image.image_model(model=str(folder), run=RUN)
    assert isinstance(detector, HoldsModel)
    with pytest.raises(ModelError, match="preprocessor_config"):
        detector.load()


def test_a_sound_model_is_no_picture_model(sounds: str) -> None:
    detector = image.image_model(model=sounds, run=RUN)
    assert isinstance(detector, HoldsModel)
    with pytest.raises(ModelError):
        detector.load()


@pytest.mark.parametrize(
    "module, options",
    [
        (image, {"min_side": 0}),
        (image, {"batch_size": 0}),
        (audio, {"min_seconds": 5.0}),
        (audio, {"max_windows": 0}),
        (audio, {"max_seconds": 1.0}),
        (video, {"frames": 0}),
        (video, {"min_seconds": -1.0}),
    ],
)
def test_options_that_leave_nothing_to_score_are_refused(
    module: ModuleType, options: dict[str, Any], pictures: str, sounds: str
) -> None:
    with pytest.raises(ModelError, match="expected"):
        built(module, pictures, sounds, **options)


def test_without_pyav_sound_and_film_say_how_to_get_it(
    pictures: str, sounds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "av" else real(name, *rest))
    for module in (audio, video):
        with pytest.raises(ModelError, match=r"lowbackground\[media\]"):
            built(module, pictures, sounds)
    built(image, pictures, sounds)


def test_a_strange_rate_is_refused(tmp_path: Path) -> None:
    folder = sound_model(tmp_path)
    path = folder / "preprocessor_config.json"
    for rate in (0, -1, 10**9, "fast", None, [16_000]):
        path.write_text(json.dumps({**json.loads(path.read_text()), "sampling_rate": rate}))
        with pytest.raises(ModelError, match="sampling_rate"):
            audio.audio_model(model=str(folder), run=RUN)


def test_an_abstention_carries_its_evidence() -> None:
    evidence = Evidence(Signal.SKIPPED, "image-model.too-small")
    assert AbstainError(evidence).evidence is evidence


def test_the_processor_is_the_same_with_and_without_torchvision(pictures: str) -> None:
    classifier = MediaClassifier(image_folder(pictures), "image", 1, "cpu", "auto")
    assert "Pil" in type(classifier._processor()).__name__
    assert classifier.prepared(noise(1))["pixel_values"].shape == (3, SIDE, SIDE)


def image_folder(path: str) -> Any:
    from lowbackground.detectors.models.model_folder import find_model

    return find_model(path)

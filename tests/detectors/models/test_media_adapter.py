"""What models of pictures, sound and film have in common: contract, batches, calibration, options."""

import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import CalibrationError
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.conformance import check_detector, sample_batches
from lowbackground.detectors.contract import HoldsModel
from lowbackground.detectors.evidence import Evidence, Signal, Strength
from lowbackground.detectors.models import audio_model as audio
from lowbackground.detectors.models import image_model as image
from lowbackground.detectors.models import video_model as video
from lowbackground.detectors.models.decodable import AbstainError
from lowbackground.detectors.models.media_classifier import MediaClassifier
from lowbackground.detectors.models.model_folder import ModelError
from tests.factories import AS_OF, records
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.media_scores import RUN, facts, noise, observe, picture
from tests.tiny_media_models import SIDE, picture_model, sound_model
from tests.tiny_models import text_folder


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


@pytest.mark.parametrize("aggregate", ["mean", "highest"])
def test_a_piece_whose_score_is_no_number_is_not_passed_over(
    sounds: str, aggregate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = audio.audio_model(model=sounds, run=RUN, aggregate=aggregate, window_seconds=1.0)  # type: ignore[arg-type]
    detector.load()  # type: ignore[attr-defined]
    monkeypatch.setattr(
        MediaClassifier, "_batch", lambda _, inputs: [0.5, float("nan"), *[2.0] * len(inputs)][: len(inputs)]
    )
    whole, short = observe(detector, [sound_file(tone(3)), sound_file(tone(1))], "audio/wav")
    assert (whole.signal, whole.reason, whole.score) == (Signal.FAILED, "audio-model.no-score", None)
    assert facts(whole)["scores"] == "0:0.5 1:nan 2:2"
    assert short.score == 2.0


def test_a_model_for_another_kind_of_media_is_refused_with_the_detectors_that_take_it(
    pictures: str, sounds: str, tmp_path: Path
) -> None:
    texts = str(text_folder(tmp_path / "gpt2", "gpt2"))
    for module, folder, words in (
        (image, sounds, "text_model or audio_model takes such a model"),
        (audio, pictures, "image_model or video_model takes such a model"),
        (video, texts, "is a language model"),
    ):
        with pytest.raises(ModelError, match=words):
            built(module, folder, folder)


def test_a_folder_without_a_processor_is_refused(tmp_path: Path) -> None:
    folder = picture_model(tmp_path)
    (folder / "preprocessor_config.json").unlink()
    for module in (image, video):
        with pytest.raises(ModelError, match="preprocessor_config"):
            built(module, str(folder), "")


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


@pytest.mark.parametrize("module, group", FACTORIES)
def test_the_scale_names_the_precision_that_auto_stands_for(
    module: ModuleType, group: str, pictures: str, sounds: str
) -> None:
    here, there = (built(module, pictures, sounds, device=device).scale for device in ("cpu", "cuda"))
    assert here == built(module, pictures, sounds, device="cpu", dtype="float32").scale
    assert there == built(module, pictures, sounds, device="cuda", dtype="bfloat16").scale
    assert here != there


def test_an_abstention_carries_its_evidence() -> None:
    evidence = Evidence(Signal.SKIPPED, "image-model.too-small")
    assert AbstainError(evidence).evidence is evidence


def test_the_processor_is_the_same_with_and_without_torchvision(pictures: str) -> None:
    classifier = MediaClassifier(image_folder(pictures), "picture", 1, "cpu", "float32")
    assert "Pil" in type(classifier._processor()).__name__
    assert classifier.prepared(noise(1))["pixel_values"].shape == (3, SIDE, SIDE)


def image_folder(path: str) -> Any:
    from lowbackground.detectors.models.model_folder import find_model

    return find_model(path)


@pytest.mark.parametrize("module", [image, audio, video])
def test_weights_that_are_no_numbers_are_refused_when_they_are_loaded(tmp_path: Path, module: ModuleType) -> None:
    from safetensors.numpy import load_file, save_file

    folder = sound_model(tmp_path / "m") if module is audio else picture_model(tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    save_file({name: each * np.nan for name, each in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"gives nan for a plain (picture|sound)"):
        built(module, str(folder), str(folder)).load()


def test_a_model_that_fails_on_a_plain_input_is_refused_when_it_is_loaded(
    pictures: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_classifier: MediaClassifier, _inputs: object) -> list[float]:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(MediaClassifier, "_batch", fails)
    with pytest.raises(ModelError, match=r"fails on a plain picture on .*: RuntimeError: shapes do not fit"):
        image.image_model(model=pictures, run=RUN).load()

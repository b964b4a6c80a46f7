"""image_model: the log-odds of its model, of pictures as they are to be shown, and abstentions with reasons."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowbackground.detectors.contract import HoldsModel
from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.models import image_model as image
from lowbackground.detectors.models.model_folder import ModelError
from tests.media_scores import RUN, TOLERANCE, expected, facts, noise, observe, picture
from tests.tiny_media_models import picture_model, sound_model, without


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


def test_a_processor_that_cannot_be_used_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    folder = picture_model(tmp_path)
    (folder / "preprocessor_config.json").write_text('{"image_processor_type": "NoSuchProcessor"}')
    detector = image.image_model(model=str(folder), run=RUN)
    assert isinstance(detector, HoldsModel)
    with pytest.raises(ModelError, match="preprocessor_config"):
        detector.load()


def test_a_sound_model_that_does_not_say_so_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    folder = sound_model(tmp_path)
    without(folder, "architectures")
    detector = image.image_model(model=str(folder), run=RUN)
    assert isinstance(detector, HoldsModel)
    with pytest.raises(ModelError):
        detector.load()

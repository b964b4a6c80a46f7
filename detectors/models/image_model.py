"""Scores pictures with a classifier that the operator brings: how far the class "made by a machine" leads.

Pixels are decoded once for all detectors, turned as the EXIF says the picture is to be shown, and prepared by the
processor of the model's folder.
"""

from dataclasses import dataclass

from lowbackground.detectors.calibration.scored import scored_reasons
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.models.decodable import PICTURE, picture_of, reasons_of
from lowbackground.detectors.models.loading import DType
from lowbackground.detectors.models.media_adapter import Cut, Data, Piece, media_adapter
from lowbackground.detectors.models.media_classifier import MediaClassifier, ModelOptions, find_classifier
from lowbackground.detectors.models.model_folder import ModelError

PREFIX = "image-model"
REASONS: dict[str, str] = {
    **scored_reasons(PREFIX),
    **reasons_of(PREFIX, PICTURE),
}

MIN_SIDE = 64  # pixels; below, resizing to the 224 and more that models read invents most of what they see
_RULES = "1"


def image_model(
    *,
    model: str,
    revision: str | None = None,
    digest: str | None = None,
    machine_label: str | int | None = None,
    calibration: str | None = None,
    min_side: int = MIN_SIDE,
    max_megapixels: int = 40,
    batch_size: int = 16,
    device: str = "auto",
    dtype: DType = "auto",
    run: RunFacts,
) -> Detector:
    """Scores pictures with an image classifier of your own (ViT, ConvNeXT, Swin and others of transformers).

    `model` is a local folder, or a hub name with a commit as `revision`; `digest` pins its files. `machine_label` names
    the class "made by a machine" where the model's labels do not. The score is the log-odds of that class, in nats.

    Raises:
        ModelError: the model cannot be used, or its labels leave open which one means a machine.
        CalibrationError: the calibration is damaged, or of another model.
    """
    if min_side < 1:
        raise ModelError(f"min_side {min_side}: expected 1 or more pixels")
    options = ModelOptions(model, revision, digest, machine_label, batch_size, device, dtype)
    classifier = find_classifier("picture", options)
    scale = classifier.scale("image_model", _RULES)
    cutter = _OnePicture(min_side, max_megapixels * 1_000_000)
    return media_adapter(scale, PREFIX, "picture", classifier, cutter, "mean", calibration, run)


@dataclass(frozen=True)
class _OnePicture:
    """A picture is one piece."""

    min_side: int
    max_pixels: int

    def __call__(self, data: Data, media_type: str, truncated: bool, classifier: MediaClassifier, /) -> Cut:
        """Decode, turn and prepare."""
        pixels = picture_of(
            data,
            media_type,
            turned=True,
            truncated=truncated,
            min_side=self.min_side,
            max_pixels=self.max_pixels,
            prefix=PREFIX,
        )
        height, width, _ = pixels.shape
        return Cut(iter([Piece(classifier.prepared(pixels))]), {"width": width, "height": height})

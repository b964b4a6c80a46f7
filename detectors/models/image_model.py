"""Scores pictures with a classifier that the operator brings: how far the class "made by a machine" leads.

Pixels are decoded once for all detectors, turned as the EXIF says the picture is to be shown, and prepared by the
processor of the model's folder.
"""

from dataclasses import dataclass

from lowbackground.detectors.calibration.scored import scored_reasons
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.models.loading import DType
from lowbackground.detectors.models.media_adapter import AbstainError, Cut, Data, Piece, media_adapter
from lowbackground.detectors.models.media_classifier import MediaClassifier, ModelOptions, find_classifier
from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.pixels import (
    TooManyPixelsError,
    UndecodableError,
    can_be_decoded,
    rgb_pixels,
    stored_orientation,
    upright,
)

PREFIX = "image-model"
REASONS: dict[str, str] = {
    **scored_reasons(PREFIX),
    "image-model.not-decoded": "Not a PNG, JPEG or WebP; other formats are not decoded.",
    "image-model.undecodable": "A truncated or damaged picture.",
    "image-model.too-small": "Smaller than the model was meant for.",
    "image-model.over-limit": "More pixels than may be decoded.",
}

MIN_SIDE = 64  # pixels; below, resizing to the 224 and more that models read invents most of what they see
_RULES = "1"
_NOT_DECODED = Evidence(Signal.SKIPPED, "image-model.not-decoded")
_UNDECODABLE = Evidence(Signal.SKIPPED, "image-model.undecodable")
_TOO_SMALL = Evidence(Signal.SKIPPED, "image-model.too-small")
_OVER_LIMIT = Evidence(Signal.FAILED, "image-model.over-limit")


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
        if not can_be_decoded(media_type):
            raise AbstainError(_NOT_DECODED)
        if truncated:
            raise AbstainError(_UNDECODABLE)
        try:
            pixels = upright(rgb_pixels(data, media_type, self.max_pixels), stored_orientation(data, media_type))
        except TooManyPixelsError as error:
            raise AbstainError(_OVER_LIMIT) from error
        except UndecodableError as error:
            raise AbstainError(_UNDECODABLE) from error
        height, width, _ = pixels.shape
        if min(height, width) < self.min_side:
            raise AbstainError(_TOO_SMALL)
        return Cut(iter([Piece(classifier.prepared(pixels))]), {"width": width, "height": height})

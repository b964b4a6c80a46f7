"""Scores film with an image classifier that the operator brings: frames spread over it, each as a picture.

What a model of single pictures cannot see is motion. The detail says at which second each frame stands, what it scored,
and how many lean to a machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lowbackground.detectors.calibration.scored import scored_reasons
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.models.decodable import abstain
from lowbackground.detectors.models.ffmpeg import (
    MemoryLimitError,
    UnreadableError,
    UnsupportedError,
    can_be_opened,
    require_av,
)
from lowbackground.detectors.models.film import MAX_FRAME_PIXELS, Survey, sampled_frames, survey
from lowbackground.detectors.models.loading import DType
from lowbackground.detectors.models.media_adapter import (
    Aggregate,
    Cut,
    Data,
    Piece,
    media_adapter,
)
from lowbackground.detectors.models.media_classifier import MediaClassifier, ModelOptions, find_classifier
from lowbackground.detectors.models.model_folder import ModelError

PREFIX = "video-model"
REASONS: dict[str, str] = {
    **scored_reasons(PREFIX),
    "video-model.not-decoded": "A container or a codec that is not decoded, or no pictures in it.",
    "video-model.undecodable": "So damaged that no frame comes out of it.",
    "video-model.too-small": "Smaller than the model was meant for.",
    "video-model.out-of-memory": "Decoding wants more memory than it gets, by a figure in the file or because memory is short.",
    "video-model.too-short": "Shorter than a film that is worth sampling.",
    "video-model.over-limit": "Frames of more pixels than may be decoded.",
}

FRAMES = 8
MIN_SIDE = 64  # pixels; as of pictures
MIN_SECONDS = 0.5
_RULES = "1"


def video_model(
    *,
    model: str,
    revision: str | None = None,
    digest: str | None = None,
    machine_label: str | int | None = None,
    calibration: str | None = None,
    frames: int = FRAMES,
    min_side: int = MIN_SIDE,
    min_seconds: float = MIN_SECONDS,
    aggregate: Aggregate = "mean",
    batch_size: int = 16,
    device: str = "auto",
    dtype: DType = "auto",
    run: RunFacts,
) -> Detector:
    """Scores film with an image classifier of your own, on frames spread over it.

    `model` is a local folder, or a hub name with a commit as `revision`; `digest` pins its files. `machine_label` names
    the class "made by a machine" where the model's labels do not. Up to `frames` frames are scored, in nats;
    `aggregate` is their mean, or the highest.

    Raises:
        ModelError: the model cannot be used, or its labels leave open which one means a machine.
        CalibrationError: the calibration is damaged, or of another model.
    """
    if frames < 1 or min_side < 1 or min_seconds < 0:
        raise ModelError(f"frames {frames}, min_side {min_side}, min_seconds {min_seconds:g}: expected 1, 1, 0 or more")
    require_av()
    options = ModelOptions(model, revision, digest, machine_label, batch_size, device, dtype)
    classifier = find_classifier("picture", options)
    scale = classifier.scale("video_model", _RULES, frames=frames, score=aggregate)
    cutter = _Frames(frames, min_side, min_seconds)
    return media_adapter(scale, PREFIX, "video", classifier, cutter, aggregate, calibration, run)


@dataclass(frozen=True)
class _Frames:
    """`count` frames of a film of at least `min_side` pixels and `shortest` seconds."""

    count: int
    min_side: int
    shortest: float

    def __call__(self, data: Data, media_type: str, truncated: bool, classifier: MediaClassifier, /) -> Cut:
        """Survey and sample; of a truncated record, what is there."""
        if not can_be_opened(media_type):
            raise abstain(PREFIX, "not-decoded")
        try:
            film = survey(data, media_type)
        except UnsupportedError as error:
            raise abstain(PREFIX, "not-decoded") from error
        except UnreadableError as error:
            raise abstain(PREFIX, "undecodable") from error
        except MemoryLimitError as error:
            raise abstain(PREFIX, "out-of-memory") from error
        if film.width * film.height > MAX_FRAME_PIXELS:
            raise abstain(PREFIX, "over-limit")
        if min(film.width, film.height) < self.min_side:
            raise abstain(PREFIX, "too-small")
        if film.seconds < self.shortest:
            raise abstain(PREFIX, "too-short")
        facts = {
            "width": film.width,
            "height": film.height,
            "seconds": round(film.seconds, 2),
            "damaged": film.damaged or truncated or None,
        }
        return Cut(self._pieces(data, media_type, film, classifier), facts)

    def _pieces(self, data: Data, media_type: str, film: Survey, classifier: MediaClassifier) -> Iterator[Piece]:
        too_small = True
        try:
            for frame in sampled_frames(data, media_type, film, self.count):
                if min(frame.pixels.shape[:2]) >= self.min_side:  # the stream may be of another size than its header
                    too_small = False
                    yield Piece(classifier.prepared(frame.pixels), frame.time)
        except UnreadableError as error:
            raise abstain(PREFIX, "undecodable") from error
        except MemoryLimitError as error:
            raise abstain(PREFIX, "out-of-memory") from error
        if too_small:
            raise abstain(PREFIX, "too-small")

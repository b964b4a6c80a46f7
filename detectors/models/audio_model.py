"""Scores sound with a classifier that the operator brings, such as an anti-spoofing model, window by window.

The beginning of a record is decoded to mono at the rate of the model's feature extractor, mostly 16 kHz; windows are
spread evenly over it, and the detail says which and what each scored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lowbackground.detectors.calibration.scored import scored_reasons
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.models.decodable import SOUND, reasons_of, sound_of
from lowbackground.detectors.models.ffmpeg import require_av
from lowbackground.detectors.models.loading import DType
from lowbackground.detectors.models.media_adapter import (
    Aggregate,
    Cut,
    Data,
    Piece,
    media_adapter,
)
from lowbackground.detectors.models.media_classifier import (
    RATE,
    MediaClassifier,
    ModelOptions,
    find_classifier,
    processor_config,
)
from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.models.sound import Samples, windows

PREFIX = "audio-model"
REASONS: dict[str, str] = {
    **scored_reasons(PREFIX),
    **reasons_of(PREFIX, SOUND),
}

WINDOW = (
    4.0  # seconds; anti-spoofing models are trained on 64,600 samples at 16 kHz: clovaai/aasist, config/AASIST.conf
)
WINDOWS = 8
MAX_SECONDS = 120.0
MIN_SECONDS = 1.0
_RATES = range(8_000, 48_001)
_RULES = "1"


def audio_model(
    *,
    model: str,
    revision: str | None = None,
    digest: str | None = None,
    machine_label: str | int | None = None,
    calibration: str | None = None,
    window_seconds: float = WINDOW,
    max_windows: int = WINDOWS,
    max_seconds: float = MAX_SECONDS,
    min_seconds: float = MIN_SECONDS,
    aggregate: Aggregate = "mean",
    batch_size: int = 8,
    device: str = "auto",
    dtype: DType = "auto",
    run: RunFacts,
) -> Detector:
    """Scores sound with an audio classifier of your own (Wav2Vec2, WavLM, AST and others of transformers), by windows.

    `model` is a local folder, or a hub name with a commit as `revision`; `digest` pins its files. `machine_label` names
    the class "made by a machine" where the model's labels do not. Of the first `max_seconds`, up to `max_windows`
    windows of `window_seconds` are scored, in nats; `aggregate` is their mean, or the highest.

    Raises:
        ModelError: the model cannot be used, or its labels leave open which one means a machine.
        CalibrationError: the calibration is damaged, or of another model.
    """
    if not 0 < min_seconds <= window_seconds <= max_seconds or max_windows < 1:
        raise ModelError(
            f"min_seconds {min_seconds:g}, window_seconds {window_seconds:g}, max_seconds {max_seconds:g}, max_windows "
            f"{max_windows}: expected at least one window, and lengths in this order"
        )
    require_av()
    options = ModelOptions(model, revision, digest, machine_label, batch_size, device, dtype)
    classifier = find_classifier("sound", options)
    rate = processor_config(classifier.folder).get("sampling_rate", RATE)
    if rate not in _RATES:
        raise ModelError(
            f"model {classifier.folder.name}: a sampling_rate of {rate!r}; expected {_RATES[0]} to {_RATES[-1]}"
        )
    lengths = {"windows": max_windows, "of": window_seconds, "in": max_seconds}
    scale = classifier.scale("audio_model", _RULES, **lengths, score=aggregate)
    cutter = _Windows(rate, window_seconds, max_windows, max_seconds, min_seconds)
    return media_adapter(scale, PREFIX, "voice", classifier, cutter, aggregate, calibration, run)


@dataclass(frozen=True)
class _Windows:
    """`rate` in samples a second, lengths in seconds."""

    rate: int
    window: float
    most: int
    longest: float
    shortest: float

    def __call__(self, data: Data, media_type: str, truncated: bool, classifier: MediaClassifier, /) -> Cut:
        """Decode and cut into windows; of a truncated record, what is there."""
        sound = sound_of(
            data,
            media_type,
            rate=self.rate,
            min_seconds=self.shortest,
            max_seconds=self.longest,
            prefix=PREFIX,
        )
        found = windows(sound, self.window, self.most)
        facts = {
            "seconds": round(sound.seconds, 2),
            "window": round(len(found[0][1]) / sound.rate, 2),
            "damaged": sound.damaged or truncated or None,
            "cut": sound.cut or None,
        }
        return Cut(self._pieces(found, classifier), facts)

    def _pieces(self, found: Sequence[tuple[float, Samples]], classifier: MediaClassifier) -> Iterator[Piece]:
        for start, samples in found:
            yield Piece(classifier.prepared(samples, sampling_rate=self.rate), start)

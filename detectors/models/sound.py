"""Decoded sound: mono, at the rate that a model wants, as much of it as may be listened to, cut into windows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.models.ffmpeg import (
    Data,
    UnreadableError,
    UnsupportedError,
    attempted,
    decoded_frames,
    opened,
)

if TYPE_CHECKING:
    from av import AudioFrame

Samples = NDArray[np.float32]

MAX_FRAME_SAMPLES = 1 << 18  # of one frame of a codec: FFmpeg's `max_samples`; a block of FLAC has up to 65,535
RATES = range(2_000, 768_001)  # a second; telephones use 8,000, and each sample of a slower one would become many
MAX_EMPTY_FRAMES = 10_000  # frames that bring nothing, one after the other
_AUDIBLE = 10 ** (-60 / 20)  # peak: 60 dB below full scale, some 20 dB above the noise of 16 bits


@dataclass(frozen=True, eq=False)
class Sound:
    """Mono `samples`, -1 to 1, at `rate` a second; `damaged` where some were lost, `cut` where there is more."""

    samples: Samples
    rate: int
    damaged: bool = False
    cut: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    @property
    def audible(self) -> bool:
        """Whether there is anything to hear."""
        return bool(len(self.samples)) and float(np.abs(self.samples).max()) >= _AUDIBLE


def decoded_sound(data: Data, media_type: str, rate: int, max_seconds: float) -> Sound:
    """The first `max_seconds` of a record of a type that `can_be_opened`; of a damaged one, what is good.

    Raises:
        UnsupportedError: it has no sound, or of a codec that is not decoded here.
        UnreadableError: nothing good is in it.
        MemoryLimitError: it asks for too much memory.
    """
    import av

    wanted = int(max_seconds * rate)
    pieces: list[Samples] = []
    total, empty, damaged = 0, 0, False
    with opened(data, media_type, "audio", max_samples=str(MAX_FRAME_SAMPLES)) as (container, stream):
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        for frame in decoded_frames(container, stream):
            if frame is None:
                damaged = True
                continue
            if frame.sample_rate not in RATES:
                raise UnsupportedError("a rate that no recording has")
            try:
                piece = _joined(attempted(resampler.resample, frame))
            except UnreadableError:  # a frame of another layout or rate: nothing sane changes them midway
                damaged = True
                break
            pieces.append(piece)
            total, empty = total + len(piece), 0 if len(piece) else empty + 1
            if total >= wanted or empty > MAX_EMPTY_FRAMES:
                break
    if not total:
        raise UnreadableError("no sound comes out of it")
    samples = np.nan_to_num(np.concatenate(pieces)[:wanted], posinf=1, neginf=-1)
    return Sound(np.clip(samples, -1, 1), rate, damaged, total >= wanted)


def _joined(frames: "list[AudioFrame]") -> Samples:
    arrays = [np.asarray(frame.to_ndarray(), np.float32).reshape(-1) for frame in frames]
    return np.concatenate(arrays) if arrays else np.empty(0, np.float32)


def windows(sound: Sound, seconds: float, most: int) -> list[tuple[float, Samples]]:
    """Up to `most` windows spread evenly over a sound, each with the second it starts at; of a shorter sound, all of it.

    They touch or overlap where the sound is too short for more.
    """
    size, total = int(seconds * sound.rate), len(sound.samples)
    if total <= size:
        return [(0.0, sound.samples)]
    count = min(most, -(-total // size))
    starts = [round(place * (total - size) / max(1, count - 1)) for place in range(count)]
    return [(round(start / sound.rate, 3), sound.samples[start : start + size]) for start in starts]

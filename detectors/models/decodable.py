"""Pictures and sound that a model can be shown, or the evidence that says why there are none: for all that look or listen."""

from collections.abc import Mapping

from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.models.ffmpeg import MemoryLimitError, UnreadableError, UnsupportedError, can_be_opened
from lowbackground.detectors.models.sound import Sound, decoded_sound
from lowbackground.detectors.pixels import (
    Data,
    Pixels,
    TooManyPixelsError,
    UndecodableError,
    can_be_decoded,
    rgb_pixels,
    stored_orientation,
    upright,
)

PICTURE: Mapping[str, str] = {
    "not-decoded": "Not a PNG, JPEG or WebP; other formats are not decoded.",
    "undecodable": "A truncated or damaged picture.",
    "too-small": "Smaller than can be told anything of.",
    "over-limit": "More pixels than may be decoded.",
}
SOUND: Mapping[str, str] = {
    "not-decoded": "A container or a codec that is not decoded, or no sound in it.",
    "undecodable": "So damaged that no sound comes out of it.",
    "out-of-memory": "Decoding wants more memory than it gets, by a figure in the file or because memory is short.",
    "too-short": "Shorter than can be told anything of.",
    "silent": "Nothing to hear in it.",
}
_FAILED = frozenset({"over-limit", "out-of-memory"})


class AbstainError(ValueError):
    """A record gives nothing to score; `evidence` says why."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.reason)
        self.evidence = evidence


def reasons_of(prefix: str, why: Mapping[str, str]) -> dict[str, str]:
    """The reasons of a detector that abstains so, for its `REASONS`; `prefix` begins each."""
    return {f"{prefix}.{slug}": sentence for slug, sentence in why.items()}


def abstain(prefix: str, slug: str) -> AbstainError:
    """What to raise where a detector abstains for the reason `slug` of its own."""
    signal = Signal.FAILED if slug in _FAILED else Signal.SKIPPED
    return AbstainError(Evidence(signal, f"{prefix}.{slug}"))


def picture_of(
    data: Data, media_type: str | None, *, turned: bool, truncated: bool, min_side: int, max_pixels: int, prefix: str
) -> Pixels:
    """The pixels of a record: RGB, height x width x 3, as they are stored, or `turned` as the EXIF says.

    Raises:
        AbstainError: there is none that a model could judge; the reason begins with `prefix`.
    """
    if media_type is None or not can_be_decoded(media_type):
        raise abstain(prefix, "not-decoded")
    if truncated:
        raise abstain(prefix, "undecodable")
    try:
        pixels = rgb_pixels(data, media_type, max_pixels)
        if turned:
            pixels = upright(pixels, stored_orientation(data, media_type))
    except TooManyPixelsError as error:
        raise abstain(prefix, "over-limit") from error
    except UndecodableError as error:
        raise abstain(prefix, "undecodable") from error
    if min(pixels.shape[:2]) < min_side:
        raise abstain(prefix, "too-small")
    return pixels


def sound_of(
    data: Data, media_type: str | None, *, rate: int, min_seconds: float, max_seconds: float, prefix: str
) -> Sound:
    """The first `max_seconds` of a record at `rate` samples a second; of a damaged one, what is good.

    Raises:
        AbstainError: there is nothing that a model could judge; the reason begins with `prefix`.
    """
    if media_type is None or not can_be_opened(media_type):
        raise abstain(prefix, "not-decoded")
    try:
        sound = decoded_sound(data, media_type, rate, max_seconds)
    except UnsupportedError as error:
        raise abstain(prefix, "not-decoded") from error
    except UnreadableError as error:
        raise abstain(prefix, "undecodable") from error
    except MemoryLimitError as error:
        raise abstain(prefix, "out-of-memory") from error
    if sound.seconds < min_seconds:
        raise abstain(prefix, "too-short")
    if not sound.audible:
        raise abstain(prefix, "silent")
    return sound

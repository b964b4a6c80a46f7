"""What a score means: all that a calibration is for, and must be found again where it is used."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Literal

Orientation = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a detector's scores; a detector that can be calibrated has it as the attribute `scale`.

    `version` is that of the score and changes whenever a score could; thresholds are not part of it. `orientation`
    says which scores are more machine-like. `model` is the digest of the weights, null where there are none.
    """

    detector: str
    version: str
    orientation: Orientation = "higher"
    model: str | None = None

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    @property
    def sign(self) -> float:
        """What a score is multiplied by so that more is more machine-like."""
        return 1.0 if self.orientation == "higher" else -1.0


def digest_of(content: bytes) -> str:
    """The digest by which calibrations are named: SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()


def version_of(scale: Scale, calibration_digest: str | None) -> str:
    """A version of the detector that changes with its scores, its weights and its calibration."""
    parts = [
        words
        for words in (
            scale.model and f"model {scale.model[:12]}",
            calibration_digest and f"calibration {calibration_digest[:12]}",
        )
        if words
    ]
    return f"{scale.version} ({', '.join(parts)})" if parts else scale.version

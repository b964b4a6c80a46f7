"""The sentence of every reason that evidence can have."""

import sys

from lowbackground.detectors.registry import available
from lowbackground.pipeline import cascade, judge


def meanings() -> dict[str, str]:
    """Reason to sentence: those of the pipeline, and what each installed detector documents as `REASONS`."""
    found = judge.REASONS | cascade.REASONS
    for detector in available():
        module = sys.modules.get(detector.factory.__module__) if detector.factory else None
        found |= getattr(module, "REASONS", {})
    return found

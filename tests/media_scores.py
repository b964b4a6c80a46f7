"""Pictures for media models, what detectors say of them, and what transformers itself says."""

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence
from tests.factories import AS_OF, records

RUN = RunFacts(AS_OF)
TOLERANCE = 0.011  # scores are rounded to 0.01


def noise(seed: int, height: int = 80, width: int = 100) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (1 + height // 10, 1 + width // 10, 3), dtype=np.uint8)
    return coarse.repeat(10, 0).repeat(10, 1)[:height, :width]


def picture(pixels: NDArray[np.uint8], format_: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format_, **options)
    return out.getvalue()


def observe(detector: Detector, files: Sequence[bytes], media_type: str, **row: Any) -> list[Evidence]:
    rows = [{"raw": data, "media_type": media_type, **row} for data in files]
    return list(detector(records(rows)).evidence)


def facts(evidence: Evidence) -> dict[str, Any]:
    assert evidence.detail is not None
    told: dict[str, Any] = json.loads(evidence.detail)
    return told


def expected(folder: str, kind: str, item: NDArray[Any], **options: Any) -> float:
    """Ln p / (1 - p) of the second class, by transformers itself."""
    import torch
    import transformers

    auto: Any = transformers
    task = "Image" if kind == "image" else "Audio"
    reader = "AutoImageProcessor" if kind == "image" else "AutoFeatureExtractor"
    model = getattr(auto, f"AutoModelFor{task}Classification").from_pretrained(folder).eval()
    given = getattr(auto, reader).from_pretrained(folder)(item, return_tensors="pt", **options)
    with torch.no_grad():
        share = float(torch.softmax(model(**given).logits[0].double(), 0)[1])
    return float(np.log(share / (1 - share)))

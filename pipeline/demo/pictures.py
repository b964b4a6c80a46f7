"""Pictures signed the way cameras, generators and editors sign theirs, and what happens to such pictures on the web.

Every one is drawn, so none is what its manifest says: what the demo shows is how a claim is told and judged.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lowbackground.pipeline.demo.authority import Authority, Identity, new_identity
from lowbackground.pipeline.demo.drawings import DUSK, FOG, NIGHT, landscape, swirl
from lowbackground.pipeline.demo.signing import AI_EDITED, AI_MADE, Ingredient, action, manifest, sign_media

_APP11 = 0xEB  # the JPEG segments that hold the manifest store, C2PA 2.2 section A.3.1
_START_OF_SCAN = 0xDA


@dataclass(frozen=True, slots=True)
class Picture:
    """One file of the demo: its name, what it is, and its bytes."""

    name: str
    what: str
    data: bytes


def pictures(trusted: Authority, stranger: Authority) -> list[Picture]:
    """The loose files; `trusted` is the root that the demo's trust list holds, `stranger` one that no list holds."""
    camera = new_identity(trusted, "Demo Camera Works", "Demo Camera One")
    model = new_identity(trusted, "Demo Models", "Demo Image Model")
    editor = new_identity(trusted, "Demo Studio", "Demo Photo Editor")
    nobody = new_identity(stranger, "Demo Camera Works", "Demo Camera One")  # the same words, and no one behind them
    hills, painting = landscape(), swirl()
    captured = _jpeg(hills, manifest(title="hills.jpg"), camera)
    generated = sign_media(painting, "image/png", ai_made("swirl.png"), model).asset
    no_training = manifest(assertions=[_no_training()], title="night.jpg")
    return [
        Picture("hills.jpg", "photo, signed by a camera on the list", captured),
        Picture("swirl.png", "generated picture, signed by its maker", generated),
        Picture("balloon.jpg", "that photo after generative fill, signed", _filled(captured, editor)),
        Picture("tampered.jpg", "that photo, changed after signing", transplant(captured, landscape(suns=2))),
        Picture("stripped.png", "that generated picture, manifest lost", painting),
        Picture(
            "lookalike.jpg",
            "photo, signed by an imitator of the camera",
            _jpeg(landscape(DUSK), manifest(title="lookalike.jpg"), nobody),
        ),
        Picture(
            "night.jpg",
            "signed photo that asks: do not train",
            _jpeg(landscape(NIGHT), no_training, camera),
        ),
        Picture("fog.jpg", "photo without any mark", landscape(FOG)),
    ]


def ai_made(title: str) -> dict[str, Any]:
    """The manifest of what a generator made."""
    return manifest(action("created", AI_MADE), title=title)


def _jpeg(data: bytes, definition: Mapping[str, Any], signer: Identity) -> bytes:
    return sign_media(data, "image/jpeg", definition, signer).asset


def _filled(parent: bytes, editor: Identity) -> bytes:
    """The parent opened in an editor, with something painted in by a model."""
    ingredient = Ingredient(parent, "image/jpeg", "xmp:iid:hills")
    definition = manifest(
        action("opened", parameters={"ingredientIds": [ingredient.instance_id]}),
        action("edited", AI_EDITED, description="generative fill"),
        title="balloon.jpg",
    )
    return sign_media(landscape(balloon=True), "image/jpeg", definition, editor, ingredients=[ingredient]).asset


def _no_training() -> dict[str, Any]:
    """The CAWG training and data mining assertion, every use refused."""
    uses = ("ai_generative_training", "ai_training", "ai_inference", "data_mining")
    entries = {f"cawg.{use}": {"use": "notAllowed"} for use in uses}
    return {"label": "cawg.training-mining", "data": {"entries": entries}}


def transplant(signed: bytes, other: bytes) -> bytes:
    """The JPEG `other` with the manifest of the JPEG `signed`, at the place where it stood there."""
    boxes = [(start, end) for marker, start, end in _segments(signed) if marker == _APP11]
    first = boxes[0][0]
    return other[:first] + b"".join(signed[start:end] for start, end in boxes) + other[first:]


def _segments(jpeg: bytes) -> list[tuple[int, int, int]]:
    """(marker, start, end) of the segments before the first scan."""
    found, at = [], 2
    while jpeg[at + 1] != _START_OF_SCAN:
        end = at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        found.append((jpeg[at + 1], at, end))
        at = end
    return found

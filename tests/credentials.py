"""What tests of C2PA verification share: trust in the test authority, signed pictures, and one call to a credential."""

import json
from datetime import datetime
from typing import Any

from lowbackground.manifests.c2pa import validator
from lowbackground.manifests.certificates import from_pem
from lowbackground.manifests.credential import Credential
from lowbackground.manifests.precheck import precheck
from lowbackground.manifests.trust import Trust, Voucher
from lowbackground.manifests.verify import Limits, Verified, Verifier
from tests.factories import AS_OF
from tests.signing import (
    AI_MADE,
    SOURCE_TYPES,
    TRUSTED_ROOT,
    Ingredient,
    action,
    authority,
    manifest,
    signed_tiny,
)

JPEG, PNG = "image/jpeg", "image/png"
COMPOSITE = SOURCE_TYPES + "composite"


def trusting(root: str = TRUSTED_ROOT, standing: str = "c2pa", **more: Any) -> Trust:
    """Lists in which one authority of the tests is an anchor."""
    anchors = frozenset(from_pem(authority(root).pem.encode())[0])
    return Trust((Voucher(f"{standing} list", standing, anchors, frozenset()),), anchors, **more)


def verify(
    data: bytes,
    media_type: str,
    sidecar: bytes | None = None,
    *,
    trust: Trust | None = None,
    as_of: datetime = AS_OF,
    truncated: bool = False,
    limits: Limits | None = None,
) -> Verified | None:
    """The asset as the detector verifies it, by the lists of `trusting()` unless told otherwise."""
    verifier = Verifier(validator(trusting() if trust is None else trust), as_of, limits or Limits())
    return verifier.asset(data, media_type, precheck(data, media_type), sidecar, truncated=truncated)


def credential(data: bytes, media_type: str, sidecar: bytes | None = None, **options: Any) -> Credential:
    """The credential of an asset that has one."""
    found = verify(data, media_type, sidecar, **options)
    assert found is not None, "no manifest was found"
    return found.credential


def opened(*edits: dict[str, Any], parent: str = "xmp:iid:parent", **more: Any) -> dict[str, Any]:
    """A manifest that took over a parent and worked on it."""
    return manifest(action("opened", parameters={"ingredientIds": [parent]}), *edits, **more)


def part(data: bytes, relationship: str = "parentOf", name: str = "xmp:iid:parent") -> Ingredient:
    return Ingredient(data, PNG, name, relationship)


def complete(definition: dict[str, Any]) -> dict[str, Any]:
    """The same manifest, saying that all actions are listed."""
    return json.loads(json.dumps(definition).replace('"actions": [', '"allActionsIncluded": true, "actions": [', 1))


def of(definition: dict[str, Any] | None = None, **options: Any) -> bytes:
    return signed_tiny(PNG, definition, **options)


def training(namespace: str, **uses: str) -> dict[str, Any]:
    entries = {f"{namespace}.{use}": {"use": value} for use, value in uses.items()}
    return {"label": f"{namespace}.training-mining", "data": {"entries": entries}}


def capture() -> bytes:
    return of()


def generated() -> bytes:
    return of(manifest(action("created", AI_MADE)))


def collage(*pieces: bytes) -> bytes:
    names = [f"xmp:iid:{index}" for index in range(len(pieces))]
    placed = [action("placed", parameters={"ingredientIds": [name]}) for name in names]
    ingredients = [part(piece, "componentOf", name) for piece, name in zip(pieces, names, strict=True)]
    return of(complete(manifest(action("created", COMPOSITE), *placed)), ingredients=ingredients)

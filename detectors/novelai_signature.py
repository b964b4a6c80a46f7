"""NovelAI's signature over pixels and settings: Ed25519 over the RGB bytes and the comment without `signed_hash`.

Key, message and encoding are those of NovelAI/novelai-image-metadata, nai_sig.py. A signature that does not hold says
that the picture was changed since, or that the mark was copied; it takes nothing from the mark itself.
"""

import base64
import binascii
import json
from typing import Any

from lowbackground.detectors.hidden_payload import colour_pixels
from lowbackground.manifests.metadata.fields import Data, Field, Metadata

KEY = "computed:novelai-signature"
PUBLIC_KEY = base64.b64decode("Y2JcQAOhLwzwSDUJPNgL04nS0Tbqm7cSRc4xk0vRMic=")  # nai_sig.py, `verify_key_hex`
MAX_PIXELS = 3 << 20  # NovelAI generates no larger ones; the message holds three bytes a pixel
_PLACES = frozenset(("png:Comment", "exif:UserComment", "stealth:alpha", "stealth:rgb"))


def novelai_signature(data: Data, metadata: Metadata, public_key: bytes = PUBLIC_KEY) -> Field | None:
    """`valid` or `invalid` as a field for the rules; null where nothing is signed, or no pixels can be had."""
    if metadata.container not in {"png", "webp"}:
        return None
    for field in metadata.fields:
        if field.key in _PLACES and "signed_hash" in field.value:
            answer = _verified(data, f"image/{metadata.container}", field.value, public_key)
            if answer is not None:
                return Field(KEY, "valid" if answer else "invalid", field.place, field.offset)
    return None


def _verified(data: Data, media_type: str, text: str, public_key: bytes) -> bool | None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    comment = _comment(text)
    signature = _signature(comment) if comment else None
    pixels = colour_pixels(data, media_type, MAX_PIXELS) if signature else None
    if comment is None or signature is None or pixels is None:
        return None
    signed = {key: value for key, value in comment.items() if key != "signed_hash"}
    message = pixels[:, :, :3].tobytes() + json.dumps(signed).encode()  # Python's own form is what was signed
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _comment(text: str) -> dict[str, Any] | None:
    """The settings: in PNG and EXIF by themselves, in a hidden payload as text of a field `Comment`."""
    for _ in range(3):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(parsed, dict):
            return None
        if "signed_hash" in parsed:
            return parsed
        inner = parsed.get("Comment")
        if not isinstance(inner, str):
            return None
        text = inner
    return None


def _signature(comment: dict[str, Any]) -> bytes | None:
    value = comment.get("signed_hash")
    try:
        raw = base64.b64decode(value) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == 64 else None  # RFC 8032, 5.1.6

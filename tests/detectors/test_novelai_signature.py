"""NovelAI's signature: verified over pixels and settings, wherever the settings stand."""

import base64
import io
import json

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lowbackground.detectors import novelai_signature as module
from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.detectors.evidence import Signal, Strength
from lowbackground.detectors.hidden_payload import hidden_payload
from lowbackground.detectors.novelai_signature import PUBLIC_KEY, novelai_signature
from lowbackground.manifests.metadata.fields import Metadata
from lowbackground.manifests.metadata.read import read_metadata
from tests.factories import records
from tests.metadata_files import USER_COMMENT

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
SETTINGS = {"prompt": "a boat, “quoted”", "steps": 28, "scale": 5.0, "uc": "", "sampler": "k_euler"}


def pixels(side: int = 32) -> np.ndarray:
    return np.array(Image.linear_gradient("L").resize((side, side)).convert("RGB"))


def comment(array: np.ndarray) -> str:
    """The settings with the signature that the service would give them."""
    signature = KEY.sign(array[:, :, :3].tobytes() + json.dumps(SETTINGS).encode())
    return json.dumps(SETTINGS | {"signed_hash": base64.b64encode(signature).decode()})


def png(array: np.ndarray, text: str) -> bytes:
    info = PngInfo()
    info.add_text("Comment", text)
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def answer(data: bytes) -> str | None:
    found = novelai_signature(data, read_metadata(data), PUBLIC)
    return found.value if found else None


def test_the_services_key_is_a_key() -> None:
    assert len(PUBLIC_KEY) == 32


def test_a_signature_over_pixels_and_settings_is_valid() -> None:
    assert answer(png(pixels(), comment(pixels()))) == "valid"


def test_alpha_is_not_signed() -> None:
    array = np.dstack([pixels(), np.full((32, 32), 254, np.uint8)])
    assert answer(png(array, comment(array))) == "valid"


def test_changed_pixels_changed_settings_and_other_keys_are_invalid() -> None:
    changed = pixels()
    changed[3, 4, 1] ^= 1
    assert answer(png(changed, comment(pixels()))) == "invalid"
    assert answer(png(pixels(), comment(pixels()).replace("a boat", "a ship"))) == "invalid"
    data = png(pixels(), comment(pixels()))
    found = novelai_signature(data, read_metadata(data))  # signed by nobody whom NovelAI's key knows
    assert found is not None
    assert found.value == "invalid"


@pytest.mark.parametrize(
    "text",
    ['{"signed_hash": 5}', '{"signed_hash": "AAAA"}', "signed_hash", "[" * 5000 + "signed_hash", '"signed_hash"'],
)
def test_what_is_no_signature_is_neither(text: str) -> None:
    assert answer(png(pixels(), text)) is None


def test_settings_in_webp_exif_are_verified() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[USER_COMMENT] = b"ASCII\0\0\0" + comment(pixels()).encode()
    out = io.BytesIO()
    Image.fromarray(pixels()).save(out, "WEBP", lossless=True, exif=exif.tobytes())
    assert answer(out.getvalue()) == "valid"


def test_settings_in_a_hidden_payload_are_verified() -> None:
    import gzip
    import struct

    array = np.dstack([pixels(128), np.full((128, 128), 255, np.uint8)])
    body = gzip.compress(json.dumps({"Comment": comment(array), "Software": "NovelAI"}).encode())
    bits = np.unpackbits(np.frombuffer(b"stealth_pngcomp" + struct.pack(">I", 8 * len(body)) + body, np.uint8))
    column = array[:, :, 3].T.reshape(-1).copy()
    column[: len(bits)] = column[: len(bits)] & 0xFE | bits
    array[:, :, 3] = column.reshape(128, 128).T
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    payload = hidden_payload(out.getvalue(), "png")
    assert payload is not None
    found = novelai_signature(out.getvalue(), Metadata("png", (payload,)), PUBLIC)
    assert found is not None
    assert found.value == "valid"


def test_a_valid_signature_decides_and_an_invalid_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.novelai_signature, "__defaults__", (PUBLIC,))
    changed = pixels()
    changed[0, 0, 0] ^= 1
    rows = [{"raw": png(pixels(), comment(pixels()))}, {"raw": png(changed, comment(pixels()))}]
    signed, copied = declared_metadata()(records(rows)).evidence
    assert (signed.reason, signed.signal, signed.strength) == (
        "metadata.signed-generator",
        Signal.SYNTHETIC,
        Strength.NEAR_CERTAIN,
    )
    assert copied.reason == "metadata.none"  # one field of NovelAI's four is not enough for the mark itself

"""Signed texts and pages: the carriers of C2PA 2.4, A.7 to A.9, around manifests that say what a test needs."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import c2patxt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lowbackground.manifests.text_carriers import BEGIN, DATA_URI, END, MAGIC, wrapper
from lowbackground.pipeline.demo import signing as demo
from tests.assets import tiny
from tests.signing import AI_MADE, CLAIM_SIGNING, VALID_FROM, VALID_TO, action, authority, identity, manifest

PROSE = (
    "The river rose in the night and took the lower path with it. By morning the café had moved its chairs to the "
    "wall, and nobody spoke of anything but the bridge."
)
AI_STATEMENT = manifest(action("created", AI_MADE))


def selectors(data: bytes) -> str:
    """Bytes as variation selectors (A.8.3.1)."""
    return "".join(chr(0xFE00 + byte) if byte < 16 else chr(0xE0100 + byte - 16) for byte in data)


def header(size: int, *, magic: bytes = MAGIC, version: int = 1) -> bytes:
    """The header of a wrapper that declares a store of `size` bytes."""
    return magic + bytes([version]) + size.to_bytes(4, "big")


def raw_wrapper(store: bytes, **options: Any) -> str:
    """A wrapper around any bytes; `size` declares another length than that of the bytes."""
    size = options.pop("size", len(store))
    return "\ufeff" + selectors(header(size, **options) + store)


def signed_text(
    text: str = PROSE, definition: Mapping[str, Any] | None = None, *, left_out: tuple[int, int] | None = None
) -> str:
    """`text` with a wrapper at its end; the manifest says AI-made unless `definition` says otherwise.

    `left_out` is a range (start, length) that the binding leaves out besides the wrapper, so that anybody may change it.
    The same call gives the same text, as do those below.
    """
    return _signed_text(text, json.dumps(definition or AI_STATEMENT), left_out)


@lru_cache(maxsize=64)
def _signed_text(text: str, definition: str, left_out: tuple[int, int] | None) -> str:
    stated = json.loads(definition)
    if left_out is None:
        return demo.sign_text(text, stated, identity())
    data, (start, length) = text.encode(), left_out
    hashed = hashlib.sha256(data[:start] + data[start + length :]).digest()
    size = len(wrapper(bytes(2048)))
    for _ in range(demo.MAX_ATTEMPTS):
        ranges = [{"start": start, "length": length}, {"start": len(data), "length": size}]
        binding = {"exclusions": ranges, "name": "carrier", "alg": "sha256", "hash": list(hashed), "pad": []}
        bound = {"label": "c2pa.hash.data", "kind": "Cbor", "data": binding}
        whole = {**stated, "assertions": [*stated["assertions"], bound]}
        carrier = wrapper(demo.sign_media(tiny("image/svg+xml"), "image/svg+xml", whole, identity(), embed=False).store)
        if len(carrier) == size:
            return (data + carrier).decode()
        size = len(carrier)
    raise AssertionError("no wrapper met its announced length")


def signed_page(html: str, definition: Mapping[str, Any] | None = None) -> bytes:
    """A page with its manifest in a script element of the head."""
    return _signed_page(html, json.dumps(definition or AI_STATEMENT))


@lru_cache(maxsize=64)
def _signed_page(html: str, definition: str) -> bytes:
    return demo.sign_page(html.encode(), json.loads(definition), identity())


@lru_cache(maxsize=64)
def signed_block(text: str = PROSE, comment: tuple[str, str] = ("<!-- ", " -->")) -> str:
    """`text`, made by AI, below a line that holds its manifest in a comment (A.9.3.1)."""

    def line(store: bytes) -> bytes:
        inner = BEGIN + b" " + DATA_URI + base64.b64encode(store) + b" " + END
        return comment[0].encode() + inner + comment[1].encode() + b"\n"

    return demo.sign_around(text.encode(), 0, line, "text/markdown", AI_STATEMENT, identity()).decode()


@lru_cache(maxsize=1)
def _text_signer() -> c2patxt.Signer:
    key, issuer = Ed25519PrivateKey.generate(), authority()
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Test Text Works"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test Language Model"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_TO)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(CLAIM_SIGNING)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    return c2patxt.Signer(key, (certificate,))


@lru_cache(maxsize=64)
def disclosed_text(text: str = PROSE) -> str:
    """`text` as another implementation signs it (c2patxt, Ed25519): created by a model, with `c2pa.ai-disclosure`."""
    disclosure = c2patxt.Disclosure("text/plain", c2patxt.ModelType.GENERIC, model_name="test-model")
    context = c2patxt.EmbedContext(when=datetime(2026, 3, 1, tzinfo=UTC))
    return c2patxt.embed(text, _text_signer(), disclosure, context=context)

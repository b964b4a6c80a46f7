"""Signed test files: a throw-away certificate authority, its signers, and manifests that say what a test needs.

Certificates follow C2PA 2.2, section 14.5: an ES256 leaf below a root of our own. Everything is made once a
session and cached.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.assets import tiny

VALID_FROM = datetime(2024, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2049, 12, 31, tzinfo=UTC)
CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"  # c2pa-kp-claimSigning, C2PA 2.2 section 14.5.1.1
EMAIL_PROTECTION = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CAPTURE = SOURCE_TYPES + "digitalCapture"
AI_MADE = SOURCE_TYPES + "trainedAlgorithmicMedia"
AI_EDITED = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"


@dataclass(frozen=True)
class Authority:
    """A root: what a trust list holds."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass(frozen=True)
class Identity:
    """A signer: its chain, leaf first, without the root, and its key, both PEM."""

    chain: bytes
    key: bytes
    certificate: x509.Certificate


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    """A leaf signs documents; a root signs certificates."""
    return x509.KeyUsage(
        digital_signature=signs,
        key_cert_sign=not signs,
        crl_sign=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@lru_cache(maxsize=64)
def authority(name: str = "Trusted Test Root") -> Authority:
    """The root of this name; a second name is a root that nobody's list holds."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name("lowbackground tests", name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_TO)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


@lru_cache(maxsize=64)
def identity(
    organisation: str = "Test Camera Works",
    common_name: str = "Test Camera 1",
    *,
    root: str = "Trusted Test Root",
    eku: str = EMAIL_PROTECTION,
    not_before: datetime = VALID_FROM,
    not_after: datetime = VALID_TO,
) -> Identity:
    """A signer below the root of that name.

    c2pa-rs signs only with a certificate that is valid now: for an expired one, let it end in an hour and judge it
    at a later `as_of`.
    """
    issuer = authority(root)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(organisation, common_name))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(eku)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    return Identity(
        chain=certificate.public_bytes(serialization.Encoding.PEM),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate=certificate,
    )


def untrusted() -> Identity:
    """A signer whose root no trust list of the tests holds."""
    return identity("Nobody in Particular", "Unknown Signer", root="Untrusted Test Root")


@lru_cache(maxsize=1)
def expiring() -> Identity:
    """A signer whose certificate ends an hour after the session began."""
    now = datetime.now(UTC).replace(microsecond=0)
    return identity(
        "Test Camera Works", "Expiring Camera", not_before=now - timedelta(days=1), not_after=now + timedelta(hours=1)
    )


def action(name: str, source_type: str | None = None, **more: Any) -> dict[str, Any]:
    """One entry of `c2pa.actions.v2`; its name without the prefix `c2pa.`."""
    entry = {"action": f"c2pa.{name}", **more}
    return entry if source_type is None else entry | {"digitalSourceType": source_type}


def manifest(
    *actions: Mapping[str, Any], assertions: Sequence[Mapping[str, Any]] = (), title: str = "test"
) -> dict[str, Any]:
    """A manifest definition; without actions, a capture."""
    return {
        "title": title,
        "claim_generator_info": [{"name": "lowbackground-tests", "version": "1"}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": list(actions) or [action("created", CAPTURE)]}},
            *assertions,
        ],
    }


@dataclass(frozen=True)
class Ingredient:
    """A file that a manifest names: `parentOf` (this was edited), `componentOf` (placed), `inputTo` (prompt)."""

    data: bytes
    media_type: str
    instance_id: str
    relationship: str = "parentOf"


SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": False, "verify_after_reading": False, "remote_manifest_fetch": False},
}


@lru_cache(maxsize=1)
def _context() -> Any:
    from c2pa import Context

    return Context.from_dict(SETTINGS)


@dataclass(frozen=True)
class Signed:
    """The asset after signing, and its manifest store alone (what a sidecar holds)."""

    asset: bytes
    store: bytes


@lru_cache(maxsize=512)
def _sign(
    data: bytes,
    media_type: str,
    definition: str,
    signer: Identity,
    ingredients: tuple[Ingredient, ...],
    remote_url: str | None,
    embed: bool,
) -> Signed:
    from c2pa import Builder, C2paSignerInfo, Signer

    out = io.BytesIO()
    with (
        Signer.from_info(C2paSignerInfo(b"es256", signer.chain, signer.key, None)) as native,
        Builder(definition, context=_context()) as builder,
    ):
        for part in ingredients:
            described = {"title": part.instance_id, "relationship": part.relationship, "instance_id": part.instance_id}
            builder.add_ingredient(json.dumps(described), part.media_type, io.BytesIO(part.data))
        if remote_url:
            builder.set_remote_url(remote_url)
        if not embed:
            builder.set_no_embed()
        store = builder.sign(native, media_type, io.BytesIO(data), out)
    return Signed(out.getvalue(), bytes(store))


def signed(
    data: bytes,
    media_type: str,
    definition: Mapping[str, Any] | None = None,
    *,
    signer: Identity | None = None,
    ingredients: Sequence[Ingredient] = (),
    remote_url: str | None = None,
    embed: bool = True,
) -> Signed:
    """`data` with a manifest; `embed=False` leaves the store to a sidecar, `remote_url` writes a link into the XMP."""
    text = json.dumps(definition or manifest(), sort_keys=True)
    return _sign(data, media_type, text, signer or identity(), tuple(ingredients), remote_url, embed)


def sign(data: bytes, media_type: str, definition: Mapping[str, Any] | None = None, **options: Any) -> bytes:
    """The asset of `signed`."""
    return signed(data, media_type, definition, **options).asset


def signed_tiny(media_type: str, definition: Mapping[str, Any] | None = None, **options: Any) -> bytes:
    """The tiny file of this type, signed as a capture unless `definition` says otherwise."""
    return sign(tiny(media_type), media_type, definition, **options)


def trust_settings(*names: str) -> dict[str, Any]:
    """Settings for a `Context` that trusts these roots (by default the trusted one), offline."""
    anchors = "".join(authority(name).pem for name in names or ("Trusted Test Root",))
    return {
        "trust": {"trust_anchors": anchors, "trust_config": f"{EMAIL_PROTECTION}\n{CLAIM_SIGNING}\n"},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": []},
    }

"""Signed test files: the throw-away authority of the demo, and manifests that say what a test needs.

Everything is made once a session and cached.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from cryptography import x509

from lowbackground.pipeline.demo.authority import (
    CLAIM_SIGNING,
    EMAIL_PROTECTION,
    VALID_FROM,
    VALID_TO,
    Authority,
    Identity,
    new_authority,
    new_identity,
)
from lowbackground.pipeline.demo.signing import (
    AI_EDITED,
    AI_MADE,
    CAPTURE,
    SETTINGS,
    SOURCE_TYPES,
    Ingredient,
    Signed,
    action,
    sign_media,
)
from lowbackground.pipeline.demo.signing import manifest as _manifest
from tests.assets import tiny

__all__ = [
    "AI_EDITED",
    "AI_MADE",
    "CAPTURE",
    "CLAIM_SIGNING",
    "EMAIL_PROTECTION",
    "SETTINGS",
    "SOURCE_TYPES",
    "VALID_FROM",
    "VALID_TO",
    "Authority",
    "Identity",
    "Ingredient",
    "Signed",
    "action",
    "authority",
    "expiring",
    "identity",
    "manifest",
    "sign",
    "signed",
    "signed_tiny",
    "trust_settings",
    "untrusted",
]

TRUSTED_ROOT = "Trusted Test Root"

manifest = partial(_manifest, title="test", generator="lowbackground-tests")


def authority(name: str = TRUSTED_ROOT) -> Authority:
    """The root of this name; a second name is a root that nobody's list holds."""
    return _authority(name)


@lru_cache(maxsize=64)
def _authority(name: str) -> Authority:
    return new_authority("lowbackground tests", name)


@lru_cache(maxsize=64)
def identity(
    organisation: str = "Test Camera Works",
    common_name: str = "Test Camera 1",
    *,
    root: str = TRUSTED_ROOT,
    eku: str = EMAIL_PROTECTION,
    not_before: datetime = VALID_FROM,
    not_after: datetime = VALID_TO,
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> Identity:
    """A signer below the root of that name.

    c2pa-rs signs only with a certificate that is valid now: for an expired one, let it end in an hour and judge it
    at a later `as_of`.
    """
    return new_identity(
        authority(root),
        organisation,
        common_name,
        eku=eku,
        not_before=not_before,
        not_after=not_after,
        extensions=extensions,
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
    return sign_media(
        data,
        media_type,
        json.loads(definition),
        signer,
        ingredients=ingredients,
        remote_url=remote_url,
        embed=embed,
    )


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
    anchors = "".join(authority(name).pem for name in names or (TRUSTED_ROOT,))
    return {
        "trust": {"trust_anchors": anchors, "trust_config": f"{EMAIL_PROTECTION}\n{CLAIM_SIGNING}\n"},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": []},
    }

"""What the C2PA manifest of one asset says, after verification: separate facts, never one verdict.

Integrity, trust and claim are derived from the validation codes (never from the validator's summary state), so that
"the bytes changed", "nobody vouches for the signer" and "it says AI made it" can be told apart.
"""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Integrity(StrEnum):
    """Whether manifest and content are what was signed."""

    INTACT = "intact"
    LEGACY_BINDING = "legacy_binding"  # hash matches, but its exclusion does not coincide with the manifest
    MODIFIED = "modified"  # the content changed after signing
    FORGED = "forged"  # signature or assertion hashes do not match
    MALFORMED = "malformed"
    UNCHECKED = "unchecked"  # truncated content, a remote manifest, a limit was hit


class Trust(StrEnum):
    """Whether somebody vouches for the signer, judged at the run's `as_of`."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    STALE = "stale"  # expired, and no trusted time-stamp says that it was signed before
    REVOKED = "revoked"
    NONE = "none"  # nothing was verified


class Claim(StrEnum):
    """What the manifest chain says about the origin of the content (folded over ingredients)."""

    HUMAN_CAPTURE = "human_capture"
    HUMAN_MADE = "human_made"
    SYNTHETIC = "synthetic"
    MIXED = "mixed"
    PROCEDURAL = "procedural"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Credential:
    """One row of `prov_c2pa`; names and meaning stand in `docs/columns.md`.

    `status`: embedded, sidecar, remote, text, html, broken, unreadable, unsupported, timeout, too_large, truncated.
    `trust_tier`: c2pa, interim, capture (a user's list that may vouch for capture) or other; null when untrusted.
    `claim_path` are the manifests from the active one to the one that made the claim. `claim_void` says why a claim of
    human origin cannot stand, which is then unknown. `claim_by_agent`: told only by the name of the software.
    `enhanced`: an enhancer that may invent detail was used. `composed`: put together from several pieces.
    `codes` are the failure and informational codes, sorted, without those of identity assertions.
    """

    status: str
    integrity: Integrity = Integrity.UNCHECKED
    trust: Trust = Trust.NONE
    trust_list: str | None = None
    trust_tier: str | None = None
    claim: Claim = Claim.UNKNOWN
    claim_path: tuple[str, ...] = ()
    claim_void: str | None = None
    claim_by_agent: bool = False
    may_contain_ai: bool = False
    history_incomplete: bool = False
    enhanced: bool = False
    composed: bool = False
    assurance_level: int | None = None
    camera_issuer: bool = False
    capture_disallowed: bool = False
    signer: str | None = None
    issuer: str | None = None
    serial: str | None = None
    cert_not_before: str | None = None
    cert_not_after: str | None = None
    signed_at: str | None = None
    timestamp_authority: str | None = None
    algorithm: str | None = None
    generator: str | None = None
    source_types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    soft_bindings: tuple[str, ...] = ()
    training: tuple[str, ...] = ()
    remote_url: str | None = None
    active_manifest: str | None = None
    manifests: int = 0
    ingredients: int = 0
    store_bytes: int = 0
    store_sha256: str | None = None
    codes: tuple[str, ...] = ()
    validator: str | None = None

    @property
    def grade(self) -> str:
        """`integrity/trust`, the form that a policy's `grade` condition matches."""
        return f"{self.integrity}/{self.trust}"


_TYPES = {
    str: pa.string(),
    Integrity: pa.string(),
    Trust: pa.string(),
    Claim: pa.string(),
    str | None: pa.string(),
    int: pa.int64(),
    int | None: pa.int64(),
    bool: pa.bool_(),
    tuple[str, ...]: pa.list_(pa.string()),
}

CREDENTIAL_TYPE = pa.struct([(name, _TYPES[type_]) for name, type_ in Credential.__annotations__.items()])

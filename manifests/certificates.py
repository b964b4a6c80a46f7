"""Certificates of signers, and whether somebody's list vouches for one of them at a given instant.

c2pa-rs judges a chain without a time-stamp at the clock of the machine and pools the anchors of all lists, those of
time-stamping authorities too. Both would make the same file mean different things on different days, or let one
list speak for another, so the path to an anchor is followed here as well: for one list, at one instant.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lowbackground.manifests.der import (
    BOOLEAN,
    INTEGER,
    dotted,
    extensions,
    issuer_and_subject,
    items,
    name_attribute,
    tbs,
    with_readable_names,
)

EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"  # c2pa-kp-claimSigning, C2PA MIB
ANY_USAGE = "2.5.29.37.0"  # RFC 5280, 4.2.1.12; C2PA 2.2, 14.5.1.1 forbids it to signers
SIGNING_USAGES = frozenset({EMAIL_PROTECTION, DOCUMENT_SIGNING, CLAIM_SIGNING})  # C2PA 2.2, 14.4.1

_KEY_USAGE, _BASIC_CONSTRAINTS, _EXTENDED_KEY_USAGE = "2.5.29.15", "2.5.29.19", "2.5.29.37"  # RFC 5280, 4.2.1
_KEY_CERT_SIGN = 0x04  # bit 5 of the first byte, RFC 5280, 4.2.1.3
_ASSURANCE_LEVEL = "1.3.6.1.4.1.62558.3"  # c2pa-al, C2PA MIB
_LEVELS = {bytes.fromhex("060a2b0601040183e85e030a"): 1, bytes.fromhex("060a2b0601040183e85e0314"): 2}  # .3.10, .3.20
_PRODUCT_RECORD = "1.3.6.1.4.1.62558.4"  # c2pa-cpl-record, C2PA MIB

_ORGANISATION = b"\x55\x04\x0a"  # 2.5.4.10
_COMMON_NAME = b"\x55\x04\x03"  # 2.5.4.3

MAX_CHAIN = 12  # certificates; real chains have two to four
MAX_NAME_CHARS = 200
_UNREADABLE = (ValueError, x509.InvalidVersion)  # what `cryptography` raises for rubbish
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,40000}-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Certificate:
    """One X.509 certificate; equal when its DER bytes are."""

    der: bytes

    @cached_property
    def parsed(self) -> x509.Certificate:
        """The certificate as `cryptography` reads it; one of `_UNREADABLE` where it is none."""
        try:
            return x509.load_der_x509_certificate(self.der)
        except ValueError:
            return x509.load_der_x509_certificate(with_readable_names(self.der))

    @cached_property
    def sha256(self) -> str:
        """The digest of the DER bytes, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def extensions(self) -> dict[str, bytes]:
        """The extensions by dotted OID; one that `cryptography` refuses would cost all others."""
        return extensions(tbs(self.der))

    @cached_property
    def usages(self) -> frozenset[str] | None:
        """The extended key usages as dotted OIDs; null where the certificate limits none."""
        value = self.extensions.get(_EXTENDED_KEY_USAGE)
        if value is None:
            return None
        return frozenset(dotted(oid) for _, content, _ in items(value) for _, oid, _ in items(content))

    @cached_property
    def is_authority(self) -> bool:
        """Whether it may issue certificates (basic constraints, and key usage where that is given)."""
        usage = self.extensions.get(_KEY_USAGE, b"\x03\x02\x00\xff")
        certifies = len(usage) > 3 and bool(usage[3] & _KEY_CERT_SIGN)
        return certifies and any(tag == BOOLEAN and value != b"\0" for tag, value in self._constraints)

    @property
    def path_length(self) -> int | None:
        """How many authorities may stand between this one and a signer; null for no limit."""
        return next((int.from_bytes(value, "big") for tag, value in self._constraints if tag == INTEGER), None)

    @property
    def _constraints(self) -> list[tuple[int, bytes]]:
        value = self.extensions.get(_BASIC_CONSTRAINTS, b"")
        return [(tag, content) for _, sequence, _ in items(value) for tag, content, _ in items(sequence)]

    @property
    def serial(self) -> str:
        """The serial number in hex."""
        return f"{self.parsed.serial_number:x}"

    @cached_property
    def names(self) -> tuple[bytes, bytes]:
        """Issuer and subject as they are written."""
        return issuer_and_subject(tbs(self.der))

    @property
    def organisation(self) -> str:
        """O of the subject; empty where it has none."""
        return name_attribute(self.names[1], _ORGANISATION)[:MAX_NAME_CHARS]

    @property
    def common_name(self) -> str:
        """CN of the subject; empty where it has none."""
        return name_attribute(self.names[1], _COMMON_NAME)[:MAX_NAME_CHARS]

    @property
    def issuer(self) -> str:
        """O and CN of the issuer."""
        found = (name_attribute(self.names[0], oid)[:MAX_NAME_CHARS] for oid in (_ORGANISATION, _COMMON_NAME))
        return " / ".join(part for part in found if part)

    def valid_at(self, at: datetime) -> bool:
        """Whether `at` lies in its period of validity."""
        return self.parsed.not_valid_before_utc <= at <= self.parsed.not_valid_after_utc

    @cached_property
    def assurance_level(self) -> int | None:
        """The level of the C2PA conformance programme that the issuer vouched for (extension c2pa-al)."""
        return _LEVELS.get(self.extensions.get(_ASSURANCE_LEVEL, b""))

    @cached_property
    def product_record(self) -> str | None:
        """The record of the C2PA Conforming Products List that it was issued for (extension c2pa-cpl-record)."""
        value = self.extensions.get(_PRODUCT_RECORD, b"")
        if value[:2] != b"\x0c\x24" or len(value) != 38:  # a UTF8String of 36 characters
            return None
        return value[2:].decode("ascii", "replace")


@lru_cache(maxsize=2048)
def certificate(der: bytes) -> Certificate | None:
    """The certificate in DER bytes with everything that is used of it parsed once, or null where it is broken."""
    found = Certificate(der)
    try:
        _ = found.names, found.extensions, found.parsed.not_valid_before_utc, found.parsed.not_valid_after_utc
    except _UNREADABLE:
        return None
    return found


def certificates(ders: Iterable[bytes]) -> tuple[Certificate, ...]:
    """The readable ones of some DER certificates, in their order, at most `MAX_CHAIN`."""
    return tuple(found for der in list(ders)[:MAX_CHAIN] if (found := certificate(der)) is not None)


def from_pem(text: bytes) -> tuple[list[Certificate], int]:
    """The certificates of a PEM bundle, whatever stands between them, and how many blocks could not be read."""
    found = [_pem_block(block.group()) for block in _PEM.finditer(text)]
    good = [one for one in found if one is not None]
    return good, max(len(found), text.count(b"-----BEGIN CERTIFICATE-----")) - len(good)


def _pem_block(block: bytes) -> Certificate | None:
    try:
        return certificate(x509.load_pem_x509_certificate(block).public_bytes(Encoding.DER))
    except _UNREADABLE:
        return None


def to_pem(chain: Iterable[Certificate]) -> bytes:
    """A PEM bundle, in order."""
    return b"".join(one.parsed.public_bytes(Encoding.PEM) for one in chain)


@lru_cache(maxsize=8192)
def _signed_by(child: Certificate, issuer: Certificate) -> bool:
    """Whether the key of `issuer` made the signature of `child`."""
    signature, signed = child.parsed.signature, tbs(child.der)
    try:
        key, how = issuer.parsed.public_key(), child.parsed.signature_algorithm_parameters
        digest = child.parsed.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.AsymmetricPadding) and digest is not None:
            key.verify(signature, signed, how, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(signature, signed, how)
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def may_sign(leaf: Certificate, usages: frozenset[str]) -> bool:
    """Whether it is an end-entity certificate for one of `usages` (C2PA 2.2, 14.5.1.1)."""
    allowed = leaf.usages is not None and bool(leaf.usages & usages) and ANY_USAGE not in leaf.usages
    return allowed and not leaf.is_authority


def leads_to(chain: Sequence[Certificate], anchors: frozenset[Certificate], at: datetime) -> bool:
    """Whether a chain, leaf first, leads to one of `anchors` with every certificate below it valid at `at`.

    Anchors are trusted because a list holds them, so neither their dates nor what they allow is looked at (RFC 5280,
    6.1.1 d). The rest of the chain may stand in any order and may hold strangers.
    """
    reached, below = list(chain[:1]), 0
    seen = set(reached)
    while reached and below <= MAX_CHAIN:
        valid = [one for one in reached if one.valid_at(at)]
        if any(one in anchors or any(_signed_by(one, anchor) for anchor in _issuers(anchors, one)) for one in valid):
            return True
        reached = [
            one for one in chain[1:] if one not in seen and any(_may_issue(one, child, below) for child in valid)
        ]
        seen.update(reached)
        below += 1
    return False


def _issuers(anchors: frozenset[Certificate], child: Certificate) -> list[Certificate]:
    return [anchor for anchor in anchors if anchor.names[1] == child.names[0]]


def _may_issue(issuer: Certificate, child: Certificate, below: int) -> bool:
    if issuer == child or issuer.names[1] != child.names[0] or not issuer.is_authority:
        return False
    limit = issuer.path_length
    return (limit is None or below <= limit) and _signed_by(child, issuer)

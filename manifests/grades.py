"""How far a manifest can be believed: whether it is intact, and whether somebody vouches for its signer.

Both are derived from validation codes (C2PA 2.2, 15.2 and the conformance programme's lists of codes), never from the
reader's summary, which mixes them with each other, with the clock of the machine and with identity assertions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lowbackground.manifests.certificates import TIME_STAMPING, Certificate, leads_to, may_sign
from lowbackground.manifests.claim_signatures import ClaimSignature
from lowbackground.manifests.credential import Integrity
from lowbackground.manifests.credential import Trust as Standing
from lowbackground.manifests.manifest import Codes, Manifest
from lowbackground.manifests.products import is_denied
from lowbackground.manifests.trust import STANDINGS, Trust, Voucher

# Failures about the signer and the time-stamp; they say nothing about whether something was changed.
_TRUST_FAILURES = ("signingCredential.", "timeStamp.", "timeOfSigning.", "claimSignature.outsideValidity")
_IDENTITY = "cawg."  # who claims authorship is another question
_BINDINGS = tuple(f"assertion.{kind}Hash" for kind in ("data", "bmff", "boxes", "collection"))
_FORGED = frozenset(
    {
        "claimSignature.mismatch",
        "claimSignature.missing",
        "assertion.hashedURI.mismatch",
        "hashedURI.mismatch",
        "hashedURI.missing",
        "ingredient.manifest.mismatch",
        "ingredient.manifest.missing",
        "ingredient.claimSignature.mismatch",
        "ingredient.claimSignature.missing",
        "assertion.missing",
    }
)
_REVOKED = "signingCredential.ocsp.revoked"

# Codes that depend on when the reader ran, unless a time-stamp says when the claim was signed.
_CLOCKED = ("signingCredential.", "claimSignature.insideValidity", "claimSignature.outsideValidity")


def integrity(codes: Codes) -> Integrity:
    """Whether a manifest and its content are what was signed; several faults together count as the gravest."""
    faults = {code for code in codes.failure if not code.startswith((_IDENTITY, *_TRUST_FAILURES))}
    changed = {code for code in faults if code.startswith(_BINDINGS) and code.endswith(".mismatch")}
    if faults & _FORGED:
        return Integrity.FORGED
    bound = any(f"{binding}.match" in codes.success for binding in _BINDINGS)
    if faults - changed or "claimSignature.validated" not in codes.success or not (bound or changed):
        return Integrity.MALFORMED
    if not changed:
        return Integrity.INTACT
    both = all(code.replace(".mismatch", ".match") in codes.success for code in changed)
    return Integrity.LEGACY_BINDING if both else Integrity.MODIFIED


def integrity_without_content(codes: Codes) -> Integrity:
    """As `integrity`, for a manifest whose content is not at hand: hard bindings are left out."""
    rest = Codes(
        codes.success | {"assertion.dataHash.match"},
        codes.informational,
        frozenset(code for code in codes.failure if not code.startswith(_BINDINGS)),
    )
    return integrity(rest)


@dataclass(frozen=True, slots=True)
class SignerVerdict:
    """Whether somebody vouches for a signer at the run's `as_of`; `signed_at` is the time-stamp, if it can be trusted."""

    standing: Standing
    voucher: Voucher | None = None
    leaf: Certificate | None = None
    signed_at: datetime | None = None


def judge_signer(manifest: Manifest, signature: ClaimSignature, trust: Trust, as_of: datetime) -> SignerVerdict:
    """Judge the signer of one manifest.

    The validity of the certificate is judged at its time-stamp, if an authority of the lists made that, and at `as_of`
    otherwise. A list vouches for the signer where the chain leads to it at that instant. The reader must agree, unless
    its answer was spoilt by the clock: without a time-stamp it judges at the moment it runs.
    """
    if not signature.chain or signature.chain[0].serial != _serial(manifest.certificate):
        return SignerVerdict(Standing.UNTRUSTED)  # the certificate is not the one that the reader judged
    leaf = signature.chain[0]
    stamped = _trusted_time(manifest, signature, trust)
    at = stamped or as_of
    if _REVOKED in manifest.codes.failure:
        return SignerVerdict(Standing.REVOKED, None, leaf, stamped)
    if not leaf.valid_at(at):
        return SignerVerdict(Standing.STALE, None, leaf, stamped)
    voucher = _voucher(signature.chain, trust, at)
    if voucher is None or not (_reader_trusts(manifest) or _spoilt_by_clock(manifest, signature, stamped)):
        return SignerVerdict(Standing.UNTRUSTED, None, leaf, stamped)
    if is_denied(leaf.organisation, leaf.parsed.not_valid_before_utc):
        return SignerVerdict(Standing.REVOKED, None, leaf, stamped)
    return SignerVerdict(Standing.TRUSTED, voucher, leaf, stamped)


def _trusted_time(manifest: Manifest, signature: ClaimSignature, trust: Trust) -> datetime | None:
    """When the claim was signed, if an authority of the lists says so.

    For claims of version 1 the reader calls every time-stamp trusted, so the chain of the authority is followed here.
    """
    if manifest.time_stamp is None or not {"timeStamp.validated", "timeStamp.trusted"} <= manifest.codes.success:
        return None
    named = [one for one in signature.time_stampers if one.serial == _serial(manifest.time_stamper)]
    if len(named) != 1 or TIME_STAMPING not in (named[0].usages or ()):
        return None  # of two certificates with one number, only the reader knows which made the stamp
    stamper = named[0]
    chain = [stamper, *(one for one in signature.time_stampers if one != stamper)]
    return manifest.time_stamp if leads_to(chain, trust.time_stampers, manifest.time_stamp) else None


def _serial(certificate: Mapping[str, Any] | None) -> str:
    return str((certificate or {}).get("serialNumber", "")).lstrip("0")


def _voucher(chain: tuple[Certificate, ...], trust: Trust, at: datetime) -> Voucher | None:
    if not may_sign(chain[0], trust.usages):
        return None
    return next(
        (one for one in trust.vouchers if chain[0].sha256 in one.allowed or leads_to(chain, one.anchors, at)), None
    )


def _reader_trusts(manifest: Manifest) -> bool:
    return "signingCredential.trusted" in manifest.codes.success


def _spoilt_by_clock(manifest: Manifest, signature: ClaimSignature, stamped: datetime | None) -> bool:
    if stamped is not None or manifest.validated_at is None:
        return False
    return not all(one.valid_at(manifest.validated_at) for one in signature.chain)


def stable_codes(codes: Codes, verdict: SignerVerdict) -> tuple[str, ...]:
    """Failure and informational codes, sorted, without identity and without what only the clock of the machine says.

    What that clock would have decided is put back as it is at the run's `as_of`.
    """
    kept = {
        code
        for code in codes.failure | codes.informational
        if not code.startswith((_IDENTITY, *_CLOCKED)) or code == _REVOKED
    }
    if verdict.signed_at is not None:
        kept |= {code for code in codes.informational if code.startswith("signingCredential.ocsp.")}
    if verdict.standing is Standing.STALE:
        kept.add("signingCredential.expired")
    elif verdict.standing is Standing.UNTRUSTED:
        kept.add("signingCredential.untrusted")
    elif verdict.standing is Standing.REVOKED:
        kept.add(_REVOKED)
    return tuple(sorted(kept))[:MAX_CODES]


MAX_CODES = 50  # c2pa-rs knows about a hundred; a real file has five


def weakest(verdicts: Iterable[SignerVerdict]) -> Voucher | None:
    """Of several trusted signers, the list that counts least; null where one of them is not trusted."""
    vouchers = [one.voucher for one in verdicts]
    if not vouchers or None in vouchers:
        return None
    return max((one for one in vouchers if one is not None), key=lambda one: STANDINGS.index(one.standing))

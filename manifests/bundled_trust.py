"""The trust lists compiled into encypher-c2pa, which speak where a run has none of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from lowbackground.manifests.credential import Trust
from lowbackground.manifests.encypher import encypher_report
from lowbackground.manifests.grades import SignerVerdict
from lowbackground.manifests.trust import Tier, Voucher

_PICTURE = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"  # one pixel, GIF89a section 17 to 27
_TRUSTED = "valid_for_supplied_material"  # trust.status of the report, schema 1.0


@lru_cache(maxsize=1)
def bundled_voucher() -> Voucher:
    """The compiled-in lists as a list of this program: `encypher-c2pa <version>`."""
    return Voucher(f"encypher-c2pa {version('encypher-c2pa')}", Tier.C2PA, frozenset(), frozenset())


def bundled_verdict(store: bytes, verdict: SignerVerdict, stamped: datetime | None, as_of: datetime) -> SignerVerdict:
    """The verdict on who signed the active manifest of a store, by the compiled-in lists.

    encypher-c2pa is given the store that c2pa-rs verified, beside a picture that has nothing to do with it: only its
    trust answer is used, which does not depend on the content. Asked about a file, it might find another manifest in
    it than c2pa-rs did. Where it has no word on the store, the verdict stays as it is.
    """
    try:
        report = encypher_report(_PICTURE, "image/gif", as_of, own_trust=True, store=store)
    except ValueError:
        return verdict
    trust = _mapping(report.get("trust"))
    results = _mapping(report.get("validation_results"))
    signed_at = stamped if "timeStamp.trusted" in _codes(results, "success") else None
    if _mapping(trust.get("revocation")).get("status") == "revoked" or verdict.standing is Trust.REVOKED:
        return replace(verdict, standing=Trust.REVOKED, voucher=None, signed_at=signed_at)
    if trust.get("status") == _TRUSTED:
        return replace(verdict, standing=Trust.TRUSTED, voucher=bundled_voucher(), signed_at=signed_at)
    stale = "claimSignature.outsideValidity" in _codes(results, "failure")
    return replace(verdict, standing=Trust.STALE if stale else Trust.UNTRUSTED, voucher=None, signed_at=signed_at)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _codes(results: Mapping[str, Any], kind: str) -> set[str]:
    found = results.get(kind)
    return {str(_mapping(one).get("code")) for one in found} if isinstance(found, list) else set()

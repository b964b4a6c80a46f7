"""The trust lists compiled into encypher-c2pa, which speak where a run has none of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from lowbackground.manifests.credential import Trust
from lowbackground.manifests.grades import SignerVerdict
from lowbackground.manifests.trust import Tier, Voucher

_TRUSTED = "valid_for_supplied_material"  # trust.status of the report, schema 1.0


@lru_cache(maxsize=1)
def bundled_voucher() -> Voucher:
    """The compiled-in lists as a list of this program: `encypher-c2pa <version>`."""
    return Voucher(f"encypher-c2pa {version('encypher-c2pa')}", Tier.C2PA, frozenset(), frozenset())


def bundled_verdict(report: Mapping[str, Any], verdict: SignerVerdict, time_stamp: datetime | None) -> SignerVerdict:
    """The verdict on a signer by the trust answer of a report, which was judged at the run's `as_of`.

    Only that answer is used: integrity and claims stay those of c2pa-rs. An empty report leaves the verdict as it is.
    """
    if not report:
        return verdict
    trust = _mapping(report.get("trust"))
    results = _mapping(report.get("validation_results"))
    stamped = time_stamp if "timeStamp.trusted" in _codes(results, "success") else None
    if _mapping(trust.get("revocation")).get("status") == "revoked" or verdict.standing is Trust.REVOKED:
        return replace(verdict, standing=Trust.REVOKED, voucher=None, signed_at=stamped)
    if trust.get("status") == _TRUSTED:
        return replace(verdict, standing=Trust.TRUSTED, voucher=bundled_voucher(), signed_at=stamped)
    stale = "claimSignature.outsideValidity" in _codes(results, "failure")
    return replace(verdict, standing=Trust.STALE if stale else Trust.UNTRUSTED, voucher=None, signed_at=stamped)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _codes(results: Mapping[str, Any], kind: str) -> set[str]:
    found = results.get(kind)
    return {str(_mapping(one).get("code")) for one in found} if isinstance(found, list) else set()

"""What tests of C2PA verification share: trust in the test authority, and one call from bytes to a credential."""

from datetime import datetime
from typing import Any

from lowbackground.manifests.c2pa import validator
from lowbackground.manifests.certificates import from_pem
from lowbackground.manifests.credential import Credential
from lowbackground.manifests.precheck import precheck
from lowbackground.manifests.trust import Trust, Voucher
from lowbackground.manifests.verify import Limits, Verified, Verifier
from tests.factories import AS_OF
from tests.signing import TRUSTED_ROOT, authority


def trusting(root: str = TRUSTED_ROOT, standing: str = "c2pa", **more: Any) -> Trust:
    """Lists in which one authority of the tests is an anchor."""
    anchors = frozenset(from_pem(authority(root).pem.encode())[0])
    return Trust((Voucher(f"{standing} list", standing, anchors, frozenset()),), anchors, **more)


def verify(
    data: bytes,
    media_type: str,
    sidecar: bytes | None = None,
    *,
    trust: Trust | None = None,
    as_of: datetime = AS_OF,
    truncated: bool = False,
    limits: Limits | None = None,
) -> Verified | None:
    """The asset as the detector verifies it, by the lists of `trusting()` unless told otherwise."""
    verifier = Verifier(validator(trusting() if trust is None else trust), as_of, limits or Limits())
    return verifier.asset(data, media_type, precheck(data, media_type), sidecar, truncated=truncated)


def credential(data: bytes, media_type: str, sidecar: bytes | None = None, **options: Any) -> Credential:
    """The credential of an asset that has one."""
    found = verify(data, media_type, sidecar, **options)
    assert found is not None, "no manifest was found"
    return found.credential

"""Integrity and trust from validation codes."""

from datetime import UTC, datetime, timedelta

import pytest

from lowbackground.manifests.certificates import Certificate, from_pem
from lowbackground.manifests.claim_signatures import ClaimSignature
from lowbackground.manifests.credential import Integrity, Trust
from lowbackground.manifests.grades import (
    SignerVerdict,
    integrity,
    integrity_without_content,
    judge_signer,
    stable_codes,
    weakest,
)
from lowbackground.manifests.manifest import Codes, Manifest
from lowbackground.manifests.trust import Voucher
from tests.credentials import trusting
from tests.factories import AS_OF
from tests.signing import Identity, expiring, identity

GOOD = frozenset({"claimSignature.validated", "assertion.dataHash.match", "assertion.hashedURI.match"})


def graded(*failures: str, success: frozenset[str] = GOOD) -> Integrity:
    return integrity(Codes(success, frozenset(), frozenset(failures)))


UNBOUND = GOOD - {"assertion.dataHash.match"}


@pytest.mark.parametrize(
    ("failures", "success", "expected"),
    [
        ([], GOOD, "intact"),
        (["signingCredential.untrusted"], GOOD, "intact"),
        (["signingCredential.expired", "signingCredential.invalid", "claimSignature.outsideValidity"], GOOD, "intact"),
        (["signingCredential.ocsp.revoked"], GOOD, "intact"),
        (["cawg.ica.did_unavailable", "cawg.x509.signature.mismatch"], GOOD, "intact"),
        (["assertion.dataHash.mismatch"], UNBOUND, "modified"),
        (["assertion.bmffHash.mismatch"], UNBOUND, "modified"),
        (["assertion.boxesHash.mismatch"], UNBOUND, "modified"),
        (["assertion.collectionHash.mismatch"], UNBOUND, "modified"),
        (["assertion.dataHash.mismatch"], GOOD, "legacy_binding"),
        (["assertion.bmffHash.mismatch"], GOOD, "modified"),
        (["assertion.hashedURI.mismatch"], GOOD, "forged"),
        (["claimSignature.mismatch"], GOOD, "forged"),
        (["ingredient.manifest.mismatch"], GOOD, "forged"),
        (["ingredient.manifest.missing"], GOOD, "forged"),
        (["assertion.action.malformed"], GOOD, "malformed"),
        (["assertion.cbor.invalid"], GOOD, "malformed"),
        (["claim.malformed"], GOOD, "malformed"),
        (["some.code.of.the.future"], GOOD, "malformed"),
        (["assertion.dataHash.malformed"], GOOD, "malformed"),
        (["assertion.dataHash.mismatch", "claimSignature.mismatch"], UNBOUND, "forged"),
        (["assertion.dataHash.mismatch", "assertion.action.malformed"], UNBOUND, "malformed"),
        (["assertion.action.malformed", "assertion.hashedURI.mismatch"], GOOD, "forged"),
        ([], frozenset(), "malformed"),
        ([], frozenset({"assertion.dataHash.match"}), "malformed"),
        ([], UNBOUND, "malformed"),
    ],
)
def test_integrity_follows_the_gravest_code(failures: list[str], success: frozenset[str], expected: str) -> None:
    assert graded(*failures, success=success) == expected


def test_without_the_content_its_binding_is_left_out() -> None:
    def alone(*failures: str, success: frozenset[str] = UNBOUND) -> str:
        return integrity_without_content(Codes(success, frozenset(), frozenset(failures))).value

    assert alone("assertion.dataHash.mismatch") == "intact"
    assert alone("assertion.bmffHash.mismatch") == "intact"
    assert alone("assertion.hashedURI.mismatch") == "forged"
    assert alone("assertion.action.malformed") == "malformed"
    assert alone(success=frozenset()) == "malformed"


STAMP = datetime(2025, 1, 1, tzinfo=UTC)
READER = Codes(
    GOOD,
    frozenset({"signingCredential.ocsp.skipped", "timeStamp.untrusted", "cawg.ica.untrusted_issuer"}),
    frozenset({"signingCredential.untrusted", "signingCredential.expired", "assertion.dataHash.mismatch", "cawg.x"}),
)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (SignerVerdict(Trust.TRUSTED), []),
        (SignerVerdict(Trust.STALE), ["signingCredential.expired"]),
        (SignerVerdict(Trust.UNTRUSTED), ["signingCredential.untrusted"]),
        (SignerVerdict(Trust.REVOKED), ["signingCredential.ocsp.revoked"]),
        (SignerVerdict(Trust.TRUSTED, signed_at=STAMP), ["signingCredential.ocsp.skipped"]),
    ],
)
def test_codes_do_not_depend_on_the_clock(verdict: SignerVerdict, expected: list[str]) -> None:
    always = ["assertion.dataHash.mismatch", "timeStamp.untrusted"]
    assert stable_codes(READER, verdict) == tuple(sorted([*always, *expected]))


def test_codes_are_capped() -> None:
    many = Codes(failure=frozenset(f"assertion.x{index}" for index in range(1000)))
    assert len(stable_codes(many, SignerVerdict(Trust.TRUSTED))) == 50


def test_the_weakest_list_of_a_chain_counts() -> None:
    def by(standing: str | None) -> SignerVerdict:
        voucher = Voucher(standing, standing, frozenset(), frozenset()) if standing else None
        return SignerVerdict(Trust.TRUSTED if voucher else Trust.UNTRUSTED, voucher)

    def found(*standings: str | None) -> str | None:
        voucher = weakest(by(standing) for standing in standings)
        return voucher.standing if voucher else None

    assert found("c2pa") == "c2pa"
    assert found("c2pa", "interim", "capture") == "interim"
    assert found("c2pa", "other") == "other"
    assert found("c2pa", None) is None
    assert found() is None


def test_only_the_certificate_that_the_reader_judged_counts() -> None:
    """A store may bring the chain of a trusted stranger along; the reader's answer is about its own."""
    mine, stranger = (certificate_of(identity(name, name)) for name in ("Mine", "Stranger"))
    codes = Codes(GOOD | {"signingCredential.trusted"})

    def judged(serial: str) -> str:
        manifest = Manifest("urn:a", codes, certificate={"serialNumber": serial}, validated_at=AS_OF)
        return judge_signer(manifest, ClaimSignature((mine,)), trusting(), AS_OF).standing.value

    assert judged(mine.serial) == "trusted"
    assert judged(f"00{mine.serial}") == "trusted"
    assert judged(stranger.serial) == "untrusted"
    assert judged("") == "untrusted"


def test_the_reader_has_to_agree_where_its_clock_did_not_spoil_its_answer() -> None:
    mine = certificate_of(identity())

    def judged(code: str, validated_at: datetime) -> str:
        manifest = Manifest(
            "urn:a", Codes(GOOD | {code}), certificate={"serialNumber": mine.serial}, validated_at=validated_at
        )
        return judge_signer(manifest, ClaimSignature((mine,)), trusting(), AS_OF).standing.value

    assert judged("signingCredential.trusted", AS_OF) == "trusted"
    assert judged("x", AS_OF) == "untrusted"
    assert judged("x", datetime(2099, 1, 1, tzinfo=UTC)) == "trusted"


def certificate_of(signer: Identity) -> Certificate:
    return from_pem(signer.chain)[0][0]


def test_a_time_stamp_counts_only_by_the_one_certificate_that_made_it() -> None:
    """A token can bring the certificate of a known authority along under the number of one that nobody knows."""
    usage = "1.3.6.1.5.5.7.3.8"
    stamper = certificate_of(identity("Stamper", "S", eku=usage))
    codes = Codes(GOOD | {"timeStamp.validated", "timeStamp.trusted", "signingCredential.trusted"})
    leaf = certificate_of(expiring())
    before, after = leaf.parsed.not_valid_before_utc, leaf.parsed.not_valid_after_utc

    def judged(*stampers: Certificate, serial: str = stamper.serial) -> str:
        manifest = Manifest(
            "urn:a",
            codes,
            certificate={"serialNumber": leaf.serial},
            time_stamp=before,
            time_stamper={"serialNumber": serial},
            validated_at=AS_OF,
        )
        signature = ClaimSignature((leaf,), stampers)
        return judge_signer(manifest, signature, trusting(), after + timedelta(days=1)).standing.value

    assert judged(stamper) == "trusted"
    assert judged() == "stale"
    assert judged(stamper, stamper) == "stale"
    assert judged(stamper, serial="1") == "stale"
    assert judged(certificate_of(identity()), serial=certificate_of(identity()).serial) == "stale"
    stranger = certificate_of(identity("Stranger", "S", eku=usage, root="Untrusted Test Root"))
    assert judged(stranger, serial=stranger.serial) == "stale"

"""Who vouches for a signer, and what that makes of a claim: lists, instants, products, ingredients."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from lowbackground.manifests import assess
from lowbackground.manifests.bundled_trust import bundled_voucher
from lowbackground.manifests.certificates import from_pem
from lowbackground.manifests.credential import Credential
from lowbackground.manifests.manifest import manifests_of
from lowbackground.manifests.trust import Trust, Voucher
from tests.credentials import JPEG, PNG, capture, credential, of, opened, part, trusting, verify
from tests.signing import action, authority, expiring, identity, signed_tiny, untrusted

LATER = datetime(2048, 1, 1, tzinfo=UTC)  # before the test authority ends, after `expiring` has


def test_names_of_a_signer_that_nobody_knows_do_not_make_a_camera() -> None:
    fake = signed_tiny(JPEG, signer=identity("Leica Camera AG", "M11-P", root="Untrusted Test Root"))
    real = signed_tiny(JPEG, signer=identity("Leica Camera AG", "M11-P"))
    assert not credential(fake, JPEG).camera_issuer
    assert credential(real, JPEG).camera_issuer


def test_expiry_is_judged_at_as_of_and_not_at_the_clock() -> None:
    data = signed_tiny(JPEG, signer=expiring())
    assert credential(data, JPEG, as_of=datetime.now(UTC)).grade == "intact/trusted"
    assert credential(data, JPEG, as_of=LATER).grade == "intact/stale"
    assert credential(data, JPEG, as_of=LATER).codes == ("signingCredential.expired",)
    assert credential(data, JPEG, as_of=datetime(2020, 1, 1, tzinfo=UTC)).grade == "intact/stale"


def test_a_certificate_that_has_ended_since_is_judged_as_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    """c2pa-rs calls an expired signer untrusted, at the clock; a run of the past must not notice."""
    now = datetime.now(UTC).replace(microsecond=0)
    data = signed_tiny(JPEG, signer=expiring())
    found = verify(data, JPEG, as_of=now)
    assert found is not None

    aged = json.loads(json.dumps(dict(found.crjson)))
    results = aged["manifests"][0]["validationResults"]
    results["validationTime"] = (now + timedelta(days=2)).isoformat()
    results["success"] = [one for one in results["success"] if one["code"] != "signingCredential.trusted"]
    results["failure"] = [{"code": "signingCredential.untrusted"}, {"code": "signingCredential.expired"}]
    monkeypatch.setattr(assess, "manifests_of", lambda _: manifests_of(aged))
    again = verify(data, JPEG, as_of=now)
    assert again is not None
    assert again.credential == found.credential


def test_a_list_of_allowed_signers_vouches_for_its_signers_only() -> None:
    allowed = frozenset(one.sha256 for one in from_pem(untrusted().chain)[0])
    trust = Trust((Voucher("private", "other", frozenset(), allowed),))
    assert credential(signed_tiny(JPEG, signer=untrusted()), JPEG, trust=trust).trust_list == "private"
    assert credential(signed_tiny(JPEG), JPEG, trust=trust).grade == "intact/untrusted"


def test_authorities_of_time_stamps_do_not_vouch_for_signers() -> None:
    anchors = trusting().time_stampers
    trust = Trust((), anchors)
    assert credential(signed_tiny(JPEG), JPEG, trust=trust).trust in {"untrusted", "stale"}


def test_further_usages_come_from_the_lists() -> None:
    data = signed_tiny(JPEG, signer=identity("X", "X", eku="1.3.6.1.4.1.311.76.59.1.9"))
    wider = trusting(usages=frozenset({"1.3.6.1.4.1.311.76.59.1.9"}))
    assert credential(data, JPEG).grade == "intact/untrusted"
    assert credential(data, JPEG, trust=wider).grade == "intact/trusted"


def test_an_untrusted_ingredient_voids_a_human_claim() -> None:
    spoof = of(signer=identity("Leica Camera AG", "M11-P", root="Untrusted Test Root"))
    found = credential(of(opened(action("cropped")), ingredients=[part(spoof)]), PNG)
    assert (found.grade, found.claim, found.claim_void) == ("intact/trusted", "unknown", "ingredient-untrusted")


def test_a_human_claim_is_only_as_good_as_the_weakest_list_below_it() -> None:
    interim = of(signer=identity("Canon Inc.", "EOS", root="Interim Root"))
    edited = of(opened(action("cropped")), ingredients=[part(interim)])
    official, second = trusting(), trusting("Interim Root", "interim")
    both = Trust((*official.vouchers, *second.vouchers), official.time_stampers | second.time_stampers)
    found = credential(edited, PNG, trust=both)
    assert (found.claim, found.trust_tier, found.camera_issuer) == ("human_capture", "interim", True)
    assert credential(capture(), PNG, trust=both).trust_tier == "c2pa"


def test_a_product_is_found_by_the_record_in_its_certificate() -> None:
    def certified(record: str, level: int) -> Credential:
        extensions = (
            x509.UnrecognizedExtension(
                x509.ObjectIdentifier("1.3.6.1.4.1.62558.3"), bytes.fromhex(f"060a2b0601040183e85e03{level * 10:02x}")
            ),
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.62558.4"), b"\x0c\x24" + record.encode()),
        )
        return credential(signed_tiny(JPEG, signer=identity("Anybody", "Anything", extensions=extensions)), JPEG)

    pixel = "0197aa34-665b-7811-9bbc-317cfd988d0a"  # Pixel Camera, level 2, may assert everything
    photos = "0197ae4d-5c85-739f-91ae-70b0523425a7"  # Google Photos, level 1
    assert certified(pixel, 2).assurance_level == 2
    assert certified(pixel, 1).assurance_level == 1
    assert certified(photos, 2).assurance_level == 1
    assert not certified(pixel, 2).capture_disallowed


def test_a_product_may_be_forbidden_to_claim_capture() -> None:
    snapseed = identity("Google LLC", "Snapseed")
    found = credential(signed_tiny(JPEG, signer=snapseed), JPEG)
    assert (found.claim, found.capture_disallowed, found.assurance_level) == ("human_capture", True, 1)
    assert not credential(
        signed_tiny(JPEG, signer=snapseed), JPEG, trust=trusting(standing="interim")
    ).capture_disallowed


def test_certificates_known_to_be_revoked_are() -> None:
    issued = datetime(2025, 6, 1, tzinfo=UTC)
    camera = identity("NIKON CORPORATION", "Z6_3", not_before=issued)
    assert credential(signed_tiny(JPEG, signer=camera), JPEG).grade == "intact/revoked"
    assert credential(signed_tiny(JPEG, signer=identity("NIKON CORPORATION", "Z9")), JPEG).grade == "intact/trusted"


def test_without_lists_the_compiled_in_ones_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import encypher_c2pa

    none = Trust()
    data = signed_tiny(JPEG)
    assert credential(data, JPEG, trust=none).grade == "intact/untrusted"
    native = encypher_c2pa.verify_detached_bytes

    def believing(asset: bytes, store: bytes, media_type: str, options: str) -> str:
        return native(asset, store, media_type, json.dumps({**json.loads(options), "trust_pem": authority().pem}))

    monkeypatch.setattr(encypher_c2pa, "verify_detached_bytes", believing)
    found = credential(data, JPEG, trust=none)
    assert (found.grade, found.trust_list, found.trust_tier) == ("intact/trusted", bundled_voucher().title, "c2pa")
    assert found.trust_list is not None
    assert found.trust_list.startswith("encypher-c2pa ")
    assert credential(signed_tiny(JPEG, signer=expiring()), JPEG, trust=none, as_of=LATER).grade == "intact/stale"
    assert credential(signed_tiny(JPEG, signer=untrusted()), JPEG, trust=none).grade == "intact/untrusted"
    edited = of(opened(action("cropped")), ingredients=[part(capture())])
    assert credential(edited, PNG, trust=none).claim == "human_capture"
    spoofed = of(opened(action("cropped")), ingredients=[part(of(signer=untrusted()))])
    assert credential(spoofed, PNG, trust=none).claim_void == "ingredient-untrusted"

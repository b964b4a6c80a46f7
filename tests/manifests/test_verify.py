"""From signed bytes to a credential: what each kind of file is found to be, over assets that the tests sign."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lowbackground.manifests.credential import Credential
from lowbackground.manifests.trust import Trust
from lowbackground.manifests.verify import Limits
from tests.assets import MAKERS, tiny
from tests.credentials import credential, trusting, verify
from tests.factories import AS_OF
from tests.signing import (
    AI_EDITED,
    AI_MADE,
    CAPTURE,
    SOURCE_TYPES,
    Ingredient,
    action,
    expiring,
    identity,
    manifest,
    signed,
    signed_tiny,
    untrusted,
)

JPEG, PNG = "image/jpeg", "image/png"
LATER = datetime(2048, 1, 1, tzinfo=UTC)  # before the test authority ends, after `expiring` has
COMPOSITE = SOURCE_TYPES + "composite"
DRAWN = SOURCE_TYPES + "digitalCreation"


def opened(*edits: dict[str, Any], parent: str = "xmp:iid:parent", **more: Any) -> dict[str, Any]:
    """A manifest that took over a parent and worked on it."""
    return manifest(action("opened", parameters={"ingredientIds": [parent]}), *edits, **more)


def part(data: bytes, relationship: str = "parentOf", name: str = "xmp:iid:parent") -> Ingredient:
    return Ingredient(data, PNG, name, relationship)


def complete(definition: dict[str, Any]) -> dict[str, Any]:
    """The same manifest, saying that all actions are listed."""
    return json.loads(json.dumps(definition).replace('"actions": [', '"allActionsIncluded": true, "actions": [', 1))


def of(definition: dict[str, Any] | None = None, **options: Any) -> bytes:
    return signed_tiny(PNG, definition, **options)


def training(namespace: str, **uses: str) -> dict[str, Any]:
    entries = {f"{namespace}.{use}": {"use": value} for use, value in uses.items()}
    return {"label": f"{namespace}.training-mining", "data": {"entries": entries}}


def capture() -> bytes:
    return of()


def generated() -> bytes:
    return of(manifest(action("created", AI_MADE)))


def collage(*pieces: bytes) -> bytes:
    names = [f"xmp:iid:{index}" for index in range(len(pieces))]
    placed = [action("placed", parameters={"ingredientIds": [name]}) for name in names]
    ingredients = [part(piece, "componentOf", name) for piece, name in zip(pieces, names, strict=True)]
    return of(complete(manifest(action("created", COMPOSITE), *placed)), ingredients=ingredients)


CLAIMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a capture": (capture, "human_capture"),
    "a drawing": (lambda: of(manifest(action("created", DRAWN))), "human_made"),
    "generated": (generated, "synthetic"),
    "a chart": (lambda: of(manifest(action("created", SOURCE_TYPES + "dataDrivenMedia"))), "procedural"),
    "generated, opened, cropped": (
        lambda: of(opened(action("cropped"), action("color_adjustments")), ingredients=[part(generated())]),
        "synthetic",
    ),
    "captured, then generative fill": (
        lambda: of(opened(action("edited", AI_EDITED)), ingredients=[part(capture())]),
        "mixed",
    ),
    "captured, opened, cropped": (
        lambda: of(opened(action("cropped")), ingredients=[part(capture())]),
        "human_capture",
    ),
    "an unknown picture, opened": (lambda: of(opened(action("cropped")), ingredients=[part(tiny(PNG))]), "unknown"),
    "edited by AI, origin unknown": (
        lambda: of(opened(action("edited", AI_EDITED)), ingredients=[part(tiny(PNG))]),
        "mixed",
    ),
    "generated, converted, watermarked": (
        lambda: of(
            manifest(action("created", AI_MADE), action("converted"), action("watermarked.unbound", COMPOSITE)),
        ),
        "synthetic",
    ),
    "two captures side by side": (
        lambda: collage(capture(), of(manifest(action("created", CAPTURE)))),
        "human_capture",
    ),
    "a capture beside a generated picture": (lambda: collage(capture(), generated()), "mixed"),
    "a capture beside an unknown picture": (lambda: collage(capture(), tiny(PNG)), "unknown"),
    "captured, asked with a generated picture": (
        lambda: of(manifest(action("created", CAPTURE)), ingredients=[part(generated(), "inputTo", "xmp:iid:prompt")]),
        "human_capture",
    ),
    "generated after a captured picture": (
        lambda: of(manifest(action("created", AI_MADE)), ingredients=[part(capture(), "inputTo", "xmp:iid:prompt")]),
        "synthetic",
    ),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_claim_is_folded_over_the_chain(name: str) -> None:
    make, claim = CLAIMS[name]
    found = credential(make(), PNG)
    assert (found.grade, found.claim) == ("intact/trusted", claim)


ODD_TYPES = {
    " http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia": "synthetic",
    "https://CV.IPTC.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia/": "synthetic",
    "c2pa.trainedAlgorithmicData": "synthetic",
    "https://example.org/digitalCapture": "unknown",
    "http://c2pa.org/digitalsourcetype/empty": "unknown",
}


@pytest.mark.parametrize("uri", ODD_TYPES)
def test_odd_source_types_are_normalised_or_unrecognised(uri: str) -> None:
    assert credential(of(manifest(action("created", uri))), PNG).claim == ODD_TYPES[uri]


@pytest.mark.parametrize("media_type", MAKERS)
def test_every_format_is_verified_and_attributed(media_type: str) -> None:
    found = credential(signed_tiny(media_type), media_type)
    assert (found.status, found.grade, found.claim) == ("embedded", "intact/trusted", "human_capture")
    assert (found.trust_list, found.trust_tier) == ("c2pa list", "c2pa")
    assert found.store_bytes > 1000
    assert found.signer == "Test Camera Works / Test Camera 1"


@pytest.mark.parametrize("media_type", MAKERS)
def test_unsigned_files_have_no_credential(media_type: str) -> None:
    assert verify(tiny(media_type), media_type) is None


def changed_pixels() -> bytes:
    data = bytearray(signed_tiny(JPEG))
    data[-10] ^= 1
    return bytes(data)


def changed_assertion() -> bytes:
    return signed_tiny(JPEG).replace(b"digitalCapture", b"digitalCaptura", 1)


def changed_claim() -> bytes:
    return signed_tiny(JPEG).replace(b"lowbackground-tests", b"lowbackground-texts", 1)


def broken_cbor() -> bytes:
    data = signed_tiny(JPEG)
    at = data.index(b"c2pa.actions.v2\0")
    return data[: at + 24] + b"\xff\xff\xff\xff" + data[at + 28 :]


FAULTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "pixels changed": (changed_pixels, "embedded modified/trusted"),
    "assertion changed": (changed_assertion, "embedded forged/trusted"),
    "claim changed": (changed_claim, "embedded forged/trusted"),
    "by nobody known": (lambda: signed_tiny(JPEG, signer=untrusted()), "embedded intact/untrusted"),
    "by a look-alike": (
        lambda: signed_tiny(JPEG, signer=identity("Leica Camera AG", "M11-P", root="Untrusted Test Root")),
        "embedded intact/untrusted",
    ),
    "by an authority that may not": (
        lambda: signed_tiny(JPEG, signer=identity("X", "X", eku="1.3.6.1.4.1.311.76.59.1.9")),
        "embedded intact/untrusted",
    ),
    "manifest elsewhere": (
        lambda: signed_tiny(JPEG, remote_url="https://example.invalid/a.c2pa", embed=False),
        "remote unchecked/none",
    ),
    "embedded and elsewhere": (
        lambda: signed_tiny(JPEG, remote_url="https://example.invalid/a.c2pa"),
        "embedded intact/trusted",
    ),
    "no source type": (lambda: signed_tiny(JPEG, manifest(action("created"))), "embedded malformed/trusted"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_told_apart(name: str) -> None:
    make, expected = FAULTS[name]
    found = credential(make(), JPEG)
    assert f"{found.status} {found.grade}" == expected


def test_a_damaged_manifest_is_broken_and_never_absent() -> None:
    found = credential(broken_cbor(), JPEG)
    assert found.status == "broken" or found.integrity in {"forged", "malformed"}


def test_an_address_is_recorded_and_never_followed() -> None:
    linked = signed_tiny(JPEG, remote_url="https://example.invalid/a.c2pa", embed=False)
    assert credential(linked, JPEG).remote_url == "https://example.invalid/a.c2pa"


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

    import lowbackground.manifests.assess as module
    from lowbackground.manifests.manifest import manifests_of

    aged = json.loads(json.dumps(dict(found.crjson)))
    results = aged["manifests"][0]["validationResults"]
    results["validationTime"] = (now + timedelta(days=2)).isoformat()
    results["success"] = [one for one in results["success"] if one["code"] != "signingCredential.trusted"]
    results["failure"] = [{"code": "signingCredential.untrusted"}, {"code": "signingCredential.expired"}]
    monkeypatch.setattr(module, "manifests_of", lambda _: manifests_of(aged))
    again = verify(data, JPEG, as_of=now)
    assert again is not None
    assert again.credential == found.credential


def test_a_list_of_allowed_signers_vouches_for_its_signers_only() -> None:
    from lowbackground.manifests.certificates import from_pem
    from lowbackground.manifests.trust import Voucher

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


@pytest.mark.parametrize("namespace", ["c2pa", "cawg"])
def test_both_namespaces_ask_not_to_be_trained_on(namespace: str) -> None:
    wish = training(namespace, ai_generative_training="notAllowed", data_mining="allowed")
    for signer in (identity(), untrusted()):
        said = credential(of(manifest(assertions=[wish]), signer=signer), PNG).training
        assert f"{namespace}.ai_generative_training=notAllowed" in said


def test_of_several_wishes_the_most_restrictive_counts() -> None:
    parent = of(manifest(assertions=[training("cawg", ai_training="notAllowed", data_mining="constrained")]))
    child = opened(assertions=[training("cawg", ai_training="allowed", data_mining="allowed")])
    said = credential(of(child, ingredients=[part(parent)]), PNG).training
    assert said == ("cawg.ai_training=notAllowed", "cawg.data_mining=constrained")


def test_an_allowance_counts_only_of_a_trusted_signer() -> None:
    wish = manifest(assertions=[training("cawg", ai_training="allowed")])
    assert credential(of(wish), PNG).training == ("cawg.ai_training=allowed",)
    assert credential(of(wish, signer=untrusted()), PNG).training == ()


def test_a_wish_is_heard_in_a_modified_file() -> None:
    data = bytearray(signed_tiny(JPEG, manifest(assertions=[training("cawg", ai_training="notAllowed")])))
    data[-10] ^= 1
    found = credential(bytes(data), JPEG)
    assert (found.integrity, found.training) == ("modified", ("cawg.ai_training=notAllowed",))


def test_a_sidecar_is_verified_against_its_asset() -> None:
    made = signed(tiny(JPEG), JPEG, embed=False)
    other = bytearray(made.asset)
    other[-10] ^= 1
    assert credential(made.asset, JPEG, made.store).status == "sidecar"
    assert credential(made.asset, JPEG, made.store).grade == "intact/trusted"
    assert credential(bytes(other), JPEG, made.store).grade == "modified/trusted"


def test_a_sidecar_alone_says_what_it_claims_and_binds_nothing() -> None:
    made = signed(tiny(JPEG), JPEG, manifest(action("created", AI_MADE)), embed=False)
    for found in (credential(b"", JPEG, made.store), credential(made.store, "application/c2pa")):
        assert (found.status, found.grade, found.claim) == ("sidecar", "unchecked/trusted", "synthetic")


def test_an_embedded_manifest_comes_before_a_sidecar() -> None:
    other = signed(tiny(JPEG), JPEG, manifest(action("created", AI_MADE)), embed=False)
    assert credential(signed_tiny(JPEG), JPEG, other.store).claim == "human_capture"


def test_a_sidecar_comes_before_a_link() -> None:
    made = signed(tiny(JPEG), JPEG, embed=False, remote_url="https://example.invalid/a.c2pa")
    assert credential(made.asset, JPEG, made.store).grade == "intact/trusted"


def test_rubbish_as_a_sidecar_is_broken() -> None:
    assert credential(tiny(JPEG), JPEG, b"nothing of the kind").status == "broken"
    assert credential(b"", JPEG, b"nothing of the kind").status == "broken"


def test_a_truncated_asset_is_unchecked_and_not_broken() -> None:
    data = signed_tiny(JPEG)
    found = credential(data[:-20], JPEG, truncated=True)
    assert (found.status, found.integrity, found.trust) == ("truncated", "unchecked", "trusted")
    inside = credential(data[: data.index(b"c2pa.signature")], JPEG, truncated=True)
    assert (inside.status, inside.grade) == ("truncated", "unchecked/none")


def test_an_untrusted_ingredient_voids_a_human_claim() -> None:
    spoof = of(signer=identity("Leica Camera AG", "M11-P", root="Untrusted Test Root"))
    found = credential(of(opened(action("cropped")), ingredients=[part(spoof)]), PNG)
    assert (found.grade, found.claim, found.claim_void) == ("intact/trusted", "unknown", "ingredient-untrusted")


def test_a_broken_ingredient_says_nothing_human_and_only_hints_at_ai() -> None:
    def over(inner: bytes) -> Credential:
        assert b"digitalsourcetype" in inner
        changed = inner.replace(b"lowbackground-tests", b"lowbackground-texts", 1)  # its claim signature fails now
        return credential(of(opened(action("cropped")), ingredients=[part(changed)]), PNG)

    assert over(capture()).claim == "unknown"
    found = over(generated())
    assert (found.integrity, found.claim) == ("forged", "synthetic")


def test_a_human_claim_is_only_as_good_as_the_weakest_list_below_it() -> None:
    interim = of(signer=identity("Canon Inc.", "EOS", root="Interim Root"))
    edited = of(opened(action("cropped")), ingredients=[part(interim)])
    official, second = trusting(), trusting("Interim Root", "interim")
    both = Trust((*official.vouchers, *second.vouchers), official.time_stampers | second.time_stampers)
    found = credential(edited, PNG, trust=both)
    assert (found.claim, found.trust_tier, found.camera_issuer) == ("human_capture", "interim", True)
    assert credential(capture(), PNG, trust=both).trust_tier == "c2pa"


def test_a_manifest_that_nothing_refers_to_voids_a_human_claim() -> None:
    made = signed(tiny(JPEG), JPEG, embed=False)
    stranger = signed(tiny(JPEG), JPEG, manifest(action("created", AI_MADE)), embed=False)
    head = made.store[8 : 8 + int.from_bytes(made.store[8:12], "big")]
    body = head + stranger.store[8 + len(head) :] + made.store[8 + len(head) :]
    merged = (8 + len(body)).to_bytes(4, "big") + b"jumb" + body
    found = credential(made.asset, JPEG, merged)
    assert (found.claim, found.claim_void) == ("unknown", "unreferenced-manifest")


def test_a_product_is_found_by_the_record_in_its_certificate() -> None:
    from cryptography import x509

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


def test_what_exceeds_a_cap_is_never_read() -> None:
    data = signed_tiny(JPEG)
    assert credential(data, JPEG, limits=Limits(loaded_bytes=len(data) - 1)).status == "too_large"
    assert credential(signed_tiny("video/mp4"), "video/mp4", limits=Limits(streamed_bytes=10)).status == "too_large"


def test_a_deadline_ends_the_reading() -> None:
    found = verify(signed_tiny(PNG), PNG, limits=Limits(seconds=-1))
    assert found is not None
    assert found.credential.status == "timeout"


def test_the_same_bytes_give_the_same_credential() -> None:
    data = collage(capture(), generated())
    assert credential(data, PNG) == credential(data, PNG)


def test_without_lists_the_compiled_in_ones_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import encypher_c2pa

    from lowbackground.manifests.bundled_trust import bundled_voucher
    from tests.signing import authority

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


def test_nothing_of_a_manifest_is_longer_than_its_cap() -> None:
    long = "\x1b[31m" + "x" * 5000
    definition = manifest(action("created", CAPTURE, softwareAgent=long), title=long)
    definition["claim_generator_info"] = [{"name": long, "version": long}]
    found = credential(of(definition), PNG)
    assert found.generator is not None
    assert len(found.generator) <= 300
    assert "\x1b" not in found.generator


def test_picture_formats_of_pillow_survive_nothing() -> None:
    """Saving again strips the manifest: absence proves nothing."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(signed_tiny(JPEG))).save(out, "JPEG")
    assert verify(out.getvalue(), JPEG) is None


def test_as_of_is_the_only_instant_in_a_credential() -> None:
    data = signed_tiny(JPEG)
    assert str(AS_OF.date()) not in str(credential(data, JPEG))

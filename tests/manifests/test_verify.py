"""From signed bytes to a credential: what each kind of file is found to be, over assets that the tests sign."""

import io
from collections.abc import Callable

import pytest

from lowbackground.manifests.credential import Credential
from lowbackground.manifests.verify import Limits
from tests.assets import MAKERS, tiny
from tests.credentials import (
    COMPOSITE,
    JPEG,
    PNG,
    capture,
    collage,
    credential,
    generated,
    of,
    opened,
    part,
    training,
    verify,
)
from tests.signing import (
    AI_EDITED,
    AI_MADE,
    CAPTURE,
    SOURCE_TYPES,
    action,
    identity,
    manifest,
    signed,
    signed_tiny,
    untrusted,
)

DRAWN = SOURCE_TYPES + "digitalCreation"


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


def test_a_broken_ingredient_says_nothing_human_and_only_hints_at_ai() -> None:
    def over(inner: bytes) -> Credential:
        assert b"digitalsourcetype" in inner
        changed = inner.replace(b"lowbackground-tests", b"lowbackground-texts", 1)  # its claim signature fails now
        return credential(of(opened(action("cropped")), ingredients=[part(changed)]), PNG)

    assert over(capture()).claim == "unknown"
    found = over(generated())
    assert (found.integrity, found.claim) == ("forged", "synthetic")


def test_a_manifest_that_nothing_refers_to_voids_a_human_claim() -> None:
    made = signed(tiny(JPEG), JPEG, embed=False)
    stranger = signed(tiny(JPEG), JPEG, manifest(action("created", AI_MADE)), embed=False)
    head = made.store[8 : 8 + int.from_bytes(made.store[8:12], "big")]
    body = head + stranger.store[8 + len(head) :] + made.store[8 + len(head) :]
    merged = (8 + len(body)).to_bytes(4, "big") + b"jumb" + body
    found = credential(made.asset, JPEG, merged)
    assert (found.claim, found.claim_void) == ("unknown", "unreferenced-manifest")


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

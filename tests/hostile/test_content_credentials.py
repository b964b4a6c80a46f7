"""Files made to break a verifier cost themselves and nothing else, and end in evidence of their own."""

import json
import struct
from typing import Any

import pytest

from lowbackground.detectors.content_credentials import content_credentials
from lowbackground.detectors.contract import Findings, RunFacts
from lowbackground.detectors.credential_evidence import evidence_of
from lowbackground.detectors.evidence import Signal
from lowbackground.manifests.assess import MAX_BELOW
from lowbackground.manifests.credential import Claim
from lowbackground.manifests.jumbf import MAX_ASSERTIONS, MAX_MANIFESTS
from tests.assets import box, tiny
from tests.credentials import credential, verify
from tests.factories import AS_OF, records
from tests.signing import (
    AI_MADE,
    CAPTURE,
    Ingredient,
    action,
    manifest,
    sign,
    signed,
    signed_tiny,
)
from tests.stores import assertions, described, store

PNG, JPEG, MP4 = "image/png", "image/jpeg", "video/mp4"


def judged(*rows: tuple[bytes, str]) -> Findings:
    detector = content_credentials(run=RunFacts(AS_OF))
    return detector(records([{"raw": data, "media_type": media_type} for data, media_type in rows]))


def png_with(contents: bytes) -> bytes:
    plain = tiny(PNG)
    return plain[:33] + struct.pack(">I", len(contents)) + b"caBX" + contents + bytes(4) + plain[33:]


def test_a_store_of_20_000_assertions_never_reaches_the_reader() -> None:
    """Verified, it takes c2pa-rs most of a minute."""
    bomb = store(assertions(20_000))
    for found in (verify(png_with(bomb), PNG), verify(bomb, "application/c2pa"), verify(tiny(JPEG), JPEG, bomb)):
        assert found is not None
        assert (found.credential.status, found.message) == ("too_large", "assertions")
    assert judged((png_with(bomb), PNG)).evidence[0].reason == "c2pa.too-large"


def test_as_many_assertions_as_are_allowed_are_read() -> None:
    many = [{"label": f"org.test.a{index}", "data": {"n": index}} for index in range(200)]
    assert credential(signed_tiny(PNG, manifest(assertions=many)), PNG).claim == Claim.HUMAN_CAPTURE
    assert MAX_ASSERTIONS >= 200


def test_a_film_of_100_000_boxes_without_a_manifest_is_ruled_out() -> None:
    film = tiny(MP4)
    assert verify(film + box(b"free") * 100_000, MP4) is None


def test_a_film_of_100_000_boxes_behind_a_manifest_ends_at_a_cap_or_its_deadline() -> None:
    bomb = signed_tiny(MP4) + box(b"free") * 90_000
    (evidence,) = content_credentials(run=RunFacts(AS_OF), deadline_seconds=0.2)(
        records([{"raw": bomb, "media_type": MP4}])
    ).evidence
    assert evidence.signal in {Signal.FAILED, Signal.SILENT}
    assert evidence.reason in {"c2pa.timeout", "c2pa.too-large", "c2pa.content-modified", "c2pa.signer-untrusted"}


def test_a_chain_of_ingredients_is_followed_as_far_as_it_can_be_believed() -> None:
    data = signed_tiny(PNG, manifest(action("created", AI_MADE)))
    for _ in range(12):
        opened = manifest(action("opened", parameters={"ingredientIds": ["p"]}))
        data = sign(tiny(PNG), PNG, opened, ingredients=[Ingredient(data, PNG, "p")])
    found = credential(data, PNG)
    assert (found.claim, found.manifests, len(found.claim_path)) == ("synthetic", 13, 13)


def test_a_human_chain_is_verified_link_by_link() -> None:
    data = signed_tiny(PNG)
    for _ in range(6):
        opened = manifest(action("opened", parameters={"ingredientIds": ["p"]}))
        data = sign(tiny(PNG), PNG, opened, ingredients=[Ingredient(data, PNG, "p")])
    assert credential(data, PNG).claim == "human_capture"


def test_a_human_claim_over_more_ingredients_than_are_verified_is_void() -> None:
    names = [f"p{index}" for index in range(MAX_BELOW + 1)]
    placed = [action("placed", parameters={"ingredientIds": [name]}) for name in names]
    pieces = [Ingredient(signed_tiny(PNG, manifest(title=name)), PNG, name, "componentOf") for name in names]
    found = credential(sign(tiny(PNG), PNG, manifest(action("created", CAPTURE), *placed), ingredients=pieces), PNG)
    assert (found.claim, found.claim_void) == ("unknown", "too-many-ingredients")


def test_more_manifests_than_any_store_has_are_refused() -> None:
    many = store(*(described(b"c2ma", f"urn:{index}") for index in range(MAX_MANIFESTS + 1)))
    assert credential(many, "application/c2pa").status == "too_large"


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00\x08jumb",
        b"\x00\x00\x00\x00jumb",
        b"\xff\xff\xff\xffjumb" + bytes(100),
        box(b"jumb") * 1000,
        store(),
        store(described(b"c2ma", "urn:a")),
        store(described(b"c2ma", "urn:a", described(b"c2cs", "c2pa.signature", box(b"cbor", b"\xd2" * 5000)))),
        described(b"c2pa", "c2pa" * 5000),
    ],
)
def test_rubbish_for_a_store_is_broken_and_nothing_worse(rubbish: bytes) -> None:
    for found in (verify(tiny(JPEG), JPEG, rubbish), verify(png_with(rubbish), PNG)):
        assert found is None or found.credential.status in {"broken", "unreadable", "unsupported", "too_large"}


INJECTIONS = [
    "<script>alert(1)</script>",
    "'; DROP TABLE records; --",
    "\x1b]0;owned\x07\x1b[2J",
    "../../../../etc/passwd",
    "{{7*7}}${7*7}%s%n",
    "\u202egnp.exe",
    "A" * 10_000,
    "\x00null",
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("string", INJECTIONS)
def test_strings_of_a_manifest_are_data(string: str) -> None:
    """Titles, agents, labels and generators are whatever a signer likes; c2pa-attacks has lists of them."""
    definition = manifest(
        action("created", CAPTURE, softwareAgent=string, description=string),
        assertions=[{"label": "org.test.x", "data": {string: string}}],
        title=string,
    )
    definition["claim_generator_info"] = [{"name": string or "x", "version": "1"}]
    answer = judged((signed_tiny(PNG, definition), PNG))
    shown = json.dumps([answer.columns["prov_c2pa"].to_pylist(), str(answer.evidence[0].detail)])
    assert "\\u001b" not in shown
    assert "\\u202e" not in shown
    assert len(shown) < 6000


def test_labels_of_actions_are_cut() -> None:
    definition = manifest(action("created", CAPTURE), action("x" * 5000), action("\x1b[31mred"))
    found = credential(signed_tiny(PNG, definition), PNG)
    assert all(len(name) <= 64 and "\x1b" not in name for name in found.actions)


def test_lists_of_a_credential_are_cut() -> None:
    definition = manifest(action("created", CAPTURE), *(action(f"n{index}") for index in range(500)))
    assert len(credential(signed_tiny(PNG, definition), PNG).actions) == 50


def mutants(data: bytes, number: int, seed: int) -> list[bytes]:
    """Copies with bytes changed, cut or removed where the manifest lies."""
    import random

    chance = random.Random(seed)
    start = max(data.find(b"jumb"), 0)
    made = []
    for _ in range(number):
        copy = bytearray(data)
        kind = chance.randrange(4)
        at = chance.randrange(start, len(copy)) if chance.random() < 0.8 else chance.randrange(len(copy))
        if kind == 0:
            copy[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del copy[at : at + chance.randrange(1, 40)]
        elif kind == 2:
            copy = copy[:at]
        else:
            copy[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"])
        made.append(bytes(copy))
    return made


def fuzz(number: int, seed: int) -> None:
    """Half of the damaged files are judged by the compiled-in lists, half by one that trusts their signer."""
    kinds = (JPEG, PNG, MP4, "image/webp", "audio/wav", "image/svg+xml")
    for index, kind in enumerate(kinds):
        damaged = mutants(signed_tiny(kind, manifest(action("created", AI_MADE))), number // len(kinds), seed + index)
        half = len(damaged) // 2
        evidence = list(judged(*((one, kind) for one in damaged[:half])).evidence)
        found = [verify(one, kind) for one in damaged[half:]]
        evidence += [evidence_of(one.credential) for one in found if one is not None]
        for each in evidence:
            assert each.signal is not Signal.HUMAN
            assert each.reason != "c2pa.failed", each.detail


def test_damage_never_raises_and_never_makes_a_human() -> None:
    fuzz(300, seed=20261120)


@pytest.mark.soak
def test_damage_never_raises_and_never_makes_a_human_for_long() -> None:
    fuzz(30_000, seed=1)


def test_one_hostile_record_costs_the_others_nothing() -> None:
    rows: list[tuple[bytes, str]] = [
        (signed_tiny(PNG, manifest(action("created", AI_MADE))), PNG),
        (png_with(store(assertions(20_000))), PNG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (signed_tiny(JPEG, manifest(action("created", AI_MADE))), JPEG),
    ]
    reasons = [each.reason for each in judged(*rows).evidence]
    assert reasons[0] == reasons[3] == "c2pa.ai-generated"
    assert reasons[1] == "c2pa.too-large"


def test_a_bomb_beside_a_sound_asset_is_refused_too() -> None:
    made = signed(tiny(JPEG), JPEG, embed=False)
    bombs: list[Any] = [store(assertions(20_000)), made.store + bytes(17 << 20)]
    assert [credential(tiny(JPEG), JPEG, bomb).status for bomb in bombs] == ["too_large", "too_large"]

"""Facts out of conformance JSON: every shape of the specification, and any other without harm."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.chain import fold
from lowbackground.manifests.manifest import Manifest, instant, manifests_of, text

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def one(assertions: dict[str, Any] | None = None, **entry: Any) -> Manifest:
    (found,) = manifests_of({"manifests": [{"label": "urn:a", "assertions": assertions or {}, **entry}]})
    return found


def test_actions_of_every_instance_count() -> None:
    found = one(
        {
            "c2pa.actions": {"actions": [{"action": "c2pa.created", "digitalSourceType": IPTC + "digitalCapture"}]},
            "c2pa.actions.v2__1": {"actions": [{"action": "c2pa.edited"}]},
            "c2pa.actionsx": {"actions": [{"action": "c2pa.never"}]},
        }
    )
    assert [(each.name, each.source.name if each.source else None) for each in found.actions] == [
        ("c2pa.created", "digitalCapture"),
        ("c2pa.edited", None),
    ]


@pytest.mark.parametrize(
    ("entry", "history"),
    [
        ({"softwareAgent": "A"}, {}),
        ({"softwareAgent": {"name": "A", "version": "1"}}, {}),
        ({"softwareAgentIndex": 1}, {"softwareAgents": [{"name": "B"}, {"name": "A"}]}),
    ],
)
def test_an_agent_is_named_in_three_ways(entry: dict[str, Any], history: dict[str, Any]) -> None:
    found = one({"c2pa.actions.v2": {**history, "actions": [{"action": "c2pa.created", **entry}]}})
    assert found.actions[0].agent == "A"


def test_gathered_actions_are_not_the_signers_own() -> None:
    action = {"actions": [{"action": "c2pa.created"}], "allActionsIncluded": True}
    claim = {"gathered_assertions": [{"url": "self#jumbf=c2pa.assertions/c2pa.actions.v2"}]}
    hearsay, own = one({"c2pa.actions.v2": action}, **{"claim.v2": claim}), one({"c2pa.actions.v2": action})
    assert (hearsay.actions[0].own, hearsay.all_actions_included) == (False, False)
    assert (own.actions[0].own, own.all_actions_included) == (True, True)


def ingredient(body: dict[str, Any], delta: dict[str, Any] | None = None) -> tuple[str | None, bool, bool]:
    deltas = [
        {
            "ingredientAssertionURI": "self#jumbf=/c2pa/urn:a/c2pa.assertions/c2pa.ingredient.v3",
            "validationDeltas": delta or {},
        }
    ]
    (found,) = one({"c2pa.ingredient.v3": {"relationship": "parentOf", **body}}, ingredientDeltas=deltas).ingredients
    return found.manifest, found.verified, found.broken


def codes(*names: str) -> list[dict[str, str]]:
    return [{"code": name} for name in names]


@pytest.mark.parametrize(
    "body",
    [
        {"activeManifest": {"url": "self#jumbf=/c2pa/urn:b"}},
        {"c2pa_manifest": {"url": "self#jumbf=/c2pa/urn:b"}},
        {"activeManifest": {"url": "self#jumbf=/c2pa/urn:b/c2pa.claim"}},
    ],
)
def test_an_ingredient_names_its_manifest(body: dict[str, Any]) -> None:
    assert ingredient(body)[0] == "urn:b"


def test_an_ingredient_without_a_manifest_names_none() -> None:
    assert ingredient({}) == (None, False, False)


BROKEN = {
    "now": ({}, {"failure": codes("ingredient.manifest.mismatch")}),
    "its signature now": ({}, {"failure": codes("claimSignature.mismatch")}),
    "when it was used, version 1": ({"validationStatus": codes("claimSignature.mismatch")}, {}),
    "when it was used, version 3": (
        {"validationResults": {"activeManifest": {"failure": codes("assertion.dataHash.mismatch")}}},
        {},
    ),
}
SOUND = {
    "its signer is unknown": ({}, {"failure": codes("signingCredential.untrusted", "signingCredential.expired")}),
    "its signer was unknown": ({"validationStatus": codes("signingCredential.untrusted", "timeStamp.mismatch")}, {}),
    "who claims it is unknown": ({}, {"failure": codes("cawg.ica.did_unavailable")}),
    "all was well": (
        {
            "validationStatus": codes(
                "claimSignature.validated", "assertion.dataHash.match", "ingredient.unknownProvenance"
            )
        },
        {},
    ),
    "said to be a success": ({"validationStatus": [{"code": "some.thing", "success": True}]}, {}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_faults_break_an_edge(name: str) -> None:
    assert ingredient(*BROKEN[name])[2]


@pytest.mark.parametrize("name", SOUND)
def test_trust_and_identity_do_not(name: str) -> None:
    assert not ingredient(*SOUND[name])[2]


def test_only_the_reader_verifies_an_edge() -> None:
    assert ingredient({}, {"success": codes("ingredient.manifest.validated")})[1]
    assert not ingredient({"validationStatus": codes("ingredient.manifest.validated")})[1]


@pytest.mark.parametrize("namespace", ["c2pa", "cawg"])
def test_wishes_about_training_are_read_in_both_namespaces(namespace: str) -> None:
    entries = {
        f"{namespace}.ai_training": {"use": "notAllowed"},
        f"{namespace}.data_mining": "constrained",
        f"{namespace}.ai_inference": {"use": "perhaps"},
        "com.example.ai_training": {"use": "notAllowed"},
        f"{namespace}.everything": {"use": "notAllowed"},
    }
    found = one({f"{namespace}.training-mining": {"entries": entries}}).training
    assert found == ((f"{namespace}.ai_training", "notAllowed"), (f"{namespace}.data_mining", "constrained"))


def test_soft_bindings_are_keys_to_a_lost_manifest() -> None:
    found = one(
        {
            "c2pa.soft-binding": {"alg": "com.adobe.trustmark.P", "blocks": [{"value": "2*01"}]},
            "c2pa.soft-binding__1": {"alg": "com.adobe.icn.dense", "blocks": [{"value": "ab"}, {"scope": {}}]},
            "c2pa.soft-binding__2": {"blocks": [{"value": "x"}]},
        }
    )
    assert found.soft_bindings == ("com.adobe.trustmark.P=2*01", "com.adobe.icn.dense=ab", "com.adobe.icn.dense=")


@pytest.mark.parametrize(
    ("claim", "generator"),
    [
        ({"claim_generator_info": [{"name": "A", "version": "1.2"}], "claim_generator": "old"}, "A 1.2"),
        ({"claim_generator_info": {"name": "A"}}, "A"),
        ({"claim_generator_info": [], "claim_generator": "old/1"}, "old/1"),
        ({}, None),
    ],
)
def test_the_generator_is_named(claim: dict[str, Any], generator: str | None) -> None:
    assert one(claim=claim).generator == generator


HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE x; --",
    "\x1b[2J\x07",
    "a\u202eb\u2066",
    "\ud800",
    "x" * 10_000,
    "\0",
]


@pytest.mark.parametrize("string", HOSTILE)
def test_strings_are_cut_and_lose_their_controls(string: str) -> None:
    found = text(string)
    assert found is not None
    assert len(found.encode()) <= 800
    assert not any(ord(each) < 32 or each in "\u202e\u2066\x7f" for each in found)


def test_an_instant_has_a_zone() -> None:
    assert instant("2024-03-08T20:22:53+00:00") == datetime(2024, 3, 8, 20, 22, 53, tzinfo=UTC)
    assert instant("2024-03-08T20:22:53") == datetime(2024, 3, 8, 20, 22, 53, tzinfo=UTC)
    assert instant("yesterday") is None
    assert instant(5) is None


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["parentOf", "c2pa.created"])
NAMES = st.sampled_from(
    [
        "manifests",
        "label",
        "assertions",
        "claim",
        "claim.v2",
        "signature",
        "validationResults",
        "ingredientDeltas",
        "c2pa.actions",
        "actions",
        "action",
        "digitalSourceType",
        "softwareAgent",
        "c2pa.ingredient",
        "relationship",
        "activeManifest",
        "url",
        "c2pa.training-mining",
        "entries",
        "use",
        "c2pa.soft-binding",
        "alg",
        "blocks",
        "claim_generator_info",
        "timeStampInfo",
        "timestamp",
        "failure",
        "code",
        "validationDeltas",
    ]
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=30
)


@given(st.lists(ANYTHING, max_size=3))
def test_any_json_is_read_without_an_error(entries: list[Any]) -> None:
    found = manifests_of({"manifests": entries})
    if found:
        fold(found)

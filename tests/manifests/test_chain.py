"""Folding a chain of manifests: each rule, the order of statements, cycles, depth, and laws over random stores."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.chain import AI, HUMAN, MAX_DEPTH, fold
from lowbackground.manifests.credential import Claim
from lowbackground.manifests.manifest import Action, Codes, Ingredient, Manifest
from lowbackground.manifests.source_types import source_type

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CAPTURED, DRAWN, AI_MADE, AI_EDITED = (
    "digitalCapture",
    "digitalCreation",
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
)


def act(name: str, type_: str | None = None, agent: str = "", *, own: bool = True) -> Action:
    return Action(f"c2pa.{name}", source_type(IPTC + type_) if type_ else None, agent, own)


def made(label: str, *actions: Action, complete: bool = True, **edges: str) -> Manifest:
    """A manifest; `edges` name the manifests it was made from: parentOf, componentOf, inputTo, comma-separated."""
    ingredients = tuple(
        Ingredient(relationship, name or None, verified=True)
        for relationship, names in edges.items()
        for name in names.split(",")
    )
    return Manifest(label, Codes(), actions, complete, ingredients)


def claim(*manifests: Manifest) -> str:
    return fold(manifests).origin.claim.value


PHOTO = made("photo", act("created", CAPTURED))
DRAWING = made("drawing", act("created", DRAWN))
FAKE = made("fake", act("created", AI_MADE))
CHART = made("chart", act("created", "dataDrivenMedia"))

CASES = {
    "nothing said": ([made("a")], "unknown"),
    "created": ([made("a", act("created", CAPTURED))], "human_capture"),
    "created without a type": ([made("a", act("created"))], "unknown"),
    "created by a known generator": ([made("a", act("created", agent="DALL·E"))], "synthetic"),
    "opened, of a parent": ([made("a", act("opened"), parentOf="photo"), PHOTO], "human_capture"),
    "no actions, of a parent": ([made("a", parentOf="fake"), FAKE], "synthetic"),
    "watermarked only, of a parent": ([made("a", act("watermarked", "composite"), parentOf="fake"), FAKE], "synthetic"),
    "opened, parent without a manifest": ([made("a", act("opened"), parentOf="")], "unknown"),
    "opened, parent missing": ([made("a", act("opened"), parentOf="photo")], "unknown"),
    "opened, type without a parent": ([made("a", act("opened", CAPTURED))], "human_capture"),
    "opened, type against an unknown parent": ([made("a", act("opened", CAPTURED), parentOf="")], "unknown"),
    "created and of an AI parent": ([made("a", act("created", CAPTURED), parentOf="fake"), FAKE], "synthetic"),
    "capture edited by hand": ([made("a", act("created", CAPTURED), act("cropped"))], "human_capture"),
    "capture edited by AI": ([made("a", act("created", CAPTURED), act("edited", AI_EDITED))], "mixed"),
    "capture with a generated object": ([made("a", act("created", CAPTURED), act("edited", AI_MADE))], "mixed"),
    "chart edited by AI": ([made("a", act("created", "dataDrivenMedia"), act("edited", AI_EDITED))], "mixed"),
    "generated, edited by AI": ([made("a", act("created", AI_MADE), act("edited", AI_EDITED))], "synthetic"),
    "only an AI edit": ([made("a", act("edited", AI_EDITED))], "mixed"),
    "AI named in a mechanical step": (
        [made("a", act("created", CAPTURED), act("converted", AI_MADE))],
        "human_capture",
    ),
    "collage of captures": (
        [made("a", act("created", "composite"), componentOf="photo,b"), PHOTO, replace(PHOTO, label="b")],
        "human_capture",
    ),
    "collage of a capture and a drawing": (
        [made("a", act("created", "composite"), componentOf="photo,drawing"), PHOTO, DRAWING],
        "human_made",
    ),
    "collage with AI": ([made("a", act("created", "composite"), componentOf="photo,fake"), PHOTO, FAKE], "mixed"),
    "collage with an unknown": ([made("a", act("created", "composite"), componentOf="photo,"), PHOTO], "unknown"),
    "AI picture with a logo": ([made("a", act("created", AI_MADE), componentOf="drawing"), DRAWING], "synthetic"),
    "capture with an AI picture": ([made("a", act("created", CAPTURED), componentOf="fake"), FAKE], "mixed"),
    "capture with a drawing": ([made("a", act("created", CAPTURED), componentOf="drawing"), DRAWING], "human_made"),
    "capture with a chart": ([made("a", act("created", CAPTURED), componentOf="chart"), CHART], "unknown"),
    "blank, then drawn": ([made("a", act("created", "x"), act("drawing", DRAWN))], "unknown"),
    "asked with AI": ([made("a", act("created", CAPTURED), inputTo="fake"), FAKE], "human_capture"),
    "AI asked with a capture": ([made("a", act("created", AI_MADE), inputTo="photo"), PHOTO], "synthetic"),
    "three deep": (
        [
            made("a", act("opened"), act("edited", "composite"), parentOf="b"),
            made("b", act("opened"), parentOf="fake"),
            FAKE,
        ],
        "synthetic",
    ),
    "contradiction in one manifest": ([made("a", act("created", CAPTURED), act("created", AI_MADE))], "synthetic"),
    "hearsay of a capture": ([made("a", act("created", CAPTURED, own=False))], "unknown"),
    "hearsay of AI": ([made("a", act("created", AI_MADE, own=False))], "synthetic"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule(name: str) -> None:
    manifests, expected = CASES[name]
    assert claim(*manifests) == expected


BLANK = Action("c2pa.created", source_type("http://c2pa.org/digitalsourcetype/empty"))


@pytest.mark.parametrize(
    ("painted", "expected"),
    [
        ([], "unknown"),
        ([act("drawing", DRAWN)], "human_made"),
        ([act("edited", AI_MADE)], "synthetic"),
        ([act("edited", AI_MADE), act("drawing", DRAWN)], "mixed"),
        ([act("edited", AI_EDITED)], "mixed"),
        ([act("drawing", DRAWN, own=False)], "unknown"),
    ],
)
def test_what_is_painted_on_a_blank_canvas_decides(painted: list[Action], expected: str) -> None:
    assert claim(made("a", BLANK, *painted)) == expected


def test_an_unknown_part_leaves_ai_possible() -> None:
    assert fold([made("a", act("created", CAPTURED), componentOf="")]).origin.may_contain_ai
    assert fold([made("a", act("created", CAPTURED), act("placed"))]).origin.may_contain_ai
    assert fold([made("a", act("created", CAPTURED), act("edited", "composite"))]).origin.may_contain_ai
    assert fold([made("a", act("created", CAPTURED), act("edited", agent="Adobe Firefly"))]).origin.may_contain_ai
    assert fold([made("a", act("created", "digitalArt"))]).origin.may_contain_ai
    assert fold([made("a", act("created", "composite"))]).origin.may_contain_ai
    assert not fold([PHOTO]).origin.may_contain_ai


def test_what_a_parent_leaves_open_stays_open() -> None:
    parent = made("b", act("created", CAPTURED), act("edited", "composite"))
    assert fold([made("a", act("opened"), parentOf="b"), parent]).origin.may_contain_ai


def test_a_history_is_incomplete_where_work_was_done_and_not_all_is_listed() -> None:
    def incomplete(*actions: Action, complete: bool = False, **edges: str) -> bool:
        return fold([made("a", *actions, complete=complete, **edges), PHOTO]).origin.history_incomplete

    assert not incomplete(act("created", CAPTURED))
    assert incomplete(act("created", CAPTURED), act("cropped"))
    assert not incomplete(act("created", CAPTURED), act("cropped"), complete=True)
    assert incomplete(act("opened"), parentOf="photo")
    assert incomplete(act("created", CAPTURED), Action("com.example.dream"), complete=True)
    assert incomplete(act("created", CAPTURED), act("unknown"), complete=True)


def test_an_enhancer_is_remembered() -> None:
    assert fold([made("a", act("created", CAPTURED), act("edited", "algorithmicallyEnhanced"))]).origin.enhanced


def test_a_broken_edge_says_nothing_human_and_hints_at_ai() -> None:
    def over(relationship: str, target: Manifest) -> tuple[str, str | None]:
        broken = Ingredient(relationship, target.label, verified=True, failures=("claimSignature.mismatch",))
        found = fold([Manifest("a", Codes(), (act("opened"),), True, (broken,)), target])
        return found.origin.claim.value, found.by_broken_edge.claim.value if found.by_broken_edge else None

    assert over("parentOf", PHOTO) == ("unknown", None)
    assert over("parentOf", FAKE) == ("unknown", "synthetic")
    assert over("componentOf", FAKE) == ("unknown", "mixed")


def test_an_unverified_edge_carries_ai_and_nothing_human() -> None:
    def over(target: Manifest) -> str:
        edge = Ingredient("parentOf", target.label)
        return claim(Manifest("a", Codes(), (act("opened"),), True, (edge,)), target)

    assert over(PHOTO) == "unknown"
    assert over(FAKE) == "synthetic"


def test_the_path_leads_to_the_manifest_that_said_it() -> None:
    top = made("a", act("opened"), parentOf="b")
    assert fold([top, made("b", act("opened"), parentOf="fake"), FAKE]).origin.path == ("a", "b", "fake")
    assert fold([made("a", act("opened"), act("edited", AI_EDITED), parentOf="photo"), PHOTO]).origin.path == ("a",)
    assert fold([made("a", act("created", "composite"), componentOf="photo,fake"), PHOTO, FAKE]).origin.path == (
        "a",
        "fake",
    )


def test_a_manifest_that_nothing_names_is_noticed() -> None:
    assert not fold([PHOTO]).unreferenced
    assert fold([PHOTO, FAKE]).unreferenced
    assert not fold([made("a", act("created", CAPTURED), inputTo="fake"), FAKE]).unreferenced
    assert fold([PHOTO], labels=["photo", "hidden"]).unreferenced
    assert fold([PHOTO, PHOTO]).unreferenced


def test_content_is_reached_over_parents_and_parts_and_not_over_inputs() -> None:
    top = made("a", parentOf="photo", componentOf="drawing", inputTo="fake")
    assert set(fold([top, PHOTO, DRAWING, FAKE]).reached) == {"a", "photo", "drawing"}


def test_a_chain_that_leads_back_to_itself_is_unknown() -> None:
    assert claim(made("a", act("opened"), parentOf="a")) == "unknown"
    assert claim(made("a", act("opened"), parentOf="b"), made("b", act("opened"), parentOf="a")) == "unknown"


def test_a_chain_that_is_too_deep_is_unknown() -> None:
    def deep(length: int) -> str:
        links = [made(str(index), act("opened"), parentOf=str(index + 1)) for index in range(length)]
        return claim(*links, made(str(length), act("created", CAPTURED)))

    assert deep(MAX_DEPTH) == "human_capture"
    assert deep(MAX_DEPTH + 1) == "unknown"
    assert deep(1000) == "unknown"


def test_a_net_of_shared_ingredients_is_folded_once() -> None:
    """Each level uses the one below twice: 2^40 paths, 41 manifests."""
    levels = [
        made(str(index), act("opened"), parentOf=str(index + 1), componentOf=str(index + 1)) for index in range(40)
    ]
    assert claim(*levels, made("40", act("created", AI_MADE))) == "synthetic"


TYPES = [None, CAPTURED, DRAWN, AI_MADE, AI_EDITED, "composite", "dataDrivenMedia", "algorithmicallyEnhanced"]
ACTIONS = st.builds(
    act, st.sampled_from(["created", "opened", "edited", "placed", "converted", "unknown"]), st.sampled_from(TYPES)
)
EDGES = st.builds(
    Ingredient,
    st.sampled_from(["parentOf", "componentOf", "inputTo", "other"]),
    st.sampled_from([None, *"abcd"]),
    st.booleans(),
    st.booleans(),
)


def stores() -> st.SearchStrategy[list[Manifest]]:
    def one(label: str) -> st.SearchStrategy[Manifest]:
        return st.builds(
            Manifest,
            st.just(label),
            st.just(Codes()),
            st.lists(ACTIONS, max_size=4).map(tuple),
            st.booleans(),
            st.lists(EDGES, max_size=3).map(tuple),
        )

    return st.tuples(*(one(label) for label in "abcd")).map(list)


@given(stores())
def test_no_ai_statement_below_the_content_is_lost(manifests: list[Manifest]) -> None:
    """Whatever says AI over edges that hold, the content is not human."""
    found = fold(manifests)
    by_label = {one.label: one for one in manifests}
    for label in found.origin.manifests:
        said = [one for one in by_label[label].actions if one.source and one.source.name in {AI_MADE, AI_EDITED}]
        if any(one.name in {"c2pa.created", "c2pa.opened", "c2pa.edited"} for one in said):
            assert found.origin.claim not in HUMAN


@given(stores(), st.sampled_from("abcd"))
def test_an_ai_statement_never_makes_content_human(manifests: list[Manifest], where: str) -> None:
    before = fold(manifests).origin.claim
    more = [
        replace(one, actions=(*one.actions, act("created", AI_MADE))) if one.label == where else one
        for one in manifests
    ]
    after = fold(more).origin.claim
    assert after not in HUMAN or before in HUMAN


@given(stores())
def test_what_the_fold_says_hangs_together(manifests: list[Manifest]) -> None:
    found = fold(manifests)
    assert found.origin.path[0] == manifests[0].label
    assert set(found.origin.path) <= found.origin.manifests
    assert found.by_broken_edge is None or found.by_broken_edge.claim in AI
    assert found.origin.claim in Claim
    assert fold(manifests) == found

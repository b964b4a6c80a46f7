"""The tree of manifests shows what a store says, and is bounded whatever the store says."""

import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lowbackground.pipeline.explain.manifest_tree import MAX_NODES, MAX_STEPS, Node, manifest_tree
from tests.signing import AI_EDITED, Ingredient, action, manifest, sign, signed_tiny, trust_settings, untrusted


def crjson_of(data: bytes) -> dict[str, Any]:
    from c2pa import Context, Reader

    with (
        Context.from_dict(trust_settings()) as context,
        Reader("image/jpeg", io.BytesIO(data), context=context) as reader,
    ):
        return json.loads(reader.crjson())


def entry(label: str, *below: str, actions: int = 0) -> dict[str, Any]:
    """A manifest of a store, as the reader writes it."""
    parts = {
        f"c2pa.ingredient.v3__{index}": {
            "relationship": "componentOf",
            "activeManifest": {"url": f"self#jumbf=/c2pa/{name}"},
        }
        for index, name in enumerate(below)
    }
    history = {"c2pa.actions.v2": {"actions": [{"action": "c2pa.edited"}] * actions}}
    return {"label": label, "assertions": parts | history, "claim.v2": {"dc:title": f"title of {label}"}}


def nodes(node: Node) -> list[Node]:
    return [node, *(below for part in node.parts for below in nodes(part))]


def test_an_edited_photo_shows_its_parent_and_both_signers() -> None:
    parent = Ingredient(
        signed_tiny("image/jpeg", manifest(title="photo"), signer=untrusted()), "image/jpeg", "xmp:iid:1"
    )
    edited = manifest(
        action("opened", parameters={"ingredientIds": ["xmp:iid:1"]}), action("edited", AI_EDITED), title="filled"
    )
    tree = manifest_tree(crjson_of(sign(signed_tiny("image/jpeg"), "image/jpeg", edited, ingredients=(parent,))))
    assert tree is not None
    assert (tree.title, tree.signer, tree.trusted) == ("filled", "Test Camera Works / Test Camera 1", True)
    assert [step.action for step in tree.steps] == ["c2pa.opened", "c2pa.edited"]
    assert tree.steps[1].source_type == "compositeWithTrainedAlgorithmicMedia"
    [below] = [part for part in tree.parts if part.relationship == "parentOf"]
    assert (below.title, below.signer, below.trusted, below.broken) == (
        "photo",
        "Nobody in Particular / Unknown Signer",
        False,
        False,
    )


def test_what_is_broken_says_how_and_is_known_at_the_top() -> None:
    store = [entry("a", "b"), entry("b", "c", "gone"), entry("c")]
    for name in ("c2pa.ingredient.v3__0", "c2pa.ingredient.v3__1"):
        store[1]["assertions"][name]["validationStatus"] = [
            {"code": "assertion.hashedURI.mismatch"},
            {"code": "signingCredential.untrusted"},
        ]
    tree = manifest_tree({"manifests": store})
    assert tree is not None
    assert (tree.broken, tree.broken_below) == (False, True)
    [b] = tree.parts
    assert (b.broken, b.failures, b.broken_below) == (False, (), True)
    assert [(c.label, c.broken, c.failures, c.broken_below) for c in b.parts] == [
        ("c", True, ("assertion.hashedURI.mismatch",), False),
        ("gone", True, ("assertion.hashedURI.mismatch",), False),
    ]


def test_a_store_without_manifests_has_no_tree() -> None:
    assert manifest_tree({}) is None
    assert manifest_tree({"manifests": []}) is None


def test_manifests_that_name_each_other_are_shown_once() -> None:
    tree = manifest_tree({"manifests": [entry("a", "b"), entry("b", "a")]})
    assert tree is not None
    assert [(node.label, node.repeated) for node in nodes(tree)] == [("a", False), ("b", False), ("a", True)]


def test_a_lattice_does_not_grow_with_its_paths() -> None:
    store = [entry(f"m{level}", f"m{level + 1}", f"m{level + 1}") for level in range(40)]  # 2^40 paths
    tree = manifest_tree({"manifests": store})
    assert tree is not None
    assert len(nodes(tree)) <= MAX_NODES + 1


def test_what_is_left_out_is_said() -> None:
    tree = manifest_tree({"manifests": [entry("a", *(f"x{n}" for n in range(2 * MAX_NODES)), actions=2 * MAX_STEPS)]})
    assert tree is not None
    assert tree.cut
    assert len(tree.parts) == MAX_NODES
    assert len(tree.steps) == MAX_STEPS


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.lists(st.sampled_from("abcdex"), max_size=6)), min_size=1, max_size=6
    )
)
def test_any_graph_of_manifests_becomes_a_bounded_tree(graph: list[tuple[str, list[str]]]) -> None:
    tree = manifest_tree({"manifests": [entry(label, *below) for label, below in graph]})
    assert tree is not None
    assert len(nodes(tree)) <= MAX_NODES + 1
    expanded = [node.label for node in nodes(tree) if node.parts]
    assert len(expanded) == len(set(expanded))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["label", "assertions", "claim", "c2pa.actions", "actions", "signature", "manifests", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["label", "assertions", "claim", "signature"]), JSON), max_size=3))
def test_other_shapes_than_the_specification_are_left_out(manifests: list[dict[str, Any]]) -> None:
    tree = manifest_tree({"manifests": manifests})
    assert (tree is None) == (not manifests)

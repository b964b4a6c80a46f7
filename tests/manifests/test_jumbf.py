"""Stores are counted as they are nested, plain or compressed, and no count runs past its caps."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests import jumbf
from lowbackground.manifests.carriers.presence import MAX_STORE_BYTES
from lowbackground.manifests.jumbf import literal_stores, measure
from tests.assets import tiny
from tests.signing import SETTINGS, Ingredient, action, identity, manifest, signed, signed_tiny
from tests.stores import assertions, compressed, described, store


def note(number: int) -> dict:
    return {"label": f"org.test.note{number}", "data": {"number": number}}


def signed_compressed(notes: int) -> bytes:
    from c2pa import Builder, C2paSignerInfo, Context, Signer

    settings = SETTINGS | {"core": {"prefer_compress_manifests": True}}
    signer = identity()
    definition = json.dumps(manifest(assertions=[note(number) for number in range(notes)]))
    with (
        Signer.from_info(C2paSignerInfo(b"es256", signer.chain, signer.key, None)) as native,
        Context.from_dict(settings) as context,
        Builder(definition, context=context) as builder,
    ):
        return bytes(builder.sign(native, "image/jpeg", io.BytesIO(tiny("image/jpeg")), io.BytesIO()))


def test_assertions_are_those_of_the_manifest() -> None:
    few = measure(signed(tiny("image/jpeg"), "image/jpeg").store)
    more = measure(signed(tiny("image/jpeg"), "image/jpeg", manifest(assertions=[note(1), note(2)])).store)
    assert (few.manifests, few.depth, few.irregular, few.over_limit) == (1, 4, False, None)
    assert more.assertions == few.assertions + 2


def test_manifests_of_ingredients_count() -> None:
    parts = tuple(Ingredient(signed_tiny("image/png", manifest(title=name)), "image/png", name) for name in ("a", "b"))
    opened = manifest(action("opened", parameters={"ingredientIds": ["a"]}))
    assert measure(signed(tiny("image/png"), "image/png", opened, ingredients=parts).store).manifests == 3


def test_a_compressed_manifest_counts_as_what_it_holds() -> None:
    shape = measure(signed_compressed(5))
    plain = measure(signed(tiny("image/jpeg"), "image/jpeg", manifest(assertions=[note(n) for n in range(5)])).store)
    assert shape.manifests == 1
    assert shape.assertions == plain.assertions
    assert not shape.irregular


def test_stores_behind_each_other_add_up() -> None:
    one = store(assertions(3))
    assert measure(one + one).assertions == 2 * measure(one).assertions == 6


@pytest.mark.parametrize(
    "made, limit",
    [
        (store(assertions(jumbf.MAX_ASSERTIONS + 1)), "assertions"),
        (store(compressed(assertions(jumbf.MAX_ASSERTIONS + 1))), "assertions"),
        (store(*[assertions(1)] * (jumbf.MAX_MANIFESTS + 1)), "manifests"),
        (store(*[b"\0\0\0\x08free"] * (jumbf.MAX_BOXES + 1)), "boxes"),
        (bytes(MAX_STORE_BYTES + 1), "store-bytes"),
        (store(compressed(bytes(MAX_STORE_BYTES + 1))), "store-bytes"),
    ],
)
def test_each_cap_has_its_name(made: bytes, limit: str) -> None:
    assert measure(made).over_limit == limit


def test_nesting_has_a_cap() -> None:
    nested = b""
    for _ in range(2000):
        nested = described(b"c2as", "x", nested)
    assert measure(nested).over_limit == "nesting"


def test_at_the_cap_a_store_passes() -> None:
    assert measure(store(assertions(jumbf.MAX_ASSERTIONS))).over_limit is None


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"\0\0\0\x07jumb",
        b"\xff\xff\xff\xffjumb",
        b"\0\0\0\x01jumb\xff\xff\xff\xff\xff\xff\xff\xff",
        store(b"\0\0\0\x10brobnot brot"),
        store(assertions(2))[:-3],
    ],
)
def test_boxes_that_do_not_fit_are_irregular_and_within_every_cap(made: bytes) -> None:
    shape = measure(made)
    assert shape.irregular == bool(made)
    assert shape.over_limit is None


@given(st.binary(max_size=400), st.integers(0, 300))
def test_any_bytes_have_a_shape(noise: bytes, at: int) -> None:
    made = store(assertions(3))
    shape = measure(made[:at] + noise + made[at:])
    assert shape.boxes <= jumbf.MAX_BOXES + 1


def test_stores_are_found_among_other_bytes() -> None:
    one, two = store(assertions(1)), store(assertions(2))
    noise = b"jumb" + bytes(7)
    raw = noise + one + noise + two
    assert [raw[start:end] for start, end in literal_stores(raw)] == [one, two]


def test_a_store_cut_short_is_not_found() -> None:
    assert literal_stores(store(assertions(1))[:-1]) == []

"""Certificates out of manifest stores, and the CBOR and DER that it takes."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.cbor import CborError, decode
from lowbackground.manifests.claim_signatures import (
    ClaimSignature,
    claim_signatures,
    read_signature,
    store_of_one,
)
from lowbackground.manifests.der import dotted, extensions, items, name_attribute, signed_data_certificates
from tests.assets import tiny
from tests.signing import Ingredient, action, identity, manifest, signed, signed_tiny

RFC_8949 = {  # appendix A
    "00": 0,
    "1903e8": 1000,
    "1b000000e8d4a51000": 1000000000000,
    "3903e7": -1000,
    "f4": False,
    "f5": True,
    "f6": None,
    "f7": None,
    "c11a514b67b0": 1363896240,
    "4401020304": b"\x01\x02\x03\x04",
    "62c3bc": "ü",
    "83010203": [1, 2, 3],
    "8301820203820405": [1, [2, 3], [4, 5]],
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
    "5f42010243030405ff": b"\x01\x02\x03\x04\x05",
    "7f657374726561646d696e67ff": "streaming",
    "9f018202039f0405ffff": [1, [2, 3], [4, 5]],
    "bf61610161629f0203ffff": {"a": 1, "b": [2, 3]},
}


@pytest.mark.parametrize("encoded", RFC_8949)
def test_cbor_is_read_as_its_specification_says(encoded: str) -> None:
    assert decode(bytes.fromhex(encoded)) == RFC_8949[encoded]


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "18",
        "1c",
        "44010203",
        "62c3",
        "830102",
        "a1",
        "a18001",
        "ff",
        "81ff",
        "fb3ff199999999999a",
        "5f6161ff",
        "9f01",
    ],
)
def test_broken_cbor_is_refused(encoded: str) -> None:
    with pytest.raises(CborError):
        decode(bytes.fromhex(encoded))


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x00", b"\xc1", b"\x9f", b"\xbf\x00"])
def test_endless_nesting_is_refused(opening: bytes) -> None:
    with pytest.raises(CborError):
        decode(opening * 60_000)


def test_a_huge_declared_length_costs_nothing() -> None:
    for first in (b"\x9b", b"\xbb", b"\x5b", b"\x7b"):
        with pytest.raises(CborError):
            decode(first + b"\xff" * 8)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert isinstance(read_signature(data), ClaimSignature)
    assert isinstance(claim_signatures(data), dict)
    assert isinstance(extensions(data), dict)
    assert isinstance(name_attribute(data, b"\x55\x04\x0a"), str)
    assert isinstance(list(signed_data_certificates(data)), list)
    try:
        decode(data)
    except CborError:
        return


@pytest.mark.parametrize(
    ("content", "name"),
    [("551d25", "2.5.29.37"), ("2b0601040183e85e0201", "1.3.6.1.4.1.62558.2.1"), ("", ""), ("ff", "")],
)
def test_object_identifiers_are_written_with_dots(content: str, name: str) -> None:
    assert dotted(bytes.fromhex(content)) == name


def test_items_of_der_end_where_they_do_not_fit() -> None:
    assert list(items(b"\x02\x01\x05\x04\x02ab\x04\x09x")) == [(2, b"\x05", b"\x02\x01\x05"), (4, b"ab", b"\x04\x02ab")]


def test_the_chain_of_every_manifest_is_found() -> None:
    parent = signed_tiny("image/png", signer=identity("Parent", "P"))
    child = signed(
        tiny("image/png"),
        "image/png",
        manifest(action("opened", parameters={"ingredientIds": ["p"]})),
        ingredients=[Ingredient(parent, "image/png", "p")],
    )
    found = claim_signatures(child.store)
    assert sorted(one.chain[0].organisation for one in found.values()) == ["Parent", "Test Camera Works"]
    assert all(one.time_stampers == () for one in found.values())


def test_one_manifest_is_cut_out_with_what_it_was_made_from() -> None:
    parent = signed_tiny("image/png", signer=identity("Parent", "P"))
    child = signed(
        tiny("image/png"),
        "image/png",
        manifest(action("opened", parameters={"ingredientIds": ["p"]})),
        ingredients=[Ingredient(parent, "image/png", "p")],
    )
    below, above = sorted(
        claim_signatures(child.store), key=lambda label: claim_signatures(child.store)[label].chain[0].organisation
    )
    assert list(claim_signatures(store_of_one(child.store, below, []))) == [below]
    assert list(claim_signatures(store_of_one(child.store, above, [below]))) == [below, above]
    assert store_of_one(child.store, above, [below])[8:] == child.store[8:]
    assert store_of_one(b"rubbish", above, []) == b""


def test_a_store_cut_anywhere_is_read_without_an_error() -> None:
    store = signed(tiny("image/jpeg"), "image/jpeg", embed=False).store
    for end in range(0, len(store), 37):
        assert len(claim_signatures(store[:end])) <= 1


def of(kind: int, content: bytes) -> bytes:
    """A byte (2) or text (3) string in CBOR."""
    return bytes([kind << 5 | 25]) + len(content).to_bytes(2, "big") + content


def cose(protected: bytes, unprotected: bytes) -> bytes:
    return b"\xd2\x84" + of(2, protected) + unprotected + b"\xf6" + of(2, b"signature")


NUMBER, NAME = b"\x18\x21", of(3, b"x5chain")
ONE, OTHER = (identity(name, name).certificate.public_bytes(Encoding.DER) for name in ("One", "Other"))


@pytest.mark.parametrize(
    ("protected", "unprotected", "found"),
    [
        (b"\xa1" + NUMBER + of(2, ONE), b"\xa0", ["One"]),
        (b"\xa1" + NUMBER + b"\x82" + of(2, ONE) + of(2, OTHER), b"\xa0", ["One", "Other"]),
        (b"\xa1" + NAME + of(2, ONE), b"\xa0", ["One"]),
        (b"", b"\xa1" + NAME + of(2, ONE), ["One"]),
        (b"\xa1" + NUMBER + of(2, ONE), b"\xa1" + NUMBER + of(2, OTHER), []),
        (b"\xa1" + NAME + of(2, ONE), b"\xa1" + NUMBER + of(2, OTHER), []),
        (b"\xa2" + NUMBER + of(2, ONE) + NAME + of(2, OTHER), b"\xa0", []),
        (b"\xa1" + NUMBER + b"\x05", b"\xa0", []),
        (b"\xa0", b"\xa0", []),
    ],
)
def test_a_chain_that_is_named_twice_is_nobodys(protected: bytes, unprotected: bytes, found: list[str]) -> None:
    assert [one.organisation for one in read_signature(cose(protected, unprotected)).chain] == found


@pytest.mark.real
def test_time_stampers_are_found_in_both_forms(shared) -> None:
    from lowbackground.manifests.precheck import precheck, store_of

    for name, kind in (
        ("c2pa/expiry-matrix/media/DALL-E_cloud_surfing_puppy.webp", "image/webp"),  # sigTst
        ("c2pa/c2pa-rs/sdk/tests/fixtures/C_with_CAWG_data.jpg", "image/jpeg"),  # sigTst2
    ):
        data = (shared / name).read_bytes()
        store = store_of(data, precheck(data, kind))
        assert store is not None
        for one in claim_signatures(store).values():
            assert any("imestamp" in stamper.common_name for stamper in one.time_stampers)

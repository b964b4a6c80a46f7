"""A signed file is always possible and its store is found byte for byte; a plain file is absent, without c2pa-rs."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.precheck import READER_FORMAT, precheck, refusal, store_of
from lowbackground.manifests.sniff import sniff
from tests.assets import MAKERS, tiny
from tests.signing import signed, signed_tiny

LINK = "https://example.invalid/a.c2pa"
LINKABLE = [media_type for media_type in MAKERS if media_type != "application/epub+zip"]  # c2pa-rs writes no XMP there


@pytest.mark.parametrize("media_type", MAKERS)
def test_a_plain_file_is_absent(media_type: str) -> None:
    found = precheck(tiny(media_type), media_type)
    assert (found.manifest, found.remote, found.store_bytes, found.irregular) == ("absent", "absent", None, False)
    assert found.container in READER_FORMAT
    assert not found.possible
    assert store_of(tiny(media_type), found) is None


@pytest.mark.parametrize("media_type", MAKERS)
def test_a_signed_file_is_possible_and_its_store_is_found(media_type: str) -> None:
    made = signed(tiny(media_type), media_type)
    found = precheck(made.asset, media_type)
    assert found.manifest == "possible"
    assert not found.irregular
    assert found.store_bytes == len(made.store)
    assert store_of(made.asset, found) == made.store
    assert refusal(made.asset, found) is None


@pytest.mark.parametrize("media_type", MAKERS)
def test_sniffing_leads_to_the_same_answer(media_type: str) -> None:
    asset = signed_tiny(media_type)
    assert precheck(asset) == precheck(asset, sniff(asset)) == precheck(asset, media_type)


@pytest.mark.parametrize("media_type", MAKERS)
def test_a_view_is_as_good_as_bytes(media_type: str) -> None:
    asset = signed_tiny(media_type)
    found = precheck(memoryview(asset), media_type)
    assert found == precheck(asset, media_type)
    assert store_of(memoryview(asset), found) == store_of(asset, found)


@pytest.mark.parametrize("media_type", LINKABLE)
def test_a_remote_link_is_possible_without_a_manifest(media_type: str) -> None:
    found = precheck(signed_tiny(media_type, remote_url=LINK, embed=False), media_type)
    assert (found.manifest, found.remote) == ("absent", "possible")
    assert found.possible


@pytest.mark.parametrize("media_type", MAKERS)
def test_the_named_format_reads_every_container(media_type: str) -> None:
    from c2pa import Reader

    asset = signed_tiny(media_type)
    container = precheck(asset, media_type).container
    assert container is not None
    with Reader(READER_FORMAT[container], io.BytesIO(asset)) as reader:
        assert reader.is_embedded()


def test_the_bytes_overrule_the_hint() -> None:
    assert precheck(signed_tiny("image/jpeg"), "text/html").manifest == "possible"
    assert precheck(tiny("image/png"), "image/svg+xml").container == "png"


def test_a_store_alone_is_a_store() -> None:
    store = signed(tiny("image/png"), "image/png").store
    found = precheck(store)
    assert (found.container, found.manifest, found.store_bytes) == ("store", "possible", len(store))
    assert store_of(store, found) == store


@pytest.mark.parametrize("data", [b"", b"x", b"<html><p>c2pa:manifest</p></html>", b"OggS" + bytes(40), bytes(1000)])
def test_what_c2pa_rs_does_not_read_has_no_container(data: bytes) -> None:
    found = precheck(data)
    assert found.container is None
    assert not found.possible


def test_two_answers_of_one_file_are_equal() -> None:
    assert precheck(tiny("image/gif")) == precheck(tiny("image/gif"))


STARTS = [tiny(media_type)[:24] for media_type in MAKERS] + [b"", b"\0\0\0\x20jumb", b"MM\0+", b"ID3\3\0\x80"]


@given(st.sampled_from(STARTS), st.binary(max_size=300), st.sampled_from([None, *MAKERS]))
def test_nothing_makes_it_raise(start: bytes, rest: bytes, hint: str | None) -> None:
    data = start + rest
    found = precheck(data, hint)
    assert found == precheck(memoryview(data), hint)
    store = store_of(data, found)
    assert store is None or found.manifest == "possible"
    assert refusal(data, found) is None

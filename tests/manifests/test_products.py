"""What is known about signers beyond their certificates."""

from datetime import UTC, datetime

import pytest

from lowbackground.manifests.products import conforming_product, is_camera_issuer, is_denied

PIXEL_CAMERA = "0197aa34-665b-7811-9bbc-317cfd988d0a"


def test_a_product_is_found_by_record_and_by_name() -> None:
    by_record = conforming_product(PIXEL_CAMERA, "whoever", "whatever")
    by_name = conforming_product(None, "google llc", " Pixel Camera")
    assert by_record is not None
    assert by_record == by_name
    assert by_record.max_assurance_level == 2
    assert by_record.disallowed == frozenset()


def test_a_record_that_is_not_listed_is_not_replaced_by_a_name() -> None:
    assert conforming_product("0" * 36, "Google LLC", "Pixel Camera") is None
    assert conforming_product(None, "Google LLC", "Pixel Kamera") is None


def test_of_several_records_of_one_name_the_strictest_counts() -> None:
    found = conforming_product(None, "MuseBlossom Co., Ltd.", "Contents Defence")  # one record may, one may not
    assert found is not None
    assert "capturedMedia" in found.disallowed


@pytest.mark.parametrize(
    ("organisation", "name"),
    [
        ("Leica Camera AG", "M11-P"),
        ("SONY Corporation", ""),
        ("NIKON CORPORATION", "Z9"),
        ("Canon Inc.", "EOS R1"),
        ("FUJIFILM Corporation", "X"),
        ("Samsung Electronics", "Galaxy"),
        ("Google LLC", "Pixel Camera"),
        ("vivo Mobile Communication Co., Ltd.", "vivo Camera"),
    ],
)
def test_makers_of_cameras_are_known(organisation: str, name: str) -> None:
    assert is_camera_issuer(organisation, name)


@pytest.mark.parametrize(
    ("organisation", "name"),
    [
        ("", ""),
        ("Canonical Ltd", "x"),
        ("Sonya", "x"),
        ("Adobe Inc.", "Leica"),
        ("Google LLC", "Google Photos"),
        ("Google LLC", ""),
    ],
)
def test_others_are_not(organisation: str, name: str) -> None:
    assert not is_camera_issuer(organisation, name)


def test_certificates_of_the_revoked_service_are_denied() -> None:
    assert is_denied("NIKON CORPORATION", datetime(2025, 8, 1, tzinfo=UTC))
    assert not is_denied("NIKON CORPORATION", datetime(2022, 10, 4, tzinfo=UTC))
    assert not is_denied("NIKON CORPORATION", datetime(2026, 3, 1, tzinfo=UTC))
    assert not is_denied("Leica Camera AG", datetime(2025, 8, 1, tzinfo=UTC))


@pytest.mark.real
def test_the_snapshot_is_the_published_list(shared) -> None:
    import json

    path = shared / "c2pa" / "conformance" / "conforming-products" / "conforming-products-list.json"
    for entry in json.loads(path.read_text("utf-8")):
        product = entry["product"]
        if product["productType"] != "generatorProduct":
            continue
        found = conforming_product(entry["recordId"], "", "")
        assert found is not None
        assert found.max_assurance_level == product["assurance"]["maxAssuranceLevel"]
        assert found.disallowed == set(product["disallowedSignals"]["inception"])

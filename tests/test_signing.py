"""What the tests sign, the Rust reader reads."""

import io
import json
from collections.abc import Callable

import pytest

from tests.assets import MAKERS, tiny
from tests.signing import (
    Ingredient,
    action,
    authority,
    manifest,
    signed,
    signed_tiny,
    trust_settings,
    untrusted,
)
from tests.text_signing import signed_page, signed_text


def read(data: bytes, media_type: str, store: bytes | None = None) -> dict:
    from c2pa import Context, Reader

    with (
        Context.from_dict(trust_settings()) as context,
        Reader(media_type, io.BytesIO(data), store, context=context) as reader,
    ):
        return json.loads(reader.json())


@pytest.mark.parametrize("media_type", MAKERS)
def test_every_format_reads_as_trusted(media_type: str) -> None:
    assert read(signed_tiny(media_type), media_type)["validation_state"] == "Trusted"


@pytest.mark.parametrize("media_type", MAKERS)
def test_unsigned_files_hold_no_manifest(media_type: str) -> None:
    from c2pa import C2paError

    with pytest.raises(C2paError.ManifestNotFound):
        read(tiny(media_type), media_type)


def test_an_unknown_root_is_not_trusted() -> None:
    found = read(signed_tiny("image/png", signer=untrusted()), "image/png")
    assert found["validation_state"] == "Valid"


def test_a_sidecar_vouches_for_its_asset() -> None:
    made = signed(tiny("image/jpeg"), "image/jpeg", embed=False)
    assert read(made.asset, "image/jpeg", made.store)["validation_state"] == "Trusted"


def test_a_remote_link_alone_is_reported_and_not_followed() -> None:
    from c2pa import C2paError

    linked = signed_tiny("image/jpeg", remote_url="https://example.invalid/a.c2pa", embed=False)
    with pytest.raises(C2paError, match="Remote"):
        read(linked, "image/jpeg")


def test_ingredients_carry_their_own_manifests() -> None:
    parent = Ingredient(signed_tiny("image/png"), "image/png", "xmp:iid:parent")
    opened = manifest(action("opened", parameters={"ingredientIds": ["xmp:iid:parent"]}), action("cropped"))
    found = read(signed_tiny("image/png", opened, ingredients=(parent,)), "image/png")
    assert found["validation_state"] == "Trusted"
    assert len(found["manifests"]) == 2


def test_one_root_per_name() -> None:
    assert authority() is authority("Trusted Test Root")
    assert authority().pem in trust_settings()["trust"]["trust_anchors"]


@pytest.mark.parametrize(
    ("media_type", "made"),
    [
        ("text/plain", lambda: signed_text("Zoë wrote a sentence, or did she?\n").encode()),
        ("text/html", lambda: signed_page("<!doctype html><html><head></head><body><p>A page.</p></body></html>")),
    ],
)
def test_texts_and_pages_verify_as_trusted_with_an_independent_reader(media_type: str, made: Callable) -> None:
    import encypher_c2pa

    found = encypher_c2pa.verify(
        made(), media_type, trust_pem=authority().pem, no_default_trust=True, telemetry=False, online=False
    )
    assert found["validation_state"] == "Trusted"
    assert found["hard_binding"] == "match"

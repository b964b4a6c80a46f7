"""What the tests sign, the Rust reader reads."""

import io
import json

import pytest

from tests.assets import MAKERS, tiny
from tests.signing import Ingredient, action, manifest, signed, signed_tiny, trust_settings, untrusted


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

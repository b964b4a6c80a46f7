"""Signs pictures, texts and pages with a C2PA manifest that says what one likes.

Pictures go through c2pa-rs as they are. A text or page is not a format that it writes: there the manifest brings its
own hard binding (`c2pa.hash.data` over everything but the carrier) and the store is put into the carrier here.
"""

import base64
import hashlib
import io
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lowbackground.manifests.text_carriers import wrapper
from lowbackground.pipeline.demo.authority import Identity

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CAPTURE = SOURCE_TYPES + "digitalCapture"
AI_MADE = SOURCE_TYPES + "trainedAlgorithmicMedia"
AI_EDITED = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"

SETTINGS = {
    "builder": {
        "thumbnail": {"enabled": False},
        "created_assertion_labels": ["c2pa.actions"],  # the signer's own word; by default c2pa-rs calls it hearsay
    },
    "verify": {"verify_after_sign": False, "verify_after_reading": False, "remote_manifest_fetch": False},
}
MAX_ATTEMPTS = 500  # to meet the announced length of a text carrier, which about one signature in seven does


@dataclass(frozen=True)
class Ingredient:
    """A file that a manifest names: `parentOf` (this was edited), `componentOf` (placed), `inputTo` (prompt)."""

    data: bytes
    media_type: str
    instance_id: str
    relationship: str = "parentOf"


@dataclass(frozen=True)
class Signed:
    """The asset after signing, and its manifest store alone (what a sidecar holds)."""

    asset: bytes
    store: bytes


def action(name: str, source_type: str | None = None, **more: Any) -> dict[str, Any]:
    """One entry of `c2pa.actions.v2`; its name without the prefix `c2pa.`."""
    entry = {"action": f"c2pa.{name}", **more}
    return entry if source_type is None else entry | {"digitalSourceType": source_type}


def manifest(
    *actions: Mapping[str, Any],
    assertions: Sequence[Mapping[str, Any]] = (),
    title: str = "untitled",
    generator: str = "lowbackground-demo",
) -> dict[str, Any]:
    """A manifest definition; without actions, a capture."""
    return {
        "title": title,
        "claim_generator_info": [{"name": generator, "version": "1"}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": list(actions) or [action("created", CAPTURE)]}},
            *assertions,
        ],
    }


def sign_media(
    data: bytes,
    media_type: str,
    definition: Mapping[str, Any],
    signer: Identity,
    *,
    ingredients: Sequence[Ingredient] = (),
    remote_url: str | None = None,
    embed: bool = True,
) -> Signed:
    """`data` with a manifest; `embed=False` leaves the store to a sidecar, `remote_url` writes a link into the XMP.

    Raises:
        c2pa.C2paError: the type cannot be signed, or the certificate is not valid now.
    """
    from c2pa import Builder, C2paSignerInfo, Signer

    out = io.BytesIO()
    with (
        Signer.from_info(C2paSignerInfo(b"es256", signer.chain, signer.key, None)) as native,
        Builder(json.dumps(definition, sort_keys=True), context=_context()) as builder,
    ):
        for part in ingredients:
            described = {"title": part.instance_id, "relationship": part.relationship, "instance_id": part.instance_id}
            builder.add_ingredient(json.dumps(described), part.media_type, io.BytesIO(part.data))
        if remote_url:
            builder.set_remote_url(remote_url)
        if not embed:
            builder.set_no_embed()
        store = builder.sign(native, media_type, io.BytesIO(data), out)
    return Signed(out.getvalue(), bytes(store))


@lru_cache(maxsize=1)
def _context() -> Any:
    from c2pa import Context

    return Context.from_dict(SETTINGS)


def sign_text(text: str, definition: Mapping[str, Any], signer: Identity) -> str:
    """`text` in NFC, followed by its manifest in variation selectors (C2PA 2.4, A.8)."""
    data = unicodedata.normalize("NFC", text).encode()
    return sign_around(data, len(data), wrapper, "text/plain", definition, signer).decode()


def sign_page(html: bytes, definition: Mapping[str, Any], signer: Identity) -> bytes:
    """`html` with its manifest in a script element at the end of its head (C2PA 2.4, A.7).

    Raises:
        ValueError: the page has no `</head>`.
    """
    return sign_around(html, html.index(b"</head>"), _script, "text/html", definition, signer)


def _script(store: bytes) -> bytes:
    return b'<script type="application/c2pa">' + base64.b64encode(store) + b"</script>"


def sign_around(
    data: bytes,
    at: int,
    carrier_of: Callable[[bytes], bytes],
    media_type: str,
    definition: Mapping[str, Any],
    signer: Identity,
) -> bytes:
    """`data` with a carrier at byte `at` that binds all the rest; `carrier_of` wraps a manifest store.

    The manifest announces the length of its carrier, which depends on the manifest: each attempt announces what the
    last one needed, until that is what it needs. A signature is random, so one will fit.
    """
    length = len(carrier_of(bytes(2048)))
    for _ in range(MAX_ATTEMPTS):
        binding = {
            "exclusions": [{"start": at, "length": length}],
            "name": "carrier",
            "alg": "sha256",
            "hash": list(hashlib.sha256(data).digest()),
            "pad": [],
        }
        bound = {
            **definition,
            "format": media_type,
            "assertions": [
                *definition["assertions"],
                {"label": "c2pa.hash.data", "kind": "Cbor", "data": binding},
            ],
        }
        carrier = carrier_of(sign_media(_PLACEHOLDER, "image/svg+xml", bound, signer, embed=False).store)
        if len(carrier) == length:
            return data[:at] + carrier + data[at:]
        length = len(carrier)
    raise RuntimeError(f"no carrier of the announced length in {MAX_ATTEMPTS} attempts")


_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>'  # c2pa-rs wants a file of some type
)

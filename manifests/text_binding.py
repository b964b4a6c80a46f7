"""Whether a text is what its manifest was made for: the hard binding, checked by encypher-c2pa.

A signed text is pasted, quoted and extracted. The binding says how many bytes stood in front of the wrapper when it was
signed (its exclusion, C2PA 2.4, A.8.5), so the signed passage can be cut out of what now surrounds it and checked by
itself. An intact passage inside other text is told apart from a text that consists of nothing else.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lowbackground.manifests.digest import sha256_hex
from lowbackground.manifests.encypher import encypher_report
from lowbackground.manifests.text_carriers import MARK, Carrier, Form

_MEDIA_TYPES = {  # encypher-c2pa chooses the carrier that it looks for by the media type
    Form.WRAPPER: "text/plain",
    Form.BLOCK: "text/markdown",
    Form.SCRIPT: "text/html",
}
_LABEL = "c2pa.hash.data"
_CODES = "assertion.dataHash."  # C2PA 2.4, 15.12.1: the binding of every text is `c2pa.hash.data`
_MATCH, _LOOSE = f"{_CODES}match", f"{_CODES}additionalExclusionsPresent"
_INVISIBLE = re.compile("[\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # marks and selectors, of other carriers too
_MAX_STARTS = 2  # a manifest has one binding with one exclusion; an ingredient may bring another

MAX_BOUND = 16 << 20  # bytes of a text that is held against its manifest, at 35 ms per MB; longer ones stay unchecked


@dataclass(frozen=True, slots=True)
class Binding:
    """What the hard binding says about a text.

    `codes` are the status codes of the check, empty where it could not be made. `covered` is the share of the text
    that is a passage as it was signed, white space around it aside: 1 where there is nothing else, 0 where nothing
    matches. `loose`: the binding leaves out more than the manifest, so that part of it may have been rewritten.
    """

    codes: tuple[str, ...] = ()
    covered: float = 0.0
    loose: bool = False


def check_binding(data: bytes, carrier: Carrier, as_of: datetime) -> Binding:
    """Check the manifest that `carrier` holds against the text or page `data` that it was found in.

    A text is tried as it stands, then the passage in front of its wrapper, then that passage in NFC, in which texts
    are hashed (A.8.7).
    """
    if len(data) > MAX_BOUND or carrier.store is None:
        return Binding()
    digest, codes = sha256_hex(carrier.store), frozenset[str]()
    for asset, covered in _candidates(data, carrier, as_of):
        found = _hash_codes(_report(asset, carrier.form, as_of), digest)
        if _MATCH in found and found <= {_MATCH, _LOOSE}:
            return Binding(tuple(sorted(found)), covered, _LOOSE in found)
        codes = codes or found
    return Binding(tuple(sorted(codes)))


def _candidates(data: bytes, carrier: Carrier, as_of: datetime) -> Iterator[tuple[bytes, float]]:
    """What the signer may have signed, each with its share of the text."""
    before, carried, after = data[: carrier.start], data[carrier.start : carrier.end], data[carrier.end :]
    if not carrier.marked:
        carried = MARK + carried
    yield before + carried + after, 1.0
    if carrier.form is not Form.WRAPPER:
        return
    starts = _starts(_report(carried, carrier.form, as_of))
    for text in dict.fromkeys((before, _composed(before))):
        for start in starts:
            cut = len(text) - start
            if cut >= 0:
                around = _visible(text[:cut]) + _visible(after)
                yield text[cut:] + carried, start / (start + len(around)) if around else 1.0


def _composed(text: bytes) -> bytes:
    return unicodedata.normalize("NFC", text.decode(errors="replace")).encode()


def _visible(text: bytes) -> bytes:
    """The text that stands somewhere: without white space around it, and without what carries no text."""
    return _INVISIBLE.sub("", text.decode(errors="replace")).strip().encode()


def _report(asset: bytes, form: Form, as_of: datetime) -> Mapping[str, Any]:
    try:
        return encypher_report(asset, _MEDIA_TYPES[form], as_of)
    except ValueError:  # not UTF-8, which C2PA's texts are
        return {}


def _hash_codes(report: Mapping[str, Any], store_sha256: str) -> frozenset[str]:
    """The status codes of the binding; none where the verifier found no manifest, or another one than was meant.

    It reads carriers more simply than a browser does: it may take one in a comment for that of the page.
    """
    if (report.get("manifest_report") or {}).get("manifest_store_sha256") != store_sha256:
        return frozenset()
    found = {str(entry["code"]) for entries in report["validation_results"].values() for entry in entries}
    return frozenset(code for code in found if code.startswith(_CODES))


def _starts(report: Mapping[str, Any]) -> list[int]:
    """Where the exclusions of the bindings begin: how many bytes stood in front of the wrapper.

    Whoever signed chose the shape of the assertions, so anything else than the specified one is passed over.
    """
    manifests = (report.get("manifest_report") or {}).get("manifests") or {}
    assertions = [one for manifest in manifests.values() for one in manifest.get("assertions") or ()]
    bindings = [one.get("data") for one in assertions if one.get("label") == _LABEL]
    ranges = [one.get("exclusions") for one in bindings if isinstance(one, dict)]
    starts = [one.get("start") for many in ranges if isinstance(many, list) for one in many if isinstance(one, dict)]
    return [start for start in dict.fromkeys(starts) if isinstance(start, int) and start >= 0][:_MAX_STARTS]

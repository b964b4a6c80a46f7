"""One text or page: its carriers found, the manifest in each verified, its binding held against the text.

Claims, signature and trust are c2pa-rs's word on the manifest store by itself, so that texts are judged by the same
rules as pictures; whether the text is the one that was signed is encypher-c2pa's, which c2pa-rs cannot tell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lowbackground.manifests.c2pa import validator_name
from lowbackground.manifests.chain import AI
from lowbackground.manifests.credential import Credential, Integrity
from lowbackground.manifests.jumbf import measure
from lowbackground.manifests.text_binding import Binding, check_binding
from lowbackground.manifests.text_carriers import Carrier, Failure, Form
from lowbackground.manifests.verify import Verified, Verifier

MAX_VERIFIED = 4  # manifests of one kind in one text; two are already against the specification
MOST = 0.5  # above this share of a text, what is said of a passage is said of the text

_HTML = frozenset({Form.SCRIPT, Form.LINK})
_KINDS = (_HTML, {Form.WRAPPER}, {Form.BLOCK})
_SEVERAL = {
    Form.WRAPPER: Failure.MULTIPLE_WRAPPERS,
    Form.BLOCK: Failure.MULTIPLE_REFERENCES,
    Form.SCRIPT: Failure.MULTIPLE_MANIFESTS,
    Form.LINK: Failure.MULTIPLE_MANIFESTS,
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A manifest attached to a text. `covered`: the share of the text that is an intact signed passage, 0 for none."""

    verified: Verified
    covered: float = 0.0


def verify_text(
    data: bytes, carriers: Sequence[Carrier], verifier: Verifier, *, truncated: bool = False
) -> list[Attached]:
    """Verify the manifests that a text or page carries: each that can be read, and at least what is known otherwise.

    A text has at most one manifest of each kind (C2PA 2.4, A.7.1, A.8.4, A.9.3); where it has several, each is
    malformed. `truncated`: the text was cut, so what does not match stays unchecked.
    """
    groups = [[carrier for carrier in carriers if carrier.form in kind] for kind in _KINDS]
    return [one for group in groups for one in _verify_group(data, group, verifier, truncated)]


def _verify_group(data: bytes, group: Sequence[Carrier], verifier: Verifier, truncated: bool) -> Iterable[Attached]:
    usable = [carrier for carrier in group if carrier.failure is None]
    stores = [carrier for carrier in usable if carrier.store is not None]
    if stores:
        several = _SEVERAL[stores[0].form] if len(usable) > 1 else None
        return [_verify_store(data, carrier, verifier, several, truncated) for carrier in stores[:MAX_VERIFIED]]
    if usable:
        credential = Credential(status="remote", remote_url=usable[0].url, validator=validator_name())
        return [Attached(Verified(credential))]
    return [Attached(_unusable(carrier, truncated)) for carrier in group[:1]]


def _verify_store(
    data: bytes, carrier: Carrier, verifier: Verifier, several: Failure | None, truncated: bool
) -> Attached:
    store, status = carrier.store or b"", "html" if carrier.form in _HTML else "text"
    bounded = measure(store).over_limit is None  # encypher-c2pa has no caps of its own that would end in time
    binding = Binding()
    if bounded and several is None:
        binding = check_binding(data, carrier, verifier.as_of)
    whole = Integrity.MALFORMED if several else _integrity(binding, truncated)
    found = verifier.store(store, status, whole)
    if not found.crjson:
        return Attached(found)
    credential = found.credential
    codes = (several.value,) if several else binding.codes
    failures = {code for code in codes if not code.endswith(".match")}
    credential = replace(credential, codes=tuple(sorted(failures.union(filter(_is_not_of_binding, credential.codes)))))
    if truncated and credential.integrity is Integrity.UNCHECKED:
        credential = replace(credential, status="truncated")
    if credential.integrity is Integrity.MODIFIED and credential.claim in AI and binding.covered > MOST:
        credential = replace(credential, integrity=_integrity(replace(binding, covered=1.0), truncated))
    return Attached(replace(found, credential=credential, crjson=_with_codes(found.crjson, codes)), binding.covered)


def _integrity(binding: Binding, truncated: bool) -> Integrity:
    """The integrity of a text whose manifest is intact."""
    if binding.covered == 1:
        return Integrity.LEGACY_BINDING if binding.loose else Integrity.INTACT
    return Integrity.MODIFIED if binding.codes and not truncated else Integrity.UNCHECKED


def _is_not_of_binding(code: object) -> bool:
    """Whether a code is about the manifest: c2pa-rs held the binding against a text that it was not given."""
    return not str(code).startswith("assertion.dataHash.")


_KIND = {"match": "success", "additionalExclusionsPresent": "informational"}


def _with_codes(crjson: Mapping[str, Any], codes: Sequence[str]) -> dict[str, Any]:
    """The conformance JSON with what is known of the binding in the place of what c2pa-rs could not know."""
    active, *others = crjson["manifests"]
    results: dict[str, Any] = active.get("validationResults") or {}
    kept = {
        kind: [one for one in results.get(kind) or [] if _is_not_of_binding(one.get("code"))]
        for kind in ("success", "informational", "failure")
    }
    for code in codes:
        kept[_KIND.get(code.rpartition(".")[2], "failure")].append({"code": code, "explanation": "encypher-c2pa"})
    return {**crjson, "manifests": [{**active, "validationResults": {**results, **kept}}, *others]}


def _unusable(carrier: Carrier, truncated: bool) -> Verified:
    failure = carrier.failure or Failure.UNREADABLE
    status = "too_large" if failure is Failure.TOO_LARGE else "truncated" if truncated else "broken"
    credential = Credential(status=status, codes=(failure.value,), validator=validator_name())
    return Verified(credential, message=failure.value)

"""From what the reader said to a `Credential`: integrity, trust and claim as separate facts.

Claims that make us drop a record (made with AI, do not train) need little trust. A claim of human origin stands only
if every manifest that it rests on is intact and trusted, and no manifest of the store is left out of the account.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lowbackground.manifests.bundled_trust import bundled_verdict
from lowbackground.manifests.c2pa import Outcome, Validator, validator_name
from lowbackground.manifests.certificates import Certificate
from lowbackground.manifests.chain import HUMAN, Chain, Origin, fold, reached
from lowbackground.manifests.claim_signatures import ClaimSignature, claim_signatures, store_of_one
from lowbackground.manifests.credential import Claim, Credential, Integrity
from lowbackground.manifests.credential import Trust as Standing
from lowbackground.manifests.digest import sha256_hex
from lowbackground.manifests.grades import (
    SignerVerdict,
    integrity,
    integrity_without_content,
    judge_signer,
    stable_codes,
    weakest,
)
from lowbackground.manifests.manifest import TRAINING_VALUES, Manifest, manifests_of, text
from lowbackground.manifests.products import CAPTURE_SIGNALS, HUMAN_MADE_SIGNALS, conforming_product, is_camera_issuer
from lowbackground.manifests.trust import Tier

MAX_LISTED = 50  # entries of each list in a credential; what was folded is not cut
MAX_BELOW = 32  # manifests below a human claim that are verified one by one, each with what it was made from


@dataclass(frozen=True, slots=True)
class Store:
    """A manifest store that was read: the reader's conformance JSON, what it verified, and the store as it was found.

    Signers are looked up in what was verified: where a file holds several stores, only the reader knows which one it
    read. Manifests that nothing refers to are seen only in the store as it was found.
    """

    crjson: Mapping[str, Any]
    verified: bytes
    found: bytes


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of one manifest store, and the certificate chain of its active manifest."""

    credential: Credential
    chain: tuple[Certificate, ...] = ()


def assess(
    store: Store,
    status: str,
    validator: Validator,
    as_of: datetime,
    *,
    binding: Integrity | None = None,
) -> Assessment:
    """Judge a store.

    `binding` is what is known of the hard binding where the reader did not have the content: the integrity of the
    whole if the manifest itself is intact.
    """
    manifests = manifests_of(store.crjson)
    signatures = claim_signatures(store.verified)
    chain = fold(manifests, claim_signatures(store.found))
    active, signature = manifests[0], signatures.get(manifests[0].label, ClaimSignature())
    verdict = _verdict(active, signature, store.verified, validator, as_of)
    origin, whole = chain.origin, _integrity(active, binding)
    if chain.by_broken_edge is not None:
        origin, whole = chain.by_broken_edge, Integrity.FORGED
    sound = whole is Integrity.INTACT and verdict.standing is Standing.TRUSTED
    credential = replace(
        _signed(_described(manifests, chain, origin), signature, verdict, active),
        status=status,
        integrity=whole,
        store_bytes=len(store.found),
        store_sha256=sha256_hex(store.found),
        training=_training(manifests, chain, allowances=sound),
        codes=stable_codes(active.codes, verdict),
        validator=validator_name(),
    )
    if origin.claim in HUMAN:
        credential = _human(credential, origin, _Part(manifests, signatures, chain, verdict), store, validator, as_of)
    return Assessment(credential, signature.chain)


def _verdict(
    manifest: Manifest, signature: ClaimSignature, store: bytes, validator: Validator, as_of: datetime
) -> SignerVerdict:
    """The verdict on who signed the active manifest of a store: by the run's lists, or by the compiled-in ones."""
    verdict = judge_signer(manifest, signature, validator.trust, as_of)
    if not validator.trust.is_empty:
        return verdict
    return bundled_verdict(store, verdict, manifest.time_stamp, as_of)


def _integrity(active: Manifest, binding: Integrity | None) -> Integrity:
    if binding is None:
        return integrity(active.codes)
    found = integrity_without_content(active.codes)
    return binding if found is Integrity.INTACT else found


def _described(manifests: Sequence[Manifest], chain: Chain, origin: Origin) -> Credential:
    """What the manifests say, whoever signed them."""
    by_label = {one.label: one for one in manifests}
    content = [by_label[label] for label in chain.reached]
    return Credential(
        status="",
        claim=origin.claim,
        claim_path=origin.path[:MAX_LISTED],
        claim_by_agent=origin.by_agent,
        may_contain_ai=origin.may_contain_ai,
        history_incomplete=origin.history_incomplete,
        enhanced=origin.enhanced,
        composed=origin.composed,
        generator=manifests[0].generator,
        source_types=_listed(one.source.name for each in content for one in each.actions if one.source),
        actions=_listed(one.name for each in content for one in each.actions),
        soft_bindings=_listed(one for each in content for one in each.soft_bindings),
        active_manifest=manifests[0].label,
        manifests=len(manifests),
        ingredients=sum(len(one.ingredients) for one in manifests),
    )


def _listed(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MAX_LISTED]


def _signed(credential: Credential, signature: ClaimSignature, verdict: SignerVerdict, active: Manifest) -> Credential:
    """The certificate of the active manifest. Its names are worth what `trust` says."""
    credential = replace(credential, trust=verdict.standing, algorithm=active.algorithm)
    if not signature.chain:
        return credential
    leaf = signature.chain[0]
    return replace(
        credential,
        trust_list=verdict.voucher.title if verdict.voucher else None,
        trust_tier=verdict.voucher.standing if verdict.voucher else None,
        camera_issuer=verdict.voucher is not None and is_camera_issuer(leaf.organisation, leaf.common_name),
        signer=_joined(leaf.organisation, leaf.common_name),
        issuer=text(leaf.issuer) or None,
        serial=leaf.serial,
        cert_not_before=leaf.parsed.not_valid_before_utc.isoformat(),
        cert_not_after=leaf.parsed.not_valid_after_utc.isoformat(),
        signed_at=verdict.signed_at.isoformat() if verdict.signed_at else None,
        timestamp_authority=_joined(*_names((active.time_stamper or {}).get("subject"))),
    )


def _names(subject: object) -> tuple[object, object]:
    return (subject.get("O"), subject.get("CN")) if isinstance(subject, dict) else (None, None)


def _joined(organisation: object, name: object) -> str | None:
    return " / ".join(part for one in (organisation, name) if (part := text(one))) or None


def _training(manifests: Sequence[Manifest], chain: Chain, *, allowances: bool) -> tuple[str, ...]:
    """What may be done with the content, `namespace.use=value`: of everything that went into it, the most restrictive.

    That something is allowed counts only where the signer is trusted and nothing was changed.
    """
    content = set(chain.reached)
    said: dict[str, str] = {}
    for use, value in (entry for one in manifests if one.label in content for entry in one.training):
        said[use] = min(said.get(use, value), value, key=TRAINING_VALUES.index)
    return tuple(f"{use}={value}" for use, value in sorted(said.items()) if allowances or value != TRAINING_VALUES[-1])


@dataclass(frozen=True, slots=True)
class _Part:
    """A store half way through: its manifests, who signed them, their chain, the verdict on the active signer."""

    manifests: Sequence[Manifest]
    signatures: Mapping[str, ClaimSignature]
    chain: Chain
    verdict: SignerVerdict


def _human(
    credential: Credential, origin: Origin, part: _Part, store: Store, validator: Validator, as_of: datetime
) -> Credential:
    """A claim of human origin, held against every manifest that it rests on."""
    if part.chain.unreferenced:
        return replace(credential, claim=Claim.UNKNOWN, claim_void="unreferenced-manifest")
    if part.verdict.voucher is None:
        return credential
    below = [label for label in origin.manifests if label != part.manifests[0].label]
    if len(below) > MAX_BELOW:
        return replace(credential, claim=Claim.UNKNOWN, claim_void="too-many-ingredients")
    verdicts = [part.verdict, *(_verdict_below(label, part, store, validator, as_of) for label in sorted(below))]
    voucher = weakest(verdicts)
    if voucher is None:
        return replace(credential, claim=Claim.UNKNOWN, claim_void="ingredient-untrusted")
    leaf = part.signatures[origin.path[-1]].chain[0]
    credential = replace(
        credential,
        trust_list=voucher.title,
        trust_tier=voucher.standing,
        camera_issuer=is_camera_issuer(leaf.organisation, leaf.common_name),
    )
    if voucher.standing != Tier.C2PA:
        return credential
    product = conforming_product(leaf.product_record, leaf.organisation, leaf.common_name)
    signals = CAPTURE_SIGNALS if origin.claim is Claim.HUMAN_CAPTURE else HUMAN_MADE_SIGNALS
    level = leaf.assurance_level
    if product is not None:  # the certificate says what was reached, the list what can be
        level = min(level or 1, product.max_assurance_level)
    return replace(
        credential, assurance_level=level, capture_disallowed=product is not None and bool(product.disallowed & signals)
    )


def _verdict_below(label: str, part: _Part, store: Store, validator: Validator, as_of: datetime) -> SignerVerdict:
    """The verdict on a manifest below the active one, read by itself.

    What the reader says of it in place leaves out whatever its user had recorded.
    """
    below = reached({one.label: one for one in part.manifests}, label)
    alone = store_of_one(store.verified, label, reversed(below))
    reading = validator.read(alone, "application/c2pa")
    if reading.outcome is not Outcome.READ:
        return SignerVerdict(Standing.NONE)
    manifest = manifests_of(reading.crjson)[0]
    if manifest.label != label or integrity_without_content(manifest.codes) is not Integrity.INTACT:
        return SignerVerdict(Standing.NONE)
    return _verdict(manifest, part.signatures.get(label, ClaimSignature()), alone, validator, as_of)

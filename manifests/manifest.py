"""The manifests of a store as plain facts, read out of the reader's conformance JSON.

Every string comes from whoever signed, so each is cut to a length, and whatever has another shape than the
specification's is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lowbackground.manifests.source_types import MAX_NAME_CHARS, SourceType, source_type

MAX_LABEL_CHARS = 200  # a URN of C2PA 2.2, 11.1.4.2 has 50 to 100
MAX_TEXT_CHARS = 200

TRAINING_USES = ("ai_generative_training", "ai_inference", "ai_training", "data_mining")  # C2PA 1.4, 18.21; CAWG 1.1
TRAINING_VALUES = ("notAllowed", "constrained", "allowed")  # the most restrictive first
_INSTANCE = re.compile(r"__\d+\Z")
_CONTROL = re.compile(  # terminal and bidirectional controls, and what is no character at all
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

_NO_FAILURE = (  # codes that mean success or are informational (C2PA 1.4, 15.2.2), in lists that hold all kinds
    ".validated",
    ".match",
    ".trusted",
    ".notRevoked",
    ".insideValidity",
    ".redacted",
    ".unknownProvenance",
    ".additionalExclusionsPresent",
)
# Failures that say nothing about whether an ingredient is what it was when it was used.
_NOT_INTEGRITY = ("signingCredential.", "cawg.", "timeStamp.", "timeOfSigning.", "claimSignature.outsideValidity")


@dataclass(frozen=True, slots=True)
class Codes:
    """Validation codes of one manifest, by what they mean."""

    success: frozenset[str] = frozenset()
    informational: frozenset[str] = frozenset()
    failure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of an actions assertion; `agent` is the name of the software that acted.

    `own`: the signer's own statement. Since claim version 2 an assertion may also be gathered from somebody else.
    """

    name: str
    source: SourceType | None = None
    agent: str = ""
    own: bool = True


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What a manifest says it was made from.

    `manifest` is the label of its manifest, null where it has none. `verified`: the reader found that manifest to be
    the one that was used. `broken`: its hash or signature failed, now or when it was used; `failures` are the codes
    that say so.
    """

    relationship: str
    manifest: str | None = None
    verified: bool = False
    failures: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether its bytes are not those that were used, or were signed."""
        return bool(self.failures)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest of a store."""

    label: str
    codes: Codes
    actions: tuple[Action, ...] = ()
    all_actions_included: bool = False
    ingredients: tuple[Ingredient, ...] = ()
    training: tuple[tuple[str, str], ...] = ()
    soft_bindings: tuple[str, ...] = ()
    generator: str | None = None
    algorithm: str | None = None
    certificate: Mapping[str, Any] | None = None
    time_stamp: datetime | None = None
    time_stamper: Mapping[str, Any] | None = None
    validated_at: datetime | None = None


def manifests_of(crjson: Mapping[str, Any]) -> tuple[Manifest, ...]:
    """The manifests of a store, first the active one."""
    return tuple(_manifest(entry) for entry in _mappings(crjson.get("manifests")))


def _manifest(entry: Mapping[str, Any]) -> Manifest:
    assertions = _mapping(entry.get("assertions"))
    claim = _mapping(entry.get("claim.v2") or entry.get("claim"))
    signature = _mapping(entry.get("signature"))
    stamp = _mapping(signature.get("timeStampInfo"))
    results = _mapping(entry.get("validationResults"))
    gathered = {_last(one.get("url")) for one in _mappings(claim.get("gathered_assertions"))}
    histories = [
        (_mapping(body), label not in gathered) for label, body in _named(assertions, "c2pa.actions", "c2pa.actions.v2")
    ]
    deltas = _deltas(entry)
    parts = _named(assertions, "c2pa.ingredient", "c2pa.ingredient.v2", "c2pa.ingredient.v3")
    return Manifest(
        label=text(entry.get("label"), MAX_LABEL_CHARS) or "",
        codes=_codes(results),
        actions=tuple(
            _action(one, history, own=own) for history, own in histories for one in _mappings(history.get("actions"))
        ),
        all_actions_included=bool(histories)
        and all(own and history.get("allActionsIncluded") is True for history, own in histories),
        ingredients=tuple(_ingredient(_mapping(body), deltas.get(label, Codes())) for label, body in parts),
        training=tuple(_training(assertions)),
        soft_bindings=tuple(_soft_bindings(assertions)),
        generator=_generator(claim),
        algorithm=text(signature.get("algorithm"), 20),
        certificate=_mapping(signature.get("certificateInfo")) or None,
        time_stamp=instant(stamp.get("timestamp")),
        time_stamper=_mapping(stamp.get("certificateInfo")) or None,
        validated_at=instant(results.get("validationTime")),
    )


def text(value: object, limit: int = MAX_TEXT_CHARS) -> str | None:
    """A string from a manifest, cut and without control characters; null for anything else."""
    return _CONTROL.sub("\ufffd", value[:limit]) if isinstance(value, str) else None


def instant(value: object) -> datetime | None:
    """An RFC 3339 instant; null for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _named(assertions: Mapping[str, Any], *labels: str) -> list[tuple[str, Any]]:
    """The assertions of these labels, numbered instances (`__1`) included."""
    return [(label, body) for label, body in assertions.items() if _INSTANCE.sub("", label) in labels]


def _codes(results: Mapping[str, Any]) -> Codes:
    def found(kind: str) -> frozenset[str]:
        return frozenset(code for one in _mappings(results.get(kind)) if (code := text(one.get("code"), 80)))

    return Codes(found("success"), found("informational"), found("failure"))


def _action(entry: Mapping[str, Any], history: Mapping[str, Any], *, own: bool) -> Action:
    agent = entry.get("softwareAgent")
    index = entry.get("softwareAgentIndex")  # actions.v2: agents may stand in a list of their own
    agents = history.get("softwareAgents")
    if agent is None and isinstance(agents, list) and isinstance(index, int) and 0 <= index < len(agents):
        agent = agents[index]
    name = agent.get("name") if isinstance(agent, dict) else agent
    uri = entry.get("digitalSourceType")
    return Action(
        text(entry.get("action"), MAX_NAME_CHARS) or "",
        source_type(uri) if isinstance(uri, str) else None,
        text(name) or "",
        own,
    )


def _last(uri: object) -> str:
    return str(uri).rpartition("/")[2]


def _deltas(entry: Mapping[str, Any]) -> dict[str, Codes]:
    """What the reader found about each ingredient, by the label of its assertion."""
    return {
        _last(one.get("ingredientAssertionURI")): _codes(_mapping(one.get("validationDeltas")))
        for one in _mappings(entry.get("ingredientDeltas"))
    }


def _ingredient(body: Mapping[str, Any], now: Codes) -> Ingredient:
    reference = _mapping(body.get("activeManifest") or body.get("c2pa_manifest"))
    label = text(str(reference.get("url", "")).partition("/c2pa/")[2].partition("/")[0], MAX_LABEL_CHARS)
    failed = now.failure | _recorded_failures(body)
    return Ingredient(
        relationship=text(body.get("relationship"), 20) or "",
        manifest=label or None,
        verified="ingredient.manifest.validated" in now.success,
        failures=tuple(sorted(code for code in failed if not code.startswith(_NOT_INTEGRITY))),
    )


def _recorded_failures(body: Mapping[str, Any]) -> frozenset[str]:
    """What was wrong with the ingredient when it was used: the reader reports again only what has changed since."""
    before = _mapping(body.get("validationResults"))
    results = _codes(_mapping(before.get("activeManifest")))
    status = _mappings(body.get("validationStatus"))
    return results.failure | {
        code
        for one in status
        if (code := text(one.get("code"), 80)) and one.get("success") is not True and not code.endswith(_NO_FAILURE)
    }


def _training(assertions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for namespace in ("c2pa", "cawg"):
        for _, body in _named(assertions, f"{namespace}.training-mining"):
            for key, entry in _mapping(_mapping(body).get("entries")).items():
                use = key.removeprefix(f"{namespace}.")
                value = entry.get("use") if isinstance(entry, dict) else entry
                if use in TRAINING_USES and value in TRAINING_VALUES:
                    yield f"{namespace}.{use}", value


def _soft_bindings(assertions: Mapping[str, Any]) -> Iterator[str]:
    """`algorithm=value`: the keys under which a stripped manifest may be found again."""
    for _, body in _named(assertions, "c2pa.soft-binding"):
        algorithm = text(_mapping(body).get("alg"), MAX_NAME_CHARS)
        for block in _mappings(_mapping(body).get("blocks")):
            if algorithm:
                yield f"{algorithm}={text(block.get('value')) or ''}"


def _generator(claim: Mapping[str, Any]) -> str | None:
    """Name and version of the software that made the claim."""
    info = claim.get("claim_generator_info")
    first = _mapping(info[0] if isinstance(info, list) and info else info)
    name = text(first.get("name")) or text(claim.get("claim_generator"))
    version = text(first.get("version"), 40)
    return f"{name} {version}" if name and version else name

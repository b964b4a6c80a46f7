"""The conditions of a policy: what a rule may ask of one finding, of the record's credential, or of the record.

- All conditions in one mapping must hold for the same finding; `all` and `any` combine mappings, which may then
  hold for different findings.
- Silence is no evidence: only findings that say something are seen, and broken ones where `signal: failed` asks.
- A finding about a part of the record, such as a caption, is seen only where `part` names it.
- What asks about the credential holds only for signed findings about the record itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lowbackground.detectors.contract import MEDIA_KINDS
from lowbackground.detectors.evidence import Basis, Finding, Kind, Signal
from lowbackground.manifests.credential import Claim, Integrity, Trust
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.verdicts.case import SPEAKING, Case
from lowbackground.pipeline.verdicts.condition_values import (
    AtLeastStrength,
    Bound,
    Choice,
    Flag,
    Globs,
    KnownGlobs,
    Read,
    Shape,
    Test,
)
from lowbackground.pipeline.verdicts.fusion import sigmoid

SIGNALS = (*sorted(SPEAKING), Signal.FAILED)
GRADES = tuple(f"{integrity}/{trust}" for integrity in Integrity for trust in Trust)
TRUST_TIERS = ("c2pa", "interim", "capture", "other")  # as Credential.trust_tier
MAX_CONDITIONS = 10_000  # in one rule; YAML aliases can multiply a few lines without bound
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Key:
    """One condition that a policy can name; it is about the `finding`, the `credential` or the `record`."""

    about: str
    shape: Shape
    read: Read
    meaning: str


def _credential(name: str) -> Read:
    return lambda _, case: case.credential[name] if case.credential else None


def _grade(_: Finding, case: Case) -> str | None:
    return f"{case.credential['integrity']}/{case.credential['trust']}" if case.credential else None


def _capture_allowed(_: Finding, case: Case) -> bool:
    return case.credential is not None and not case.credential["capture_disallowed"]


def _precision(finding: Finding, case: Case) -> float | None:
    """Positive predictive value by Bayes' rule: prior odds times the likelihood ratio of this finding alone."""
    llr = finding.evidence.llr
    return None if llr is None else sigmoid(case.prior_logit + llr)


KEYS: Mapping[str, Key] = {  # the cheapest tests first
    "basis": Key("finding", Choice(tuple(Basis)), lambda f, _: f.basis, "what kind of evidence it is"),
    "signal": Key(
        "finding", Choice(SIGNALS), lambda f, _: f.evidence.signal, "what was observed; left out: anything but `failed`"
    ),
    "strength_at_least": Key(
        "finding", AtLeastStrength(), lambda f, _: f.evidence.strength, "how far the finding carries by itself"
    ),
    "kind": Key(
        "finding",
        Choice((*Kind, "none")),
        lambda f, _: f.evidence.kind or "none",
        "how the content came to be; `none` where the finding does not say",
    ),
    "reason": Key(
        "finding", Globs(), lambda f, _: f.evidence.reason, "the slug of the observation; `*` matches any text"
    ),
    "part": Key(
        "finding",
        Choice(),
        lambda f, _: f.evidence.part,
        "the part of the record that it is about, such as `text` for a caption; left out: the record itself",
    ),
    "fpr_at_most": Key(
        "finding",
        Bound(0, 1, at_least=False),
        lambda f, _: f.evidence.fpr,
        "how often known-human content scores as high; without a calibration this never holds",
    ),
    "precision_at_least": Key(
        "finding",
        Bound(0, 1, at_least=True),
        _precision,
        "P(synthetic) by the prior and this finding alone; without a calibration this never holds",
    ),
    "claim": Key(
        "credential", Choice(tuple(Claim)), _credential("claim"), "what the manifest chain says of the origin"
    ),
    "grade": Key("credential", KnownGlobs(GRADES), _grade, "`integrity/trust`; `*` matches any"),
    "trust_tier": Key(
        "credential", Choice(TRUST_TIERS), _credential("trust_tier"), "what kind of list vouches for the signer"
    ),
    "assurance_at_least": Key(
        "credential",
        Bound(1, 2, at_least=True),
        _credential("assurance_level"),
        "assurance level of the signing product, as the list of conforming products has it",
    ),
    "camera_issuer": Key(
        "credential", Flag(), _credential("camera_issuer"), "whether the signer is a camera maker of the shipped table"
    ),
    "capture_allowed": Key(
        "credential",
        Flag(),
        _capture_allowed,
        "false where the list of conforming products denies the product this claim",
    ),
    "media": Key("record", Choice(MEDIA_KINDS), lambda _, case: case.media, "what the label is about"),
    "captured_before_cutoff": Key(
        "record",
        Flag(),
        lambda _, case: case.captured_before_cutoff,
        "whether somebody else captured the record before the cut-off of its kind",
    ),
    "p_at_least": Key(
        "record", Bound(0, 1, at_least=True), lambda _, case: case.p, "P(synthetic) by all evidence and the prior"
    ),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One mapping: pairs of key and value, in the order of `KEYS`, that one finding must satisfy."""

    wanted: tuple[tuple[str, Any], ...]

    def get(self, key: str) -> Any:
        """The value of a key, null where it is not asked for."""
        return dict(self.wanted).get(key)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds where every part holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where one part holds."""

    parts: "tuple[Condition, ...]"


Condition = Leaf | AllOf | AnyOf
Matcher = Callable[[Sequence[Finding], Case], Finding | None]


def leaf_tests(leaf: Leaf) -> list[tuple[str, Test]]:
    """Each test of a mapping, with the text that stands for it; the unwritten ones first."""
    tests: list[tuple[str, Test]] = []
    names = {name for name, _ in leaf.wanted}
    if "signal" not in names:
        tests.append(("a finding that says something", lambda finding, _: finding.evidence.signal in SPEAKING))
    if "part" not in names:
        tests.append(("a finding about the record itself", lambda finding, _: finding.evidence.part is None))
    if any(KEYS[name].about == "credential" for name in names):
        tests.append(("a signed finding with a credential", _has_credential))
    for name, value in leaf.wanted:
        tests.append((f"{name}: {KEYS[name].shape.show(value)}", KEYS[name].shape.test(value, KEYS[name].read)))
    return tests


def _has_credential(finding: Finding, case: Case) -> bool:
    return finding.basis is Basis.SIGNED and finding.evidence.part is None and case.credential is not None


def compiled(condition: Condition) -> Matcher:
    """The condition as a function of audible findings and their case: the finding that satisfies it, or null."""
    if isinstance(condition, Leaf):
        return _compiled_leaf(tuple(test for _, test in leaf_tests(condition)))
    matchers = tuple(compiled(part) for part in condition.parts)
    if isinstance(condition, AllOf):
        return lambda findings, case: _match_all(matchers, findings, case)
    return lambda findings, case: next((found for matcher in matchers if (found := matcher(findings, case))), None)


def _compiled_leaf(tests: tuple[Test, ...]) -> Matcher:
    def match(findings: Sequence[Finding], case: Case) -> Finding | None:
        for finding in findings:
            for test in tests:
                if not test(finding, case):
                    break
            else:
                return finding
        return None

    return match


def _match_all(matchers: Sequence[Matcher], findings: Sequence[Finding], case: Case) -> Finding | None:
    """The finding that satisfies the first part, if every part is satisfied."""
    first = None
    for matcher in matchers:
        found = matcher(findings, case)
        if found is None:
            return None
        first = first or found
    return first


def describe(condition: Condition) -> str:
    """The condition in one line, much as it would stand in YAML."""
    if isinstance(condition, Leaf):
        return "{" + ", ".join(f"{name}: {KEYS[name].shape.show(value)}" for name, value in condition.wanted) + "}"
    word = "all" if isinstance(condition, AllOf) else "any"
    return f"{word}: [{', '.join(map(describe, condition.parts))}]"


def canonical(condition: Condition) -> Any:
    """The condition as JSON that is equal for equal conditions."""
    if isinstance(condition, Leaf):
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in condition.wanted}
    return {"all" if isinstance(condition, AllOf) else "any": [canonical(part) for part in condition.parts]}


def parse_condition(value: object, where: str) -> Condition:
    """A condition as YAML gives it; `where` names file, rule and key.

    Raises:
        ConfigError: an unknown key, a wrong value, something empty, or more than fits a rule.
    """
    return _parse(value, where, 0, [MAX_CONDITIONS])


def _parse(value: object, where: str, depth: int, budget: list[int]) -> Condition:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise ConfigError(f"{where}: more than {MAX_CONDITIONS} conditions, or nested more than {MAX_DEPTH} deep")
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{where}: must be a mapping of conditions, such as {{basis: signed, signal: synthetic}}")
    for word, combined in (("all", AllOf), ("any", AnyOf)):
        if word in value:
            parts = value[word]
            if len(value) > 1:
                others = ", ".join(sorted(str(key) for key in value if key != word))
                raise ConfigError(f"{where}: `{word}` stands alone in its mapping; move {others} into the list")
            if not isinstance(parts, list) or not parts:
                raise ConfigError(f"{where}.{word}: must be a list of at least one condition")
            return combined(
                tuple(_parse(part, f"{where}.{word}[{i}]", depth + 1, budget) for i, part in enumerate(parts))
            )
    return Leaf(tuple((name, _value(name, value, where)) for name in _names(value, where)))


def _names(value: Mapping[Any, Any], where: str) -> list[str]:
    """The keys of a mapping, cheapest test first."""
    if unknown := sorted(str(key)[:80] for key in value if key not in KEYS):
        raise ConfigError(f"{where}: unknown condition {', '.join(unknown)}; there are {', '.join(KEYS)}, all, any")
    return [name for name in KEYS if name in value]


def _value(name: str, value: Mapping[str, Any], where: str) -> Any:
    try:
        return KEYS[name].shape.parse(value[name])
    except ValueError as error:
        raise ConfigError(f"{where}.{name}: {error}") from error

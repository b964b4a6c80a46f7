"""Looks for rules that can never fire, and for human labels that a broken check could hand out.

- Sound, not complete: what is reported can be proven from the conditions alone; what is not may still be dead in
  practice, because no detector ever says it.
- A rule is taken apart into alternatives, each a set of mappings that must all hold. An alternative is dead if it
  contradicts itself, if its own `unless` always holds with it, or if an earlier rule always fires first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice, product

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal
from lowbackground.manifests.credential import Trust
from lowbackground.pipeline.verdicts.case import SPEAKING, Case
from lowbackground.pipeline.verdicts.conditions import KEYS, AllOf, Condition, Leaf, compiled, describe
from lowbackground.pipeline.verdicts.policy import Policy, Rule

MAX_ALTERNATIVES = 2000  # of one rule; `any` inside `all` multiplies them
_SPEAKING = frozenset(SPEAKING)

Alternative = tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule; `dead` says that it can never fire."""

    rule: str
    why: str
    dead: bool


def check(policy: Policy, reasons: frozenset[str] | None = None) -> tuple[Problem, ...]:
    """Everything that can be said against the rules of a policy; `reasons` as for `unreachable`."""
    return (*unreachable(policy, reasons), *unprotected(policy))


def unreachable(policy: Policy, reasons: frozenset[str] | None = None) -> tuple[Problem, ...]:
    """The rules that can never fire, and why.

    `reasons` are all that the installed detectors can give; without them, any reason is taken to be possible.
    """
    problems = []
    for index, rule in enumerate(policy.rules):
        found = alternatives(rule.when)
        dead = [
            _never_given(alternative, reasons) or _dead(alternative, rule, policy.rules[:index])
            for alternative in found
        ]
        if all(dead) and len(found) < MAX_ALTERNATIVES:
            why = list(dict.fromkeys(filter(None, dead)))
            problems.append(Problem(rule.name, "; ".join(why[:5]), dead=True))
    return tuple(problems)


def unprotected(policy: Policy) -> tuple[Problem, ...]:
    """Human rules that fire although a check broke which might have found the contrary."""
    problems = []
    for rule in policy.rules:
        if rule.label == "human" and (bases := [basis for basis in Basis if not _guards(rule, basis)]):
            names = ", ".join(bases)
            why = (
                f"labels human even where a check of {names} broke; add `unless: {{signal: failed, basis: [{names}]}}`"
            )
            problems.append(Problem(rule.name, why, dead=False))
    return tuple(problems)


def _guards(rule: Rule, basis: Basis) -> bool:
    """Whether `unless` holds by a broken check of this basis alone; classifiers cannot speak against a human rule."""
    if basis is Basis.CLASSIFIER:
        return True
    broken = [Finding("check", "1", basis, Evidence(Signal.FAILED, "detector-error"))]
    return rule.unless is not None and compiled(rule.unless)(broken, Case(broken)) is not None


def alternatives(condition: Condition) -> list[Alternative]:
    """The condition as alternatives of mappings that must all hold, at most `MAX_ALTERNATIVES` of them."""
    return list(islice(_alternatives(condition), MAX_ALTERNATIVES))


def _alternatives(condition: Condition) -> Iterator[Alternative]:
    if isinstance(condition, Leaf):
        yield (condition,)
    elif isinstance(condition, AllOf):
        for chosen in product(*(alternatives(part) for part in condition.parts)):
            yield tuple(leaf for alternative in chosen for leaf in alternative)
    else:
        for part in condition.parts:
            yield from _alternatives(part)


def _never_given(alternative: Alternative, reasons: frozenset[str] | None) -> str | None:
    """Which reason of the alternative no installed detector gives, if there is one: most likely a slip of the pen."""
    for leaf in alternative if reasons is not None else ():
        patterns = leaf.get("reason")
        if patterns and not any(fnmatchcase(reason, pattern) for reason in reasons or () for pattern in patterns):
            return f"no installed detector gives a reason like {', '.join(sorted(patterns))}"
    return None


def _dead(alternative: Alternative, rule: Rule, earlier: Sequence[Rule]) -> str | None:
    """Why this alternative can never make its rule fire, if it cannot."""
    if why := contradiction(alternative):
        return why
    if rule.unless is not None and _implies(alternative, rule.unless):
        return f"its `unless` holds whenever {_shown(alternative)} does"
    for other in earlier:
        if _implies(alternative, other.when) and _never_stopped(other, rule):
            return f"rule {other.name} fires first whenever {_shown(alternative)} holds"
    return None


def _never_stopped(other: Rule, rule: Rule) -> bool:
    """Whether the `unless` of an earlier rule holds only where that of the later rule holds too."""
    if other.unless is None:
        return True
    if rule.unless is None:
        return False
    found = alternatives(other.unless)
    return len(found) < MAX_ALTERNATIVES and all(_implies(alternative, rule.unless) for alternative in found)


def _implies(alternative: Alternative, condition: Condition) -> bool:
    """Whether the condition holds wherever all mappings of the alternative hold."""
    if isinstance(condition, Leaf):
        return any(_leaf_implies(leaf, condition) for leaf in alternative)
    if isinstance(condition, AllOf):
        return all(_implies(alternative, part) for part in condition.parts)
    return any(_implies(alternative, part) for part in condition.parts)


def _leaf_implies(narrow: Leaf, broad: Leaf) -> bool:
    """Whether a finding that satisfies `narrow` satisfies `broad`."""
    has, wants = _explicit(narrow), _explicit(broad)
    return all(name in has and KEYS[name].shape.implies(has[name], value) for name, value in wants.items())


def _explicit(leaf: Leaf) -> dict[str, object]:
    """The conditions of a mapping with those that are left unwritten; `""` stands for the record itself."""
    values = dict(leaf.wanted)
    values.setdefault("signal", _SPEAKING)
    values.setdefault("part", frozenset({""}))
    if any(KEYS[name].about == "credential" for name in values):
        values.setdefault("basis", frozenset({Basis.SIGNED}))
    return values


def contradiction(alternative: Alternative) -> str | None:
    """Why no record can satisfy all mappings at once, if none can."""
    for leaf in alternative:
        if any(KEYS[name].about == "credential" for name, _ in leaf.wanted):
            if Basis.SIGNED not in (leaf.get("basis") or {Basis.SIGNED}):
                return f"{describe(leaf)} asks for a credential of a finding that is not signed"
            if leaf.get("part"):
                return f"{describe(leaf)} asks for the record's credential of a finding about a part"
        grades = leaf.get("grade")
        if leaf.get("trust_tier") and grades and not any(grade.endswith(f"/{Trust.TRUSTED}") for grade in grades):
            return f"{describe(leaf)} asks for a trust tier, which only a trusted signer has"
    for name, key in KEYS.items():
        wanted = [leaf.get(name) for leaf in alternative if leaf.get(name) is not None]
        if key.about != "finding" and len(wanted) > 1 and _disjoint(wanted):
            return (
                f"`{name}` is a fact of the record, and cannot be {' and '.join(map(key.shape.show, wanted))} at once"
            )
    return None


def _disjoint(values: Sequence[object]) -> bool:
    """Whether no value satisfies all; numbers with bounds on one side always leave room."""
    if isinstance(values[0], bool):
        return len(set(values)) > 1
    sets = [value for value in values if isinstance(value, frozenset)]
    return bool(sets) and not frozenset.intersection(*sets)


def _shown(alternative: Alternative) -> str:
    return " and ".join(map(describe, alternative))

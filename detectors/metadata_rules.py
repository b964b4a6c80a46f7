"""The table of rules on metadata, and which of them a file fulfils.

The table is data: `declared_metadata_rules.yaml`. Field names are compared in lower case; a field with a description
of its own (`id3:COMM:notes`) is also found under its bare name (`id3:COMM`).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

from lowbackground.detectors.evidence import Kind, Signal, Strength
from lowbackground.detectors.licences import is_creative_commons, licence, listed
from lowbackground.detectors.metadata_checks import CHECKS, json_object
from lowbackground.manifests.metadata.fields import Field

MAX_WORDS_CHARS = 200  # names of makers are short; longer values are prose, in which any word may stand
UNREADABLE = "unreadable"  # the value of an opt-out that is there and cannot be read
MAX_MATCHED_CHARS = 200_000  # of one value that patterns look at; infotexts have a few thousand

_Match = Callable[[str], bool]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `strength` is null for those that speak for neither side."""

    name: str
    reason: str
    tool: str
    signal: Signal
    strength: Strength | None
    kind: Kind | None
    source: str
    at_least: int
    index: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """The strongest first; synthetic before mixed before human; then as in the table."""
        return -(self.strength.rank if self.strength else 0), _SIDES.index(self.signal), self.index


_SIDES = (Signal.SYNTHETIC, Signal.MIXED, Signal.HUMAN, Signal.SILENT)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a file fulfils, and the field that fulfilled its first condition."""

    rule: Rule
    field: Field


@dataclass(frozen=True, slots=True)
class _Condition:
    rule: int
    number: int
    match: _Match


@dataclass(frozen=True, slots=True)
class OptOut:
    """A signal that asks not to be trained on, as `name=value`, and where it stands."""

    signal: str
    field: Field


@dataclass(frozen=True, slots=True)
class _OptOutRule:
    """`prohibits` gives the value; what neither it nor `allows` knows is unreadable. `mentions` is for unread bytes."""

    name: str
    prohibits: re.Pattern[str] | None
    allows: re.Pattern[str] | None
    mentions: re.Pattern[str] | None

    def said(self, value: str) -> str | None:
        """What a value asks for; null where it asks for nothing."""
        if self.mentions is not None:
            return UNREADABLE if self.mentions.search(value) else None
        text = value[:MAX_WORDS_CHARS].strip()
        if self.prohibits is not None and (found := self.prohibits.fullmatch(text)):
            return found[1]
        return None if self.allows is not None and self.allows.fullmatch(text) else UNREADABLE


@dataclass(frozen=True, slots=True)
class Table:
    """The rules, and their conditions by the field that they ask about.

    `licence_fields` says of each field that may name a licence whether only the address of a Creative Commons one counts.
    """

    version: str
    rules: tuple[Rule, ...]
    conditions: Mapping[str, Sequence[_Condition]]
    opt_outs: Mapping[str, Sequence[_OptOutRule]]
    licence_fields: Mapping[str, Sequence[bool]]

    def hits(self, fields: Iterable[Field]) -> list[Hit]:
        """The rules that these fields fulfil, the weightiest first."""
        met: dict[int, dict[int, Field]] = defaultdict(dict)
        for field in fields:
            for condition in self._asking(self.conditions, field):
                if condition.number not in met[condition.rule] and condition.match(field.value):
                    met[condition.rule][condition.number] = field
        found = [
            Hit(self.rules[rule], by_number[min(by_number)])
            for rule, by_number in met.items()
            if len(by_number) >= self.rules[rule].at_least
        ]
        return sorted(found, key=lambda hit: hit.rule.rank)

    def opt_outs_of(self, fields: Iterable[Field]) -> list[OptOut]:
        """Signals that ask not to be trained on, each once, in order; what cannot be read is no permission."""
        found: dict[str, OptOut] = {}
        for field in fields:
            for rule in self._asking(self.opt_outs, field):
                if said := rule.said(field.value):
                    signal = f"{rule.name}={said}"
                    found.setdefault(signal, OptOut(signal, field))
        return [found[signal] for signal in sorted(found)]

    def licences_of(self, fields: Iterable[Field]) -> list[str] | None:
        """The licences that a file names for itself; null where it names none."""
        found = [
            licence(field.value)
            for field in fields
            for only_creative_commons in self._asking(self.licence_fields, field)
            if not only_creative_commons or is_creative_commons(field.value)
        ]
        return listed(found)

    @staticmethod
    def _asking(by_field: Mapping[str, Sequence[_T]], field: Field) -> Iterable[_T]:
        key = field.key.lower()
        yield from by_field.get(key, ())
        scheme, _, name = key.partition(":")
        bare, colon, _ = name.partition(":")
        if colon and scheme != "xmp":
            yield from by_field.get(f"{scheme}:{bare}", ())


@lru_cache(maxsize=1)
def rule_table() -> Table:
    """The table that is shipped."""
    return parse_table(yaml.safe_load(files(__package__).joinpath("declared_metadata_rules.yaml").read_text("utf-8")))


def parse_table(facts: Mapping[str, Any]) -> Table:
    """A table from its YAML.

    Raises:
        ValueError: a rule names a match, a field list or a namespace that does not exist.
    """
    rules = []
    conditions: dict[str, list[_Condition]] = defaultdict(list)
    for index, row in enumerate(facts["rules"]):
        where = row["where"]
        rules.append(
            Rule(
                name=row["name"],
                reason=row["reason"],
                tool=row["tool"],
                signal=Signal(row["signal"]),
                strength=Strength(row["strength"]) if "strength" in row else None,
                kind=Kind(row["kind"]) if "kind" in row else None,
                source=row["source"],
                at_least=row.get("at_least", len(where)),
                index=index,
            )
        )
        for number, condition in enumerate(where):
            match = _match(row["name"], condition)
            for key in _keys(facts, condition["fields"]):
                conditions[key].append(_Condition(index, number, match))
    opt_outs: dict[str, list[_OptOutRule]] = defaultdict(list)
    for row in facts["opt_outs"]:
        patterns = (re.compile(row[key]) if key in row else None for key in ("prohibits", "allows", "mentions"))
        rule = _OptOutRule(row["name"], *patterns)
        for key in _keys(facts, row["fields"]):
            opt_outs[key].append(rule)
    licence_fields: dict[str, list[bool]] = defaultdict(list)
    for row in facts["licences"]:
        for key in _keys(facts, row["fields"]):
            licence_fields[key].append(row.get("creative_commons", False))
    return Table(str(facts["version"]), tuple(rules), dict(conditions), dict(opt_outs), dict(licence_fields))


def _keys(facts: Mapping[str, Any], names: str | list[str]) -> Iterable[str]:
    """Field keys in lower case, a list's name resolved, an XMP prefix replaced by its namespace."""
    if isinstance(names, str):
        if names not in facts["field_lists"]:
            raise ValueError(f"no field list is named {names!r}; single fields stand in brackets")
        names = facts["field_lists"][names]
    for name in names:
        scheme, _, rest = name.partition(":")
        if scheme == "xmp":
            prefix, _, local = rest.partition(":")
            if prefix not in facts["namespaces"]:
                raise ValueError(f"{name}: no namespace has the prefix {prefix!r}")
            rest = facts["namespaces"][prefix] + local
        yield f"{scheme}:{rest}".lower()


def _match(rule: str, condition: Mapping[str, Any]) -> _Match:
    """The test of one condition."""
    kinds = [key for key in condition if key != "fields"]
    if len(kinds) != 1 or kinds[0] not in {*_MATCHES, *CHECKS}:
        raise ValueError(f"{rule}: a condition needs one match, of {', '.join([*_MATCHES, *CHECKS])}; it has {kinds}")
    kind = kinds[0]
    wanted = condition[kind]
    if kind in CHECKS:
        return _checked(CHECKS[kind], frozenset(wanted if isinstance(wanted, list) else [wanted]))
    return _MATCHES[kind](wanted)


def _checked(check: Callable[[str], str | None], answers: frozenset[str]) -> _Match:
    return lambda value: check(value) in answers


def _present(_: Any) -> _Match:
    return lambda value: bool(value.strip())


def _equals(wanted: list[str]) -> _Match:
    known = frozenset(each.casefold() for each in wanted)
    return lambda value: value.strip().casefold() in known


def _starts(wanted: list[str]) -> _Match:
    heads = tuple(each.casefold() for each in wanted)
    longest = max(map(len, heads)) + 100
    return lambda value: value[:longest].strip().casefold().startswith(heads)


def _matches(wanted: list[str]) -> _Match:
    patterns = [re.compile(each) for each in wanted]
    return lambda value: all(pattern.search(value[:MAX_MATCHED_CHARS]) for pattern in patterns)


def _words(wanted: list[str]) -> _Match:
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in wanted), re.IGNORECASE)
    return lambda value: len(value) <= MAX_WORDS_CHARS and pattern.search(value) is not None


def _json(wanted: list[str]) -> _Match:
    def match(value: str) -> bool:
        if not all(f'"{key}"' in value for key in wanted):
            return False
        parsed = json_object(value)
        return parsed is not None and all(key in parsed for key in wanted)

    return match


def _at_least(wanted: int) -> _Match:
    return lambda value: value.isdigit() and int(value[:9]) >= wanted


_MATCHES: Mapping[str, Callable[[Any], _Match]] = {
    "present": _present,
    "equals": _equals,
    "starts": _starts,
    "matches": _matches,
    "words": _words,
    "json": _json,
    "at_least": _at_least,
}

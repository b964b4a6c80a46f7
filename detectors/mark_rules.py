"""Rules about marks in texts and pages, as `llm_residue.yaml` and `disclosures.yaml` hold them, compiled and checked.

The YAML is data that people extend: whatever it gets wrong is said with the rule's id, when the rules are loaded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

import yaml

from lowbackground.detectors.evidence import Kind, Strength

MAX_PLACES = 256  # needles of one rule that are looked at in one record: half from its beginning, half from its end

_SPACE = rb"(?:\s|\xc2\xa0)"  # any white space, no-break space in UTF-8 included
_APOSTROPHE = rb"(?:'|\xe2\x80\x99)"  # U+0027 or U+2019 in UTF-8


class Guard(StrEnum):
    """What may stand around a match that makes it say less."""

    CODE = "code"
    QUOTE = "quote"
    TOPIC = "topic"
    DATE = "date"


class Measure(StrEnum):
    """How much of a page its marked elements are."""

    CHARACTERS = "characters"
    PARAGRAPHS = "paragraphs"
    COUNT = "count"
    PAGE = "page"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class Rule:
    """What text and HTML rules share. `strong_from`, `near_certain_from`: so many matches make the rule that strong."""

    id: str
    group: str
    needles: tuple[bytes, ...]
    strength: Strength
    kind: Kind
    strong_from: int | None
    near_certain_from: int | None
    since: date | None

    def strength_of(self, matches: int) -> Strength:
        """The strength of so many matches of this rule in one record."""
        if self.near_certain_from is not None and matches >= self.near_certain_from:
            return Strength.NEAR_CERTAIN
        if self.strong_from is not None and matches >= self.strong_from:
            return Strength.STRONG
        return self.strength


@dataclass(frozen=True, slots=True)
class TextRule(Rule):
    """A pattern over the UTF-8 bytes of a text. `at`: start or end, where the match must stand there."""

    pattern: re.Pattern[bytes]
    guards: frozenset[Guard]
    at: str | None


@dataclass(frozen=True, slots=True)
class HtmlRule(Rule):
    """An element that carries one of `attributes`, with a value that matches, or one of the class `tokens`."""

    elements: frozenset[bytes]
    attributes: tuple[bytes, ...]
    value: re.Pattern[str] | None
    tokens: frozenset[str]
    beside: bytes | None
    consecutive: bool
    foreign: bool
    measure: Measure


AnyRule = TypeVar("AnyRule", bound=Rule)


@dataclass(frozen=True)
class Ruleset(Generic[AnyRule]):
    """Rules of one place; needle number n of a search that begins with `needles` belongs to the rules `owners[n]`."""

    rules: tuple[AnyRule, ...]
    needles: tuple[bytes, ...]
    owners: tuple[tuple[int, ...], ...]

    def by_rule(self, places: Sequence[tuple[int, int]]) -> Iterator[tuple[AnyRule, Sequence[int]]]:
        """The places (start, number of the needle) of each rule that has any; of a flood the first and the last."""
        starts: dict[int, list[int]] = {}
        for start, needle in places:
            for number in self.owners[needle] if needle < len(self.owners) else ():
                starts.setdefault(number, []).append(start)
        half = MAX_PLACES // 2
        for number, at in sorted(starts.items()):
            yield self.rules[number], at if len(at) <= MAX_PLACES else [*at[:half], *at[-half:]]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules; `version` is that of the file."""

    version: int
    text: Ruleset[TextRule]
    html: Ruleset[HtmlRule]


@lru_cache(maxsize=1)
def shipped_rules() -> Rules:
    """The rules that are part of the program."""
    return read_rules(yaml.safe_load(files(__package__).joinpath("llm_residue.yaml").read_text("utf-8")))


def read_rules(facts: Mapping[str, Any]) -> Rules:
    """Rules from the mapping that the YAML holds.

    Raises:
        ValueError: a rule is not one; the message names it.
    """
    seen: set[str] = set()
    for entry in (*facts["text"], *facts["html"]):
        if entry["id"] in seen:
            raise ValueError(f"rule {entry['id']}: there are two of that id")
        seen.add(entry["id"])
    return Rules(
        int(facts["version"]), ruleset([_text(e) for e in facts["text"]]), ruleset([_html(e) for e in facts["html"]])
    )


def text_rules(entries: Sequence[Mapping[str, Any]]) -> Ruleset[TextRule]:
    """Text rules from the list that a YAML file holds.

    Raises:
        ValueError: a rule is not one; the message names it.
    """
    return ruleset([_text(entry) for entry in entries])


def ruleset(rules: Sequence[AnyRule]) -> Ruleset[AnyRule]:
    """The rules, with the needles of all of them."""
    owners: dict[bytes, list[int]] = {}
    for number, rule in enumerate(rules):
        for needle in rule.needles:
            owners.setdefault(needle.lower(), []).append(number)
    return Ruleset(tuple(rules), tuple(owners), tuple(tuple(numbers) for numbers in owners.values()))


def _text(entry: Mapping[str, Any]) -> TextRule:
    return TextRule(
        **_shared(entry, {"pattern", "guards", "at"}),
        pattern=compiled(entry["pattern"]),
        guards=frozenset(Guard(each) for each in entry.get("guards", ())),
        at=entry.get("at"),
    )


def _html(entry: Mapping[str, Any]) -> HtmlRule:
    own = {"elements", "attributes", "value", "tokens", "beside", "consecutive", "foreign", "measure"}
    return HtmlRule(
        **_shared(entry, own),
        elements=frozenset(each.encode() for each in entry.get("elements", ())),
        attributes=tuple(each.encode() for each in entry["attributes"]),
        value=re.compile(entry["value"]) if "value" in entry else None,
        tokens=frozenset(entry.get("tokens", ())),
        beside=entry["beside"].encode() if "beside" in entry else None,
        consecutive=bool(entry.get("consecutive", False)),
        foreign=bool(entry.get("foreign", False)),
        measure=Measure(entry["measure"]),
    )


_SHARED = {"id", "group", "needles", "strength", "kind", "strong_from", "near_certain_from", "since"}


def _shared(entry: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    if unknown := sorted(set(entry) - _SHARED - own):
        raise ValueError(f"rule {entry['id']}: unknown keys {', '.join(unknown)}")
    return {
        "id": entry["id"],
        "group": entry["group"],
        "needles": tuple(needle.encode() for needle in entry["needles"]),
        "strength": Strength(entry["strength"]),
        "kind": Kind(entry.get("kind", "generated")),
        "strong_from": entry.get("strong_from"),
        "near_certain_from": entry.get("near_certain_from"),
        "since": entry.get("since"),
    }


def compiled(pattern: str) -> re.Pattern[bytes]:
    """A pattern over UTF-8 bytes, ASCII letters in either case; a space is any white space, ' also the curly one.

    Inside of brackets both stand for themselves.

    Raises:
        ValueError: a character beyond ASCII stands in brackets, where only its bytes would count.
    """
    parts, inside, escaped = [], False, False
    for character in pattern:
        plain = character.encode()
        if not inside and not escaped:
            plain = {" ": _SPACE, "'": _APOSTROPHE}.get(character, plain)
        if inside and not character.isascii():
            raise ValueError(f"{pattern!r}: {character} cannot stand in brackets; write (?:a|b)")
        if not inside and len(plain) > 1 and not character.isascii():
            plain = b"(?:" + plain + b")"
        if not escaped and character in "[]":
            inside = character == "["
        escaped = character == "\\" and not escaped
        parts.append(plain)
    return re.compile(b"".join(parts), re.IGNORECASE)

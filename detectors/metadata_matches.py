"""What a condition of the table of rules may ask of a value: present, equals, starts, matches, words, json, at least, checks."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lowbackground.detectors.metadata_checks import CHECKS, json_object

MAX_WORDS_CHARS = 200  # names of makers are short; longer values are prose, in which any word may stand
MAX_MATCHED_CHARS = 200_000  # of one value that patterns look at; infotexts have a few thousand

Match = Callable[[str], bool]


def match_of(rule: str, condition: Mapping[str, Any]) -> Match:
    """The test of one condition of a rule.

    Raises:
        ValueError: it names no match, more than one, or one that does not exist.
    """
    kinds = [key for key in condition if key != "fields"]
    if len(kinds) != 1 or kinds[0] not in {*_MATCHES, *CHECKS}:
        raise ValueError(f"{rule}: a condition needs one match, of {', '.join([*_MATCHES, *CHECKS])}; it has {kinds}")
    kind = kinds[0]
    wanted = condition[kind]
    if kind in CHECKS:
        return _checked(CHECKS[kind], frozenset(wanted if isinstance(wanted, list) else [wanted]))
    return _MATCHES[kind](wanted)


def _checked(check: Callable[[str], str | None], answers: frozenset[str]) -> Match:
    return lambda value: check(value) in answers


def _present(_: Any) -> Match:
    return lambda value: bool(value.strip())


def _equals(wanted: list[str]) -> Match:
    known = frozenset(each.casefold() for each in wanted)
    return lambda value: value.strip().casefold() in known


def _starts(wanted: list[str]) -> Match:
    heads = tuple(each.casefold() for each in wanted)
    longest = max(map(len, heads)) + 100
    return lambda value: value[:longest].strip().casefold().startswith(heads)


def _matches(wanted: list[str]) -> Match:
    patterns = [re.compile(each) for each in wanted]
    return lambda value: all(pattern.search(value[:MAX_MATCHED_CHARS]) for pattern in patterns)


def _words(wanted: list[str]) -> Match:
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in wanted), re.IGNORECASE)
    return lambda value: len(value) <= MAX_WORDS_CHARS and pattern.search(value) is not None


def _json(wanted: list[str]) -> Match:
    def match(value: str) -> bool:
        if not all(f'"{key}"' in value for key in wanted):
            return False
        parsed = json_object(value)
        return parsed is not None and all(key in parsed for key in wanted)

    return match


def _at_least(wanted: int) -> Match:
    return lambda value: value.isdigit() and int(value[:9]) >= wanted


_MATCHES: Mapping[str, Callable[[Any], Match]] = {
    "present": _present,
    "equals": _equals,
    "starts": _starts,
    "matches": _matches,
    "words": _words,
    "json": _json,
    "at_least": _at_least,
}

"""Dictionaries of Structured Field Values for HTTP (RFC 9651), as far as disclosures and preferences use them.

Keys with a token, string, integer, date or boolean or inner list; parameters are read and dropped. What does not parse is null as a
whole: RFC 9651, 4.2, has a field that cannot be read ignored, and here it must not be taken for permission.
"""

import re

MAX_FIELD_CHARS = 8192
MAX_MEMBERS = 64

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]{0,63}")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,255}")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){0,1024})"')
_NUMBER = re.compile(r"@?-?[0-9]{1,15}(?:\.[0-9]{1,3})?")
_BOOLEAN = re.compile(r"\?([01])")
_INNER_LIST = re.compile(r'\((?:[^()"]|"[^"]*"){0,512}+\)')  # kept as it is written
_BLANK = re.compile(r"[ \t]*")

Item = str | bool


def parse_dictionary(field: str) -> dict[str, Item] | None:
    """The members of a dictionary; numbers, dates and lists stay as they are written. Null where it does not parse."""
    if len(field) > MAX_FIELD_CHARS:
        return None
    members: dict[str, Item] = {}
    at = _skip(field, 0)
    while at < len(field):
        found = _member(field, at)
        if found is None or len(members) == MAX_MEMBERS:
            return None
        key, value, at = found
        members[key] = value  # of two with one key the last counts: RFC 9651, 4.2.2
        at = _skip(field, at)
        if at == len(field):
            return members
        if field[at] != ",":
            return None
        at = _skip(field, at + 1)
        if at == len(field):
            return None
    return members


def _skip(field: str, at: int) -> int:
    blank = _BLANK.match(field, at)
    return blank.end() if blank else at


def _member(field: str, at: int) -> tuple[str, Item, int] | None:
    key = _KEY.match(field, at)
    if key is None:
        return None
    at, value = key.end(), True
    if field[at : at + 1] == "=":
        item = _item(field, at + 1)
        if item is None:
            return None
        return _with_parameters(field, key[0], *item)
    return _with_parameters(field, key[0], value, at)


def _item(field: str, at: int) -> tuple[Item, int] | None:
    if string := _STRING.match(field, at):
        return string[1].replace('\\"', '"').replace("\\\\", "\\"), string.end()
    if boolean := _BOOLEAN.match(field, at):
        return boolean[1] == "1", boolean.end()
    if plain := _TOKEN.match(field, at) or _NUMBER.match(field, at) or _INNER_LIST.match(field, at):
        return plain[0], plain.end()
    return None


def _with_parameters(field: str, key: str, value: Item, at: int) -> tuple[str, Item, int] | None:
    """Read over `;name=value` after a member."""
    while field[at : at + 1] == ";":
        name = _KEY.match(field, _skip(field, at + 1))
        if name is None:
            return None
        at = name.end()
        if field[at : at + 1] == "=":
            item = _item(field, at + 1)
            if item is None:
                return None
            at = item[1]
    return key, value, at

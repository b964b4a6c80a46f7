"""JSON-LD of a page: source types, authors and licences, each with the thing that they are said of.

A picture on a page is not the page: what is said of an object below the page's own carries the part that it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

MAX_SCRIPT = 1 << 19  # bytes; more is a catalogue
MAX_NODES, MAX_DEPTH = 5000, 16

_MEDIA = {"image": "picture", "photograph": "picture", "video": "video", "audio": "sound", "music": "sound"}
_MEDIA_KEYS = {"image": "picture", "thumbnail": "picture", "logo": "picture", "video": "video", "audio": "sound"}
_SAME = frozenset({"@graph", "mainentity", "mainentityofpage", "ispartof"})  # the page and what it is about
_AUTHORS = frozenset({"author", "creator"})
_TEXTS = (
    "article",
    "posting",
    "page",
    "creativework",
    "report",
    "review",
    "recipe",
    "book",
    "dataset",
    "website",
    "story",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`what` is source-type, author or licence; `part` is null where it is said of the page itself."""

    what: str
    value: str
    part: str | None


def statements(script: bytes) -> list[Statement] | None:
    """What a JSON-LD script says; null where it cannot be read."""
    if len(script) > MAX_SCRIPT:
        return None
    try:
        data = orjson.loads(script.strip().removeprefix(b"<!--").removesuffix(b"-->").strip())
    except orjson.JSONDecodeError:
        return None
    return list(_walk(data))


def _walk(data: Any) -> Iterator[Statement]:
    """Every statement, the outer objects first; what lies deeper or later than the caps is not read."""
    level: list[tuple[Any, str | None]] = [(data, None)]
    nodes = 0
    for _ in range(MAX_DEPTH):
        below: list[tuple[Any, str | None]] = []
        for node, part in level:
            nodes += 1
            if nodes > MAX_NODES:
                return
            if isinstance(node, list):
                below += [(inner, part) for inner in node]
            elif isinstance(node, dict):
                own = part or _part(node)
                yield from _said(node, own)
                below += [(inner, _below(key, own)) for key, inner in node.items() if isinstance(inner, dict | list)]
        level = below


def _part(node: Mapping[str, Any]) -> str | None:
    """What an object is, by its type: null for the page and for texts."""
    types = node.get("@type")
    if "@graph" in node:
        return None
    for type_ in types if isinstance(types, list) else [types]:
        name = str(type_).rpartition("/")[2].lower()
        if name.endswith(_TEXTS):
            return None
        for prefix, part in _MEDIA.items():
            if name.startswith(prefix):
                return part
    return "thing"


def _below(key: str, part: str | None) -> str | None:
    """The part that an object is for standing under a key."""
    name = key.lower()
    if name in _SAME:
        return part
    return _MEDIA_KEYS.get(name, "thing") if part is None else part


def _said(node: Mapping[str, Any], part: str | None) -> Iterator[Statement]:
    for key, value in node.items():
        name = key.rpartition(":")[2].rpartition("/")[2].lower()
        if name == "digitalsourcetype":
            what = "source-type"
        elif name == "license":
            what = "licence"
        elif name in _AUTHORS:
            what = "author"
        else:
            continue
        for each in value if isinstance(value, list) else [value]:
            if text := _text(each, ("name",) if what == "author" else ("@id", "url", "name")):
                yield Statement(what, text, part)


def _text(value: Any, keys: tuple[str, ...]) -> str | None:
    if isinstance(value, Mapping):
        value = next((value[key] for key in keys if isinstance(value.get(key), str)), None)
    return value.strip()[:500] if isinstance(value, str) and value.strip() else None

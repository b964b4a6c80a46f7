"""What the digital source types and actions of a C2PA manifest say about an origin.

The tables stand in `source_types.yaml`, with their sources.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

MAX_NAME_CHARS = 64  # the longest registered type has 36 characters, the longest action 29
UNRECOGNISED = "unrecognised"


class SourceClass(StrEnum):
    """What kind of origin a digital source type names."""

    HUMAN_CAPTURE = "human_capture"
    HUMAN_MADE = "human_made"
    SYNTHETIC = "synthetic"
    MIXED = "mixed"
    PROCEDURAL = "procedural"
    ENHANCED = "enhanced"
    COMPOSITION = "composition"
    BLANK = "blank"
    UNKNOWN = "unknown"


GENERATIVE = frozenset({SourceClass.SYNTHETIC, SourceClass.MIXED})


@dataclass(frozen=True, slots=True)
class SourceType:
    """A digital source type: its registered name (`unrecognised` for any other) and what it says."""

    name: str
    class_: SourceClass
    possibly_ai: bool = False


@dataclass(frozen=True, slots=True)
class _Tables:
    namespaces: tuple[str, ...]
    old_names: dict[str, str]
    types: dict[str, SourceType]
    non_editorial: frozenset[str]
    ai_agents: re.Pattern[str]


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    facts: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("source_types.yaml").read_text("utf-8"))
    possibly = set(facts["possibly_ai"])
    return _Tables(
        namespaces=tuple(facts["namespaces"]),
        old_names={old.lower(): new.lower() for old, new in facts["old_names"].items()},
        types={
            name.lower(): SourceType(name, SourceClass(class_), name in possibly)
            for class_, names in facts["classes"].items()
            for name in names
        },
        non_editorial=frozenset(facts["actions"]["non_editorial"]),
        ai_agents=re.compile(
            "|".join(rf"(?<![a-z0-9]){re.escape(agent.casefold())}(?![a-z])" for agent in facts["ai_agents"])
        ),
    )


@lru_cache(maxsize=1024)
def source_type(uri: str) -> SourceType:
    """The type that `uri` names, whatever its scheme, case, blanks and trailing slash.

    Only names of the IPTC and C2PA vocabularies count, and those used before they were registered: a word alone
    or somebody's own vocabulary is unrecognised.
    """
    tables = _tables()
    name = uri[:200].strip().lower().rstrip("/")
    name = name.removeprefix("https://").removeprefix("http://")
    old = tables.old_names.get(name)
    if old is None:
        namespace, _, last = name.rpartition("/")
        if namespace not in tables.namespaces:
            return SourceType(UNRECOGNISED, SourceClass.UNKNOWN)
        old = last
    return tables.types.get(old, SourceType(UNRECOGNISED, SourceClass.UNKNOWN))


def is_editorial(action: str) -> bool:
    """Whether an action other than an inception changes what is perceived (asset rubrics, `$non_editorial_actions`)."""
    return action not in _tables().non_editorial


@lru_cache(maxsize=1024)
def is_ai_agent(agent: str) -> bool:
    """Whether the software agent of a creation is a generator that is known to sign without a source type."""
    return _tables().ai_agents.search(agent[:200].casefold()) is not None

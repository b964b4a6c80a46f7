"""The table of rules on metadata, and which of them a file fulfils.

The table is data: `declared_metadata_rules.yaml`. What a condition can ask stands in `metadata_matches.py`, what files
permit in `metadata_permissions.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from lowbackground.detectors.evidence import Kind, Signal, Strength
from lowbackground.detectors.metadata_matches import Match, match_of
from lowbackground.detectors.metadata_permissions import Permissions, parse_permissions
from lowbackground.detectors.rows_by_field import ByField, field_keys
from lowbackground.manifests.metadata.fields import Field


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
    match: Match


@dataclass(frozen=True, slots=True)
class Table:
    """The rules, their conditions by the field that they ask about, and what is permitted."""

    version: str
    rules: tuple[Rule, ...]
    conditions: ByField[_Condition]
    permissions: Permissions

    def hits(self, fields: Iterable[Field]) -> list[Hit]:
        """The rules that these fields fulfil, the weightiest first."""
        met: dict[int, dict[int, Field]] = defaultdict(dict)
        for field in fields:
            for condition in self.conditions.asking(field):
                if condition.number not in met[condition.rule] and condition.match(field.value):
                    met[condition.rule][condition.number] = field
        found = [
            Hit(self.rules[rule], by_number[min(by_number)])
            for rule, by_number in met.items()
            if len(by_number) >= self.rules[rule].at_least
        ]
        return sorted(found, key=lambda hit: hit.rule.rank)


@lru_cache(maxsize=1)
def rule_table() -> Table:
    """The table that is shipped."""
    return parse_table(yaml.safe_load(files(__package__).joinpath("declared_metadata_rules.yaml").read_text("utf-8")))


def parse_table(facts: Mapping[str, Any]) -> Table:
    """A table from its YAML.

    Raises:
        ValueError: a row names a match, a field list or a namespace that does not exist.
    """
    rows = list(enumerate(facts["rules"]))
    conditions = ByField.of(
        (field_keys(facts, condition["fields"]), _Condition(index, number, match_of(row["name"], condition)))
        for index, row in rows
        for number, condition in enumerate(row["where"])
    )
    rules = tuple(_rule(index, row) for index, row in rows)
    return Table(str(facts["version"]), rules, conditions, parse_permissions(facts))


def _rule(index: int, row: Mapping[str, Any]) -> Rule:
    return Rule(
        name=row["name"],
        reason=row["reason"],
        tool=row["tool"],
        signal=Signal(row["signal"]),
        strength=Strength(row["strength"]) if "strength" in row else None,
        kind=Kind(row["kind"]) if "kind" in row else None,
        source=row["source"],
        at_least=row.get("at_least", len(row["where"])),
        index=index,
    )

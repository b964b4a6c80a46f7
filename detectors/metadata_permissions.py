"""What a file permits by its metadata: signals that ask not to be trained on, and the licence that it names.

They say nothing about the origin. The rows stand in `declared_metadata_rules.yaml`, beside those on generators.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lowbackground.detectors.licences import is_creative_commons, licence
from lowbackground.detectors.rows_by_field import ByField, field_keys
from lowbackground.detectors.usage_preferences import UNREADABLE
from lowbackground.manifests.metadata.fields import Field

MAX_SIGNAL_CHARS = 200  # a term of a vocabulary, or its address


@dataclass(frozen=True, slots=True)
class Permission:
    """A signal that asks not to be trained on, as `name=value`, or a licence, and the field in which it stands."""

    said: str
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
        text = value[:MAX_SIGNAL_CHARS].strip()
        if self.prohibits is not None and (found := self.prohibits.fullmatch(text)):
            return found[1]
        return None if self.allows is not None and self.allows.fullmatch(text) else UNREADABLE


@dataclass(frozen=True, slots=True)
class Permissions:
    """Rows on opt-outs; and of each field that may name a licence, whether only a Creative Commons address counts."""

    opt_outs: ByField[_OptOutRule]
    licences: ByField[bool]

    def opt_outs_of(self, fields: Iterable[Field]) -> list[Permission]:
        """Signals that ask not to be trained on, each once, in order; what cannot be read is no permission."""
        return _each_once(
            (f"{rule.name}={said}", field)
            for field in fields
            for rule in self.opt_outs.asking(field)
            if (said := rule.said(field.value))
        )

    def licences_of(self, fields: Iterable[Field]) -> list[Permission]:
        """The licences that a file names for itself, each once, in order."""
        return _each_once(
            (named, field)
            for field in fields
            for only_creative_commons in self.licences.asking(field)
            if not only_creative_commons or is_creative_commons(field.value)
            if (named := licence(field.value))
        )


def _each_once(found: Iterable[tuple[str, Field]]) -> list[Permission]:
    """Each with the first field in which it stands."""
    first: dict[str, Permission] = {}
    for said, field in found:
        first.setdefault(said, Permission(said, field))
    return [first[said] for said in sorted(first)]


def parse_permissions(facts: Mapping[str, Any]) -> Permissions:
    """The sections `opt_outs` and `licences` of the table.

    Raises:
        ValueError: a row names a field list or a namespace that does not exist.
    """
    opt_outs = ByField.of((field_keys(facts, row["fields"]), _opt_out_rule(row)) for row in facts["opt_outs"])
    licences = ByField.of(
        (field_keys(facts, row["fields"]), bool(row.get("creative_commons", False))) for row in facts["licences"]
    )
    return Permissions(opt_outs, licences)


def _opt_out_rule(row: Mapping[str, Any]) -> _OptOutRule:
    patterns = (re.compile(row[key]) if key in row else None for key in ("prohibits", "allows", "mentions"))
    return _OptOutRule(row["name"], *patterns)

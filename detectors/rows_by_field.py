"""Rows of the table of rules by the field that they ask about.

Field names are compared in lower case; a field with a description of its own (`id3:COMM:notes`) is also found under its
bare name (`id3:COMM`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from lowbackground.manifests.metadata.fields import Field

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ByField(Generic[Row]):
    """Rows, each under every field that it asks about."""

    rows: Mapping[str, Sequence[Row]]

    @classmethod
    def of(cls, asked: Iterable[tuple[Iterable[str], Row]]) -> Self:
        """From rows and the keys of the fields that they ask about."""
        rows: dict[str, list[Row]] = defaultdict(list)
        for keys, row in asked:
            for key in keys:
                rows[key].append(row)
        return cls(dict(rows))

    def asking(self, field: Field) -> Iterator[Row]:
        """The rows that ask about a field."""
        key = field.key.lower()
        yield from self.rows.get(key, ())
        scheme, _, name = key.partition(":")
        bare, colon, _ = name.partition(":")
        if colon and scheme != "xmp":
            yield from self.rows.get(f"{scheme}:{bare}", ())


def field_keys(facts: Mapping[str, Any], names: str | list[str]) -> Iterator[str]:
    """Field keys in lower case, a list's name resolved, an XMP prefix replaced by its namespace.

    Raises:
        ValueError: the table has no such list, or no such prefix.
    """
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

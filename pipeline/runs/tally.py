"""Counts of what happened; adding two tallies is associative, so units may finish in any order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """Counts of one unit, or of a run.

    `read` = `kept` + `rejected` + `unreadable` + what was `skipped` by reason: the accounting identity. `notes`
    counts notes; `findings` counts `detector reason` of evidence that speaks, `broke` of checks that failed,
    `passed_over` of what a detector could not judge, `withheld` of
    records that the cascade did not show to a model; `outside_identity` records that a clock, a memory
    limit or an inexact detector decided about, for which another run may find something else.
    """

    read: int = 0
    kept: int = 0
    rejected: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    opt_outs: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    broke: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    outside_identity: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """The counts of both."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def records(self) -> int:
        """What was read and not skipped: what `--limit` counts."""
        return self.read - self.skipped.total()

    def balances(self) -> bool:
        """Whether every record that was read is accounted for."""
        return self.read == self.kept + self.rejected + self.unreadable.total() + self.skipped.total()

    def to_json(self) -> dict[str, Any]:
        """As it stands in a commit; counters with sorted keys."""
        return {
            "counts": {
                "read": self.read,
                "kept": self.kept,
                "rejected": self.rejected,
                "unreadable": self.unreadable.total(),
                "skipped": dict(sorted(self.skipped.items())),
            },
            "unreadable": dict(sorted(self.unreadable.items())),
            **{name: dict(sorted(getattr(self, name).items())) for name in _COUNTERS},
            "outside_identity": self.outside_identity,
        }

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "Tally":
        """The tally that `to_json` wrote."""
        counts = line["counts"]
        return cls(
            read=counts["read"],
            kept=counts["kept"],
            rejected=counts["rejected"],
            unreadable=Counter(line["unreadable"]),
            skipped=Counter(counts["skipped"]),
            outside_identity=line["outside_identity"],
            **{name: Counter(line.get(name, {})) for name in _COUNTERS},  # one that came later counts nothing
        )


_COUNTERS = (
    "labels",
    "rules",
    "unknown",
    "findings",
    "opt_outs",
    "rejections",
    "notes",
    "withheld",
    "broke",
    "passed_over",
)

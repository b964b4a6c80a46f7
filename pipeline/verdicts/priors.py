"""The prior: how likely a record is synthetic before any evidence about it, by media kind and month of capture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from math import log
from pathlib import Path
from typing import Any

from lowbackground.detectors.contract import MEDIA_KINDS
from lowbackground.manifests.digest import json_digest
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.yaml_files import read_yaml

STANDARD = Path(__file__).parents[1] / "policies" / "priors.yaml"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z")


@dataclass(frozen=True)
class Curve:
    """P(synthetic) of one media kind: `months` holds (months since year 0, P), ascending."""

    undated: float
    months: tuple[tuple[int, float], ...]

    def expanded(self) -> Sequence[float]:
        """P for every month from the first to the last named one, on straight lines between named ones."""
        values = []
        for (start, low), (end, high) in zip(self.months, self.months[1:], strict=False):
            values += [low + (high - low) * (month - start) / (end - start) for month in range(start, end)]
        return [*values, self.months[-1][1]]


@dataclass(frozen=True)
class Priors:
    """A table of priors; `floor` is P before the first month of a kind."""

    floor: float
    curves: Mapping[str, Curve]

    def logit(self, kind: str, captured_at: date | None) -> float:
        """ln(P / (1 - P)) for a record of this media kind, captured at this time (UTC; null: not known)."""
        if captured_at is None:
            return self._undated[kind]
        first, logits = self._by_month[kind]
        month = captured_at.year * 12 + captured_at.month - 1 - first
        if month < 0:
            return self._floor
        return logits[min(month, len(logits) - 1)]

    @cached_property
    def digest(self) -> str:
        """Changes when any prior changes."""
        return json_digest(
            {"floor": self.floor, "kinds": {k: [c.undated, *map(list, c.months)] for k, c in self.curves.items()}}
        )

    @cached_property
    def _floor(self) -> float:
        return _logit(self.floor)

    @cached_property
    def _undated(self) -> Mapping[str, float]:
        return {kind: _logit(curve.undated) for kind, curve in self.curves.items()}

    @cached_property
    def _by_month(self) -> Mapping[str, tuple[int, Sequence[float]]]:
        return {k: (c.months[0][0], [_logit(p) for p in c.expanded()]) for k, c in self.curves.items()}


def _logit(p: float) -> float:
    return log(p / (1 - p))


def prior(kind: str, captured_at: date | None) -> float:
    """The shipped prior as log-odds, in nats."""
    return _standard().logit(kind, captured_at)


@lru_cache(1)
def _standard() -> Priors:
    return load_priors("standard")


def load_priors(name_or_path: str | Path) -> Priors:
    """The shipped table (`standard`), or the one in a YAML file of the same form.

    Raises:
        ConfigError: the file cannot be read, or holds an unknown key or a wrong value; the message names both.
    """
    path = priors_path(name_or_path)
    values = _mapping(read_yaml(path), f"{path}", {"version", "floor", "kinds"})
    if values["version"] != 1:
        raise ConfigError(f"{path}: version: {values['version']!r} is not 1, the only version of this form")
    kinds = _mapping(values["kinds"], f"{path}: kinds", set(MEDIA_KINDS))
    return Priors(
        _share(values["floor"], f"{path}: floor"),
        {kind: _curve(kinds[kind], f"{path}: kinds.{kind}") for kind in MEDIA_KINDS},
    )


def priors_path(name_or_path: str | Path) -> Path:
    """The file of the shipped table, or the path itself."""
    return STANDARD if str(name_or_path) == "standard" else Path(name_or_path)


def _curve(value: Any, where: str) -> Curve:
    values = _mapping(value, where, {"undated", "months"})
    months = values["months"]
    if not isinstance(months, dict) or not months:
        raise ConfigError(f"{where}.months: must map at least one month to a share, such as 2024-12: 0.21")
    points = [(_month(month, f"{where}.months"), _share(p, f"{where}.months.{month}")) for month, p in months.items()]
    if points != sorted(points):
        raise ConfigError(f"{where}.months: must stand in the order of time")
    return Curve(_share(values["undated"], f"{where}.undated"), tuple(points))


def _mapping(value: Any, where: str, keys: set[str]) -> dict[str, Any]:
    """`value` as a mapping with exactly these keys."""
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a mapping with the keys {', '.join(sorted(keys))}")
    for problem, names in (("unknown key", set(map(str, value)) - keys), ("missing key", keys - set(map(str, value)))):
        if names:
            raise ConfigError(f"{where}: {problem} {', '.join(sorted(names))}; expected {', '.join(sorted(keys))}")
    return value


def _month(value: object, where: str) -> int:
    match = _MONTH.match(str(value))
    if not match:
        raise ConfigError(f"{where}: {str(value)[:40]!r} is not a month such as 2024-12")
    return int(match[1]) * 12 + int(match[2]) - 1


def _share(value: object, where: str) -> float:
    """A probability that has finite log-odds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ConfigError(f"{where}: must be a share above 0 and below 1, not {str(value)[:40]!r}")
    return float(value)

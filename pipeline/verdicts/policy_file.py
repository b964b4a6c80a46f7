"""Reads a policy from YAML; whatever could be a slip of the pen is an error that names file, rule and key."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lowbackground.detectors.contract import MEDIA_KINDS
from lowbackground.detectors.era import CUTOFFS
from lowbackground.detectors.evidence import Kind, Signal
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.verdicts.conditions import AllOf, AnyOf, Condition, Leaf, parse_condition
from lowbackground.pipeline.verdicts.policy import LABELS, Policy, Rule
from lowbackground.pipeline.yaml_files import read_yaml

SHIPPED = ("standard", "strict", "lenient")
MAX_RULES = 1000
_FOLDER = Path(__file__).parents[1] / "policies"
_POLICY_KEYS = ("version", "name", "cutoffs", "definitions", "rules")
_RULE_KEYS = ("name", "when", "unless", "label", "kind")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}\Z")


def load_policy(name_or_path: str | Path) -> Policy:
    """A shipped policy by its name, or your own by its path.

    Raises:
        ConfigError: the file cannot be read, has no rules, an unknown key or a wrong value, or labels human what no
            finding calls human.
    """
    path = policy_path(name_or_path)
    return parse_policy(read_yaml(path), f"policy {name_or_path}", path.stem)


def policy_path(name_or_path: str | Path) -> Path:
    """The file of a shipped policy, or the path itself.

    Raises:
        ConfigError: a word that is neither a shipped name nor a file.
    """
    shipped = str(name_or_path) in SHIPPED
    path = _FOLDER / f"{name_or_path}.yaml" if shipped else Path(name_or_path)
    if not shipped and not path.exists() and path.suffix not in {".yaml", ".yml"}:
        raise ConfigError(f"policy {str(name_or_path)!r}: no such file; shipped are {', '.join(SHIPPED)}")
    return path


def parse_policy(value: object, where: str, name: str) -> Policy:
    """A policy as YAML gives it; `where` begins every message, `name` is used where the file gives none.

    Raises:
        ConfigError: as `load_policy`.
    """
    values = _mapping(value, where, _POLICY_KEYS)
    if values.get("version") != 1:
        raise ConfigError(f"{where}: version: must be 1, the only version of this form")
    rules = values.get("rules")
    if not isinstance(rules, list) or not rules:
        raise ConfigError(f"{where}: rules: an empty policy decides nothing; give a list of at least one rule")
    if len(rules) > MAX_RULES:
        raise ConfigError(f"{where}: rules: {len(rules)} rules, more than {MAX_RULES}")
    for word, condition in _optional_mapping(values, "definitions", where).items():
        parse_condition(condition, f"{where}: definitions.{word}")
    parsed = tuple(_rule(rule, where, number) for number, rule in enumerate(rules, 1))
    names = [rule.name for rule in parsed]
    if twice := sorted({rule for rule in names if names.count(rule) > 1}):
        raise ConfigError(f"{where}: rules: {', '.join(twice)} stands twice; the name tells in the output who decided")
    return Policy(_name(values.get("name", name), f"{where}: name"), parsed, _cutoffs(values, where))


def _rule(value: object, where: str, number: int) -> Rule:
    label = str(value.get("name", number))[:80] if isinstance(value, dict) else str(number)
    where = f"{where}: rule {label}"
    values = _mapping(value, where, _RULE_KEYS)
    if missing := [key for key in ("name", "when", "label") if key not in values]:
        raise ConfigError(f"{where}: misses {', '.join(missing)}")
    if values["label"] not in LABELS:
        raise ConfigError(f"{where}: label: {str(values['label'])[:80]!r} is not one of {', '.join(LABELS)}")
    kind = values.get("kind")
    if kind is not None and kind not in tuple(Kind):
        raise ConfigError(f"{where}: kind: {str(kind)[:80]!r} is not one of {', '.join(Kind)}")
    rule = Rule(
        _name(values["name"], f"{where}: name"),
        values["label"],
        parse_condition(values["when"], f"{where}: when"),
        parse_condition(values["unless"], f"{where}: unless") if "unless" in values else None,
        None if kind is None else Kind(kind),
    )
    if rule.label == "human" and not rests_on_human(rule.when):
        raise ConfigError(
            f"{where}: when: can hold without a finding that says human, and passing checks is no evidence of "
            "humanity; add `signal: human` to each alternative"
        )
    return rule


def rests_on_human(condition: Condition) -> bool:
    """Whether the condition can hold only where a finding says human."""
    if isinstance(condition, Leaf):
        return bool(condition.get("signal") == {Signal.HUMAN})
    if isinstance(condition, AllOf):
        return any(map(rests_on_human, condition.parts))
    return isinstance(condition, AnyOf) and all(map(rests_on_human, condition.parts))


def _cutoffs(values: Mapping[str, Any], where: str) -> Mapping[str, date]:
    """The first day of the era by media kind; kinds that are left out keep the standard one."""
    given = _optional_mapping(values, "cutoffs", where)
    if unknown := sorted(str(kind)[:80] for kind in given if kind not in MEDIA_KINDS):
        raise ConfigError(
            f"{where}: cutoffs: {', '.join(unknown)} is no media kind; there are {', '.join(MEDIA_KINDS)}"
        )
    return {
        kind: _day(given[kind], f"{where}: cutoffs.{kind}") if kind in given else CUTOFFS[kind] for kind in MEDIA_KINDS
    }


def _day(value: object, where: str) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ConfigError(f"{where}: {str(value)[:40]!r} is not a day such as 2022-11-30")


def _name(value: object, where: str) -> str:
    if not isinstance(value, str) or not _NAME.match(value):
        raise ConfigError(f"{where}: {str(value)[:80]!r} must be lower-case letters, digits and '-', at most 60")
    return value


def _mapping(value: object, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a mapping with the keys {', '.join(keys)}")
    if unknown := sorted(str(key)[:80] for key in value if key not in keys):
        raise ConfigError(f"{where}: unknown key {', '.join(unknown)}; there are {', '.join(keys)}")
    return value


def _optional_mapping(values: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = values.get(key)
    if value is not None and not isinstance(value, dict):
        raise ConfigError(f"{where}: {key}: must be a mapping")
    return value or {}

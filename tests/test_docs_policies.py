"""docs/policies.md, held against the program: rules, conditions, cut-offs, reasons, caps, priors and examples."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lowbackground.detectors.evidence import Basis
from lowbackground.pipeline.cli.policies import app
from lowbackground.pipeline.verdicts.condition_values import AtLeastStrength, Choice, KnownGlobs
from lowbackground.pipeline.verdicts.conditions import KEYS
from lowbackground.pipeline.verdicts.fusion import FAMILY_CAP
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy
from lowbackground.pipeline.verdicts.priors import load_priors
from lowbackground.pipeline.verdicts.unknown import MIN_CHARS, UNKNOWN_REASONS

TEXT = (Path(__file__).parents[1] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    body = TEXT.split(f" {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", body, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|\n").split("|")] for line in lines[0].splitlines()[2:]]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_rules_stand_in_the_order_in_which_each_shipped_policy_has_them(name: str) -> None:
    rows = table("The rules that are shipped")
    policy = load_policy(name)
    assert [row[0].strip("`") for row in rows] == [rule.name for rule in policy.rules]
    for row, rule in zip(rows, policy.rules, strict=True):
        assert row[2].startswith(rule.label) or f"`{name}`: {rule.label}" in row[2]


def test_every_condition_is_described_with_what_it_is_about_and_no_other_is() -> None:
    rows = table("Conditions")
    assert [(row[0].strip("`"), row[1]) for row in rows] != []
    assert {row[0].strip("`"): row[1] for row in rows} == {name: key.about for name, key in KEYS.items()}


@pytest.mark.parametrize(
    "name", [name for name, key in KEYS.items() if isinstance(key.shape, Choice | AtLeastStrength)]
)
def test_every_value_of_a_condition_is_named(name: str) -> None:
    (row,) = (row for row in table("Conditions") if row[0] == f"`{name}`")
    shape = KEYS[name].shape
    words = set(shape.allowed) if isinstance(shape, Choice) else {"near_certain", "strong", "weak"}
    if isinstance(shape, KnownGlobs):
        words = {part for word in words for part in word.split("/")}
    assert [word for word in sorted(words) if f"`{word}`" not in row[2] + row[3]] == []


def test_the_cut_offs_are_those_of_the_presets() -> None:
    for kinds, standard, _, strict, _ in table("Cut-offs"):
        for kind in re.findall(r"`(\w+)`", kinds):
            assert load_policy("standard").cutoffs[kind].isoformat() == standard
            assert load_policy("lenient").cutoffs[kind].isoformat() == standard
            assert load_policy("strict").cutoffs[kind].isoformat() == strict
    named = {kind for row in table("Cut-offs") for kind in re.findall(r"`(\w+)`", row[0])}
    assert named == set(load_policy("standard").cutoffs)


def test_the_reasons_for_unknown_stand_in_the_order_in_which_they_apply() -> None:
    rows = table("Why a record stays unknown")
    assert [row[0].strip("`") for row in rows] == list(UNKNOWN_REASONS)
    assert f"fewer than {MIN_CHARS} characters" in TEXT


def test_the_caps_of_the_families_are_named() -> None:
    for basis in Basis:
        assert f"`{basis}` {FAMILY_CAP[basis]:g}" in TEXT


def test_the_priors_are_those_of_the_shipped_table() -> None:
    priors = load_priors("standard")
    for kind, last, undated, _ in table("How likely: prior and evidence"):
        curve = priors.curves[kind.strip("`")]
        month, p = curve.months[-1]
        assert last == f"{p:.2f} ({month // 12}-{month % 12 + 1:02d})"
        assert undated == f"{curve.undated:.2f}"
    assert f"a floor ({priors.floor})" in TEXT


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_pass_the_check_of_the_command_line(example: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(example, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert (result.exit_code, result.stdout) == (0, "")


def test_there_is_an_example() -> None:
    assert EXAMPLES

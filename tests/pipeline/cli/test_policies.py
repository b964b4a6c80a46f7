"""`lowbackground policy`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lowbackground.pipeline.cli.policies import app
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy

SHADOWED = """
version: 1
rules:
  - {name: broad, label: unknown, when: {basis: declared}}
  - {name: narrow, label: synthetic, when: {basis: declared, signal: synthetic}}
  - {name: trusting, label: human, when: {basis: known, signal: human}}
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_passes_its_check(name: str) -> None:
    result = CliRunner().invoke(app, ["check", name])
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "10 rules" in result.stderr


def test_every_problem_is_a_line_on_stdout_and_the_exit_code_is_that_of_a_gate(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SHADOWED, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 3
    first, second = result.stdout.splitlines()
    assert first.startswith(f"{path}: rule narrow: can never fire: rule broad fires first whenever {{basis: declared")
    assert second.startswith(f"{path}: rule trusting: labels human even where a check of signed, ")


def test_a_misspelt_reason_is_found(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nrules:\n  - {name: a, label: unknown, when: {reason: era.befor}}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 3
    assert "no installed detector gives a reason like era.befor" in result.stdout


def test_a_file_that_is_no_policy_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nrules: []\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert isinstance(result.exception, ConfigError)


def test_show_prints_rules_in_order_with_cut_offs_and_digest() -> None:
    result = CliRunner().invoke(app, ["show", "strict"])
    policy = load_policy("strict")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"strict  digest {policy.digest}\ncut-offs  text 2019-11-05")
    places = [
        result.stdout.index(f"{number}. {rule.name} -> {rule.label}") for number, rule in enumerate(policy.rules, 1)
    ]
    assert places == sorted(places)
    assert "3. signed-mixed -> synthetic, kind edited" in result.stdout


def test_show_without_a_name_shows_the_standard_policy() -> None:
    assert CliRunner().invoke(app, ["show"]).stdout.startswith("standard  digest ")

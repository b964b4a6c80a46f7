"""docs/trust.md says what the program does."""

import re
from pathlib import Path

import pytest

from lowbackground.manifests.trust import STANDINGS, Kind, Tier
from lowbackground.manifests.trust_import import PUBLISHED
from lowbackground.pipeline.cli.trust import app

TEXT = (Path(__file__).parents[1] / "docs" / "trust.md").read_text(encoding="utf-8")


def cells(heading: str) -> list[list[str]]:
    """The cells of the table below a heading or a line that ends like this."""
    after = TEXT.partition(heading)[2]
    lines = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|\n").split("|")] for line in lines.group().splitlines()[2:]]


def test_the_published_lists_are_those_that_are_fetched() -> None:
    said = {
        (name, kind, tier)
        for names, kinds, tier, _ in cells("`update` fetches")
        for name, kind in zip(re.findall(r"`([^`]+)`", names), re.split(r",\s*", kinds), strict=True)
    }
    assert said == {(one.name, one.kind.value, one.tier.value) for one in PUBLISHED}


def test_every_kind_and_tier_is_explained() -> None:
    assert [row[0].strip("`") for row in cells("## Kinds")] == [kind.value for kind in Kind]
    assert [row[0].split("`")[1] for row in cells("## Tiers")] == ["c2pa", "interim", "capture", "other"]
    assert {*Tier, "capture"} == set(STANDINGS)


@pytest.mark.parametrize("command", [command.name or command.callback.__name__ for command in app.registered_commands])
def test_every_command_is_named(command: str) -> None:
    assert f"lowbackground trust {command}" in TEXT


@pytest.mark.parametrize("option", ["--kind", "--tier", "--capture", "--folder", "--name"])
def test_every_option_is_named(option: str) -> None:
    assert option in TEXT

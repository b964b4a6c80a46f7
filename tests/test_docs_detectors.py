"""docs/detectors.md has a section for every built-in detector, and for no other."""

import re
from pathlib import Path

from lowbackground.detectors.registry import default_names
from lowbackground.pipeline.verdicts.policy_file import load_policy

TEXT = (Path(__file__).parents[1] / "docs" / "detectors.md").read_text(encoding="utf-8")


def test_every_built_in_detector_has_a_section() -> None:
    sections = set(re.findall(r"^## (.+)$", TEXT, re.MULTILINE)) - {"Yours"}
    assert sections == set(default_names())


def test_the_cut_offs_are_those_of_the_standard_policy() -> None:
    cutoffs = load_policy("standard").cutoffs
    for kind in ("text", "code", "picture", "video", "voice"):
        assert f"{kind} {cutoffs[kind].isoformat()}" in TEXT

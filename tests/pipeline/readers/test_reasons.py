"""The closed lists: in order, and without a slug that nothing writes."""

import ast
from pathlib import Path

import pytest

from lowbackground.pipeline.readers.reasons import NOTES, SKIPPED, UNREADABLE

PIPELINE = Path(__file__).parents[3] / "pipeline"


def strings() -> set[str]:
    """Every string constant of the pipeline but those of the lists themselves."""
    sources = [path for path in PIPELINE.rglob("*.py") if path.name != "reasons.py"]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("listed", [SKIPPED, UNREADABLE, NOTES])
def test_slugs_are_sorted_explained_and_in_use(listed: dict[str, str]) -> None:
    assert sorted(listed) == list(listed)
    assert all(words and not words.endswith(".") for words in listed.values())
    assert set(listed) <= strings()

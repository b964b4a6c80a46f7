"""Imports go one way: pipeline -> detectors -> manifests."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "manifests": {"manifests"},
    "detectors": {"detectors", "manifests"},
    "pipeline": {"pipeline", "detectors", "manifests"},
}


def imported_parts(path: Path) -> list[tuple[int, str]]:
    """Line and part of each `lowbackground.<part>` that a file imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found += [(node.lineno, name.split(".")[1]) for name in names if name.startswith("lowbackground.")]
    return found


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_imports_never_go_up(part: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for path in sorted((ROOT / part).rglob("*.py"))
        for line, target in imported_parts(path)
        if target not in MAY_IMPORT[part]
    ]
    assert not wrong

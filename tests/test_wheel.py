"""The wheel holds every module and data file of the tree, and is what runs when it should be."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import lowbackground
from lowbackground.pipeline import config

ROOT = Path(__file__).parents[1]
PARTS = ("lowbackground", "pipeline", "detectors", "manifests")
DATA = {".py", ".yaml", ".json", ".safetensors", ".typed"}


def expected() -> set[str]:
    """What the tree says the wheel should hold."""
    found = set()
    for part in PARTS:
        for path in (ROOT / part).rglob("*"):
            if path.suffix in DATA and "__pycache__" not in path.parts:
                inside = path.relative_to(ROOT).as_posix()
                found.add(inside if part == "lowbackground" else f"lowbackground/{inside}")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, tree = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("tree")
    for part in PARTS:  # a copy, because setuptools keeps what it once built beside the tree it builds
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, tree / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_what_the_tree_holds_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected()


def test_licence_notice_and_entry_points_travel_with_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name.partition(".dist-info/")[2] for name in archive.namelist()}
        (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        text = archive.read(entry_points).decode()
    assert {"licenses/LICENSE", "licenses/NOTICE"} <= inside
    assert "content_credentials = lowbackground.detectors.content_credentials:content_credentials" in text


@pytest.mark.skipif("LOWBACKGROUND_WHEEL" not in os.environ, reason="runs with make test-wheel")
def test_a_wheel_run_tests_the_wheel() -> None:
    folder = Path(os.environ["LOWBACKGROUND_WHEEL"])
    for module in (lowbackground, config):
        assert folder in Path(module.__file__ or "").parents

"""The pages that list what the program knows are what the program renders; `make docs` writes them."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
_spec = importlib.util.spec_from_file_location("render", DOCS / "render.py")
assert _spec is not None
assert _spec.loader is not None
render = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(render)


@pytest.mark.parametrize("page", sorted(render.PAGES))
def test_a_page_says_what_the_program_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == render.PAGES[page](), "make docs writes it anew"


def test_every_key_of_the_configuration_says_what_it_means() -> None:
    assert [row[0] for row in render.keys(render.Config, "") if not row[2]] == []


def test_the_architecture_names_only_files_that_exist() -> None:
    import re

    for page in ("docs/architecture.md", "CONTRIBUTING.md", "README.md"):
        text = (DOCS.parent / page).read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
        missing = [link for link in links if not ((DOCS.parent / page).parent / link).exists()]
        assert missing == [], page

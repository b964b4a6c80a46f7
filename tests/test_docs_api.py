"""What docs/api.md shows works as it stands there."""

import json
import re
from pathlib import Path

import pytest

from tests.signing import signed_tiny

PAGE = Path(__file__).parents[1] / "docs" / "api.md"


def test_the_examples_run_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "letters.jsonl").write_text(json.dumps({"id": "letter", "text": "Dear Ada."}) + "\n")
    (tmp_path / "photo.jpg").write_bytes(signed_tiny("image/jpeg"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    monkeypatch.setattr("datasets.fingerprint.generate_random_fingerprint", lambda: pytest.fail("it cannot be cached"))
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(names["kept"]) == 1  # type: ignore[arg-type]

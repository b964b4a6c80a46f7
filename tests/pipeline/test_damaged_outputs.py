"""Files of a run that were damaged since: the operator hears which, and what to do."""

import json
from pathlib import Path

import pytest

import lowbackground
from lowbackground.pipeline.errors import ConfigError

GARBAGE = ["", "garbage", "[]", "{}", "1", '{"unit": 1}', "\udc80"]


@pytest.fixture
def config(tmp_path: Path) -> lowbackground.Config:
    """A configuration whose run is done."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "letter", "text": "Dear Ada."}) + "\n")
    config = lowbackground.Config.model_validate(
        {
            "inputs": str(tmp_path / "a.jsonl"),
            "out": str(tmp_path / "out"),
            "trust_folder": str(tmp_path / "trust"),
            "workers": 1,
            "progress": "none",
        }
    )
    assert lowbackground.run(config).tally.read == 1
    return config


def test_a_damaged_commit_is_named_and_its_unit_is_done_again_without_it(config: lowbackground.Config) -> None:
    (commit,) = Path(config.out, "_run", "units").glob("*.json")
    for content in GARBAGE:
        commit.write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(ConfigError, match=rf"{commit}: is damaged.*remove the file"):
            lowbackground.run(config)
    commit.unlink()
    assert lowbackground.run(config).tally.read == 1


def test_a_damaged_account_of_the_run_is_named(config: lowbackground.Config) -> None:
    facts = Path(config.out, "_run", "run.json")
    for content in GARBAGE:
        facts.write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(ConfigError, match=rf"{facts}: is damaged"):
            lowbackground.inspect(config.out, id="letter")
        with pytest.raises(ConfigError, match=rf"{facts}: is damaged"):
            lowbackground.run(config)

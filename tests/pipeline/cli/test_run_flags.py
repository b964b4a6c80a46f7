"""Every flag reaches the configuration, and every key of the configuration is reachable from the command line."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from lowbackground.pipeline.cli.app import app
from lowbackground.pipeline.cli.run import only_detectors, with_settings
from lowbackground.pipeline.config import Config, Read, load_config
from lowbackground.pipeline.errors import ConfigError


def dry_run(*arguments: str) -> dict[str, Any]:
    """The resolved configuration that --dry-run prints on stdout."""
    result = CliRunner().invoke(app, ["run", *arguments, "--dry-run"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    resolved: dict[str, Any] = yaml.safe_load(result.stdout)
    return resolved


@pytest.fixture
def shard(tmp_path: Path) -> str:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n')
    return str(path)


@pytest.mark.parametrize(
    ("flags", "keys", "value"),
    [
        (["--policy", "strict"], ["policy"], "strict"),
        (["--keep", "human,synthetic"], ["keep"], ["human", "synthetic"]),
        (["--opt-out", "keep"], ["opt_out"], "keep"),
        (["--emit", "attributes"], ["emit"], "attributes"),
        (["--rejected", "none"], ["rejected"], "none"),
        (["--workers", "3"], ["workers"], 3),
        (["--limit", "7"], ["limit"], 7),
        (["--sample", "0.01"], ["sample"], 0.01),
        (["--redo-changed"], ["redo_changed"], True),
        (["--progress", "plain"], ["progress"], "plain"),
        (["--format", "jsonl"], ["read", "format"], "jsonl"),
        (["--archive"], ["read", "archive"], True),
        (["--no-archive"], ["read", "archive"], False),
        (["--list-prefix", "s3://b/"], ["read", "list_prefix"], "s3://b/"),
        (["--extractor", "trafilatura"], ["read", "extractor"], "trafilatura"),
        (["--keep-raw"], ["read", "keep_raw"], True),
        (["--replace-prov"], ["read", "replace_prov"], True),
        (["--text", "content"], ["read", "columns", "text"], "content"),
        (["--captured-at", "when"], ["read", "columns", "captured_at"], "when"),
        (["--captured-at", "when"], ["read", "columns", "captured_at_kind"], "captured"),
        (["--set", "read.batch_rows=64"], ["read", "batch_rows"], 64),
        (["--detectors", "era"], ["detectors", "text_credentials", "enabled"], False),
    ],
)
def test_a_flag_reaches_its_key(shard: str, tmp_path: Path, flags: list[str], keys: list[str], value: object) -> None:
    resolved: Any = dry_run(shard, "-o", str(tmp_path / "out"), *flags)
    for key in keys:
        resolved = resolved[key]
    assert resolved == value


def test_flags_override_the_file_and_leave_the_rest_of_it(shard: str, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(f"out: {tmp_path / 'out'}\npolicy: strict\nread: {{batch_rows: 3, extractor: trafilatura}}\n")
    resolved = dry_run(shard, "--config", str(file), "--policy", "lenient", "--extractor", "resiliparse")
    assert (resolved["policy"], resolved["read"]["batch_rows"], resolved["read"]["extractor"]) == (
        "lenient",
        3,
        "resiliparse",
    )


def test_what_dry_run_prints_is_a_configuration_that_resolves_to_itself(shard: str, tmp_path: Path) -> None:
    file = tmp_path / "resolved.yaml"
    resolved = dry_run(shard, "-o", str(tmp_path / "out"), "--keep", "human", "--as-of", "2026-01-01")
    file.write_text(yaml.safe_dump(resolved))
    assert dry_run("--config", str(file)) == resolved
    assert load_config(file).identity() == Config.model_validate(resolved).identity()


def test_dry_run_writes_nothing(shard: str, tmp_path: Path) -> None:
    dry_run(shard, "-o", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_every_key_can_be_set() -> None:
    values = Config().model_dump(mode="json")
    for key in Config.model_fields:
        if not isinstance(values[key], dict):
            assert with_settings(Config(), [f"{key}={yaml.safe_dump(values[key]).removesuffix('...')}"]) == Config()
    for key in Read.model_fields:
        if not isinstance(values["read"][key], dict):
            text = yaml.safe_dump(values["read"][key]).removesuffix("...")
            assert with_settings(Config(), [f"read.{key}={text}"]) == Config()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("batch", "KEY=VALUE"),
        ("read.batchrows=3", "read.batchrows: unknown key"),
        ("out.x=1", "not a section"),
        ("out=[", "not YAML"),
        ("keep=[humans]", "keep.0: Input should be 'human', 'synthetic' or 'unknown', not 'humans'"),
        ("workers=two", "workers: .*integer, not 'two'|workers: .*as an integer, not 'two'"),
        ("cascade.share=2", "cascade.share: .*, not 2"),
        ("as_of=yesterday", "as_of: .*, not 'yesterday'"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        with_settings(Config(), [setting])


def test_naming_detectors_disables_all_others() -> None:
    sections = only_detectors(Config.model_validate({"detectors": {"era": {"cutoffs": None}}}), ["era"]).detectors
    assert sections["era"] == {"cutoffs": None, "enabled": True}
    assert not any(section["enabled"] for name, section in sections.items() if name != "era")
    assert {"content_credentials", "text_credentials"} <= set(sections)

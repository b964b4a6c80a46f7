"""`lowbackground run`: shards in, labels and filtered Parquet out."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer

from lowbackground.pipeline.config import Config, load_config, validated
from lowbackground.pipeline.errors import ConfigError

if TYPE_CHECKING:
    from lowbackground.pipeline.runs.progress import Display


class OptOut(StrEnum):
    """What happens to records that ask not to be trained on."""

    REJECT = "reject"
    KEEP = "keep"


class Emit(StrEnum):
    """Which columns are written."""

    FULL = "full"
    ATTRIBUTES = "attributes"


class Rejected(StrEnum):
    """What is written about rejected records."""

    FULL = "full"
    COLUMNS = "columns"
    NONE = "none"


class InputFormat(StrEnum):
    """How inputs are read."""

    WARC = "warc"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TAR = "tar"
    FILE = "file"
    HUB = "hub"


class ProgressStyle(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    PLAIN = "plain"
    NONE = "none"


def run(
    inputs: list[str] | None = typer.Argument(
        None, metavar="INPUT...", help="Shards, folders, @lists of them, or hf://datasets/ORG/NAME.", show_default=False
    ),
    out: str | None = typer.Option(None, "-o", "--out", help="The output folder.", show_default=False),
    config: str | None = typer.Option(
        None, help="A YAML file with any of this; flags override it.", show_default=False
    ),
    policy: str | None = typer.Option(
        None, help="standard, strict, lenient, or a file.  [standard]", show_default=False
    ),
    keep: list[str] | None = typer.Option(None, help="Labels to keep.  [human,unknown]", show_default=False),
    opt_out: OptOut | None = typer.Option(
        None, help="Records that ask not to be trained on.  [reject]", show_default=False
    ),
    emit: Emit | None = typer.Option(None, help="All columns, or prov_ columns alone.  [full]", show_default=False),
    rejected: Rejected | None = typer.Option(
        None, help="What to write of rejected records.  [full]", show_default=False
    ),
    detectors: str | None = typer.Option(None, help="Run these detectors and no others: NAME,...", show_default=False),
    workers: int | None = typer.Option(None, min=1, help="Worker processes.  [one a core]", show_default=False),
    limit: int | None = typer.Option(None, min=1, help="Stop after this many records; one worker.", show_default=False),
    sample: float | None = typer.Option(
        None, help="Take this share of the records, chosen by hash.", show_default=False
    ),
    as_of: str | None = typer.Option(
        None, help="The date that counts as today (DATE or RFC 3339).  [now]", show_default=False
    ),
    format_: InputFormat | None = typer.Option(
        None, "--format", help="Read inputs as this, whatever they look like.", show_default=False
    ),
    archive: bool | None = typer.Option(
        None, "--archive/--no-archive", help="WARC-Date is (not) a capture date.", show_default=False
    ),
    list_prefix: str | None = typer.Option(None, help="Put before each line of an @list.", show_default=False),
    text: str | None = typer.Option(None, "--text", help="The column of the text.  [text]", show_default=False),
    captured_at: str | None = typer.Option(
        None, help="A column that says when somebody else captured the record.", show_default=False
    ),
    extractor: str | None = typer.Option(None, help="resiliparse or trafilatura.  [resiliparse]", show_default=False),
    keep_raw: bool | None = typer.Option(
        None, "--keep-raw", help="Write raw for text records too.", show_default=False
    ),
    replace_prov: bool | None = typer.Option(
        None, "--replace-prov", help="Drop prov_ columns of the input.", show_default=False
    ),
    redo_changed: bool | None = typer.Option(
        None, "--redo-changed", help="Filter changed inputs again.", show_default=False
    ),
    progress: ProgressStyle | None = typer.Option(None, help="auto, plain or none.  [auto]", show_default=False),
    settings: list[str] | None = typer.Option(
        None,
        "--set",
        metavar="KEY=VALUE",
        help="Any other key of the file, such as read.batch_rows=64.",
        show_default=False,
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print the resolved configuration and the plan, and stop."),
) -> None:
    """Label every record of INPUT and write kept, rejected and unreadable rows as Parquet into OUT.

    The same command again goes on where the last one stopped.
    """
    flags: dict[str, Any] = {
        "inputs": tuple(inputs) if inputs else None,
        "out": out,
        "policy": policy,
        "keep": words(keep),
        "opt_out": opt_out,
        "emit": emit,
        "rejected": rejected,
        "workers": workers,
        "limit": limit,
        "sample": sample,
        "as_of": as_of,
        "redo_changed": redo_changed,
        "progress": progress,
    }
    read_flags: dict[str, Any] = {
        "format": format_,
        "archive": archive,
        "list_prefix": list_prefix,
        "extractor": extractor,
        "keep_raw": keep_raw,
        "replace_prov": replace_prov,
    }
    columns: dict[str, Any] = {"text": text}
    if captured_at is not None:
        columns |= {"captured_at": captured_at, "captured_at_kind": "captured"}
    resolved = with_settings(load_config(config) if config else Config(), settings or [])
    resolved = with_flags(resolved, flags, read_flags, columns)
    if detectors is not None:
        resolved = only_detectors(resolved, [*(words([detectors]) or ())])
    if dry_run:
        print_plan(resolved)
        return
    from lowbackground.pipeline.runs import run as running
    from lowbackground.pipeline.runs.summary import summary

    result = running.run(resolved, display_for(resolved.progress))
    for line in summary(result):
        typer.echo(line)
    raise typer.Exit(result.exit_code)


def words(values: list[str] | None) -> tuple[str, ...] | None:
    """`a,b` and `a, b` and a flag that stands twice, all as words; null where the flag was not given."""
    return tuple(word.strip() for value in values for word in value.split(",")) if values else None


def with_settings(config: Config, settings: list[str]) -> Config:
    """The configuration with dotted keys set to values that are read as YAML.

    Raises:
        ConfigError: a setting is not KEY=VALUE, or the key or its value is wrong.
    """
    import yaml

    values: dict[str, Any] = config.model_dump()
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as read.batch_rows=64")
        *sections, last = key.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise ConfigError(f"--set {setting}: {section} is a value, not a section")
        try:
            place[last] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {setting}: the value is not YAML") from error
    return validated(Config, values, "--set") if settings else config


def with_flags(config: Config, flags: dict[str, Any], read: dict[str, Any], columns: dict[str, Any]) -> Config:
    """The configuration with every flag that was given put over what the file says."""
    values = {key: value for key, value in flags.items() if value is not None}
    given = {key: value for key, value in read.items() if value is not None}
    mapped = {key: value for key, value in columns.items() if value is not None}
    if given or mapped:
        dumped = config.read.model_dump()
        values["read"] = {**dumped, **given, "columns": {**dumped["columns"], **mapped}}
    return config.with_values(**values) if values else config


def only_detectors(config: Config, names: list[str]) -> Config:
    """The configuration with exactly these detectors enabled; their options stay."""
    from lowbackground.detectors.registry import available

    known = {found.name for found in available()} | set(config.detectors)
    sections = {
        name: {**config.detectors.get(name, {}), "enabled": name in names} for name in sorted(known | set(names))
    }
    return config.with_values(detectors=sections)


def display_for(style: str) -> "Display":
    """A live display on a terminal, plain lines elsewhere, unless one of them is asked for."""
    from lowbackground.pipeline.runs.progress import LiveDisplay, NoDisplay, PlainDisplay

    if style == "none":
        return NoDisplay()
    return LiveDisplay() if style == "auto" and sys.stderr.isatty() else PlainDisplay()


def print_plan(config: Config) -> None:
    """The resolved configuration as YAML on stdout, the plan in words on stderr."""
    from lowbackground.pipeline.runs.plan import make_plan
    from lowbackground.pipeline.runs.progress import plan_line

    planned = make_plan(config)
    typer.echo(planned.run.config.to_yaml(), nl=False)
    typer.echo(plan_line(planned), err=True)
    for unit in planned.todo:
        span = "" if unit.end < 0 else f" {unit.start}..{unit.end}"
        more = f" and {len(unit.files) - 1} more" if len(unit.files) > 1 else ""
        typer.echo(f"{unit.name} {unit.format.value} {unit.files[0].source}{more}{span}", err=True)

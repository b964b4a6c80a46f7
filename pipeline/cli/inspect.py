"""`lowbackground inspect`: why one record is labelled as it is."""

import sys
from typing import TYPE_CHECKING

import typer

from lowbackground.pipeline.config import Config, load_config
from lowbackground.pipeline.errors import ConfigError

if TYPE_CHECKING:
    from lowbackground.pipeline.explain.explanation import Explanation


def inspect(
    what: str = typer.Argument(
        metavar="WHAT", help="A file, SHARD#ID, the OUT folder of a run (with --id), or - for standard input."
    ),
    record: str | None = typer.Option(
        None, "--id", help="The prov_id of a row of OUT, or the id of a record of a shard.", show_default=False
    ),
    config: str | None = typer.Option(None, help="A YAML file, as for run.", show_default=False),
    policy: str | None = typer.Option(
        None, help="standard, strict, lenient, or a file.  [standard]", show_default=False
    ),
    as_of: str | None = typer.Option(
        None, help="The date that counts as today (DATE or RFC 3339).  [now]", show_default=False
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON, for machines."),
) -> None:
    """Explain one record: evidence, C2PA chain, log-odds, the rule that decided and the one that nearly did."""
    from lowbackground.pipeline import api
    from lowbackground.pipeline.explain.inspect_output import is_output

    if as_of is not None and is_output(what):
        raise ConfigError(
            f"{what}: --as-of judges the media anew, and a row of an output has none; name the file instead"
        )
    flags = {key: value for key, value in {"policy": policy, "as_of": as_of}.items() if value is not None}
    settings = load_config(config) if config else Config() if flags else None
    if settings is not None and flags:
        settings = settings.with_values(**flags)
    found = from_stdin(settings or Config()) if what == "-" else api.inspect(what, settings, id=record)
    if as_json:
        print_json(found)
    else:
        print_screen(found)


def from_stdin(settings: Config) -> "Explanation":
    """Explain what comes in, under the name that people know it by."""
    from lowbackground.pipeline.explain.inspection import inspect_bytes

    limit = settings.read.max_media_bytes + 1  # one more is enough to be refused
    return inspect_bytes(sys.stdin.buffer.read(limit), settings, "standard input")


def print_json(found: "Explanation") -> None:
    """One object on stdout."""
    import orjson

    typer.echo(orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def print_screen(found: "Explanation") -> None:
    """For people: in colour on a terminal, plain elsewhere."""
    if not sys.stdout.isatty():
        typer.echo(str(found))
        return
    from rich.console import Console
    from rich.text import Text

    from lowbackground.pipeline.explain.explanation_screen import lines

    console = Console(highlight=False, emoji=False, markup=False)
    for line in lines(found):
        console.print(Text.assemble(*line), soft_wrap=True)

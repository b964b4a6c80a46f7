"""`lowbackground config schema|check|defaults`."""

import typer

from lowbackground.pipeline.config import Config, load_config

app = typer.Typer(
    help="The configuration file: its schema, its defaults, and whether one is right.", no_args_is_help=True
)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    import orjson

    typer.echo(orjson.dumps(Config.model_json_schema(), option=orjson.OPT_INDENT_2).decode())


@app.command()
def defaults() -> None:
    """Print every key with its default, as YAML that `run --config` reads."""
    typer.echo(Config().to_yaml(), nl=False)


@app.command()
def check(file: str = typer.Argument(help="A YAML file.")) -> None:
    """Say whether FILE is a right configuration; exit code 2 and the wrong keys otherwise."""
    from datetime import UTC, datetime

    from lowbackground.pipeline.runs.setup import prepare

    prepare(load_config(file), datetime.now(UTC))
    typer.echo(f"{file}: ok", err=True)

"""The command line: parse, call, print, exit.

Nothing heavy is imported before a command runs: `--help` needs neither pyarrow nor datasets nor transformers.
"""

import sys

import typer

from lowbackground.pipeline.cli import (
    calibrate,
    configs,
    demo,
    detectors,
    inspect,
    policies,
    redecide,
    run,
    train,
    trust,
)
from lowbackground.pipeline.errors import LowbackgroundError
from lowbackground.pipeline.screen import shown

app = typer.Typer(
    name="lowbackground",
    help="Label every record of a corpus human, synthetic or unknown, with its reasons, and write filtered Parquet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("redecide")(redecide.redecide)
app.command("inspect")(inspect.inspect)
app.command("detectors")(detectors.detectors)
app.command("calibrate")(calibrate.calibrate)
app.add_typer(train.app, name="train")
app.add_typer(trust.app, name="trust")
app.add_typer(policies.app, name="policy")
app.add_typer(configs.app, name="config")
app.command("demo")(demo.demo)


@app.callback(invoke_without_command=True)
def top(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    """Label every record of a corpus human, synthetic or unknown, with its reasons, and write filtered Parquet."""
    if version:
        from lowbackground import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; an error that the operator can mend is one line on stderr and exit code 2."""
    try:
        app()
    except LowbackgroundError as error:
        print(f"lowbackground: {shown(error, 4000)}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # `lowbackground detectors | head`
        sys.stderr.close()
        raise SystemExit(0) from None

"""`lowbackground redecide`: another policy over what was found, without reading the input."""

import typer

from lowbackground.pipeline.cli.run import OptOut, words


def redecide(
    source: str = typer.Argument(metavar="OUT", help="The output of a run."),
    out: str = typer.Option(..., "-o", "--out", help="The new output folder."),
    policy: str | None = typer.Option(
        None, help="standard, strict, lenient, or a file.  [as before]", show_default=False
    ),
    keep: list[str] | None = typer.Option(None, help="Labels to keep.  [as before]", show_default=False),
    opt_out: OptOut | None = typer.Option(
        None, help="Records that ask not to be trained on.  [as before]", show_default=False
    ),
) -> None:
    """Decide the rows of OUT again, by another policy or other labels to keep, without reading the input."""
    from lowbackground.pipeline.runs.redecide import redecide as redecided
    from lowbackground.pipeline.runs.summary import summary

    changes: dict[str, object] = {
        "policy": policy,
        "keep": words(keep),
        "opt_out": opt_out,
    }
    result = redecided(source, out, **{key: value for key, value in changes.items() if value is not None})
    for line in summary(result):
        typer.echo(line)
    raise typer.Exit(result.exit_code)

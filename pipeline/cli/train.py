"""`lowbackground train text`: the embedded text detector, fitted on one's own labelled text."""

import typer

from lowbackground.pipeline.cli.calibrate import number_of_words
from lowbackground.pipeline.cli.run import with_flags, with_settings, words
from lowbackground.pipeline.config import Config, load_config

app = typer.Typer(help="Fit the embedded text detector on labelled text of your own.", no_args_is_help=True)


@app.callback()
def train() -> None:
    """Fit the embedded text detector on labelled text of your own."""


@app.command()
def text(
    data: list[str] = typer.Argument(metavar="DATA", help="Labelled text: anything that run reads."),
    out: str = typer.Option(..., "-o", "--out", help="The folder to write, new or empty.", show_default=False),
    text_column: str | None = typer.Option(
        None, "--text", "--text-column", help="The column of the text.  [text]", show_default=False
    ),
    label_column: str = typer.Option("label", help="The column that says who wrote a text."),
    group_column: str | None = typer.Option(
        None, help="The column that names the source of a text.  [host, else file]", show_default=False
    ),
    human: list[str] | None = typer.Option(
        None, help="Labels of people's texts.  [human, 0, false]", show_default=False
    ),
    machine: list[str] | None = typer.Option(
        None, help="Labels of machines' texts.  [machine, synthetic, ai, generated, 1, true]", show_default=False
    ),
    rate: float = typer.Option(0.001, help="False positives at the threshold; needs 2,995 human texts a stratum."),
    lengths: str = typer.Option("50,100,200,400", help="Numbers of words at which a stratum begins."),
    valid_days: int = typer.Option(365, help="Days until the calibration expires."),
    config: str | None = typer.Option(None, help="A YAML file, as for run: how to read.", show_default=False),
    limit: int | None = typer.Option(None, min=1, help="Use at most this many texts.", show_default=False),
    sample: float | None = typer.Option(None, help="Take this share of the texts, chosen by hash.", show_default=False),
    settings: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="Any other key of the file.", show_default=False
    ),
) -> None:
    """Fit ai_text on DATA, calibrate it on sources held out in turn, and write weights, calibration and card into a folder.

    A run uses the folder as `detectors: {ai_text: {weights: FOLDER}}`. Needs the extra `train`.
    """
    from lowbackground.pipeline.calibrating.calibrate_detector import Aim
    from lowbackground.pipeline.training.labelled_texts import HUMAN, MACHINE, Columns
    from lowbackground.pipeline.training.train_text import CARD, emptied_on_error, train_text
    from lowbackground.pipeline.training.training_screen import card, lines

    resolved = with_settings(load_config(config) if config else Config(), settings or [])
    resolved = with_flags(resolved, {"limit": limit, "sample": sample}, {}, {"text": text_column})
    columns = Columns(label_column, group_column, words(human) or HUMAN, words(machine) or MACHINE)
    aim = Aim(rate=rate, edges=number_of_words(lengths), valid_days=valid_days)
    trained = train_text(data, out, columns, aim, resolved, lambda line: typer.echo(line, err=True))
    with emptied_on_error(trained.folder):
        (trained.folder / CARD).write_text(card(trained), encoding="utf-8")
    for line in lines(trained):
        typer.echo(line)
    typer.echo(f"{out}: use it as `detectors: {{ai_text: {{weights: {out}}}}}`")
    raise typer.Exit(trained.exit_code)

"""`lowbackground calibrate`: a calibration for a detector that scores, out of records of known origin."""

import os
import sys
from pathlib import Path

import typer

from lowbackground.pipeline.cli.run import display_for, with_flags, with_settings
from lowbackground.pipeline.config import Config, load_config
from lowbackground.pipeline.errors import ConfigError


def calibrate(
    detector: str = typer.Argument(metavar="DETECTOR", help="A detector that gives scores, such as ai_text."),
    human: list[str] | None = typer.Argument(
        None, metavar="HUMAN_DATA", help="Human records: anything that run reads.", show_default=False
    ),
    out: str = typer.Option(..., "-o", "--out", help="The file to write.", show_default=False),
    machine: list[str] | None = typer.Option(
        None, help="Machine-made records, for likelihood ratios; may stand several times.", show_default=False
    ),
    from_era: list[str] | None = typer.Option(
        None,
        metavar="OUT",
        help="The output of a run: its rows from before the cut-off of their kind are human.",
        show_default=False,
    ),
    group_column: str | None = typer.Option(
        None, help="The column that names the source of a record.  [host, else file]", show_default=False
    ),
    rate: float = typer.Option(0.001, help="False positives at the threshold; needs 2,995 human records a stratum."),
    lengths: str = typer.Option("50,100,200,400", help="Numbers of words at which a stratum of texts begins."),
    valid_days: int = typer.Option(365, help="Days until it expires."),
    config: str | None = typer.Option(
        None, help="A YAML file, as for run: how to read, and the detector's options.", show_default=False
    ),
    text: str | None = typer.Option(None, "--text", help="The column of the text.  [text]", show_default=False),
    limit: int | None = typer.Option(
        None, min=1, help="Score at most this many human and this many machine records.", show_default=False
    ),
    sample: float | None = typer.Option(
        None, help="Take this share of the records, chosen by hash.", show_default=False
    ),
    settings: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="Any other key of the file.", show_default=False
    ),
) -> None:
    """Calibrate DETECTOR on records of known origin, and say what could not be covered.

    A run uses the file as the detector's option `calibration`.
    """
    from lowbackground.detectors.calibration.calibration import CalibrationError
    from lowbackground.detectors.calibration.calibration_file import write_calibration
    from lowbackground.pipeline.calibrating.calibrate_detector import Aim, Data, calibrate_detector
    from lowbackground.pipeline.calibrating.calibration_screen import lines

    resolved = with_settings(load_config(config) if config else Config(), settings or [])
    resolved = with_flags(resolved, {"limit": limit, "sample": sample}, {}, {"text": text})
    check_writable(out)
    data = Data(tuple(human or ()), tuple(machine or ()), tuple(from_era or ()), group_column)
    made = calibrate_detector(
        detector,
        data,
        Aim(rate=rate, edges=number_of_words(lengths), valid_days=valid_days),
        resolved,
        display_for(resolved.progress),
    )
    try:
        write_calibration(made.calibration, out)
    except CalibrationError as error:
        raise ConfigError(str(error)) from error
    for line in lines(made):
        typer.echo(line)
    typer.echo(f"{out}: {made.calibration.digest[:12]}; use it as `{section(detector, resolved, out)}`")
    raise typer.Exit(made.exit_code)


def section(detector: str, config: Config, out: str) -> str:
    """What a configuration says to use the file, with the options that it was made with: it is for no others."""
    import yaml

    own = {key: value for key, value in config.detectors.get(detector, {}).items() if key != "enabled"}
    options = yaml.safe_dump({**own, "calibration": out}, default_flow_style=True, sort_keys=False, width=sys.maxsize)
    return f"detectors: {{{detector}: {options.strip()}}}"


def number_of_words(lengths: str) -> tuple[int, ...]:
    """`50,100` as numbers.

    Raises:
        ConfigError: they are none.
    """
    try:
        return tuple(int(part) for part in lengths.split(","))
    except ValueError as error:
        raise ConfigError(f"--lengths {lengths}: expected numbers of words, such as 50,100,200,400") from error


def check_writable(out: str) -> None:
    """Refuse a file that could not be written when all the work is done, or that holds something else.

    Raises:
        ConfigError: it is no file or no calibration, or its folder is missing or may not be written to.
    """
    from lowbackground.detectors.calibration.calibration_file import is_calibration

    path = Path(out)
    if path.exists() and not path.is_file():
        raise ConfigError(f"{out}: is {'a folder' if path.is_dir() else 'no file'}; -o takes a file")
    if path.is_file() and path.stat().st_size and not is_calibration(path):
        raise ConfigError(f"{out}: is there, and is no calibration: it is not written over; name a file that is new")
    folder = path.resolve().parent  # the new file is written beside the old one, and takes its place
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise ConfigError(f"{out}: cannot be written; its folder must be there, and you must be allowed to write to it")

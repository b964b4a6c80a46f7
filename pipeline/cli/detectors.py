"""`lowbackground detectors`: what is installed, and what each finds."""

import typer


def detectors() -> None:
    """List the detectors that are installed, from which distribution, and those that failed to load."""
    from lowbackground.detectors.registry import available

    for found in available():
        words = f"failed to load: {found.error}" if found.error else found.summary
        typer.echo(f"{found.name}  ({found.distribution})  {words}")

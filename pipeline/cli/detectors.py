"""`lowbackground detectors`: what is installed, and what each finds."""

import typer


def detectors() -> None:
    """List the detectors that are installed, from which distribution, and those that failed to load."""
    from lowbackground.detectors.registry import available, default_names

    on = default_names()
    for found in available():
        words = f"failed to load: {found.error}" if found.error else found.summary
        off = "" if found.name in on or found.error else "  Off until it is configured."
        typer.echo(f"{found.name}  ({found.distribution})  {words}{off}")

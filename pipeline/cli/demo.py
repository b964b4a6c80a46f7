"""`lowbackground demo`: a small crawl made on the spot, filtered, and what came of it."""

import shlex
import shutil
import sys
from pathlib import Path

import typer


def demo(
    out: str = typer.Option("lowbackground-demo", "-o", "--out", help="The folder to build it in."),
) -> None:
    """Make a small crawl, filter it, and show what was found and why. Needs no network.

    Its pictures and texts are signed by an authority that is made on the spot and trusted in this folder only.
    """
    from lowbackground.pipeline.demo import showing
    from lowbackground.pipeline.runs.run import run
    from lowbackground.pipeline.runs.summary import summary

    folder = Path(out)
    crawl, config = showing.prepare(folder)
    typer.echo(f"A small crawl stands in {folder / showing.CRAWL}: a WARC, a JSONL, loose pictures, a WebDataset tar.")
    typer.echo(f"\n$ {_program()} run --config {_quoted(folder / showing.CONFIG)}\n")
    result = run(config)
    for line in summary(result):
        typer.echo(line)
    typer.echo("\nWhat it is, and what came of it\n")
    for line in showing.table(showing.outcomes(config.out, crawl.specimens)):
        typer.echo(line)
    typer.echo("\nWhere to look next\n")
    for line in next_steps(folder, config.out):
        typer.echo(line)
    raise typer.Exit(result.exit_code)


def next_steps(folder: Path, out: str) -> list[str]:
    """Commands that work when they are pasted."""
    from lowbackground.pipeline.demo.crawl import PAGES, PICTURES, SITE
    from lowbackground.pipeline.demo.showing import CONFIG, CRAWL
    from lowbackground.pipeline.demo.warc_file import record_id

    program, settings = _program(), f"--config {_quoted(folder / CONFIG)}"
    picture = folder / CRAWL / PICTURES / "balloon.jpg"
    kitchens = f"{folder / CRAWL / PAGES}#{record_id(f'{SITE}/2025/kitchens')}"
    files = [f"{out}/{name}/*.parquet" for name in ("kept", "rejected")]
    code = (
        f"import duckdb; print(duckdb.read_parquet({files!r}, union_by_name=True)"
        ".aggregate('prov_label, prov_rule, count(*) AS rows'))"
    )
    return [
        f"  {program} inspect {_quoted(picture)} {settings}",
        f"  {program} inspect {shlex.quote(kitchens)} {settings}",
        f"  {program} inspect {_quoted(out)} --id tampered.jpg",
        f"  {_python()} -c {_code(code)}",
        f"  {program} run YOUR.warc.gz -o OUT",
    ]


def _program() -> str:
    """How this program was started."""
    started = sys.argv[0]
    if Path(started).name == "__main__.py":
        return f"{_python()} -m lowbackground"
    return "lowbackground" if shutil.which("lowbackground") == started else _quoted(started)


def _python() -> str:
    """The interpreter that has our libraries, spelled as short as works from here."""
    here = Path(sys.executable)
    if shutil.which("python") == str(here):
        return "python"
    return _quoted(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)


def _quoted(path: Path | str) -> str:
    return shlex.quote(str(path))


def _code(code: str) -> str:
    """A program for the shell: in double quotes, which it reads better in, where nothing in it means anything there."""
    return shlex.quote(code) if set('"$`!\\\\') & set(code) else f'"{code}"'

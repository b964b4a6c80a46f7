"""`lowbackground trust update|import|show|remove`: who is believed when a signer is judged."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from lowbackground.pipeline.errors import ConfigError

if TYPE_CHECKING:
    from lowbackground.manifests.trust import TrustList

app = typer.Typer(
    help="The trust lists by which signers are judged: fetch, import, show, remove.", no_args_is_help=True
)

FOLDER = typer.Option(None, "--folder", help="Where the lists are kept; by default the user's data folder.")
KINDS = "anchors, allowed, tsa or eku; by default told by the content."
TIERS = "c2pa, interim or other: how far the list is believed."


def _folder(given: str | None) -> Path:
    from lowbackground.manifests.trust import user_folder

    return Path(given) if given else user_folder()


def _fail(error: Exception) -> NoReturn:
    raise ConfigError(str(error)) from error


@app.command()
def update(
    folder: str | None = FOLDER,
    timeout: float = typer.Option(30, "--timeout", min=1, help="Seconds to wait for each address."),
) -> None:
    """Fetch the C2PA trust lists and the frozen interim list from where they are published."""
    from lowbackground.manifests.trust import TrustError
    from lowbackground.manifests.trust_import import update as fetch

    try:
        lists = fetch(_folder(folder), today=_today(), timeout=timeout)
    except (TrustError, OSError) as error:
        _fail(error)
    _print(lists)


@app.command("import")
def import_(
    file: str = typer.Argument(
        help="PEM certificates, a C2PA trust list in JSON, SHA-256 digests of signers, or OIDs."
    ),
    name: str = typer.Option(..., "--name", help="What the list is called in the output; replaces one of that name."),
    kind: str | None = typer.Option(None, "--kind", help=KINDS),
    tier: str = typer.Option("other", "--tier", help=TIERS),
    capture: bool = typer.Option(False, "--capture", help="Let the list vouch for human capture."),
    folder: str | None = FOLDER,
) -> None:
    """Import a trust list from FILE."""
    from lowbackground.manifests.trust import Kind, Tier, TrustError
    from lowbackground.manifests.trust_import import import_list

    if kind is not None and kind not in set(Kind):
        raise ConfigError(f"--kind {kind}: expected one of {', '.join(Kind)}")
    if tier not in set(Tier):
        raise ConfigError(f"--tier {tier}: expected one of {', '.join(Tier)}")
    path = Path(file)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); give an existing file") from error
    try:
        entry = import_list(
            _folder(folder),
            content,
            name=name,
            source=path.name if path.is_file() else file,
            today=_today(),
            kind=Kind(kind) if kind else None,
            tier=Tier(tier),
            capture=capture,
        )
    except (TrustError, OSError) as error:
        _fail(error)
    _print([entry])


@app.command()
def show(folder: str | None = FOLDER) -> None:
    """Print the lists that are installed, one a line, and the digest of all together.

    Exit code 0, or 1 if the file of a list is gone or was changed.
    """
    from lowbackground.manifests.trust import TrustError, damages, folder_digest, lists_in

    place = _folder(folder)
    try:
        lists = lists_in(place)
        digest, damaged = folder_digest(place), damages(place)
    except TrustError as error:
        _fail(error)
    if not lists:
        words = "no trust list is installed; `lowbackground trust update` fetches the official ones"
        typer.echo(f"{place}: {words}", err=True)
        return
    _print(lists)
    typer.echo(f"sha256 {digest}  {place}")
    for words in damaged:
        typer.echo(words, err=True)
    if damaged:
        raise typer.Exit(1)


@app.command()
def remove(
    name: str = typer.Argument(metavar="NAME", help="The name of the list, as `trust show` has it."),
    folder: str | None = FOLDER,
) -> None:
    """Remove the list NAME: nobody is believed for its sake any more."""
    from lowbackground.manifests.trust import TrustError, remove_list

    try:
        entry = remove_list(_folder(folder), name)
    except (TrustError, OSError) as error:
        _fail(error)
    typer.echo(f"{entry.name}: removed, {entry.entries} entries", err=True)


def _today() -> date:
    return datetime.now(UTC).date()


def _print(lists: "Iterable[TrustList]") -> None:
    for one in lists:
        dated = f"issued {one.issued}" if one.issued else f"retrieved {one.retrieved}"
        believed = f"{one.tier}{' (capture)' if one.capture else ''}"
        typer.echo(
            f"{one.name}  {one.kind}  {believed}  {one.entries} entries  {dated}  sha256 {one.sha256[:16]}  {one.source}"
        )

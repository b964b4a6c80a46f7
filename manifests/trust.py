"""Trust lists: who is believed when a signer is judged, each list named, dated and digested.

A folder holds `lists.json` and one file a list. A list is of one kind:

- `anchors`: authorities whose signers are trusted (PEM);
- `allowed`: signers that are trusted by themselves (PEM, or base64 SHA-256 digests of DER, one a line);
- `tsa`: authorities whose time-stamps are trusted (PEM);
- `eku`: further extended key usages that a signer may have (dotted OIDs, one a line).
"""

import base64
import binascii
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from lowbackground.manifests.certificates import SIGNING_USAGES, Certificate, from_pem
from lowbackground.manifests.digest import json_digest

INDEX = "lists.json"
_ANEW = "remove the folder, run `lowbackground trust update`, and import lists of your own again"
_BLOCK = re.compile(rb"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")


class TrustError(ValueError):
    """A trust list or a folder of them cannot be used; the message says which and what to do."""


class Kind(StrEnum):
    """What the entries of a list are trusted for."""

    ANCHORS = "anchors"
    ALLOWED = "allowed"
    TSA = "tsa"
    EKU = "eku"


class Tier(StrEnum):
    """Who stands behind a list."""

    C2PA = "c2pa"
    INTERIM = "interim"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TrustList:
    """An entry of `lists.json`.

    `capture` lets a list that is not C2PA's vouch for human capture. `issued` is the date that the list itself
    gives, `retrieved` when it was imported; `sha256` is of the file, `entries` counts what the file holds.
    """

    name: str
    kind: Kind
    tier: Tier
    capture: bool
    issued: str | None
    retrieved: str
    source: str
    sha256: str
    entries: int

    @property
    def file(self) -> str:
        """The name of its file in the folder."""
        return f"{self.name}.{'txt' if self.kind is Kind.EKU else 'pem'}"

    @property
    def title(self) -> str:
        """Name and digest, as rows record it."""
        return f"{self.name} {self.sha256[:12]}"

    @property
    def standing(self) -> str:
        """`c2pa`, `capture`, `interim` or `other`: the `trust_tier` of what it vouches for."""
        return "capture" if self.capture and self.tier is not Tier.C2PA else self.tier.value


@dataclass(frozen=True, slots=True)
class Voucher:
    """A list that vouches for signers: by an authority above them, or by name. `title`: its name and digest, for people."""

    title: str
    standing: str
    anchors: frozenset[Certificate]
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trust:
    """All lists of a folder, ready for use; `vouchers` in the order in which they are asked."""

    vouchers: tuple[Voucher, ...] = ()
    time_stampers: frozenset[Certificate] = frozenset()
    usages: frozenset[str] = SIGNING_USAGES
    digest: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nobody who vouches for a signer."""
        return not self.vouchers


STANDINGS = ("c2pa", "capture", "interim", "other")  # who is asked first, and who counts most


def user_folder() -> Path:
    """Where `lowbackground trust` keeps the lists of this user: the XDG data folder."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "lowbackground" / "trust"


def lists_in(folder: Path) -> tuple[TrustList, ...]:
    """The lists of a folder by name; none where there is no folder.

    Raises:
        TrustError: `lists.json` is not what `write_index` wrote.
    """
    index = folder / INDEX
    if not index.is_file():
        return ()
    try:
        entries: list[dict[str, Any]] = json.loads(index.read_text("utf-8"))["lists"]
        found = [TrustList(**{**entry, "kind": Kind(entry["kind"]), "tier": Tier(entry["tier"])}) for entry in entries]
    except OSError as error:
        raise TrustError(f"{index}: cannot be read ({error.strerror}); make it readable") from error
    except json.JSONDecodeError as error:
        raise TrustError(f"{index}: is no JSON ({error}); {_ANEW}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TrustError(f"{index}: is JSON, but no index of trust lists; {_ANEW}") from error
    if any(not isinstance(entry.name, str) or not NAME.match(entry.name) for entry in found):
        raise TrustError(f"{index}: holds a name that is no list name; {_ANEW}")
    return tuple(sorted(found, key=lambda entry: entry.name))


def write_index(folder: Path, lists: Iterable[TrustList]) -> None:
    """Write `lists.json` so that a reader sees the old or the new one, never a part."""
    folder.mkdir(parents=True, exist_ok=True)
    body = json.dumps(
        {"version": 1, "lists": [asdict(entry) for entry in sorted(lists, key=lambda one: one.name)]}, indent=1
    )
    part = folder / f"{INDEX}.part"
    part.write_text(body + "\n", "utf-8")
    part.replace(folder / INDEX)


def remove_list(folder: Path, name: str) -> TrustList:
    """Take a list out of a folder, also one whose file is gone.

    Raises:
        TrustError: there is no list of that name, or the folder is damaged.
    """
    lists = lists_in(folder)
    entry = next((one for one in lists if one.name == name), None)
    if entry is None:
        there = ", ".join(one.name for one in lists) or "none"
        raise TrustError(f"{folder}: holds no list {name!r}; there are {there}")
    write_index(folder, [one for one in lists if one is not entry])  # first: a file without an entry is nobody's
    (folder / entry.file).unlink(missing_ok=True)
    return entry


def damages(folder: Path) -> tuple[str, ...]:
    """What is wrong with the files of a folder's lists, one sentence each.

    Raises:
        TrustError: `lists.json` is not what `write_index` wrote.
    """
    found = []
    for entry in lists_in(folder):
        try:
            _content(folder, entry)
        except TrustError as error:
            found.append(str(error))
    return tuple(found)


def folder_digest(folder: Path | None) -> str:
    """Changes when what a folder's lists say, or how far they are believed, does; not when they were retrieved."""
    entries = lists_in(folder) if folder else ()
    return json_digest([[one.name, one.kind, one.tier, one.capture, one.sha256] for one in entries])


def copy_lists(source: Path, target: Path) -> tuple[TrustList, ...]:
    """Copy the lists of one folder into another, such as that of a run, which then stands by itself.

    Raises:
        TrustError: the source is damaged.
    """
    entries = lists_in(source)
    target.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        _content(source, entry)
        shutil.copyfile(source / entry.file, target / entry.file)
    write_index(target, entries)
    return entries


def _content(folder: Path, entry: TrustList) -> bytes:
    path = folder / entry.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrustError(
            f"{path}: cannot be read ({error.strerror}); import the list {entry.name} again, or remove it"
        ) from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise TrustError(f"{path}: is not the file that was imported as {entry.name}; import it again, or remove it")
    return content


def allowed_digests(text: bytes) -> frozenset[str]:
    """The SHA-256 digests, in hex, of the signers of an `allowed` list: its certificates, and its lines of base64."""
    outside = _BLOCK.sub(b"\n", text)
    named = (_digest_line(line.strip()) for line in outside.splitlines())
    return frozenset(one.sha256 for one in from_pem(text)[0]) | frozenset(digest for digest in named if digest)


def _digest_line(line: bytes) -> str | None:
    if len(line) != 44 or not line.endswith(b"="):  # 32 bytes in base64
        return None
    try:
        return base64.b64decode(line, validate=True).hex()
    except binascii.Error:
        return None


def load_trust(folder: Path | None) -> Trust:
    """All lists of a folder; empty where there is none.

    Raises:
        TrustError: a list is missing or is not the one that was imported.
    """
    return _load(folder, folder_digest(folder)) if folder else Trust()


@lru_cache(maxsize=8)
def _load(folder: Path, digest: str) -> Trust:
    entries = lists_in(folder)
    vouchers: list[Voucher] = []
    time_stampers: set[Certificate] = set()
    usages = set(SIGNING_USAGES)
    for entry in entries:
        content = _content(folder, entry)
        if entry.kind is Kind.EKU:
            usages |= set(content.decode("ascii").split())
        elif entry.kind is Kind.ALLOWED:
            vouchers.append(Voucher(entry.title, entry.standing, frozenset(), allowed_digests(content)))
        else:
            found = frozenset(from_pem(content)[0])
            time_stampers |= found  # the interim list holds time-stamping authorities among its anchors
            if entry.kind is Kind.ANCHORS:
                vouchers.append(Voucher(entry.title, entry.standing, found, frozenset()))
    vouchers.sort(key=lambda one: (STANDINGS.index(one.standing), one.title))
    return Trust(tuple(vouchers), frozenset(time_stampers), frozenset(usages), digest)

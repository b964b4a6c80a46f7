"""Hosts that serve what generators made: the dated list that is shipped, and what an operator adds to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml

from lowbackground.detectors.evidence import Strength

MAX_URL = 4096
MIN_HOST = 4  # letters: "t.co"; also the shortest needle of a search
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z][a-z0-9-]{0,62}\Z")
_URL = re.compile(rb"""https?://[^\s"'<>()\[\]\\]{1,2000}""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GeneratorHost:
    """A host, and the beginning of the paths on it, behind which `makes` (picture, sound, video, text) comes from `name`."""

    host: str
    path: str
    makes: str
    name: str
    strength: Strength


@dataclass(frozen=True, slots=True)
class GeneratorHosts:
    """A list of hosts, for each the bytes without which no address is on it, and the day of the shipped list."""

    hosts: tuple[GeneratorHost, ...]
    needles: tuple[bytes, ...]
    as_of: str

    def of(self, url: str) -> GeneratorHost | None:
        """The entry for a URL; null where it is on none of the hosts, or is no URL."""
        try:
            parts = urlsplit(url[:MAX_URL].strip())
            host = (parts.hostname or "").lower().rstrip(".")
        except ValueError:  # brackets that close nowhere
            return None
        for entry in self.hosts:
            if (host == entry.host or host.endswith("." + entry.host)) and parts.path.startswith(entry.path):
                return entry
        return None


@lru_cache(maxsize=8)
def generator_hosts(added: tuple[str, ...] = ()) -> GeneratorHosts:
    """The shipped list and the hosts that are added, as `example.org` or `example.org/path`.

    Raises:
        ValueError: one of them is not written so.
    """
    facts: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("generator_hosts.yaml").read_text("utf-8"))
    shipped = [
        GeneratorHost(
            entry["host"],
            entry.get("path", "/"),
            entry["makes"],
            entry["name"],
            Strength(entry.get("strength", "strong")),
        )
        for entry in facts["hosts"]
    ]
    entries = (*shipped, *map(_added, added))
    return GeneratorHosts(
        entries, tuple((entry.host + entry.path.rstrip("/")).encode() for entry in entries), str(facts["as_of"])
    )


def _added(written: str) -> GeneratorHost:
    host, slash, path = written.strip().partition("/")
    if not _HOST.match(host.lower()) or len(host) < MIN_HOST:
        raise ValueError(f"hosts: {written!r} is no host; write it as images.example.org or images.example.org/made/")
    return GeneratorHost(host.lower(), slash + path or "/", "picture", host.lower(), Strength.STRONG)


def urls_at(text: bytes, places: Sequence[int]) -> list[tuple[int, str]]:
    """The URLs of a text around which one of the places stands, with where they begin."""
    found: dict[int, str] = {}
    for place in places:
        start = text.rfind(b"http", max(0, place - 200), place)
        match = _URL.match(text, start) if start >= 0 else None
        if match and match.end() > place:
            found[start] = match[0].decode(errors="replace")
    return sorted(found.items())

"""Finds input files in a store that fsspec opens: object stores, web servers, the hub."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from glob import has_magic
from typing import Any

from lowbackground.manifests.digest import json_digest
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.found import Found, PassedOver
from lowbackground.pipeline.inputs.locations import filesystem, redacted, scheme_of
from lowbackground.pipeline.units import InputFile

# What stores call the mark that changes with the content, the strongest first; a time is better than nothing.
_MARKS = ("ETag", "etag", "blob_id", "md5Hash", "Content-MD5", "LastModified", "last_modified", "mtime", "created")


_GONE = (404, 410)  # RFC 9110, 15.5: Not Found, Gone


@dataclass(frozen=True, slots=True)
class _Listing:
    """Facts by path in the store; `folder` is the path that was listed, null where files were named."""

    files: Mapping[str, Mapping[str, Any]]
    folder: str | None = None


def stored_inputs(typed: str) -> Iterator[Found | PassedOver]:
    """The files of a URL, a pattern, or a folder with everything below it; files of the hub at the commit of now.

    Raises:
        ConfigError: nothing is there, or the store refuses.
    """
    shown = redacted(typed)
    url = typed
    if scheme_of(typed) == "hf":
        from lowbackground.pipeline.readers.data_sets import pinned

        url = pinned(typed)
    store, path = filesystem(url)
    try:
        listing = _list(store, path, typed)
    except FileNotFoundError as error:
        raise ConfigError(f"{shown}: {_why_not_found(error)}") from error
    except Exception as error:  # stores raise what they like
        words = str(error)[:300] or type(error).__name__
        raise ConfigError(f"{shown}: the store gave an error ({words}); check access and spelling") from error
    if not listing.files:
        raise ConfigError(f"{shown}: the pattern or folder holds no file")
    if list(listing.files) == [path] and listing.folder is None:
        yield _found(url, shown, shown, listing.files[path])
    elif listing.folder is None:
        for name, facts in _in_order(listing):
            uri = store.unstrip_protocol(name)
            source = _unpinned(redacted(uri), url, typed) if url != typed else redacted(uri)
            yield _found(uri, source, source, facts)
    else:
        siblings = frozenset(store.unstrip_protocol(name) for name in listing.files)
        for name, facts in _in_order(listing):
            below = name.removeprefix(listing.folder).lstrip("/")
            if any(part.startswith(".") for part in below.split("/")):
                yield PassedOver("hidden-file")
            else:
                yield _found(store.unstrip_protocol(name), f"{shown.rstrip('/')}/{below}", below, facts, siblings)


def _why_not_found(error: FileNotFoundError) -> str:
    """Fsspec says of a web server that does not answer, or refuses, that there is no such file."""
    cause = error.__cause__
    status = getattr(cause, "status", None)
    if isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError):  # aiohttp's errors of connections are
        return f"cannot be reached ({str(cause)[:200]}); check the address and the network"
    if status is not None and status not in _GONE:
        return f"the server refused it with status {status}; check access and address, or try again later"
    return "there is no such file; check host or bucket, and the path"


def _unpinned(source: str, url: str, typed: str) -> str:
    """A URL of the hub with the revision that was typed, if any, instead of the commit that it was pinned to."""
    commit, named = (place.partition("@")[2].partition("/")[0] for place in (url, typed))
    return source.replace(f"@{commit}", f"@{named}" if named else "", 1)


def _list(store: Any, path: str, typed: str) -> _Listing:
    if has_magic(path) and scheme_of(typed) not in {"http", "https"}:  # there a question mark starts a query
        found = store.glob(path, detail=True)
        return _Listing({name: facts for name, facts in found.items() if facts.get("type") != "directory"})
    facts = store.info(path)
    if facts.get("type") != "directory":
        return _Listing({path: facts})
    return _Listing(store.find(path, detail=True), facts["name"].rstrip("/"))


def _in_order(listing: _Listing) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(listing.files.items(), key=lambda item: item[0].split("/"))


def _found(uri: str, source: str, id_: str, facts: Mapping[str, Any], siblings: frozenset[str] | None = None) -> Found:
    size = int(facts.get("size") or 0)  # a web server may not say
    mark = next((facts[name] for name in _MARKS if facts.get(name)), None)
    stamp = mark.timestamp() if isinstance(mark, datetime) else mark
    file = InputFile(uri, source, size, fingerprint=f"{size}-{json_digest(str(stamp))[:32]}", id=id_)
    return Found(file, uri, siblings, unsized=facts.get("size") is None)

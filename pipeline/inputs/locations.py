"""Where inputs lie: local paths and URLs of the stores that fsspec opens, by an allow-list of schemes.

A location is kept as the user typed it; what is opened may be spelled otherwise (a path that is no UTF-8 becomes a
file:// URL), and what is shown never holds user info or a signature.
"""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote_to_bytes, urlsplit

from lowbackground.pipeline.errors import ConfigError

SCHEMES = ("file", "gs", "hf", "http", "https", "memory", "s3")
_BUFFER = 1 << 16  # bytes; what lies below has a larger read-ahead of its own
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NEEDS = {
    "gs": "pip install 'lowbackground[gcs]'",
    "http": "pip install 'fsspec[http]'",
    "https": "pip install 'fsspec[http]'",
    "s3": "pip install 'lowbackground[s3]'",
}
# Query keys that carry a right of access. The first two groups mean something only beside the key that names them.
_SIGNED_WITH = {
    "signature": frozenset(
        ("awsaccesskeyid", "expires", "googleaccessid", "key-pair-id", "policy", "signature")
    ),  # AWS and GCS V2, CloudFront
    "sig": frozenset(
        ("se", "sig", "ske", "skoid", "sks", "skt", "sktid", "skv", "sp", "spr", "sr", "st", "sv")
    ),  # Azure SAS
}
_SECRETS = frozenset(("access_token", "api_key", "apikey", "auth", "password", "secret", "token"))
_SECRET_PREFIXES = ("x-amz-", "x-goog-")  # AWS and GCS Signature V4


def scheme_of(location: str) -> str | None:
    """`s3` for `s3://bucket/key`; null for a local path."""
    match = _SCHEME.match(location)
    return match[1].lower() if match else None


def is_local(location: str) -> bool:
    """Whether the location is a path of this machine."""
    return scheme_of(location) in {None, "file"}


def redacted(location: str) -> str:
    """The location as it may be shown and stored: without user info, query signatures and fragment.

    A local path is shown as it is, bytes that are no UTF-8 escaped.
    """
    if scheme_of(location) is None:
        return os.fsencode(location).decode("utf-8", "backslashreplace")
    parts = urlsplit(location)
    query = _public(parts.query)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{'?' if query else ''}{query}"


def _public(query: str) -> str:
    """The parts of a query that give no access, spelled as they were."""
    parts = {part: part.partition("=")[0].lower() for part in query.split("&")}
    secret = _SECRETS.union(*(group for sign, group in _SIGNED_WITH.items() if sign in parts.values()))
    return "&".join(part for part, key in parts.items() if key not in secret and not key.startswith(_SECRET_PREFIXES))


def checked(location: str) -> str:
    """The location itself.

    Raises:
        ConfigError: its scheme is none of `SCHEMES`.
    """
    scheme = scheme_of(location)
    if scheme is not None and scheme not in SCHEMES:
        raise ConfigError(
            f"{redacted(location)}: URLs of the scheme {scheme!r} are not read; use one of {', '.join(SCHEMES)}"
        )
    return location


def local_path(location: str) -> str:
    """The path of a local location; a file:// URL is percent-decoded as RFC 8089 has it.

    Raises:
        ConfigError: a file:// URL names another machine.
    """
    if scheme_of(location) is None:
        return location
    parts = urlsplit(location)
    if parts.netloc not in {"", "localhost"}:
        raise ConfigError(f"{location}: names the machine {parts.netloc!r}; write file:///path with three slashes")
    return os.fsdecode(unquote_to_bytes(parts.path))


def openable(path: str) -> str:
    """The path itself, or a file:// URL where it holds bytes that are no UTF-8, which a plan could not store."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return Path(path).absolute().as_uri()
    return path


def filesystem(location: str) -> tuple[Any, str]:
    """The fsspec file system of a location, and the location's path in it.

    Chained URLs (`zip://...::s3://...`) are taken literally, so that an allowed scheme cannot carry another one.

    Raises:
        ConfigError: the scheme is not allowed, or what reads it is not installed.
    """
    import fsspec

    scheme = scheme_of(checked(location)) or "file"
    try:
        found = fsspec.filesystem(scheme)
    except ImportError as error:
        hint = _NEEDS.get(scheme, "install it")
        raise ConfigError(f"{redacted(location)}: reading {scheme}:// needs another package: {hint}") from error
    path = local_path(location) if scheme == "file" else cast(str, found._strip_protocol(location))  # noqa: SLF001 (fsspec's own way for subclasses and callers alike; url_to_fs would follow chains)
    return found, path


def open_binary(location: str, read_ahead: int | None = None) -> BinaryIO:
    """The bytes of a file, to be closed by the caller; seekable wherever the store allows ranges.

    A store is asked for `read_ahead` bytes at a time; null is what suits it for reading all of a file.

    Raises:
        OSError: it is not there, or may not be read; reading raises nothing else either, whatever the store raises.
        ConfigError: see `filesystem`.
    """
    if is_local(location):
        return Path(local_path(location)).open("rb")
    store, path = filesystem(location)
    opened = _as_os_error(lambda: store.open(path, "rb", **({"block_size": read_ahead} if read_ahead else {})))
    return io.BufferedReader(_Stored(opened), _BUFFER)


class _Stored(io.RawIOBase):
    """A file of a store, whose errors are those of files: stores raise what their transport raises."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(_as_os_error(self._file.seekable))

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(_as_os_error(self._file.seek, offset, whence))

    def tell(self) -> int:
        return int(_as_os_error(self._file.tell))

    def readinto(self, buffer: Any, /) -> int:
        data = _as_os_error(self._file.read, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _as_os_error(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}"[:300]) from error


def has_file(location: str) -> bool:
    """Whether there is a file; where a store gives an error, there is none to be had."""
    try:
        if is_local(location):
            return Path(local_path(location)).is_file()
        found, path = filesystem(location)
        return bool(found.isfile(path))
    except Exception:  # as above, and with an error there is no file to be had
        return False

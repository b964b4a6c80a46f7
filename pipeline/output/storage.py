"""The output folder, local or on any store that fsspec opens: files appear whole under their final name, or not."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import fsspec

from lowbackground.pipeline.errors import ConfigError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CLOSED = (PermissionError, NotADirectoryError, FileExistsError)  # by type, as those of stores have no number


def refusal(root: str, error: OSError, *, goes_on: bool = True) -> ConfigError | None:
    """What to say and do where an error is that the folder `root` takes nothing; null where it is another error.

    `goes_on`: the same command goes on where it stopped, and does not begin anew.
    """
    if error.errno in _FULL:
        kept = ": what is done stays done" if goes_on else ""
        return ConfigError(f"{root}: {error.strerror}; make room there, and give the same command again{kept}")
    if isinstance(error, _CLOSED) or error.errno == errno.EROFS:
        return ConfigError(f"{root}: cannot write there ({error}); give -o a folder that you may write")
    return None


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder: `root` is a path or an fsspec URL."""

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the folder is on this machine, where a lock and an atomic rename are to be had."""
        return "://" not in self.root or self.root.startswith("file://")

    def _filesystem(self) -> tuple[Any, str]:
        filesystem, path = fsspec.core.url_to_fs(self.root)
        return filesystem, path.rstrip("/")

    def local(self, name: str = "") -> Path:
        """The path of a file of a local folder."""
        return Path(self.root.removeprefix("file://")) / name

    def exists(self, name: str) -> bool:
        """Whether a file or folder is there."""
        filesystem, path = self._filesystem()
        return bool(filesystem.exists(f"{path}/{name}"))

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        filesystem, path = self._filesystem()
        data: bytes = filesystem.cat_file(f"{path}/{name}")
        return data

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, sorted; none where there is no such folder."""
        return [name for name, _ in self.sizes(folder)]

    def sizes(self, folder: str) -> list[tuple[str, int]]:
        """Names and sizes of the files in a folder, sorted; none where there is no such folder."""
        filesystem, path = self._filesystem()
        try:
            found = filesystem.ls(f"{path}/{folder}", detail=True, refresh=True)
        except FileNotFoundError:
            return []
        return sorted((entry["name"].rstrip("/").rpartition("/")[2], entry["size"] or 0) for entry in found)

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is as good as removed."""
        filesystem, path = self._filesystem()
        try:
            filesystem.rm_file(f"{path}/{name}")
        except FileNotFoundError:
            return

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write that appears under `name` when the block ends without an error, and never in part.

        Raises:
            ConfigError: the folder cannot be written.
        """
        filesystem, path = self._filesystem()
        target = f"{path}/{name}"
        folder, _, base = target.rpartition("/")
        temporary = f"{folder}/.tmp-{base}"
        try:
            filesystem.makedirs(folder, exist_ok=True)
            file = filesystem.open(temporary, "wb")
        except OSError as error:
            if (refused := refusal(self.root, error)) is not None:
                raise refused from error
            raise
        try:
            with file:
                yield file
                file.flush()
                if self.is_local:
                    os.fsync(file.fileno())
        except BaseException:
            self.remove(f"{name.rpartition('/')[0]}/.tmp-{base}" if "/" in name else f".tmp-{base}")
            raise
        if self.is_local:
            os.replace(temporary, target)  # noqa: PTH105 - the paths are fsspec's strings
        else:
            filesystem.mv(temporary, target)

    def write(self, name: str, data: bytes, *, private: bool = False) -> None:
        """Write a whole file at once; a `private` one of a local folder is for its owner alone.

        Raises:
            ConfigError: the folder cannot be written, or has no room left.
        """
        try:
            with self.create(name) as file:
                if private and self.is_local:
                    os.fchmod(file.fileno(), 0o600)
                file.write(data)
        except OSError as error:
            if (refused := refusal(self.root, error)) is not None:
                raise refused from error
            raise

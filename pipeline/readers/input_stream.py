"""The bytes of an input file, so that a failure of the storage is never taken for damage in the bytes.

Damage is written down for good. A connection that broke, or a file that was moved away, has to leave nothing behind, so
that the same command reads the unit another time.
"""

import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from lowbackground.pipeline.errors import StorageError
from lowbackground.pipeline.inputs.locations import open_binary
from lowbackground.pipeline.units import InputFile


def open_input(file: InputFile) -> BinaryIO:
    """The bytes of an input, to be closed by the caller; seekable wherever the store allows ranges.

    Raises:
        StorageError: it cannot be opened; reading from what is returned raises the same where the storage fails. It is
            no OSError, because libraries raise those about damage.
        ConfigError: see `locations.filesystem`.
    """
    try:
        stream = open_binary(file.uri)
    except OSError as error:
        raise storage_error(file, "cannot be opened", error) from error
    return cast(BinaryIO, _Input(stream, file))


def storage_error(file: InputFile, what: str, error: BaseException) -> StorageError:
    """The error that says what the storage of an input did not give."""
    words = (error.strerror if isinstance(error, OSError) else None) or " ".join(str(error).split())
    return StorageError(f"{file.source}: {what} ({words[:300] or type(error).__name__})")


class _Input(io.RawIOBase):
    """An open input whose own errors are StorageError."""

    def __init__(self, stream: BinaryIO, file: InputFile) -> None:
        self._stream, self._file = stream, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._asked(self._stream.seekable))

    def read(self, size: int | None = -1, /) -> bytes:
        return cast(bytes, self._asked(self._stream.read, size))

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._asked(self._stream.seek, offset, whence))

    def tell(self) -> int:
        return int(self._asked(self._stream.tell))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def _asked(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except OSError as error:
            raise storage_error(self._file, "reading failed", error) from error

"""Tells damage in a WARC file from a storage that fails: FastWARC raises OSError for both, and panics now and then."""

from lowbackground.pipeline.panics import is_panic


class FormatError(Exception):
    """What is stored here cannot be read; nothing is wrong with the storage."""


class FormatErrors:
    """A context that tells what FastWARC cannot read from what the storage cannot give.

    Raises:
        FormatError: in place of FastWARC's complaints, which are bare OSErrors without a number, and of its panics.
    """

    def __enter__(self) -> None:
        """Nothing to set up; a class, because a generator would cost more than what it guards."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Translate the error."""
        if kind is OSError and isinstance(error, OSError) and error.errno is None:
            raise FormatError(str(error)[:200]) from error
        if error is not None and is_panic(error):
            raise FormatError(f"the reader gave up: {error}"[:200]) from error

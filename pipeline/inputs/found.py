"""What looking for inputs finds, before its format is told."""

from dataclasses import dataclass

from lowbackground.pipeline.units import Format, InputFile


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read.

    `identity` is the same for every spelling of its place. `siblings` are the uris of its folder, null where that was
    not listed. `format` is null where the content has to tell. `unsized`: the store does not say how large it is.
    """

    file: InputFile
    identity: str
    siblings: frozenset[str] | None = None
    format: Format | None = None
    unsized: bool = False


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something that was named or found and is no file to read; `reason` is one of `readers.reasons.SKIPPED`."""

    reason: str

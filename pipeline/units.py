"""A unit is what is read, retried, committed and resumed as a whole: a file, a slice of one, or a group of small ones.

Its identity comes from the input and never from an engine: the same input gives the same units for any number of
workers.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lowbackground.manifests.digest import json_digest


class Format(StrEnum):
    """How the bytes of an input file are read."""

    WARC = "warc"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TAR = "tar"
    FILE = "file"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of the input.

    `uri` is what is opened (path or fsspec URL); `source` is what the user typed, joined with the path below it,
    without user info and query signatures: it is written to the output. `fingerprint` changes when the content does
    (size and mtime, or the ETag of a store). `sidecar` is the uri of a C2PA sidecar that belongs to a loose file.
    """

    uri: str
    source: str
    size: int
    fingerprint: str
    sidecar: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A run of rows of the input.

    `start` and `end` bound the places where a record of this unit may begin: bytes of the compressed file for
    WARC, bytes for JSONL and tar, row groups for Parquet and hub; (0, -1) is all of it. A group has several `files`.
    """

    name: str
    format: Format
    files: tuple[InputFile, ...]
    start: int = 0
    end: int = -1

    @property
    def fingerprint(self) -> str:
        """Changes when any input of the unit changes."""
        return json_digest([[file.source, file.fingerprint] for file in self.files])

    @property
    def size(self) -> int:
        """About how many bytes of the input, as stored, belong to the unit; at least 1."""
        whole = sum(file.size for file in self.files)
        if self.end < 0 or self.format in {Format.PARQUET, Format.HUB}:  # their ends count row groups
            return max(whole, 1)
        return max(self.end - self.start, 1)

    def to_json(self) -> dict[str, Any]:
        """A line of `_run/plan.jsonl`."""
        return {
            "name": self.name,
            "format": self.format.value,
            "files": [
                {
                    "uri": file.uri,
                    "source": file.source,
                    "size": file.size,
                    "fingerprint": file.fingerprint,
                    "sidecar": file.sidecar,
                    "id": file.id,
                }
                for file in self.files
            ],
            "start": self.start,
            "end": self.end,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> "Unit":
        """The unit that `to_json` wrote."""
        return cls(
            name=line["name"],
            format=Format(line["format"]),
            files=tuple(InputFile(**file) for file in line["files"]),
            start=line["start"],
            end=line["end"],
        )

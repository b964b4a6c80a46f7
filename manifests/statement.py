"""The statement of a run: which files it left, and what they were made from, in the form of an in-toto statement.

- Subjects are the output files, each with its SHA-256; the predicate holds everything that can change them.
- Plain values in, JSON out, no clock: equal runs give equal bytes, in whatever order things were handed over.
- in-toto Attestation Framework, Statement v1: any tool that reads such statements reads this one, and can sign it.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import orjson

from lowbackground.manifests.digest import canonical_json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"  # in-toto/attestation, spec/v1/statement.md
PREDICATE_TYPE = "urn:lowbackground:run:v1"  # changes when a field changes its meaning
OWN_FOLDER = "_run"  # of a run's own records: files in it count only where a subject stands beside them

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class StatementError(ValueError):
    """A document is no statement of a run; the message says what was expected and found."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a folder is not what its statement says; digests are SHA-256 in hex, null where there is none."""

    kind: Literal["extra", "missing", "mismatching"]
    name: str
    expected: str | None = None
    found: str | None = None


def statement(
    *,
    subjects: Mapping[str, str],
    inputs: Sequence[Mapping[str, Any]],
    configuration: Mapping[str, Any],
    detectors: Sequence[Mapping[str, Any]],
    trust: Sequence[Mapping[str, Any]],
    counts: Mapping[str, Any],
) -> dict[str, Any]:
    """The statement of a run, as plain JSON values.

    `subjects` maps each output file, by its path below the output folder, to its SHA-256 in hex. `inputs` (with
    fingerprints), `detectors` (with versions) and `trust` (lists with digests) are put into one order; `configuration`
    and `counts` stand as they are.

    Raises:
        StatementError: a subject's path leaves the folder, or its digest is none.
        TypeError: a value has no form in JSON.
    """
    document = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(subjects.items())],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "inputs": sorted(inputs, key=canonical_json),
            "configuration": configuration,
            "detectors": sorted(detectors, key=canonical_json),
            "trust": sorted(trust, key=canonical_json),
            "counts": counts,
        },
    }
    plain: dict[str, Any] = orjson.loads(canonical_json(document))  # enums and tuples become what a reader will see
    _subjects(plain)
    return plain


def verify(statement: Mapping[str, Any], folder: Path) -> list[Difference]:
    """How a folder differs from its statement, by name: files that are extra, missing or other than stated.

    All files count but those of the run's own folder that stand beside no subject (plan, commits, log).

    Raises:
        StatementError: this is no statement of a run, or it names files outside the folder.
        OSError: a file cannot be read.
    """
    stated = _subjects(statement)
    present = set(_files(folder, {str(PurePosixPath(name).parent) for name in stated}))
    differences = [Difference("extra", name, None, _sha256(folder / name)) for name in present - stated.keys()]
    for name, expected in stated.items():
        if name not in present:
            differences.append(Difference("missing", name, expected))
        elif (found := _sha256(folder / name)) != expected:
            differences.append(Difference("mismatching", name, expected, found))
    return sorted(differences, key=lambda one: one.name)


def _subjects(statement: Mapping[str, Any]) -> dict[str, str]:
    """The subjects of a statement by name, each checked, since the statement may come from anybody."""
    for key, expected in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if statement.get(key) != expected:
            raise StatementError(f"{key} is {str(statement.get(key))[:100]!r}; a statement of a run has {expected!r}")
    try:
        stated = [(entry["name"], entry["digest"]["sha256"]) for entry in statement["subject"]]
    except (KeyError, TypeError) as error:
        raise StatementError(
            "subject is not a list of names with a sha256 digest; write the statement again"
        ) from error
    for name, sha256 in stated:
        if not isinstance(name, str) or not _stays_below(name):
            raise StatementError(f"subject {str(name)[:200]!r} is no path below the output folder")
        if not isinstance(sha256, str) or not _SHA256.match(sha256):
            raise StatementError(
                f"subject {name[:200]!r} has the digest {str(sha256)[:100]!r}, which is no SHA-256 in hex"
            )
    if len(dict(stated)) != len(stated):
        raise StatementError("two subjects have the same name; write the statement again")
    return dict(stated)


def _stays_below(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _files(folder: Path, with_subjects: set[str]) -> Iterator[str]:
    """The files that a statement must account for, as paths below `folder`."""
    for here, folders, files in os.walk(folder):
        folders.sort()
        below = PurePosixPath(Path(here).relative_to(folder).as_posix())
        if below.parts[:1] != (OWN_FOLDER,) or str(below) in with_subjects:
            yield from (str(below / name) for name in files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

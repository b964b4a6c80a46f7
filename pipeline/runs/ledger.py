"""What finished units leave behind in `_run/`: a commit each. Only the commit counts.

Outputs are published before their commit, so a file without a commit is the trace of a killed run, and the next run
of its unit replaces it.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from lowbackground.manifests.digest import canonical_json
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.output.writer import Output
from lowbackground.pipeline.runs.tally import Tally

UNITS = "_run/units"


@dataclass(frozen=True, slots=True)
class Commit:
    """One finished unit.

    `broken` says why the rest of its input could not be read, null when all of it was. `seconds` is the wall time:
    it stands here and never in a data file.
    """

    unit: str
    fingerprint: str
    run_id: str
    tally: Tally
    outputs: tuple[Output, ...]
    broken: str | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The content of `_run/units/<unit>.json`."""
        return {
            "unit": self.unit,
            "fingerprint": self.fingerprint,
            "run_id": self.run_id,
            **self.tally.to_json(),
            "outputs": [
                {"path": output.path, "rows": output.rows, "bytes": output.bytes, "sha256": output.sha256}
                for output in self.outputs
            ],
            "broken": self.broken,
            "seconds": round(self.seconds, 3),
        }

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> "Commit":
        """The commit that `to_json` wrote."""
        return cls(
            unit=line["unit"],
            fingerprint=line["fingerprint"],
            run_id=line["run_id"],
            tally=Tally.from_json(line),
            outputs=tuple(Output(**output) for output in line["outputs"]),
            broken=line["broken"],
            seconds=line["seconds"],
        )


def write_commit(storage: Storage, commit: Commit) -> None:
    """Make a unit count as done."""
    storage.write(f"{UNITS}/{commit.unit}.json", canonical_json(commit.to_json()) + b"\n")


def read_commits(storage: Storage) -> dict[str, Commit]:
    """All commits of an output folder by unit, in the order of their names.

    Raises:
        ConfigError: one of them is damaged.
    """
    names = [name for name in storage.names(UNITS) if name.endswith(".json") and not name.startswith(".")]
    commits = (_read_commit(storage, f"{UNITS}/{name}") for name in names)
    return {commit.unit: commit for commit in commits}


def _read_commit(storage: Storage, path: str) -> Commit:
    try:
        return Commit.from_json(orjson.loads(storage.read(path)))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"{storage.root}/{path}: is damaged, and says nothing of a unit that was done; remove the file, and the same "
            "command does the unit again"
        ) from error


def forget(storage: Storage, commit: Commit) -> None:
    """Undo a unit whose input changed: its commit first, so that an interruption leaves it merely undone."""
    storage.remove(f"{UNITS}/{commit.unit}.json")
    for output in commit.outputs:
        storage.remove(output.path)

"""What pool and worker tell each other; a module of its own, because a worker runs as `__main__` and classes travel by name."""

from dataclasses import dataclass

from lowbackground.pipeline.runs.ledger import Commit
from lowbackground.pipeline.runs.plan import RunPlan
from lowbackground.pipeline.units import Unit


@dataclass(frozen=True, slots=True)
class Start:
    """What the pool tells a worker first: the plan, and where the process listens that holds the models, if one does."""

    plan: RunPlan
    models: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """What the pool tells a worker: run this unit, or its first `limit` records."""

    unit: Unit
    limit: int | None


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its detectors and waits for a unit."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The running unit has got so far."""

    read: int
    labels: dict[str, int]


@dataclass(frozen=True, slots=True)
class Done:
    """The unit is committed."""

    commit: Commit


@dataclass(frozen=True, slots=True)
class Failed:
    """The unit left no commit; `fatal` says that no other unit will fare better."""

    message: str
    fatal: bool

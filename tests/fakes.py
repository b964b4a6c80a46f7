"""Detectors that do as they are told, for tests of what asks them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from lowbackground.detectors.contract import Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Signal

QUIET = Evidence(Signal.SILENT, "fake.quiet")
NO_COLUMNS = pa.schema([])
ANY, TEXT = Needs(("id",)), Needs(("text",))


@dataclass
class Fake:
    """Answers with `answer(records)`; `seen` are the ids of every batch it was asked about."""

    answer: Callable[[pa.RecordBatch], object] = lambda records: Findings([QUIET] * records.num_rows)
    name: str = "fake"
    version: str = "1"
    basis: Basis = Basis.DECLARED
    needs: Needs = ANY
    columns: pa.Schema = NO_COLUMNS
    exact: bool = True
    seen: list[list[str]] = field(default_factory=list)

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        self.seen.append(records.column("id").to_pylist())
        return self.answer(records)  # type: ignore[return-value] - a wrong type is what some tests are about


@dataclass
class FakeModel(Fake):
    """A fake that holds a model: `loads` counts how often it was read; `trouble` is what is wrong with it."""

    basis: Basis = Basis.CLASSIFIER
    needs: Needs = TEXT
    exact: bool = False
    loads: int = 0
    trouble: Exception | None = None

    def load(self) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.loads += 1


def saying(*evidence: Evidence) -> Callable[[pa.RecordBatch], Findings]:
    """An answer for batches of exactly so many rows."""

    def answer(records: pa.RecordBatch) -> Findings:
        assert records.num_rows == len(evidence)
        return Findings(evidence)

    return answer


def raising_on(ids: Sequence[str], error: BaseException) -> Callable[[pa.RecordBatch], Findings]:
    """An answer that breaks where one of these ids is in the batch."""

    def answer(records: pa.RecordBatch) -> Findings:
        if set(ids) & set(records.column("id").to_pylist()):
            raise error
        return Findings([QUIET] * records.num_rows)

    return answer

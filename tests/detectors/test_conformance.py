"""The contract tests find what breaks the contract."""

import itertools
from collections.abc import Callable

import pyarrow as pa
import pytest

from lowbackground.detectors.conformance import ContractError, check_detector, sample_batches
from lowbackground.detectors.contract import Exhibit, Findings, Needs
from lowbackground.detectors.era import era
from lowbackground.detectors.evidence import Evidence, Signal
from tests.fakes import QUIET, Fake, FakeModel

NAMES = pa.schema([("prov_name", pa.string())])
REASONS = {"fake.quiet": "documented, as the fakes see it"}


def by_row(batch: pa.RecordBatch) -> Findings:
    """A well-behaved answer that uses all there is."""
    rows = batch.num_rows
    texts = batch.column("text").to_pylist()
    return Findings(
        [QUIET] * rows,
        {"prov_name": batch.column("id")},
        {row: [(0, 1)] for row in range(rows) if texts[row] and texts[row].isascii()},
        [Exhibit(row, "store", b"x") for row in range(rows) if texts[row]],
    )


def test_a_well_behaved_detector_passes() -> None:
    check_detector(Fake(by_row, columns=NAMES))
    check_detector(era())


COUNTER = itertools.count()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda batch: 3, "answers with int instead of Findings"),
        (lambda batch: Findings([QUIET]), "one Evidence a row"),
        (lambda batch: Findings(["x"] * batch.num_rows), "one Evidence a row"),
        (lambda batch: 1 / 0, "raises ZeroDivisionError"),
        (lambda batch: Findings([Evidence(Signal.SILENT, "a", score=next(COUNTER))] * batch.num_rows), "is not pure"),
        (
            lambda batch: Findings([Evidence(Signal.SILENT, "a", score=batch.num_rows)] * batch.num_rows),
            "depends on the batch",
        ),
        (
            lambda batch: Findings(
                [QUIET] * batch.num_rows, {"prov_name": pa.array([str(n) for n in range(batch.num_rows)], pa.string())}
            ),
            "depends on the batch",
        ),
        (
            lambda batch: Findings([QUIET] * batch.num_rows, {"prov_other": pa.nulls(batch.num_rows)}),
            "does not declare",
        ),
        (
            lambda batch: Findings([QUIET] * batch.num_rows, {"prov_name": pa.nulls(batch.num_rows, pa.int8())}),
            "values of int8",
        ),
        (
            lambda batch: Findings([QUIET] * batch.num_rows, spans={0: [(0, 10**6)]} if batch.num_rows else {}),
            "spans outside",
        ),
    ],
)
def test_each_breach_is_found(answer: Callable[[pa.RecordBatch], object], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_detector(Fake(answer, columns=NAMES))


def test_a_detector_that_is_not_exact_may_differ_in_figures_and_not_in_words() -> None:
    def loose(batch: pa.RecordBatch) -> Findings:
        return Findings([Evidence(Signal.SILENT, "a", score=next(COUNTER) / 1e6)] * batch.num_rows)

    check_detector(Fake(loose, exact=False))
    words = itertools.cycle("abc")
    with pytest.raises(ContractError, match="not pure"):
        check_detector(
            Fake(lambda batch: Findings([Evidence(Signal.SILENT, next(words))] * batch.num_rows), exact=False)
        )


def test_a_detector_is_shown_only_rows_it_can_see() -> None:
    fake = Fake(needs=Needs(("sidecar",)))
    check_detector(fake)
    sidecars = {
        id_
        for batch in sample_batches()
        for id_, sidecar in zip(batch["id"], batch["sidecar"], strict=True)
        if sidecar.is_valid
    }
    assert {id_ for batch in fake.seen for id_ in batch} == {id_.as_py() for id_ in sidecars}


def test_a_model_that_reads_a_column_it_does_not_name_is_found() -> None:
    def by_language(batch: pa.RecordBatch) -> Findings:
        return Findings([Evidence(Signal.SILENT, language or "none") for language in batch["language"].to_pylist()])

    check_detector(FakeModel(by_language, needs=Needs(("text",), also=("language",))))
    with pytest.raises(ContractError, match="columns that its needs do not name"):
        check_detector(FakeModel(by_language))


@pytest.mark.parametrize(
    ("fake", "message"),
    [
        (Fake(needs=Needs(())), "needs must name at least one column"),
        (Fake(needs=Needs(("pixels",))), "needs the columns pixels"),
        (Fake(needs=Needs(("text",), also=("size",))), "needs the columns size"),
        (Fake(needs=Needs(("text",), kinds=("poem",))), "needs the media kinds poem"),
        (Fake(columns=pa.schema([("name", pa.string())])), "must begin with prov_"),
        (Fake(version=""), "name and version"),
        (Fake(basis="declared"), "basis must be one of"),  # type: ignore[arg-type] - the breach itself
    ],
)
def test_a_wrong_shape_is_found_before_anything_is_asked(fake: Fake, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_detector(fake)
    assert fake.seen == []


def test_an_undocumented_reason_is_found_where_reasons_are_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    import tests.fakes

    monkeypatch.setattr(tests.fakes, "REASONS", REASONS, raising=False)
    check_detector(Fake())
    with pytest.raises(ContractError, match=r"'fake.other', which REASONS does not document"):
        check_detector(Fake(lambda batch: Findings([Evidence(Signal.SILENT, "fake.other")] * batch.num_rows)))

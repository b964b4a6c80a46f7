"""The judge: every row gets one finding of every detector, whatever the detectors do."""

from collections.abc import Callable
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.contract import Exhibit, Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal
from lowbackground.pipeline.judge import NOT_APPLICABLE, REASONS, Breakdown, judge
from tests.factories import records
from tests.fakes import QUIET, Fake, raising_on, saying

BATCH = records([{"text": "one"}, {"raw": b"two"}, {"text": "three", "raw": b"3"}])
NAMES = pa.schema([("prov_name", pa.string()), ("prov_number", pa.int64())])


def reasons(judgement: Any, place: int = 0) -> list[str]:
    return [row[place].evidence.reason for row in judgement.findings]


def test_a_finding_is_stamped_with_who_gave_it() -> None:
    fake = Fake(name="marks", version="7", basis=Basis.WATERMARK)
    assert judge(BATCH, [fake]).findings == [(Finding("marks", "7", Basis.WATERMARK, QUIET),)] * 3


def test_without_detectors_every_row_has_no_findings() -> None:
    assert judge(BATCH, []).findings == [()] * 3


def test_an_empty_batch_has_no_rows_and_all_columns() -> None:
    judgement = judge(BATCH.slice(0, 0), [Fake(columns=NAMES, needs=Needs(("text",)))])
    assert judgement.findings == []
    assert {name: len(column) for name, column in judgement.columns.items()} == {"prov_name": 0, "prov_number": 0}


@pytest.mark.parametrize(
    ("needs", "applies"),
    [
        (("text",), [True, False, True]),
        (("raw", "text"), [True, True, True]),
        (("sidecar",), [False, False, False]),
        (("sidecar", "raw"), [False, True, True]),
        (("id",), [True, True, True]),
    ],
)
def test_a_row_that_lacks_all_that_a_detector_needs_is_skipped_and_never_shown(
    needs: tuple[str, ...], applies: list[bool]
) -> None:
    fake = Fake(needs=Needs(needs))
    judgement = judge(BATCH, [fake])
    assert [row[0].evidence == QUIET for row in judgement.findings] == applies
    assert all(row[0].evidence in {QUIET, NOT_APPLICABLE} for row in judgement.findings)
    assert [id_ for batch in fake.seen for id_ in batch] == [f"r{row}" for row in range(3) if applies[row]]


def test_columns_spans_and_exhibits_of_a_partial_batch_return_to_their_own_rows() -> None:
    def answer(batch: pa.RecordBatch) -> Findings:
        assert batch.column("text").to_pylist() == ["one", "three"]
        return Findings(
            [QUIET] * 2,
            {"prov_name": pa.array(["a", "b"]), "prov_number": pa.array([1, None], pa.int64())},
            {1: [(0, 2)]},
            [Exhibit(1, "store", b"x")],
        )

    judgement = judge(BATCH, [Fake(answer, needs=Needs(("text",)), columns=NAMES)])
    assert judgement.columns["prov_name"].to_pylist() == ["a", None, "b"]
    assert judgement.columns["prov_number"].to_pylist() == [1, None, None]
    assert judgement.spans == {2: [(0, 2)]}
    assert judgement.exhibits == (Exhibit(2, "store", b"x"),)


def test_a_column_that_a_detector_leaves_out_is_null() -> None:
    judgement = judge(BATCH, [Fake(columns=NAMES)])
    assert judgement.columns["prov_name"].to_pylist() == [None] * 3
    assert judgement.columns["prov_name"].type == pa.string()


def test_of_a_shared_column_the_first_value_that_is_not_null_counts_in_the_order_of_names() -> None:
    struct = pa.struct([("from", pa.string())])
    shared = pa.schema([("prov_c2pa", struct)])

    def giving(*values: str | None) -> Callable[[pa.RecordBatch], Findings]:
        column = pa.array([None if value is None else {"from": value} for value in values], struct)
        return lambda _: Findings([QUIET] * 3, {"prov_c2pa": column})

    first = Fake(giving("a", None, None), "a", columns=shared)
    second = Fake(giving("b", "b", None), "b", columns=shared)
    for detectors in ([first, second], [second, first]):
        assert judge(BATCH, detectors).columns["prov_c2pa"].to_pylist() == [{"from": "a"}, {"from": "b"}, None]


def test_the_order_in_which_detectors_are_given_never_shows() -> None:
    fakes = [
        Fake(name=name, basis=basis) for name, basis in (("b", Basis.KNOWN), ("a", Basis.CONTEXT), ("c", Basis.SIGNED))
    ]
    assert judge(BATCH, fakes) == judge(BATCH, fakes[::-1])
    assert [finding.detector for finding in judge(BATCH, fakes).findings[0]] == ["a", "b", "c"]


def test_spans_of_several_detectors_become_one_list_of_ranges_apart() -> None:
    first = Fake(lambda batch: Findings([QUIET] * 3, spans={2: [(3, 4), (0, 2)]}), "a")
    second = Fake(lambda batch: Findings([QUIET] * 3, spans={2: [(1, 3), (5, 5)], 0: [(0, 0)]}), "b")
    assert judge(BATCH, [first, second]).spans == {0: [], 2: [(0, 4)]}


def test_a_record_that_breaks_a_detector_fails_alone() -> None:
    fake = Fake(raising_on(["r1"], ValueError("the content of the record")))
    judgement = judge(BATCH, [fake])
    assert reasons(judgement) == ["fake.quiet", "detector-error", "fake.quiet"]
    broken = judgement.findings[1][0].evidence
    assert broken.signal is Signal.FAILED
    assert broken.detail is not None
    facts = orjson.loads(broken.detail)
    assert facts["error"] == "ValueError"
    assert facts["at"].startswith("fakes.py:")
    assert "content" not in broken.detail
    assert len(fake.seen) == 1 + 3  # once together, once each


def test_the_rows_that_survive_keep_their_columns_spans_and_exhibits() -> None:
    def answer(batch: pa.RecordBatch) -> Findings:
        ids = batch.column("id").to_pylist()
        if "r1" in ids:
            raise RuntimeError
        return Findings(
            [QUIET] * len(ids),
            {"prov_name": pa.array(ids)},
            {len(ids) - 1: [(0, 1)]},
            [Exhibit(row, "store", id_.encode()) for row, id_ in enumerate(ids)],
        )

    judgement = judge(BATCH, [Fake(answer, columns=NAMES)])
    assert judgement.columns["prov_name"].to_pylist() == ["r0", None, "r2"]
    assert judgement.spans == {0: [(0, 1)], 2: [(0, 1)]}
    assert judgement.exhibits == (Exhibit(0, "store", b"r0"), Exhibit(2, "store", b"r2"))


def test_a_record_that_exhausts_memory_fails_with_its_own_reason() -> None:
    assert reasons(judge(BATCH, [Fake(raising_on(["r2"], MemoryError()))])) == [
        "fake.quiet",
        "fake.quiet",
        "detector-out-of-memory",
    ]


def test_a_panic_of_a_native_extension_fails_like_any_error() -> None:
    class PanicException(BaseException):
        pass

    assert reasons(judge(BATCH, [Fake(raising_on(["r0"], PanicException()))]))[0] == "detector-error"


@pytest.mark.parametrize("wish", [KeyboardInterrupt, SystemExit])
def test_a_wish_to_stop_is_not_taken_for_a_failure(wish: type[BaseException]) -> None:
    with pytest.raises(wish):
        judge(BATCH, [Fake(raising_on(["r0"], wish()))])


@pytest.mark.parametrize(
    ("answer", "breach"),
    [
        (lambda batch: [QUIET] * batch.num_rows, "answers with list instead of Findings"),
        (lambda batch: Findings([QUIET] * (batch.num_rows + 1)), "gave 2 pieces of evidence for 1 rows"),
        (lambda batch: Findings(["quiet"] * batch.num_rows), "gave str instead of Evidence"),
        (lambda batch: Findings([Evidence(Signal.SILENT, "a", llr=float("nan"))] * batch.num_rows), "llr is nan"),
        (lambda batch: Findings([Evidence(Signal.SILENT, "a", score=float("inf"))] * batch.num_rows), "score is inf"),
        (lambda batch: Findings([Evidence(Signal.SILENT, "a", fpr=1.5)] * batch.num_rows), "fpr is 1.5"),
        (lambda batch: Findings([Evidence(Signal.SILENT, "a", detail="x" * 2001)] * batch.num_rows), "detail has 2001"),
        (lambda batch: Findings([QUIET] * batch.num_rows, {"prov_other": pa.nulls(batch.num_rows)}), "prov_other"),
        (
            lambda batch: Findings([QUIET] * batch.num_rows, {"prov_name": pa.nulls(batch.num_rows, pa.int8())}),
            "prov_name has 1 values of int8; expected 1 of string",
        ),
        (lambda batch: Findings([QUIET] * batch.num_rows, {"prov_name": pa.array(["a"] * 9)}), "has 9 values"),
        (lambda batch: Findings([QUIET] * batch.num_rows, spans={5: [(0, 1)]}), "span 0..1 of row 5"),
        (lambda batch: Findings([QUIET] * batch.num_rows, spans={0: [(0, 99)]}), "span 0..99 of row 0"),
        (lambda batch: Findings([QUIET] * batch.num_rows, spans={0: [(2, 1)]}), "span 2..1"),
        (lambda batch: Findings([QUIET] * batch.num_rows, exhibits=[Exhibit(9, "a", b"")]), "an exhibit is of no row"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_a_failure_that_names_detector_and_breach(
    answer: Callable[[pa.RecordBatch], object], breach: str
) -> None:
    judgement = judge(BATCH, [Fake(answer, columns=NAMES), Fake(name="well-behaved")])
    assert reasons(judgement) == ["detector-error"] * 3
    assert reasons(judgement, 1) == ["fake.quiet"] * 3
    details = [orjson.loads(row[0].evidence.detail or "{}") for row in judgement.findings]
    assert all(each["error"] == "DetectorError" and each["breach"].startswith("detector fake: ") for each in details)
    assert breach in details[0]["breach"]


def test_a_span_that_would_cut_a_character_is_refused() -> None:
    batch = records([{"text": "é"}])
    cutting = Fake(lambda _: Findings([QUIET], spans={0: [(0, 1)]}))
    assert reasons(judge(batch, [cutting])) == ["detector-error"]
    whole = Fake(lambda _: Findings([QUIET], spans={0: [(0, 2)]}))
    assert judge(batch, [whole]).spans == {0: [(0, 2)]}


def test_a_broken_detector_gives_null_columns_of_its_types() -> None:
    judgement = judge(BATCH, [Fake(raising_on(["r0", "r1", "r2"], ValueError()), columns=NAMES)])
    assert judgement.columns["prov_number"].equals(pa.nulls(3, pa.int64()))


def test_every_reason_of_the_judge_is_documented() -> None:
    broken = {Breakdown("E", None, memory, ended).reason for memory in (False, True) for ended in (False, True)}
    assert set(REASONS) == {"not-applicable", *broken}
    assert len(broken) == 3


@given(st.lists(st.sampled_from(["fine", "broken", "skipped"]), max_size=12), st.integers(0, 12))
def test_the_judgement_of_a_batch_is_that_of_its_parts(kinds: list[str], cut: int) -> None:
    batch = records(
        [{"id": f"{kind}-{n}", "text": None if kind == "skipped" else kind} for n, kind in enumerate(kinds)]
    )

    def answer(part: pa.RecordBatch) -> Findings:
        texts = part.column("text").to_pylist()
        if "broken" in texts:
            raise ValueError
        return Findings([QUIET] * len(texts), {"prov_name": part.column("id")})

    fake = Fake(answer, needs=Needs(("text",)), columns=NAMES)
    whole, parts = judge(batch, [fake]), [judge(part, [fake]) for part in (batch.slice(0, cut), batch.slice(cut))]
    assert list(whole.findings) == [row for part in parts for row in part.findings]
    assert whole.columns["prov_name"].to_pylist() == [
        name for part in parts for name in part.columns["prov_name"].to_pylist()
    ]


def test_evidence_for_exactly_its_rows_is_taken_in_order() -> None:
    said = [Evidence(Signal.HUMAN, "a"), Evidence(Signal.SYNTHETIC, "b"), Evidence(Signal.MIXED, "c")]
    assert reasons(judge(BATCH, [Fake(saying(*said))])) == ["a", "b", "c"]

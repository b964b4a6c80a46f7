"""How questions of several workers become one batch, and one answer becomes several."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.contract import Exhibit, Findings
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.pipeline.engines.model_client import MOST_ENDS, ModelClient
from lowbackground.pipeline.engines.model_messages import Answer, EndedError, Question
from lowbackground.pipeline.engines.model_process import (
    MERGED_ROWS,
    AcceleratorLostError,
    Asked,
    answer_together,
    is_accelerator_lost,
    take_group,
)
from lowbackground.pipeline.errors import ModelProcessError
from lowbackground.pipeline.judge import Breakdown, RemoteDetectorError, judge
from tests.factories import records
from tests.fakes import QUIET, FakeModel

COLUMNS = pa.schema([("prov_text", pa.large_string())])


def question(*texts: str, detector: str = "fake", alone: bool = False) -> Question:
    return Question(detector, alone, records([{"text": text} for text in texts]))


def echo(batch: pa.RecordBatch) -> Findings:
    """Evidence, a column, a span and an exhibit of each row, so that a mix-up shows."""
    texts = batch["text"].to_pylist()
    return Findings(
        [Evidence(Signal.SILENT, "fake.echo", score=float(len(text))) for text in texts],
        {"prov_text": batch["text"]},
        {row: [(0, len(text))] for row, text in enumerate(texts) if text},
        [Exhibit(row, "text", text.encode()) for row, text in enumerate(texts)],
    )


@given(batches=st.lists(st.lists(st.text("ab", max_size=3), min_size=1, max_size=4), min_size=1, max_size=5))
def test_asked_together_each_gets_what_it_would_have_got_alone(batches: list[list[str]]) -> None:
    questions = [question(*texts) for texts in batches]
    together = answer_together(FakeModel(echo, columns=COLUMNS), questions)
    for answer, asked in zip(together, questions, strict=True):
        alone = echo(asked.records)
        assert isinstance(answer, Findings)
        assert list(answer.evidence) == list(alone.evidence)
        assert answer.columns["prov_text"].to_pylist() == alone.columns["prov_text"].to_pylist()
        assert (answer.spans, list(answer.exhibits)) == (alone.spans, list(alone.exhibits))


def test_several_questions_are_one_batch() -> None:
    fake = FakeModel()
    answer_together(fake, [question("a", "b"), question("c")])
    assert [len(batch) for batch in fake.seen] == [3]


def raising(error: BaseException) -> Callable[[pa.RecordBatch], Findings]:
    def answer(batch: pa.RecordBatch) -> Findings:
        if "bad" in batch["text"].to_pylist():
            raise error
        return Findings([QUIET] * batch.num_rows)

    return answer


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (ValueError("content"), False),
        (MemoryError(), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"), True),
        (type("PanicException", (BaseException,), {})("content"), False),
    ],
)
def test_a_question_that_breaks_costs_the_others_nothing(error: BaseException, memory: bool) -> None:
    good, bad = answer_together(FakeModel(raising(error)), [question("good"), question("bad", "good")])
    assert isinstance(good, Findings)
    assert isinstance(bad, Breakdown)
    assert (bad.error, bad.memory) == (type(error).__name__, memory)
    assert str(bad.place).startswith("test_answering.py:")
    assert "content" not in repr(bad)


def test_a_breach_of_contract_is_handed_to_the_worker_whose_it_is() -> None:
    def short(batch: pa.RecordBatch) -> Findings:
        return Findings([QUIET] * (batch.num_rows - batch["text"].to_pylist().count("bad")))

    good, bad = answer_together(FakeModel(short), [question("good", "good"), question("bad", "good")])
    assert isinstance(good, Findings)
    assert isinstance(bad, Findings)
    assert (len(good.evidence), len(bad.evidence)) == (2, 1)


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (type("AcceleratorError", (RuntimeError,), {})("CUDA error: an illegal memory access"), True),
        (RuntimeError("CUDA error: device-side assert triggered\nCompile with TORCH_USE_CUDA_DSA"), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate"), False),
        (RuntimeError("The size of tensor a (7) must match the size of tensor b (8)"), False),
        (ValueError("CUDA error: so says a text"), False),
    ],
)
def test_an_accelerator_that_is_lost_is_told_from_a_record_that_does_not_fit(error: Exception, lost: bool) -> None:
    assert is_accelerator_lost(error) == lost
    if lost:
        with pytest.raises(AcceleratorLostError, match=r"in fake: CUDA error: [a-z -]+$"):
            answer_together(FakeModel(raising(error)), [question("bad")])


def groups(*questions: Question) -> list[list[Any]]:
    pending = [Asked(each) for each in questions]
    taken = []
    while pending:
        taken.append([each.question.records["text"].to_pylist() for each in take_group(pending)])
    return taken


def test_only_questions_to_one_detector_are_put_together_and_none_is_lost() -> None:
    assert groups(question("a"), question("b", detector="other"), question("c"), question("d", detector="other")) == [
        [["a"], ["c"]],
        [["b"], ["d"]],
    ]


def test_records_over_which_the_process_ended_are_asked_about_alone() -> None:
    assert groups(question("a"), question("b", alone=True), question("c")) == [[["a"]], [["b"]], [["c"]]]


def test_what_is_put_together_stays_within_bounds() -> None:
    half = ["x"] * (MERGED_ROWS // 2)
    assert [len(group) for group in groups(question(*half), question(*half), question("y"))] == [2, 1]
    long = "x" * (30 << 20)
    assert [len(group) for group in groups(question(long), question(long), question(long))] == [2, 1]


def test_a_process_that_ends_again_and_again_before_it_sees_the_records_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def ends(_client: ModelClient, _detector: str, _columns: pa.RecordBatch, alone: bool) -> Answer:
        asked.append(alone)
        raise EndedError(asked=False)

    monkeypatch.setattr(ModelClient, "_answer", ends)
    with pytest.raises(ModelProcessError, match=f"ended {MOST_ENDS} times before it saw these records"):
        ModelClient("nowhere").ask("fake", records([{"text": "a"}]))
    assert asked == [False] * MOST_ENDS


def test_of_records_over_which_it_ends_only_the_one_at_fault_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked together, together again and without others, then each by itself; those at fault once more, to be sure."""
    asked: list[tuple[str, bool]] = []

    def answer(_client: ModelClient, _detector: str, columns: pa.RecordBatch, alone: bool) -> Answer:
        texts = columns["text"].to_pylist()
        asked.append(("".join(texts), alone))
        if "x" in texts or "y" in texts:
            raise EndedError(asked=True)
        return Findings([QUIET] * columns.num_rows)

    monkeypatch.setattr(ModelClient, "_answer", answer)
    client = ModelClient("nowhere")
    batch = records([{"text": text} for text in "axbyc"])
    judgement = judge(batch, [FakeModel(lambda columns: client.ask("fake", columns))])
    assert [row[0].evidence.reason for row in judgement.findings] == [
        "fake.quiet",
        "detector-process-ended",
        "fake.quiet",
        "detector-process-ended",
        "fake.quiet",
    ]
    together = [("axbyc", False), ("axbyc", True)]
    assert asked == together + [(text, True) for text in "axxbyyc"]
    asked.clear()
    client.ask("fake", records([{"text": "a"}, {"text": "b"}]))
    with pytest.raises(RemoteDetectorError):
        client.ask("fake", records([{"text": "x"}]))
    assert asked == [("ab", False), ("x", False), ("x", True), ("x", True)]

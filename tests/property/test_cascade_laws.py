"""The laws of the cascade: what cheap evidence decides no model changes, and no record depends on its batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowbackground.detectors.contract import Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal
from lowbackground.pipeline.cascade import REASONS, Cascade, in_share
from lowbackground.pipeline.config import Cascade as Section
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.decide import Decider
from lowbackground.pipeline.judge import Judgement
from lowbackground.pipeline.output.rows import Decision
from lowbackground.pipeline.verdicts.policy import Policy
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy
from lowbackground.pipeline.verdicts.priors import load_priors
from tests.factories import records
from tests.fakes import Fake, FakeModel
from tests.strategies import evidences, policies

PRIORS = load_priors("standard")
FEWER = settings(max_examples=50)  # making a policy is the slow part
HIT = Evidence(Signal.SYNTHETIC, "text.score", fpr=1e-3, llr=6.0)


@dataclass(frozen=True)
class World:
    """Records, and what two cheap detectors and a model say about each."""

    cheap: Sequence[Evidence]
    context: Sequence[Evidence]
    model: Sequence[Evidence]
    texts: Sequence[str | None]
    section: Section

    def judge(self, policy: Policy, first: int, last: int, model: bool = True) -> tuple[Judgement, list[Decision], Any]:
        """The records from `first` to `last` in one batch: what is found, decided, and the ids that the model saw."""
        rows = [{"id": f"r{n}", "text": self.texts[n], "media_type": "text/plain"} for n in range(first, last)]
        batch = records(rows)
        heavy = FakeModel(telling(self.model), name="heavy", needs=Needs(("text",), also=("id",)))
        detectors: list[Any] = [
            Fake(telling(self.cheap), "cheap", basis=Basis.DECLARED),
            Fake(telling(self.context), "zz-context", basis=Basis.CLASSIFIER),  # an embedded classifier is cheap
        ]
        detectors += [heavy] if model else []
        decider = Decider.of(policy, PRIORS, Config())
        judgement = Cascade(self.section, frozenset({"heavy"})).judge(batch, detectors, decider)
        return judgement, decider.decide(batch, judgement), [id_ for seen in heavy.seen for id_ in seen]


def telling(evidence: Sequence[Evidence]) -> Any:
    """An answer by id."""
    return lambda batch: Findings([evidence[int(id_[1:])] for id_ in batch["id"].to_pylist()])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few records; skips of the cascade's own are the cascade's to give."""
    count = draw(st.integers(1, 6))

    def some(values: Any) -> Any:
        return st.lists(values, min_size=count, max_size=count)

    texts = st.none() | st.sampled_from(("", "x" * 20, "x" * 400))
    section = st.builds(
        Section,
        records=st.sampled_from(("undecided", "all")),
        min_chars=st.sampled_from((0, 300)),
        share=st.sampled_from((0.0, 0.5, 1.0)),
    )
    return World(
        draw(some(evidences())),
        draw(some(evidences())),
        draw(some(evidences() | st.just(HIT))),
        draw(some(texts)),
        draw(section),
    )


def heavy(row: tuple[Finding, ...]) -> Evidence:
    (found,) = [finding.evidence for finding in row if finding.detector == "heavy"]
    return found


def verdict(decision: Decision) -> tuple[object, ...]:
    return (decision.label, decision.rule, decision.p_synthetic, decision.logit, decision.weight)


def check_what_is_decided_stays(policy: Policy, world: World) -> None:
    undecided = replace(world, section=Section(records="undecided", min_chars=0))
    judgement, decisions, shown = undecided.judge(policy, 0, len(world.texts))
    _, without, _ = undecided.judge(policy, 0, len(world.texts), model=False)
    for row, (after, before) in enumerate(zip(decisions, without, strict=True)):
        if before.rule is not None:
            assert verdict(after) == verdict(before)
            assert f"r{row}" not in shown
            assert heavy(judgement.findings[row]).reason in {"already-decided", "not-applicable"}
        elif world.texts[row] is not None:
            assert f"r{row}" in shown


@pytest.mark.parametrize("policy", [load_policy(name) for name in SHIPPED], ids=SHIPPED)
@given(world=worlds())
def test_what_cheap_evidence_decides_no_model_sees_or_changes(policy: Policy, world: World) -> None:
    check_what_is_decided_stays(policy, world)


@FEWER
@given(policy=policies(), world=worlds())
def test_what_cheap_evidence_decides_no_model_sees_or_changes_under_any_policy(policy: Policy, world: World) -> None:
    check_what_is_decided_stays(policy, world)


@given(world=worlds(), cut=st.integers(0, 6))
def test_a_record_is_judged_alike_in_any_batch(world: World, cut: int) -> None:
    policy, end = load_policy("standard"), len(world.texts)
    cut = min(cut, end)
    whole, decisions, shown = world.judge(policy, 0, end)
    (first, first_decisions, first_shown), (rest, rest_decisions, rest_shown) = (
        world.judge(policy, 0, cut),
        world.judge(policy, cut, end),
    )
    assert list(whole.findings) == [*first.findings, *rest.findings]
    assert decisions == [*first_decisions, *rest_decisions]
    assert shown == first_shown + rest_shown


@given(world=worlds())
def test_a_record_that_the_model_is_not_shown_gets_the_answer_that_it_gets_without_the_model(world: World) -> None:
    policy, end = load_policy("standard"), len(world.texts)
    judgement, decisions, shown = world.judge(policy, 0, end)
    _, without, _ = world.judge(policy, 0, end, model=False)
    for row, (after, before) in enumerate(zip(decisions, without, strict=True)):
        if f"r{row}" not in shown:
            assert heavy(judgement.findings[row]).signal is Signal.SKIPPED
            assert heavy(judgement.findings[row]).reason in {*REASONS, "not-applicable"}
            assert verdict(after) == verdict(before)
            assert after.unknown_reason == before.unknown_reason
        else:
            assert heavy(judgement.findings[row]) == world.model[row]


@given(ids=st.lists(st.text(max_size=8), max_size=20), small=st.floats(0, 1), large=st.floats(0, 1))
def test_a_larger_share_holds_every_smaller_one(ids: list[str], small: float, large: float) -> None:
    small, large = sorted((small, large))
    assert {id_ for id_ in ids if in_share(id_, small)} <= {id_ for id_ in ids if in_share(id_, large)}
    assert not any(in_share(id_, 0) for id_ in ids)
    assert all(in_share(id_, 1) for id_ in ids)


def test_a_share_is_that_share_of_the_ids_whatever_the_batches_were() -> None:
    taken = sum(in_share(f"20261120-{number}", 0.1) for number in range(20_000))
    assert 1_830 <= taken <= 2_170  # four standard deviations of a binomial with n = 20,000 and p = .1


def test_the_columns_of_a_model_are_null_where_it_was_not_asked() -> None:
    schema = pa.schema([("prov_length", pa.int64())])

    def lengths(batch: pa.RecordBatch) -> Findings:
        texts = batch["text"].to_pylist()
        return Findings([HIT] * len(texts), {"prov_length": pa.array([len(text) for text in texts])})

    batch = records([{"text": "x" * 500}, {"text": "x"}, {"raw": b"x"}])
    model = FakeModel(lengths, name="heavy", columns=schema)
    decider = Decider.of(load_policy("standard"), PRIORS, Config())
    judgement = Cascade(Section(), frozenset({"heavy"})).judge(batch, [model], decider)
    assert judgement.columns["prov_length"].to_pylist() == [500, None, None]
    assert [heavy(row).reason for row in judgement.findings] == ["text.score", "not-long-enough", "not-applicable"]

"""From judged records to decisions: prior, fusion, policy, and what follows from the label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.contract import media_kind
from lowbackground.detectors.evidence import Finding
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.judge import Judgement
from lowbackground.pipeline.output.rows import Decision
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.fusion import fuse
from lowbackground.pipeline.verdicts.policy import Policy, decide, probability
from lowbackground.pipeline.verdicts.priors import Priors

_WEIGHT = {"human": 1.0, "synthetic": 0.0}  # by default; an unknown weighs the chance that it is human


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides about records as a policy, a table of priors and a configuration say."""

    policy: Policy
    priors: Priors
    shrinkage: float
    keep: frozenset[str]
    reject_opt_outs: bool

    @classmethod
    def of(cls, policy: Policy, priors: Priors, config: Config) -> "Decider":
        """The decider of a run."""
        return cls(policy, priors, config.family_shrinkage, frozenset(config.keep), config.opt_out == "reject")

    def decide(self, records: pa.RecordBatch, judgement: Judgement) -> list[Decision]:
        """One decision a record, in order."""
        cases = self.cases(records, judgement)
        return [self._decision(case, fused) for case, fused in cases]

    def rules(self, records: pa.RecordBatch, judgement: Judgement) -> list[str | None]:
        """The rule that decides each record, null where none fires."""
        return [decide(self.policy, case).rule for case, _ in self.cases(records, judgement)]

    def cases(self, records: pa.RecordBatch, judgement: Judgement) -> list[tuple[Case, tuple[float, ...]]]:
        """What the policy is asked about each record, and what each of its findings contributed to the log-odds."""
        credentials = judgement.columns.get("prov_c2pa")
        texts = pc.utf8_length(records.column("text")).to_pylist()
        cases = []
        for row, (findings, media_type, captured_at, notes, length) in enumerate(
            zip(
                judgement.findings,
                records.column("media_type").to_pylist(),
                records.column("captured_at").to_pylist(),
                records.column("notes").to_pylist(),
                texts,
                strict=True,
            )
        ):
            kind = media_kind(media_type)
            prior = self.priors.logit(kind, captured_at)
            fused = fuse(findings, prior, self.shrinkage)
            credential: Mapping[str, Any] | None = credentials[row].as_py() if credentials is not None else None
            case = Case(
                findings,
                credential,
                prior,
                fused.logit,
                kind,
                self.policy.before_cutoff(kind, captured_at),
                notes,
                length,
            )
            cases.append((case, fused.contributions))
        return cases

    def _decision(self, case: Case, contributions: tuple[float, ...]) -> Decision:
        verdict = decide(self.policy, case)
        p = probability(verdict, case.logit)
        asked = opt_outs(case.findings)
        return Decision(
            label=verdict.label,
            rule=verdict.rule,
            basis=verdict.basis,
            kind=verdict.kind,
            unknown_reason=verdict.unknown_reason,
            p_synthetic=p,
            logit=case.logit,
            prior=case.prior_logit,
            weight=_WEIGHT.get(verdict.label, 1.0 - p),
            contributions=contributions,
            opt_out=asked,
            reject_reason=self._reject_reason(verdict.label, asked),
        )

    def _reject_reason(self, label: str, asked: Sequence[str]) -> str | None:
        if asked and self.reject_opt_outs:
            return "opt-out"
        return None if label in self.keep else "label"


def opt_outs(findings: Sequence[Finding]) -> tuple[str, ...]:
    """All signals of a record that ask not to be trained on, sorted."""
    return tuple(sorted({signal for finding in findings for signal in finding.evidence.opt_out}))

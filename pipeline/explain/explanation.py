"""Why one record is labelled as it is: evidence, C2PA chain, log-odds, the rule that decided and the one that nearly did.

An explanation is made from the `prov_` columns of one row, so that a file just judged and a row of an old output are
explained by the same code and cannot tell two stories.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from lowbackground.detectors.contract import media_kind
from lowbackground.detectors.evidence import Finding
from lowbackground.pipeline.explain.manifest_tree import Node
from lowbackground.pipeline.output.rows import finding_of
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.verdicts.case import Case
from lowbackground.pipeline.verdicts.fusion import family_totals, sigmoid
from lowbackground.pipeline.verdicts.policy import Policy, decide
from lowbackground.pipeline.verdicts.policy_explain import RuleTrace, explain, nearly

VERSION = 1  # of the JSON; changes when a key changes its name or meaning


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record, explained.

    `row` holds its `prov_` columns; `meanings` the sentence of each reason in its evidence; `chain` the tree of
    its C2PA manifests, null without one; `rules` a trace of every rule of `policy`; `near` the rule that nearly decided.
    `notices` says what the reader should know before believing the rest.
    """

    row: Mapping[str, Any]
    policy: Policy
    rules: tuple[RuleTrace, ...]
    near: RuleTrace | None
    chain: Node | None
    meanings: Mapping[str, str]
    notices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`human`, `synthetic` or `unknown`."""
        return str(self.row["prov_label"])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the detectors said."""
        return tuple(map(finding_of, self.row["prov_evidence"]))

    @property
    def families(self) -> dict[str, float]:
        """What each family of evidence added to the log-odds."""
        shares = [entry["contribution"] for entry in self.row["prov_evidence"]]
        return {basis.value: total for basis, total in family_totals(self.findings, shares).items()}

    def __str__(self) -> str:
        """For people: what `lowbackground inspect` prints."""
        from lowbackground.pipeline.explain.explanation_screen import lines, plain

        return "\n".join(map(plain, lines(self)))

    def to_json(self) -> dict[str, Any]:
        """For machines; `docs/inspect.md` describes every key."""
        row = self.row
        return {
            "version": VERSION,
            "record": {
                name: _plain(row[f"prov_{name}"])
                for name in ("id", "source", "offset", "captured_at", "media_type", "sha256", "notes")
            },
            "verdict": {
                name: _plain(row.get(f"prov_{name}"))
                for name in (
                    *("label", "rule", "basis", "kind", "unknown_reason"),
                    *("reject_reason", "opt_out", "p_synthetic", "weight"),
                )
            },
            "log_odds": {
                "prior": row["prov_prior"],
                "families": self.families,
                "sum": row["prov_logit"],
                "p": sigmoid(row["prov_logit"]),
            },
            "evidence": [
                {**entry, "meaning": self.meanings.get(entry["reason"]), "detail": _detail(entry["detail"])}
                for entry in row["prov_evidence"]
            ],
            "c2pa": row.get("prov_c2pa"),
            "chain": None if self.chain is None else self.chain.to_json(),
            "policy": {"name": self.policy.name, "digest": self.policy.digest},
            "rules": [asdict(trace) for trace in self.rules],
            "nearly": None if self.near is None else self.near.rule,
            "notices": list(self.notices),
        }


def explain_row(
    row: Mapping[str, Any],
    policy: Policy,
    meanings: Mapping[str, str],
    *,
    chain: Node | None = None,
    text_length: int | None = None,
    notices: Sequence[str] = (),
) -> Explanation:
    """The explanation of a row with `prov_` columns by the rules of `policy`."""
    case = case_of(row, policy, text_length)
    traces = explain(policy, case)
    decided = decide(policy, case).rule
    said = list(notices)
    if decided != row["prov_rule"]:
        said.append(
            f"the rules shown are those of {policy.name} as it is now, by which {decided or 'no rule'} decides; "
            f"the row was decided by {shown(row['prov_rule'] or 'no rule')}"
        )
    return Explanation(row, policy, traces, nearly(traces), chain, meanings, tuple(said))


def case_of(row: Mapping[str, Any], policy: Policy, text_length: int | None) -> Case:
    """What the policy was asked when the row was decided."""
    kind = media_kind(row["prov_media_type"])
    return Case(
        findings=tuple(map(finding_of, row["prov_evidence"])),
        credential=row.get("prov_c2pa"),
        prior_logit=row["prov_prior"],
        logit=row["prov_logit"],
        media=kind,
        captured_before_cutoff=policy.before_cutoff(kind, row["prov_captured_at"]),
        notes=row["prov_notes"],
        text_length=text_length,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _detail(detail: str | None) -> Any:
    """The object that a detector wrote, or the text itself where it was cut."""
    if detail is None:
        return None
    try:
        return orjson.loads(detail)
    except orjson.JSONDecodeError:
        return detail

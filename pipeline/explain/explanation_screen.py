"""Renders an explanation for people: plain lines, in colour where the terminal has it, content escaped.

A line is a sequence of (text, style) pairs; styles are names that rich knows, and are dropped elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lowbackground.detectors.evidence import Evidence, Finding
from lowbackground.manifests.credential import Trust
from lowbackground.pipeline.explain.explanation import Explanation
from lowbackground.pipeline.explain.manifest_tree import Node
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.verdicts.case import SILENT
from lowbackground.pipeline.verdicts.fusion import sigmoid
from lowbackground.pipeline.verdicts.policy_explain import RuleTrace
from lowbackground.pipeline.verdicts.unknown import UNKNOWN_REASONS

Span = tuple[str, str]
Line = Sequence[Span]

_COLOUR = {"human": "green", "synthetic": "magenta", "unknown": "yellow", "mixed": "yellow", "failed": "red"}
_REJECTED = {"label": "its label is not one of those kept", "opt-out": "it asks not to be trained on"}
_HEADING = "bold"
_FAINT = "dim"
_VISIBLE = 0.005  # nats: half of the last digit that is shown
_SIGNAL = 11  # columns for the longest signal
_INDENT = " " * (2 + _SIGNAL)
_DETAIL = (
    1200  # characters of a detail: places of some dozen finds, and a terminal still scrolls little; --json has all
)


def lines(explanation: Explanation) -> Iterator[Line]:
    """The whole screen."""
    for section in (_record, _evidence, _chain, _log_odds, _rules, _notices):
        for index, line in enumerate(section(explanation)):
            if index == 0 and section is not _record:
                yield ()
            yield line


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line).rstrip()


def _record(explanation: Explanation) -> Iterator[Line]:
    row = explanation.row
    yield ((shown(row["prov_id"]), _HEADING),)
    if row["prov_id"] != row["prov_source"]:
        yield ((f"  {shown(row['prov_source'])} at {row['prov_offset']}", _FAINT),)
    about = [shown(row["prov_media_type"] or "text")]
    if row["prov_captured_at"] is not None:
        about.append(f"captured {row['prov_captured_at']:%Y-%m-%d}")
    about += [shown(note) for note in row["prov_notes"]]
    yield ((f"  {', '.join(about)}", _FAINT),)
    yield ()
    yield _verdict(explanation)
    if row["prov_unknown_reason"]:
        reason = row["prov_unknown_reason"]
        yield ((f"  {shown(reason)}: {UNKNOWN_REASONS.get(reason, 'a reason that this version does not know')}", ""),)
    if row["prov_opt_out"]:
        yield ((f"  asks not to be trained on: {shown(', '.join(row['prov_opt_out']))}", ""),)
    if row.get("prov_reject_reason"):
        reason = row["prov_reject_reason"]
        yield ((f"  rejected: {_REJECTED.get(reason, shown(reason))}", ""),)


def _verdict(explanation: Explanation) -> Line:
    row = explanation.row
    how = (
        f"decided by {shown(row['prov_rule'])} ({shown(row['prov_basis'])})" if row["prov_rule"] else "no rule decided"
    )
    kind = f", {shown(row['prov_kind'])}" if row["prov_kind"] else ""
    numbers = f"  P(synthetic) {row['prov_p_synthetic']:.3f}, weight {row['prov_weight']:.3f}"
    return ((explanation.label, f"bold {_COLOUR[explanation.label]}"), (f"  {how}{kind}", ""), (numbers, _FAINT))


def _evidence(explanation: Explanation) -> Iterator[Line]:
    yield (("evidence", _HEADING),)
    entries = list(zip(explanation.findings, explanation.row["prov_evidence"], strict=True))
    for finding, entry in sorted(entries, key=lambda pair: pair[0].evidence.signal in SILENT):
        yield from _finding(finding, entry["contribution"], explanation.meanings)


def _finding(finding: Finding, contribution: float, meanings: Mapping[str, str]) -> Iterator[Line]:
    evidence = finding.evidence
    signal, reason = evidence.signal, evidence.reason
    words = [str(word) for word in (evidence.strength, evidence.kind) if word]
    if evidence.part:
        words.append(f"about its {shown(evidence.part)}")
    meaning = shown(meanings.get(reason, "a reason that no installed detector documents"), 400)
    who = f"{shown(finding.detector)} {shown(finding.version)}, {finding.basis}"
    if signal in SILENT:
        yield ((f"  {signal:<{_SIGNAL}}{reason}: {meaning}", _FAINT),)
    else:
        yield (
            (f"  {signal:<{_SIGNAL}}", _COLOUR.get(signal, "")),
            (reason, _HEADING),
            (f"  {', '.join(words)}" if words else "", ""),
        )
        yield ((f"{_INDENT}{meaning}", ""),)
    for line in _numbers(evidence, contribution):
        yield ((f"{_INDENT}{line}", ""),)
    if evidence.detail:
        yield ((f"{_INDENT}{shown(evidence.detail, _DETAIL)}", _FAINT),)
    yield ((f"{_INDENT}by {who}", _FAINT),)


def _numbers(evidence: Evidence, contribution: float) -> Iterator[str]:
    numbers = [
        f"{name} {value:.4g}"
        for name, value in (("score", evidence.score), ("fpr", evidence.fpr), ("llr", evidence.llr))
        if value is not None
    ]
    if contribution:
        less = evidence.llr is not None and abs(contribution) < abs(evidence.llr) - _VISIBLE
        why = " (capped, or shared with others of its basis)" if less else ""
        numbers.append(f"adds {contribution:+.2f} to the log-odds{why}")
    if numbers:
        yield ", ".join(numbers)
    if evidence.opt_out:
        yield f"asks not to be trained on: {shown(', '.join(evidence.opt_out))}"


def _chain(explanation: Explanation) -> Iterator[Line]:
    facts, chain = explanation.row.get("prov_c2pa"), explanation.chain
    if facts is None:
        return
    vouched = f" by {shown(facts['trust_list'])} ({shown(facts['trust_tier'])})" if facts["trust_list"] else ""
    yield (
        ("C2PA", _HEADING),
        (f"  {facts['status']}, {facts['integrity']}, {facts['trust']}{vouched}; claims {facts['claim']}", ""),
        ("; an ingredient is broken" if chain is not None and chain.broken_below else "", "red"),
    )
    if facts["codes"]:
        yield ((f"  codes: {shown(', '.join(facts['codes']), 400)}", _FAINT),)
    if facts["remote_url"]:
        yield ((f"  said to be at {shown(facts['remote_url'])}; never fetched", _FAINT),)
    if chain is not None:
        yield from _tree(replace(chain, trusted=facts["trust"] == Trust.TRUSTED), "  ", "  ")


def _tree(node: Node, first: str, rest: str) -> Iterator[Line]:
    """A manifest with its steps and what it was made from; `first` stands before its own line, `rest` before others."""
    if node.relationship is not None:
        first += f"{shown(node.relationship)}: "
    if node.label is None:
        yield ((f"{first}something without a manifest", ""), ("  broken" if node.broken else "", "red"))
        for code in node.failures:
            yield ((f"{rest}└─ ", _FAINT), (f"failed: {shown(code)}", "red"))
        return
    yield (
        (first, _FAINT),
        (shown(node.title or node.label), "bold"),
        (f"  {_signed(node)}", "" if node.trusted else "yellow"),
        ("  broken" if node.broken else "", "red"),
        ("  (as above)" if node.repeated else "", _FAINT),
    )
    lower: list[Line | Node] = [
        ((f"{shown(step.action)}{_of(step.source_type)}{_of(step.agent, ' by ')}", ""),) for step in node.steps
    ]
    lower += [((f"failed: {shown(code)}", "red"),) for code in node.failures]
    lower += [*node.parts, *([(("and more", _FAINT),)] if node.cut else [])]
    for index, item in enumerate(lower):
        last = index == len(lower) - 1
        branch, below = (rest + ("└─ " if last else "├─ ")), (rest + ("   " if last else "│  "))
        if isinstance(item, Node):
            yield from _tree(item, branch, below)
        else:
            yield ((branch, _FAINT), *item)


def _signed(node: Node) -> str:
    if node.signer is None:
        return "signer unknown"
    return f"signed by {shown(node.signer)}" if node.trusted else f"signed as {shown(node.signer)}, unverified"


def _of(value: str | None, before: str = " ") -> str:
    return f"{before}{shown(value)}" if value else ""


def _log_odds(explanation: Explanation) -> Iterator[Line]:
    row = explanation.row
    yield (("log-odds of being synthetic", _HEADING),)
    yield ((f"  {'prior':<11}{row['prov_prior']:+8.3f}", ""), (f"   p {sigmoid(row['prov_prior']):.3f}", _FAINT))
    for family, total in explanation.families.items():
        yield ((f"  {family:<11}{total:+8.3f}", ""),)
    yield ((f"  {'sum':<11}{row['prov_logit']:+8.3f}", ""), (f"   p {sigmoid(row['prov_logit']):.3f}", _FAINT))
    if abs(sigmoid(row["prov_logit"]) - row["prov_p_synthetic"]) > 1e-6:
        yield ((f"  P(synthetic) is set to {row['prov_p_synthetic']:g} by the evidence that decided", _FAINT),)


def _rules(explanation: Explanation) -> Iterator[Line]:
    yield ((f"rules of {shown(explanation.policy.name)}", _HEADING),)
    for trace in explanation.rules:
        if trace.decides:
            yield ((f"  {trace.rule} decided: ", ""), (trace.label, _COLOUR[trace.label]))
    if not any(trace.decides for trace in explanation.rules):
        yield (("  none decided", ""),)
    if explanation.near is not None:
        yield from _nearly(explanation.near)


def _notices(explanation: Explanation) -> Iterator[Line]:
    for notice in explanation.notices:
        yield ((f"note: {shown(notice, 600)}", "yellow"),)


def _nearly(near: RuleTrace) -> Iterator[Line]:
    if near.fires:
        yield ((f"  {near.rule} would have decided {near.label}, and comes later", ""),)
        return
    yield ((f"  {near.rule} nearly decided {near.label}: {near.met} of {near.asked} conditions hold", ""),)
    yield ((f"    not: {shown(near.missing, 400)}", ""),)

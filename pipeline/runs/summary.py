"""What a run says at its end: the accounting identity, and why the labels are what they are.

Pure: a tally and a few facts in, lines of text out; the command line prints them.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lowbackground.pipeline.readers.reasons import SKIPPED
from lowbackground.pipeline.runs.tally import Tally
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.verdicts.policy import UNKNOWN_REASONS

WIDTH = 78  # columns of a plain terminal, with a margin
MAX_LINE = 2000  # characters of a message; names in it come from the input
MAX_LINES = 12  # of one list; the statement holds all of them


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to.

    `failures` are units without a commit, with their messages; `broken` units whose input could not be read to the
    end; `done_before` how many of the units an earlier start had finished; `read_now` the
    records of the others.
    """

    out: str
    run_id: str
    tally: Tally
    units: int
    done_before: int
    failures: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float
    read_now: int
    interrupted: bool
    max_unreadable: float
    notices: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all done; 1 a unit or stream failed, or too much was unreadable; 130 interrupted."""
        if self.interrupted:
            return 130
        return 1 if self.failures or self.broken or self.too_unreadable else 0

    @property
    def too_unreadable(self) -> bool:
        """Whether the share of unreadable records is above the configured one."""
        return self.tally.unreadable.total() > self.max_unreadable * max(self.tally.read, 1)


def idle(tally: Tally, detectors: Iterable[str]) -> Iterator[str]:
    """A line for each of these detectors that judged no record of a run: most often its options name the wrong thing."""
    judged = tally.labels.total()
    for detector in detectors:
        reasons = {name: n for name, n in tally.passed_over.items() if name.partition(" ")[0] == detector}
        if judged and sum(reasons.values()) == judged:
            told = {name.partition(" ")[2]: n for name, n in reasons.items()}
            yield f"{detector}, which the configuration sets up, judged none of {count(judged, 'record')}: {_reasons(told)}"


def summary(result: RunResult) -> list[str]:
    """The last screen of a run."""
    tally = result.tally
    lines = [f"{count(tally.read, 'record')} read"]
    lines += _table(
        [
            ("kept", tally.kept, _share(tally.kept, tally)),
            ("rejected", tally.rejected, _reasons(tally.rejections)),
            ("unreadable", tally.unreadable.total(), _reasons(tally.unreadable)),
            ("skipped", tally.skipped.total(), _reasons(tally.skipped)),
        ]
    )
    lines += _section("labels", ((label, tally.labels[label], "") for label in ("human", "synthetic", "unknown")))
    lines += _section("decided by rule", ((rule, n, "") for rule, n in _ordered(tally.rules)))
    lines += _section("unknown because", ((r, n, UNKNOWN_REASONS.get(r, "")) for r, n in _ordered(tally.unknown)))
    lines += _section("evidence found", ((name, n, "") for name, n in _ordered(tally.findings)))
    lines += _section("checks that broke", ((name, n, "") for name, n in _ordered(tally.broke)))
    lines += _section("not shown to a model", ((name, n, "") for name, n in _ordered(tally.withheld)))
    lines += _section("asked not to be trained on", ((name, n, "") for name, n in _ordered(tally.opt_outs)))
    lines += _section("notes", ((name, n, "") for name, n in _ordered(tally.notes)))
    if tally.outside_identity:
        who = f"{count(tally.outside_identity, 'record')} hit a time or memory limit, or were shown to a model"
        lines += ["", f"{who}: another run may answer them otherwise"]
    return [*lines, "", *_ending(result), *result.notices]


def count(number: int, noun: str) -> str:
    """`1 record`, `2 records`, `12,345 records`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _share(part: int, tally: Tally) -> str:
    return f"{part / tally.read:.1%} of what was read" if tally.read else ""


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Most first; ties by name, not by which unit came first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _reasons(reasons: Mapping[str, int]) -> str:
    ordered = _ordered(reasons)
    listed = ", ".join(f"{reason} {number:,}" for reason, number in ordered[:4])
    rest = ordered[4:]
    return listed + (f", {count(len(rest), 'more reason')} {sum(n for _, n in rest):,}" if rest else "")


def _section(title: str, rows: Iterable[tuple[str, int, str]]) -> list[str]:
    listed = [row for row in rows if row[1]]
    if not listed:
        return []
    cut = [f"  and {len(listed) - MAX_LINES} more, all in _run/statement.json"] if len(listed) > MAX_LINES else []
    return ["", title, *_table(listed[:MAX_LINES]), *cut]


def _table(rows: Sequence[tuple[str, int, str]]) -> list[str]:
    names = max(len(name) for name, _, _ in rows)
    numbers = max(len(f"{number:,}") for _, number, _ in rows)
    return [f"  {name:<{names}}  {number:>{numbers},}  {words}".rstrip() for name, number, words in rows]


def _ending(result: RunResult) -> list[str]:
    lines = [f"broken: {shown(message, MAX_LINE)}" for message in result.broken[:MAX_LINES]]
    lines += [f"failed: {shown(message, MAX_LINE)}" for message in result.failures[:MAX_LINES]]
    if result.too_unreadable:
        lines.append(
            f"more than {result.max_unreadable:.1%} of the records are unreadable: {result.out.rstrip('/')}/unreadable/ says which and why"
        )
    done = f"{count(result.units, 'unit')}, {result.done_before:,} of them done before; " if result.done_before else ""
    if result.interrupted:
        lines.append(
            f"interrupted: the same command goes on from here ({done.removesuffix('; ') or 'finished units are kept'})"
        )
        return lines
    rate = result.read_now / result.seconds if result.seconds > 0 else 0.0
    lines.append(f"{done or count(result.units, 'unit') + '; '}{result.seconds:.1f} s, {rate:,.0f} records/s")
    if not result.tally.records:
        told = "; ".join(f"{reason} is {SKIPPED[reason]}" for reason, _ in _ordered(result.tally.skipped)[:2])
        return [*lines, f"no record was read: {told or 'the inputs are empty'}"]
    kept = f"kept rows: {result.out.rstrip('/')}/kept/" if result.tally.kept else "no row was kept"
    lines.append(f"{kept}    why a row was kept or not: lowbackground inspect {shlex.quote(result.out)} --id PROV_ID")
    return lines

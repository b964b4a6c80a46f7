"""A calibration as people read it: what is covered, what is not and why, and the worst source."""

from collections.abc import Iterable, Iterator, Sequence

from lowbackground.detectors.calibration.calibration import Calibration, Refused, Stratum
from lowbackground.detectors.calibration.confidence import records_needed
from lowbackground.detectors.calibration.source_groups import is_bound
from lowbackground.detectors.calibration.strata import DIFFERS, TOO_FEW, TOO_SHORT
from lowbackground.pipeline.calibrating.calibrate_detector import MAX_BROKEN, Calibrated
from lowbackground.pipeline.screen import shown

SHOWN_GROUPS = 10
SHOWN_REFUSED = 10
_CELL = 40  # letters of a name


def lines(made: Calibrated) -> Iterator[str]:
    """What a calibration came to, line by line."""
    calibration = made.calibration
    yield from _head(calibration)
    yield ""
    yield from table(
        ("stratum", "human", "machine", "threshold", "found", ""),
        [_row(each, calibration.rate) for each in calibration.strata],
    )
    if calibration.refused:
        yield ""
        yield from _not_covered(calibration)
    yield ""
    yield from _groups(calibration)
    yield from _unscored(made)


def _head(calibration: Calibration) -> Iterator[str]:
    scale = calibration.scale
    model = f", model {scale.model[:12]}" if scale.model else ""
    yield f"{scale.detector} {scale.version}{model}: {scale.orientation} scores are more machine-like"
    dates = ""
    if calibration.captured_from and calibration.captured_to:
        dates = f", captured {calibration.captured_from} to {calibration.captured_to}"
    yield f"{calibration.n_human:,} human and {calibration.n_machine:,} machine records{dates}"
    yield (
        f"false positives: at most {_percent(calibration.rate)} in each stratum, and {_percent(calibration.group_rate)} "
        f"in each source with {records_needed(calibration.group_rate):,} human records or more, each with 95 % confidence"
    )
    yield f"made {calibration.made}, expires {calibration.expires}"
    if not any(stratum.llr for stratum in calibration.strata):
        yield "too few machine records for a likelihood ratio: rates of false positives alone, which decide no label by themselves"


def _row(stratum: Stratum, rate: float) -> tuple[str, ...]:
    found = f"{stratum.n_found / stratum.n_machine:.0%}" if stratum.n_machine else "-"
    pooled = dict(stratum.thresholds).get(rate, stratum.threshold)
    notes = [
        *(["as all lengths together"] if stratum.borrowed else []),
        *([f"raised from {pooled:.6g} for the sake of a source"] if pooled != stratum.threshold else []),
    ]
    return (
        shown(stratum.key, _CELL),
        f"{stratum.n_human:,}",
        f"{stratum.n_machine:,}",
        f"{stratum.threshold:.6g}",
        found,
        ", ".join(notes),
    )


def _not_covered(calibration: Calibration) -> Iterator[str]:
    """The strata that were refused, those with the most human records first, and how much is in the rest."""
    refused = sorted(calibration.refused, key=lambda each: (-each.n_human, -each.n_machine, str(each.key)))
    rows = [_refused(each, calibration) for each in refused[:SHOWN_REFUSED]]
    yield from table(("not covered", "human", "machine", "why"), rows)
    if rest := refused[SHOWN_REFUSED:]:
        humans, machines = sum(each.n_human for each in rest), sum(each.n_machine for each in rest)
        yield f"and {len(rest):,} more strata with {humans:,} human and {machines:,} machine records: all are in the file"


def _refused(refused: Refused, calibration: Calibration) -> tuple[str, ...]:
    needed = f"{refused.missing:,} more human records needed"
    why = {
        TOO_SHORT: "too short for a stratum (--lengths)",
        TOO_FEW: needed,
        DIFFERS: f"scores differ from those of other lengths: {needed}",
    }[refused.reason]
    if refused.reason != TOO_SHORT:
        carried = [rate for rate in (0.01, 0.05) if rate > calibration.rate and refused.n_human >= records_needed(rate)]
        why += f" (enough for --rate {carried[0]:g})" if carried else ""
    return shown(refused.key, _CELL), f"{refused.n_human:,}", f"{refused.n_machine:,}", why


def _groups(calibration: Calibration) -> Iterator[str]:
    """The groups that the bound holds for, worst first; then how many are too small for it."""
    bound = [group for group in calibration.groups if is_bound(group, calibration.group_rate)]
    rows = [
        (shown(each.name, _CELL), f"{each.n_human:,}", f"{each.hits:,}", f"{each.bound:.2%}")
        for each in bound[:SHOWN_GROUPS]
    ]
    if rows:
        yield from table(("worst sources", "human", "hits", "at most"), rows)
    small = [each for each in calibration.groups if each.n_human and each not in bound]
    if small:
        hits = sum(each.hits for each in small)
        more = f", and {calibration.more_groups:,} smaller ones that are not listed" if calibration.more_groups else ""
        yield f"too small for a bound of their own: {len(small):,} of the sources, with {hits:,} hits{more}"


def _unscored(made: Calibrated) -> Iterator[str]:
    if made.unscored:
        told = ", ".join(f"{count:,} {reason}" for reason, count in made.unscored.items())
        yield f"not scored: {told}"
    if made.unnamed:
        yield (
            f"without a source in the column of --group-column: {made.unnamed:,} of {made.read:,} records; host or file stands for it"
        )
    if made.unreadable:
        yield f"unreadable: {made.unreadable:,}"
    for words in made.broken:
        yield f"broken: {shown(words, MAX_BROKEN)}"


def _percent(rate: float) -> str:
    return f"{100 * rate:g} %"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns set apart by two spaces; figures to the right, words to the left."""
    cells = [tuple(head), *map(tuple, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        set_ = [
            cell.rjust(width) if 0 < column < 5 and head[column] != "why" else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(set_).rstrip()

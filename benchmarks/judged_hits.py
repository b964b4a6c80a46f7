"""Hits on real data that somebody looked at: `judged_hits.tsv`, one a line, each with a verdict and its reason.

`python -m benchmarks.llm_residue` lists every hit of any rule on the crawled records and on the texts of people, with the
verdict that stands here, and fails on one that nobody judged. To judge it, look at the bytes at its place, and add a
line; a rule that is wrong on prose of people wants mending first. No line may quote what it is about.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from lowbackground.detectors.evidence import Evidence, Signal

TABLE = Path(__file__).with_name("judged_hits.tsv")
QUIET = {Signal.SILENT, Signal.SKIPPED}


@dataclass(frozen=True, slots=True)
class Hit:
    """What one detector found in one record: a rule, a reason, or an opt-out."""

    source: str
    offset: int
    detector: str
    what: str


@lru_cache(maxsize=1)
def judged() -> dict[Hit, tuple[str, str]]:
    """Verdict (right or wrong) and reason of each hit that was looked at."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return {
        Hit(row["source"], int(row["offset"]), row["detector"], row["hit"]): (row["verdict"], row["why"])
        for row in rows
    }


def hits(source: str, offset: int, detector: str, evidence: Evidence) -> Iterator[Hit]:
    """The hits that evidence holds: of rules, further ones included, and of opt-outs; of silence only a kind."""
    facts = orjson.loads(evidence.detail or "{}")
    rules = [facts.get("rule"), *(other.partition(" ")[0] for other in facts.get("others") or ())]
    found = [rule for rule in rules if rule]
    if evidence.signal not in QUIET and not found:
        found = [evidence.reason]
    for what in (*found, *evidence.opt_out):
        yield Hit(source, offset, detector, what)


def show(hit: Hit, evidence: Evidence, where: str) -> bool:
    """Print a hit in a line with its verdict; whether it has one."""
    verdict, why = judged().get(hit, ("NOT JUDGED", "look, and add a line to judged_hits.tsv"))
    strength = evidence.strength or "-"
    print(f"  {hit.detector:17} {hit.what:28} {strength:12} {hit.source}#{hit.offset} {where[:90]}: {verdict}, {why}")
    return hit in judged()

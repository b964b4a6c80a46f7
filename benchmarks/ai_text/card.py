"""Renders the model card from the JSON of the table, so that no figure in it can be anything else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FIGURES = Path(__file__).with_name("table.json")
CARD = ROOT / "docs" / "ai-text-model-card.md"
WORDS = Path(__file__).with_name("card_words.md")  # what the card says in words; {NAME} stands for a rendered table

_FIGURES_HEAD = ("human texts", "machine texts", "AUROC", "found at 1 %", "found at 0.1 %")
_SHARES_HEAD = ("texts", "beyond the 1 % score", "beyond the 0.1 % score")


def render(figures: Mapping[str, Any], words: str) -> str:
    """The card as Markdown.

    Raises:
        KeyError: the words name a table that the figures do not have.
    """
    for name, table in tables(figures).items():
        words = words.replace("{" + name + "}", table)
    for name, value in figures["facts"].items():
        words = words.replace("{" + name + "}", str(value))
    if "{" in words:
        raise KeyError(f"no figure for {words[words.index('{') :][:60]!r}")
    return words


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Every table of the figures, by the name that the words call it."""
    model, baseline, transfer = figures["model"], figures["baseline"], figures["held out"]
    found = {
        "POOLED": _beside(model["pooled"], baseline["pooled"]),
        "GROUPS": _beside(model["groups"], baseline["groups"]),
        "LENGTHS": _beside(model["lengths"], baseline["lengths"]),
        "STRATA": _table(("length", "human texts", "machine texts", "threshold", "found"), figures["strata"]),
        "REFUSED": _table(("length", "human texts", "why"), figures["refused"]) if figures["refused"] else "None.",
        "HELD_OUT_HUMAN": _table(
            ("source", "texts", "false positives", "share", "upper bound, 95 %"), _named(transfer["human sources"])
        ),
        "HELD_OUT_MACHINE": _table(("source", "texts", "found", "share"), _named(transfer["machine sources"])),
        "RELIABILITY": _table(
            ("stated from", "to", "texts", "stated, mean", "was machine"), transfer["reliability"]["bins"]
        ),
        "ATTACKS": _table(
            ("attack", "texts", "beyond the 1 % score", "beyond the 0.1 % score"), _named(figures["attacks"])
        ),
        "STOPPED": _table(("texts", "number", "stopped by a gate"), _named(figures["stopped"])),
        **{
            f"TRIED_{name.upper()}": _table(("what", "AUROC", "found at 1 %", "found at 0.1 %"), rows)
            for name, rows in figures["tried"].items()
        },
        "CHINESE": _table(("held out", *_FIGURES_HEAD, "median human score"), _named(figures["chinese"])),
        "SIBLINGS": _table(("held out", *_SHARES_HEAD), _named(figures["siblings"])),
        "WEB": _table(("pages", "texts", "scored", "false positives"), _named(figures["web"])),
        "SOURCES": _table(
            ("file", "human texts", "machine texts", "human texts train", "licence of the human texts"),
            figures["sources"],
        ),
    }
    for title in (
        "families",
        "machine domains",
        "edited and attacked",
        "base models, outside of the claim",
        "human sources",
        "human domains",
    ):
        found[title.upper().replace(" ", "_").replace(",", "")] = _table(("", *_SHARES_HEAD), _named(model[title]))
    return found


def _named(rows: Mapping[str, Sequence[object]]) -> list[list[object]]:
    return [[name, *row] for name, row in rows.items()]


def _beside(rows: Mapping[str, Sequence[object]], baseline: Mapping[str, Sequence[object]]) -> str:
    head = ("", *_FIGURES_HEAD, "baseline: AUROC, 1 %, 0.1 %")
    body = []
    for name, row in rows.items():
        before = ", ".join(cell(each) for each in baseline[name][2:]) if name in baseline else "-"
        body.append([name, *row, before])
    return _table(head, body)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([cell(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: object) -> str:
    """A figure as the card prints it; of three seeds the mean, with the least and the most."""
    if isinstance(value, list):
        mean, least, most = (cell(each) for each in value)
        return mean if least == most else f"{mean} ({least}-{most})"
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".removeprefix("0") if abs(value) < 1 and value else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")

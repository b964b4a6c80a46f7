"""Rebuilds the weights of `ai_text` and prints the full table: `python -m benchmarks.ai_text [TEXT_FOLDER]`.

Needs the extra `train`, two cores and 12 GiB; takes about half an hour. Writes the weights and their calibration into
the package, the figures beside this file, and the model card. With `--shipped` nothing is trained or written: the shipped
weights judge the folder, source by source.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ai_text import card, held_out, shipped
from benchmarks.ai_text.attacks import attacked
from benchmarks.ai_text.chinese import measured
from benchmarks.ai_text.seeds import Run, run
from benchmarks.ai_text.siblings import siblings
from benchmarks.ai_text.sources import HUMAN_TRAINS, folds
from benchmarks.ai_text.table import over_seeds, table
from benchmarks.ai_text.texts import MIN_WORDS, Texts, read_texts
from lowbackground.detectors.ai_text import SCORE_VERSION
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.text_classifier.fit import english
from lowbackground.detectors.text_classifier.weights import shipped as shipped_card
from lowbackground.detectors.text_classifier.weights import shipped_calibration, write_weights

DATA = Path(__file__).parents[3] / "shared" / "data"
TRIED = Path(__file__).with_name("tried.json")  # what else was tried, with its figures
VERSION, MADE = "2", "2026-11-20"  # of the weights, and the day as of which they are judged
WORST_OF = 1000  # human texts of a source for which a rate of false positives is promised


def main() -> None:
    """Rebuild and print, or judge with what is shipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DATA / "text")
    parser.add_argument(
        "--shipped", action="store_true", help="train nothing: judge the folder with the shipped weights"
    )
    parser.add_argument(
        "--develop", action="store_true", help="leave the group that is touched once alone, write nothing"
    )
    parser.add_argument(
        "--seeds", type=int, default=len(folds().seeds), help="how many of the frozen seeds; the first ships"
    )
    options = parser.parse_args()
    if options.shipped:
        print(json.dumps(shipped.labelled(read_texts(options.folder)), indent=1))
        return
    jobs = [(seed, False) for seed in folds().seeds[: options.seeds]] + [(0, True)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        kin = pool.submit(siblings, options.folder)
        runs = [
            pool.submit(run, options.folder, seed, baseline=baseline, touch=not options.develop)
            for seed, baseline in jobs
        ]
        *models, baseline = [each.result() for each in runs]
    figures = write(models, baseline, kin.result(), options.folder, ship=not options.develop)
    print(json.dumps(figures, indent=1) if options.develop else card.CARD.read_text())


def write(models: list[Run], baseline: Run, kin: dict[str, list[Any]], folder: Path, *, ship: bool) -> dict[str, Any]:
    """The weights of the first seed, their calibration, the figures and the card."""
    first, made = models[0], date.fromisoformat(MADE)
    fitted = first.fitted
    if fitted is None:
        raise ValueError("the first seed keeps its models")
    figures: dict[str, Any] = {
        "model": over_seeds([table(one.scored) for one in models]),
        "baseline": over_seeds([table(baseline.scored)]),
        "attacks": attacked(first.scored, fitted.folds, first.weighed),
        "stopped": first.stopped,
        "siblings": kin,
        "tried": json.loads(TRIED.read_text()),
        "sources": sources(first.scored.texts),
        "chinese": measured(folder),
    }
    scale = Scale("ai_text", f"{SCORE_VERSION}.{VERSION}")
    figures["held out"] = held_out.held_out(first.held_out, scale, made)
    if ship:
        language, tables = english(fitted.final, first.weighed, MIN_WORDS)
        about = {
            "card": "docs/ai-text-model-card.md",
            "trained on generators up to": "2026-11",
            "made by": "benchmarks.ai_text",
        }
        weights = write_weights(shipped_card(), {"en": language}, tables, version=VERSION, made=MADE, about=about)
        scale = replace(scale, model=weights.digest)
    everything = np.flatnonzero(first.calibrating.known)
    calibration = held_out.calibration_of(first.calibrating, everything, scale, made)
    figures["strata"] = [
        [
            str(each.key),
            each.n_human,
            each.n_machine,
            round(each.threshold, 3),
            round(each.n_found / max(1, each.n_machine), 4),
        ]
        for each in calibration.strata
    ]
    figures["refused"] = [[str(each.key), each.n_human, each.reason] for each in calibration.refused]
    if ship:
        write_calibration(calibration, shipped_calibration())
        figures["web"] = shipped.web_pages(folder.parent)
        figures["facts"] = facts(figures)
        card.FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
        card.CARD.write_text(card.render(figures, card.WORDS.read_text()))
    return figures


def sources(texts: Texts) -> list[list[object]]:
    """Every file: how many texts of each label are used, whether its human texts train, and under which licence."""
    rows: list[list[object]] = []
    for file in np.unique(texts.file).tolist():
        inside = texts.file == file
        human = inside & np.isin(texts.kind, ("human", "unknown"))
        trains = int(np.count_nonzero(human & texts.trains))
        licence = HUMAN_TRAINS.get(file, "US public domain in part" if trains else "not permissive, or none stated")
        licence = licence if human.any() else "-"
        rows.append([file, int(np.count_nonzero(human)), int(np.count_nonzero(inside & ~human)), trains, licence])
    return rows


def facts(figures: dict[str, Any]) -> dict[str, str]:
    """Single figures that the card's words name."""
    held = figures["held out"]["human sources"]
    large = {name: row for name, row in held.items() if row[0] >= WORST_OF}
    worst = max(large, key=lambda name: large[name][2])
    count, hits, share, bound = large[worst]
    return {
        "WORST": f"{worst}: {hits} of {count:,} ({100 * share:.2f} %, at most {100 * bound:.2f} % with 95 % confidence)",
        "ECE": str(figures["held out"]["reliability"]["expected calibration error"]),
        "SEEDS": ", ".join(str(seed) for seed in folds().seeds),
        "MADE": MADE,
        "HARDEST": _hardest(figures["model"]["families"]),
        "END": _end(figures["model"]["pooled"], figures["model"]["machine domains"]),
    }


def _hardest(families: dict[str, list[Any]]) -> str:
    rows = sorted(families.items(), key=lambda row: row[1][2][0])[:3]
    told = "; ".join(f"{name}: {row[2][0]:.2f}" for name, row in rows)
    return f"Hardest families at 0.1 %, held out: {told}."


def _end(pooled: dict[str, list[Any]], domains: dict[str, list[Any]]) -> str:
    claim = pooled["the claim, a threshold for each length"]
    debates = domains["lechmazur_debate: argument"]
    return (
        f"It ends at {claim[3][0]:.2f} and {claim[4][0]:.2f} for the claim, a threshold for each length. What is missing is above all "
        f"debates by models of 2026, of which no kin is left in training when their group is held out: {debates[0]:,} of "
        f"{claim[1]:,} machine texts, {debates[1][0]:.2f} and {debates[2][0]:.2f} found."
    )


if __name__ == "__main__":
    main()

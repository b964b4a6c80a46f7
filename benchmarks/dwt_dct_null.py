"""Measures what unmarked pictures score: `python -m benchmarks.dwt_dct_null [FOLDER]`, about ten minutes on one core.

Writes `detectors/dwt_dct_null.json`: how many pictures of which kinds, a digest of their pixels, how many reach each
score, and the thresholds. Pictures are drawn from seeds (`unmarked_pictures`) and cut from those of FOLDER, each as it
is or after one turn through JPEG of a quality that the detector reads. Only the table is kept, and nothing of the pictures.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.unmarked_pictures import Pixels, cuts, drawn, photographs, resaved
from lowbackground.detectors.dwt_dct_score import all_scores, parts
from lowbackground.detectors.dwt_dct_votes import block_votes

TABLE = Path(__file__).parents[1] / "detectors" / "dwt_dct_null.json"
DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data"
DRAWN = 2400
CUTS = 20  # of each photograph
STEP = 0.1
LEAST = 4.0  # below, chance is of no interest
STRONG_RATE, NEAR_CERTAIN_RATE = 1e-4, 1e-5  # of unmarked pictures


def pictures(folder: Path) -> Iterator[tuple[str, str, Pixels, tuple[bool, bool]]]:
    """The kind, source and pixels of every picture of the null, and whether its chroma was halved down and across."""
    for seed in range(DRAWN):
        kind, pixels = drawn(seed)
        yield kind, f"seed {seed}", *resaved(pixels, np.random.default_rng((seed, 1)))
    for number, (name, whole) in enumerate(photographs(folder)):
        random = np.random.default_rng((number, 2))
        for cut in cuts(whole, random, CUTS):
            yield "photograph", name, *resaved(cut, random)


def scores(pixels: Pixels, halved: tuple[bool, bool]) -> tuple[float, Counter[int]]:
    """The highest score of a picture at the shift of a mark, and how many it has by chance, by step.

    A picture does not know where a payload begins, so the L - 1 wrong shifts of a payload are as many more chances for
    it to look marked; each counts 1 / (L - 1), in units of 1e-9.
    """
    height, width, _ = pixels.shape
    votes = block_votes(pixels, halved)
    highest, chances = 0.0, Counter[int]()
    for _, _, found in all_scores(votes, list(parts(width, height))):
        highest = max(highest, float(found[..., 0].max()))
        wrong = found[..., 1:]
        for score in wrong[wrong > LEAST]:
            chances[int(score / STEP)] += round(1e9 / wrong.shape[-1])
    return highest, chances


def measure(folder: Path) -> dict[str, Any]:
    """The table of the null."""
    digest, kinds, sources = hashlib.sha256(), Counter[str](), set()
    right, chances = [], Counter[int]()
    for kind, source, pixels, halved in pictures(folder):
        highest, by_chance = scores(pixels, halved)
        right.append(highest)
        chances += by_chance
        kinds[kind] += 1
        sources.add(source)
        digest.update(np.ascontiguousarray(pixels).tobytes())
        if highest > 4.5 or max(by_chance, default=0) * STEP > 5.5:  # worth a look: it may be marked
            print(f"{highest:.2f} {max(by_chance, default=0) * STEP:.1f} {kind} {source} {pixels.shape}", flush=True)
    highest = ceil(max(right) / STEP)
    rates = {at: sum(chances[each] for each in chances if each >= at) / 1e9 / len(right) for at in range(highest, 200)}
    strong, near_certain = (
        min(at for at, rate in rates.items() if rate <= most) for most in (STRONG_RATE, NEAR_CERTAIN_RATE)
    )
    return {
        "about": "Written by python -m benchmarks.dwt_dct_null; see there.",
        "date": datetime.now(UTC).date().isoformat(),
        "digest": digest.hexdigest(),
        "pictures": len(right),
        "sources": len(sources),
        "kinds": dict(sorted(kinds.items())),
        "step": STEP,
        "at_least": [sum(score >= STEP * at for score in right) for at in range(highest + 1)],
        "by_chance_at_least": {f"{at * STEP:.1f}": rate for at, rate in rates.items() if rate},
        "highest": round(max(right), 2),
        "highest_at_other_shifts": round(max(chances) * STEP, 1),
        "strong": round(strong * STEP, 1),
        "near_certain": round(near_certain * STEP, 1),
    }


def main(folder: Path = DEFAULT_FOLDER) -> None:
    """Measure and write the table."""
    table = measure(folder)
    TABLE.write_bytes(orjson.dumps(table, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    print({key: value for key, value in table.items() if key != "at_least"})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))

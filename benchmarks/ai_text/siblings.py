"""What is found of a source when texts of its kind, though not these, are left in training: the shipped model's own case.

Two parts are held out of sources of 2026: four in ten of the pages, at random, and all debates by GPT-5.x and Claude Opus,
while those of other models stay. Thresholds are those of human texts that never train, by the same model.
"""

from pathlib import Path

import numpy as np

from benchmarks.ai_text.measure import cuts, rounded
from benchmarks.ai_text.rebuild import Diet, examples_of, training_rows
from benchmarks.ai_text.seeds import prose
from benchmarks.ai_text.table import lengths
from benchmarks.ai_text.texts import read_texts
from lowbackground.detectors.text_classifier.fit import fit, material, outputs
from lowbackground.detectors.text_classifier.fit_heads import Recipe, combination, combine

SHARE = 0.4


def siblings(folder: Path, seed: int = 0) -> dict[str, list[object]]:
    """Shares beyond the 1 % and the 0.1 % score."""
    diet = Diet()
    texts, _ = prose(read_texts(folder))
    generator = np.char.lower(texts.generator.astype(str))
    held = {
        "modern_pages_2026, four in ten": (texts.file == "modern_pages_2026")
        & (np.random.default_rng(seed).uniform(size=len(texts)) < SHARE),
        "lechmazur_debate, GPT-5.x and Claude Opus": (texts.file == "lechmazur_debate")
        & ((np.char.find(generator, "gpt-5") >= 0) | (np.char.find(generator, "opus") >= 0)),
    }
    recipe = Recipe()
    ready = material(examples_of(texts, diet), recipe, seed)
    trains = training_rows(texts, diet, seed) & ~np.any(list(held.values()), axis=0)
    heads = fit(ready, np.flatnonzero(trains), recipe, seed)
    human = np.flatnonzero((texts.kind == "human") & ~texts.trains)
    of_humans = outputs(heads, ready, human)
    weighed = combination(of_humans, np.zeros(len(human), np.bool_), recipe)
    bounds = {
        name: cuts(combine(of_humans, weighed)[inside]) for name, inside in lengths(ready.seen.words[human]).items()
    }
    rows: dict[str, list[object]] = {}
    for name, chosen in held.items():
        places = np.flatnonzero(chosen)
        scores = combine(outputs(heads, ready, places), weighed)
        beyond = np.zeros((len(places), 2), bool)
        for length, inside in lengths(ready.seen.words[places]).items():
            beyond |= inside[:, None] & (scores[:, None] > np.array(bounds[length]))
        rows[name] = [len(places), *(rounded(each) for each in beyond.mean(axis=0))]
    return rows

"""One run of a recipe: all folds trained, every text scored by the model that did not see its group."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ai_text.rebuild import CrossFit, Diet, cross_fit, examples_of, groups_of
from benchmarks.ai_text.sources import folds
from benchmarks.ai_text.table import Scored
from benchmarks.ai_text.texts import MIN_WORDS, Texts, read_texts
from lowbackground.detectors.text_classifier.features import SLICE
from lowbackground.detectors.text_classifier.fit import material
from lowbackground.detectors.text_classifier.fit_heads import (
    FOREST,
    GUARDED,
    Forest,
    LinearHead,
    Recipe,
    combination,
    combine,
)
from lowbackground.detectors.text_classifier.fit_linear import LinearRecipe, Training
from lowbackground.detectors.text_classifier.gates import PASSED, gates
from lowbackground.detectors.text_classifier.tokens import tokenise

CUT = 0.25  # the share of pieces that take the place of their text
LONG = 400  # words: some of the texts that have more are calibrated by a piece, so that the shorter lengths are carried too
BASELINE = (  # the prototype: no pieces, no negatives from base models, rewrites as full positives, no steadiness
    Recipe(
        linear={
            "w": LinearHead("word_ngrams", LinearRecipe((Training(passes=5),))),
            "m": LinearHead("masked_ngrams", LinearRecipe((Training(passes=5),))),
        },
        forest=Forest(rounds=160, learning_rate=0.08, diet=GUARDED),
        network=None,
        shares={"w": 1.0, "m": 1.0, FOREST: 1.0},
        whole=(GUARDED,),
    ),
    Diet(emphasis={GUARDED: {"human": 1.0, "core": 1.0, "edited": 1.0}}, most=1 << 30),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one seed of one recipe gives; `stopped` counts texts that a gate stopped, by kind.

    `held_out` and `calibrating` hold some long texts by a piece: the one for calibrations that are tried on a group they
    never saw, the other for the calibration that ships.
    """

    scored: Scored
    held_out: Scored
    calibrating: Scored
    fitted: CrossFit | None
    weighed: Any
    stopped: dict[str, list[int]]


def run(folder: Path, seed: int, *, baseline: bool, touch: bool) -> Run:
    """Train all folds and score every text by the model that did not see its group."""
    recipe, diet = BASELINE if baseline else (Recipe(), Diet())
    texts, stopped = prose(read_texts(folder))
    ready = material(examples_of(texts, diet), recipe, seed)
    fitted = cross_fit(texts, ready, folds(), recipe, diet, seed, touch=touch)
    human = (texts.kind == "human") & ~np.isnan(fitted.whole[:, 0])
    weighed = combination(fitted.whole[human], np.zeros(np.count_nonzero(human), np.bool_), recipe)
    scored = Scored(texts, combine(fitted.whole, weighed), ready.seen.words, groups_of(texts, folds()))
    words = ready.piece_seen.words
    held_out = cut_some(scored, ready.of, combine(fitted.pieces, weighed), words)
    by_final = replace(scored, scores=combine(fitted.calibrating, weighed))
    calibrating = cut_some(by_final, ready.of, combine(fitted.calibrating_pieces, weighed), words)
    slim = Scored(replace(texts, normal=()), scored.scores, scored.words, scored.groups)
    return Run(
        slim,
        replace(held_out, texts=slim.texts),
        replace(calibrating, texts=slim.texts),
        None if baseline or seed else fitted,
        weighed,
        stopped,
    )


def prose(texts: Texts) -> tuple[Texts, dict[str, list[int]]]:
    """The texts that pass the detector's gates, and by kind how many there were and how many were stopped."""
    passed = (
        np.concatenate(
            [gates(tokenise(texts.normal[at : at + SLICE]), MIN_WORDS) for at in range(0, len(texts), SLICE)]
        )
        == PASSED
    )
    stopped = {
        kind: [int(np.count_nonzero(texts.kind == kind)), int(np.count_nonzero((texts.kind == kind) & ~passed))]
        for kind in np.unique(texts.kind).tolist()
    }
    return texts.only(np.flatnonzero(passed)), stopped


def cut_some(scored: Scored, of: np.ndarray, scores: np.ndarray, words: np.ndarray) -> Scored:
    """Scores for the calibration: each text once, but some of the long ones by a piece of theirs."""
    chosen = (scored.words[of] >= LONG) & (np.random.default_rng(0).uniform(size=len(of)) < CUT)
    by_text, lengths = scored.scores.copy(), scored.words.copy()
    by_text[of[chosen]], lengths[of[chosen]] = scores[chosen], words[chosen]
    return replace(scored, scores=by_text, words=lengths)

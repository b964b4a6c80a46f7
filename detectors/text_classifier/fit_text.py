"""Fits the classifier on labelled texts of a user's own, and writes weights that `ai_text` reads.

Every text is also scored by a model that saw nothing of its source: that is what thresholds are made from, since a source
that was trained on flatters them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.classify import gate_of_language
from lowbackground.detectors.text_classifier.features import SLICE, word_counts
from lowbackground.detectors.text_classifier.fit import WINDOWS, cross_fitted, english, fit, material, outputs
from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats
from lowbackground.detectors.text_classifier.fit_heads import HEADS, Recipe, combination, combine
from lowbackground.detectors.text_classifier.gates import GATES, PASSED, gates
from lowbackground.detectors.text_classifier.normalise import normalise
from lowbackground.detectors.text_classifier.spoken import spoken
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import write_weights
from lowbackground.detectors.text_classifier.windows import beginning, windowed

MAX_FOLDS = 8  # models that are fitted beside the one that is kept; small sources share a fold
LEAST = 300  # texts of either side: a tree needs 60 in a leaf, and what it learns from fewer is chance
_GATE_NAMES = tuple(GATES)


@dataclass(frozen=True, slots=True)
class FittedText:
    """What was fitted; one element a text.

    `scores` are those of models that saw nothing of the text's source, nan where no score was given; `places` language
    and words as the detector has them; `gated` counts what was not scored, by reason; `folds` is how many models there were.
    """

    scores: Floats
    places: tuple[tuple[str, int], ...]
    gated: Counter[str]
    folds: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Prose:
    """The texts that pass the gates: their places among all, normal forms and words."""

    rows: NDArray[np.intp]
    normal: list[bytes]
    places: tuple[tuple[str, int], ...]
    gated: Counter[str]


def fit_text(
    texts: Sequence[str],
    machine: NDArray[np.bool_],
    sources: Sequence[str],
    card: Path,
    *,
    made: date,
    min_words: int,
    about: Mapping[str, Any],
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> FittedText:
    """Fit on English texts of at least `min_words` words, and write a card to `card` and its tables beside it.

    `about` goes into the card; `tell` hears of progress. Needs the extra `train`.

    Raises:
        ValueError: too few texts of one side, or all texts of one side are of one source.
    """
    prose = _prose(texts, min_words, tell)
    made_by_machine, names = machine[prose.rows], np.array(sources, np.str_)[prose.rows]
    _check_numbers(made_by_machine, prose.gated)
    folds = _folds(names, made_by_machine)
    examples = Examples(prose.normal, made_by_machine, names, np.ones(len(prose.rows)))
    whole, recipe = material(examples, seed), Recipe()
    everything = np.arange(len(examples))
    held_out = np.zeros((len(examples), len(HEADS)))
    for fold, heads, rows in cross_fitted(whole, folds, np.ones(len(examples), np.bool_), recipe, seed):
        held_out[rows] = outputs(heads, whole, rows)
        tell(f"scored {len(rows):,} texts of fold {fold} by a model of the {len(examples) - len(rows):,} others")
    weighed = combination(held_out, made_by_machine, recipe)
    language, tables = english(fit(whole, everything, recipe, seed), weighed, min_words)
    weights = write_weights(card, {"en": language}, tables, version="own", made=made.isoformat(), about=about)
    scores = np.full(len(texts), np.nan)
    scores[prose.rows] = combine(held_out, weighed)
    return FittedText(scores, prose.places, prose.gated, len(set(folds.tolist())), weights.digest)


def _prose(texts: Sequence[str], min_words: int, tell: Callable[[str], None]) -> _Prose:
    """What the detector itself would score, prepared as it would."""
    rows: list[int] = []
    kept: list[bytes] = []
    places: list[tuple[str, int]] = []
    gated = Counter[str]()
    for start in range(0, len(texts), SLICE):
        wholes: list[bytes] = []
        spoken_in: list[str | None] = []
        for text in texts[start : start + SLICE]:
            data = text.encode("utf-8", "replace")
            wholes.append(normalise(beginning(data, WINDOWS.raw)))
            spoken_in.append(spoken(None, data, wholes[-1]))
        normal = [windowed(whole, WINDOWS) for whole in wholes]
        tokens = tokenise(normal)
        words, stopped = word_counts(tokens).tolist(), gates(tokens, min_words).tolist()
        for place, (language, gate) in enumerate(zip(spoken_in, stopped, strict=True)):
            places.append((language or "und", words[place]))
            if language == "en" and gate == PASSED:
                rows.append(start + place)
                kept.append(normal[place])
            else:
                reason = _GATE_NAMES[gate] if language == "en" else gate_of_language(language, wholes[place])
                gated[f"ai-text.{reason}"] += 1
    tell(f"{len(rows):,} of {len(texts):,} texts are English prose of {min_words} words or more")
    return _Prose(np.array(rows, np.intp), kept, tuple(places), gated)


def _check_numbers(machine: NDArray[np.bool_], gated: Mapping[str, int]) -> None:
    """Refuse what nothing can be learnt from.

    Raises:
        ValueError: one side has too few texts.
    """
    for side, count in (("human", int((~machine).sum())), ("machine", int(machine.sum()))):
        if count < LEAST:
            told = ", ".join(f"{number:,} {reason}" for reason, number in gated.items())
            raise ValueError(
                f"{count:,} {side} texts can be scored, and a detector takes {LEAST} of either side at least"
                + (f"; not scored: {told}" if told else "")
            )


def _folds(sources: NDArray[np.str_], machine: NDArray[np.bool_]) -> NDArray[np.str_]:
    """A fold for each text: whole sources, the largest spread first, both sides in what each fold leaves.

    Raises:
        ValueError: without the texts of some source, one side is gone.
    """
    names, inverse, counts = np.unique(sources, return_inverse=True, return_counts=True)
    sizes = np.zeros(min(MAX_FOLDS, len(names)), np.int64)
    fold_of = np.zeros(len(names), np.intp)
    for source in np.argsort(-counts, kind="stable"):
        fold_of[source] = np.argmin(sizes)
        sizes[fold_of[source]] += counts[source]
    folds = fold_of[inverse]
    for fold in range(len(sizes)):
        left = machine[folds != fold]
        if len(left) == 0 or left.all() or not left.any():
            raise ValueError(
                f"without one of {len(names)} sources no {'human' if len(left) and left.all() else 'machine'} text is left to learn from: "
                "each side needs texts of two sources or more; name sources with --group-column"
            )
    return folds.astype(np.str_)

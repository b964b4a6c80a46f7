"""Fits the classifier on labelled texts of a user's own, and writes weights that `ai_text` reads.

Every text is also scored by a model that saw nothing of its source: that is what thresholds are made from, since a source
that was trained on flatters them. Some human texts train nothing, so that those models have one scale (`fit_folds`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.classify import Classifier, Text
from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.fit import WINDOWS, english, material
from lowbackground.detectors.text_classifier.fit_examples import Examples, Floats
from lowbackground.detectors.text_classifier.fit_folds import fit_kept, fit_without
from lowbackground.detectors.text_classifier.fit_heads import DIETS, KNOT, Recipe, combination, combine
from lowbackground.detectors.text_classifier.score import Scorer
from lowbackground.detectors.text_classifier.weights import Combine, Language, write_weights

MAX_FOLDS = 8  # models that are fitted beside the one that is kept; small sources share a fold
LEAST = 300  # texts of either side: a tree needs 60 in a leaf, and what it learns from fewer is chance
LEAST_LEFT = 100  # of either side outside of a fold, for the same reason
BRIDGE_SHARE, MAX_BRIDGE_SHARE = 0.1, 0.2  # of the human texts, which train nothing: the more, the fewer there are
BRIDGE = (
    100,
    2000,
)  # of them as a rule: two models differ little on a text, so 100 tell mean and deviation to a twentieth
MAX_NAME = 100  # letters of a source in a message
_CHUNK = 4096  # texts that are looked at together


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
    bridge = _bridge(names, made_by_machine, seed)
    examples = Examples(prose.normal, made_by_machine, names, np.ones((len(prose.rows), DIETS)))
    recipe = Recipe()
    whole = material(examples, recipe, seed)
    kept = fit_kept(whole, ~bridge, bridge, recipe, seed)
    tell(
        f"fitted on {len(bridge) - bridge.sum():,} texts; {bridge.sum():,} human ones hold the scales of models together"
    )
    held_out = np.zeros((len(examples), len(recipe.heads)))
    for fold in np.unique(folds).tolist():
        rows = np.flatnonzero(folds == fold)
        held_out[rows] = fit_without(kept, whole, folds == fold, recipe, seed)(whole.seen.only(rows))
        tell(f"scored {len(rows):,} texts of fold {fold} by a model of the {len(examples) - len(rows):,} others")
    weighed = combination(held_out, made_by_machine, recipe)
    language, tables = english(kept.heads, weighed, min_words)
    weights = write_weights(card, {"en": language}, tables, version="own", made=made.isoformat(), about=about)
    scores = np.full(len(texts), np.nan)
    scores[prose.rows] = combine(held_out, weighed)
    return FittedText(scores, prose.places, prose.gated, len(set(folds.tolist())), weights.digest)


def _prose(texts: Sequence[str], min_words: int, tell: Callable[[str], None]) -> _Prose:
    """What the detector itself would score, prepared as it would."""
    no_heads = Language(WINDOWS, (), Combine((), (KNOT,), ((),), (0.0,)), min_words)
    gates = Classifier({"en": Scorer(no_heads, {})}, WINDOWS.raw)
    rows: list[int] = []
    kept: list[bytes] = []
    places: list[tuple[str, int]] = []
    gated = Counter[str]()
    for start in range(0, len(texts), _CHUNK):
        chunk = [Text(text.encode("utf-8", "replace")) for text in texts[start : start + _CHUNK]]
        for place, (text, outcome) in enumerate(zip(chunk, gates(chunk), strict=True), start):
            places.append((outcome.language or "und", outcome.words))
            if outcome.score is None:
                gated[f"ai-text.{outcome.gate}"] += 1
            else:
                rows.append(place)
                kept.append(prepared(text.data, WINDOWS))
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
    """A fold for each text: whole sources, the largest spread first, enough of both sides in what each fold leaves.

    Raises:
        ValueError: without the texts of some sources, one side has too few.
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
        for side, count in (("human", int((~left).sum())), ("machine", int(left.sum()))):
            if count < LEAST_LEFT:
                raise ValueError(
                    f"without {_named(names[fold_of == fold])}, {count:,} {side} texts are left to learn from, and a model takes "
                    f"{LEAST_LEFT}: each side needs texts of two sources or more; name sources with --group-column"
                )
    return folds.astype(np.str_)


def _named(sources: NDArray[np.str_]) -> str:
    """The first of some sources, and how many more there are."""
    first = f"source {str(sources[0])[:MAX_NAME]!r}"  # names are content
    return first if len(sources) == 1 else f"{first} and {len(sources) - 1:,} others"


def _bridge(sources: NDArray[np.str_], machine: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Human texts that train nothing: the same share of every source, drawn by chance."""
    human = np.flatnonzero(~machine)
    least, most = BRIDGE
    share = min(max(BRIDGE_SHARE, least / len(human)), MAX_BRIDGE_SHARE, most / len(human))
    by_source = human[np.lexsort((np.random.default_rng(seed).uniform(size=len(human)), sources[human]))]
    steps = np.floor(np.arange(len(human) + 1) * share)
    bridge = np.zeros(len(machine), np.bool_)
    bridge[by_source[np.diff(steps) > 0]] = True
    return bridge

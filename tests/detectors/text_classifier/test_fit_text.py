"""Fitting on a user's own texts: which data will do, and that every text is scored by a model that never saw its source."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lowbackground.detectors.text_classifier import fit_folds
from lowbackground.detectors.text_classifier.classify import Text, classifier
from lowbackground.detectors.text_classifier.fit_folds import Aligned
from lowbackground.detectors.text_classifier.fit_heads import Recipe
from lowbackground.detectors.text_classifier.fit_text import LEAST, MAX_FOLDS, FittedText, fit_text
from lowbackground.detectors.text_classifier.fit_text import _bridge as bridge_of
from lowbackground.detectors.text_classifier.fit_text import _folds as folds_of
from lowbackground.detectors.text_classifier.weights import read_weights
from tests.detectors.text_classifier.toy import prose

HEADS = len(Recipe().heads)

MADE = date(2026, 11, 20)
SIDE = LEAST + 20
TEXTS = [prose(machine=row % 2 == 1, seed=row, words=100 + 20 * (row % 8)) for row in range(2 * SIDE)]
MACHINE = np.arange(2 * SIDE) % 2 == 1
SOURCES = [f"source-{row // 2 % 3}" for row in range(2 * SIDE)]
ODD = ["Too short.", "x = 1;\n" * 200, "Ein Satz über die Brücke am Fluss, die niemand mehr benutzt. " * 20]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own") / "ai_text.json"


@pytest.fixture(scope="module")
def fitted(card: Path) -> FittedText:
    machine = np.concatenate([MACHINE, [False] * len(ODD)])
    sources = [*SOURCES, *["source-0"] * len(ODD)]
    return fit_text([*TEXTS, *ODD], machine, sources, card, made=MADE, min_words=50, about={"made_with": "a test"})


def test_what_was_fitted_tells_the_two_apart_on_sources_it_never_saw(fitted: FittedText) -> None:
    scores = fitted.scores[: len(TEXTS)]
    assert fitted.folds == 3
    assert scores[~MACHINE].max() < scores[MACHINE].min()


def test_what_the_detector_would_not_score_is_not_fitted_on(fitted: FittedText) -> None:
    assert np.isnan(fitted.scores[len(TEXTS) :]).all()
    assert sum(fitted.gated.values()) == len(ODD)
    assert fitted.gated["ai-text.language.no-calibration"] >= 1
    assert len(fitted.places) == len(TEXTS) + len(ODD)


def test_the_weights_that_were_written_score_texts(fitted: FittedText, card: Path) -> None:
    weights = read_weights(card)
    assert weights.digest == fitted.digest
    assert weights.card.about == {"made_with": "a test"}
    new = [prose(machine=machine, seed=90_000 + machine, words=150) for machine in (False, True)]
    human, machine = classifier(weights)([Text(text.encode()) for text in new])
    assert human.score is not None
    assert machine.score is not None
    assert human.score < machine.score


def test_places_are_those_of_the_detector(fitted: FittedText, card: Path) -> None:
    outcomes = classifier(read_weights(card))([Text(text.encode()) for text in TEXTS[:40]])
    assert [(outcome.language, outcome.words) for outcome in outcomes] == list(fitted.places[:40])


@pytest.mark.parametrize("short", [False, True])
def test_too_few_texts_of_one_side_are_refused(tmp_path: Path, short: bool) -> None:
    texts = ["Too short." if short and machine else text for text, machine in zip(TEXTS, MACHINE, strict=True)]
    kept = slice(0, None) if short else slice(0, 2 * LEAST - 2)
    words = (
        "0 machine texts can be scored.*320 ai-text.too-short" if short else f"{LEAST - 1} human texts can be scored"
    )
    with pytest.raises(ValueError, match=words):
        fit_text(
            texts[kept], MACHINE[kept], SOURCES[kept], tmp_path / "ai_text.json", made=MADE, min_words=50, about={}
        )


def test_sources_stay_whole_and_few_folds_hold_many() -> None:
    sources = np.array([f"host-{row % 97}" for row in range(5000)])
    folds = folds_of(sources, np.arange(5000) % 2 == 1)
    assert len(set(folds)) == MAX_FOLDS
    assert all(len(set(folds[sources == source])) == 1 for source in set(sources))
    counts = np.unique(folds, return_counts=True)[1]
    assert counts.min() > 0.8 * counts.max()


@pytest.mark.parametrize(
    "sources",
    [["one"] * 4, ["people", "gpt", "people", "gpt"], ["a", "gpt", "b", "gpt"]],
    ids=["one source", "a source a side", "one source of machines"],
)
def test_a_side_of_one_source_cannot_be_held_out(sources: list[str]) -> None:
    with pytest.raises(
        ValueError, match=r"0 (human|machine) texts are left.*each side needs texts of two sources or more"
    ):
        folds_of(np.array(sources * LEAST), np.array([False, True, False, True] * LEAST))


def test_a_source_that_holds_nearly_all_is_named() -> None:
    sources = np.array(["large\x1b"] * 2 * LEAST + ["small"] * 40)
    with pytest.raises(ValueError, match=r"without source 'large\\x1b', 20 human texts are left .* takes 100"):
        folds_of(sources, np.arange(len(sources)) % 2 == 1)


@pytest.mark.parametrize(("humans", "kept_back"), [(300, 60), (600, 100), (5000, 500), (50_000, 2000)])
def test_the_same_share_of_every_source_trains_nothing(humans: int, kept_back: int) -> None:
    sources = np.array([f"source-{row % 2 * (row % 10 + 1)}" for row in range(humans + 50)])
    machine = np.arange(humans + 50) >= humans
    bridge = bridge_of(sources, machine, 0)
    assert (bridge.sum(), (bridge & machine).sum()) == (kept_back, 0)
    for source in np.unique(sources):
        mine = ~machine & (sources == source)
        assert abs((bridge & mine).sum() - mine.sum() * kept_back / humans) < 2
    assert (bridge_of(sources, machine, 0) == bridge).all()
    assert (bridge_of(sources, machine, 1) != bridge).any()


def test_the_scales_of_folds_do_not_matter(fitted: FittedText, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def elsewhere(*given: Any) -> Any:
        heads = fit(*given)
        made.append(heads)
        return (
            heads
            if len(made) == 1
            else Aligned(heads, np.full(HEADS, 1.0 + len(made)), np.full(HEADS, -3.0 * len(made)))
        )

    fit = fit_folds.fit
    monkeypatch.setattr(fit_folds, "fit", elsewhere)
    machine = np.concatenate([MACHINE, [False] * len(ODD)])
    sources = [*SOURCES, *["source-0"] * len(ODD)]
    again = fit_text([*TEXTS, *ODD], machine, sources, tmp_path / "ai_text.json", made=MADE, min_words=50, about={})
    assert len(made) == 4
    assert np.allclose(again.scores, fitted.scores, atol=1e-5, equal_nan=True)

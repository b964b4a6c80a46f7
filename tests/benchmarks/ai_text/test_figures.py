"""Figures, tables and the card that holds them."""

import json

import numpy as np
import pytest

from benchmarks.ai_text import card
from benchmarks.ai_text.attacks import ATTACKS, attacked
from benchmarks.ai_text.families import family
from benchmarks.ai_text.held_out import reliability
from benchmarks.ai_text.measure import cuts, figures
from benchmarks.ai_text.table import Scored, lengths, over_seeds, table
from benchmarks.ai_text.texts import Texts


def scored(count: int = 400) -> Scored:
    random = np.random.default_rng(0)
    kinds = np.array(["human", "core"])[np.arange(count) % 2]
    blank = np.array(["x"] * count)
    texts = Texts(np.array(["detectrl"] * count), blank, blank, blank, kinds, kinds == "core", ["a"] * count)
    scores = random.normal(size=count) + 3 * (kinds == "core")
    scores[0] = np.nan
    return Scored(texts, scores, random.integers(50, 900, count), blank)


def test_a_cut_leaves_the_stated_share_of_humans_beyond_it():
    human = np.random.default_rng(0).normal(size=5000)
    for rate, cut in zip((0.01, 0.001), cuts(human), strict=True):
        assert np.mean(human > cut) == pytest.approx(rate)


def test_too_few_humans_give_no_cut():
    found = figures(np.arange(200.0), np.arange(300.0))
    assert not np.isnan(found.found[0])
    assert np.isnan(found.found[1])
    assert figures(np.arange(3.0), np.array([])).row() == [3, 0, None, None, None]


def test_lengths_cover_every_text_once():
    assert sum(inside.astype(int) for inside in lengths(np.arange(50, 3000)).values()).min() == 1


def test_the_table_counts_only_texts_with_a_score():
    found = table(scored())
    assert found["groups"]["x"][:2] == [199, 200]
    assert found["human sources"]["detectrl"][0] == 199


def test_seeds_are_put_together_as_mean_least_and_most():
    one = {"groups": {"a": [5, 0.5, None]}}
    two = {"groups": {"a": [5, 0.7, None]}}
    assert over_seeds([one, two]) == {"groups": {"a": [5, [0.6, 0.5, 0.7], None]}}


def test_honest_probabilities_have_no_calibration_error():
    random = np.random.default_rng(0)
    human, machine = random.normal(-1, 1, 20000), random.normal(1, 1, 20000)
    assert reliability(2 * human, 2 * machine)["expected calibration error"] < 0.01
    assert reliability(9 * human, 9 * machine)["expected calibration error"] > 0.03


def test_families_are_told_by_name():
    assert family("gpt-5.4-high")[0] == "GPT-5.4, 5.5"
    assert family("claude-3-opus-20240229")[0] == "Claude to 3.5"
    assert family("gpt-4o-2024-05-13")[0] == "GPT-4o, o1"
    assert family("gpt-4.1-mini")[1] == "2025"


def test_attacks_change_a_text_and_keep_its_words_readable():
    import random

    text = "First the people came to see.\n\nThen another paragraph stood beside them, and more."
    for name, change in ATTACKS.items():
        changed = change(text, random.Random(1))
        assert (changed == text) == (name == "none"), name
    assert callable(attacked)


def test_the_card_is_what_the_figures_say():
    figures = json.loads(card.FIGURES.read_text())
    assert card.CARD.read_text() == card.render(figures, card.WORDS.read_text())


def test_a_card_without_a_figure_is_refused():
    figures = json.loads(card.FIGURES.read_text())
    with pytest.raises(KeyError, match="no figure for"):
        card.render(figures, "{NOTHING}")

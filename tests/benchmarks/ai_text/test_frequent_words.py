"""The words that topic masking keeps are counted by a rule, and the list that ships is what the rule gives."""

import json
from pathlib import Path

import pytest

from benchmarks.ai_text.frequent_words import SHIPPED, SOURCES, frequent_words, human_texts, words_of
from benchmarks.ai_text.sources import folds


def test_a_word_counts_by_the_mean_of_its_shares_and_not_by_its_number():
    large = ["the cat sat", "the cat ran", "the cat", "the dog"]
    small = ["the dog", "a dog"]
    assert frequent_words([large, small], least=1, most=3) == ["the", "dog", "cat"]


def test_words_of_few_sources_and_single_letters_are_left_out():
    sources = [["the x is here", "a cat"], ["the x is there", "a dog"]]
    assert frequent_words(sources, least=2) == ["a", "is", "the"]


def test_words_are_those_of_the_normal_form():
    assert words_of("The\u200b CAT isn\u2019t here.") == {b"the", b"cat", b"isn't", b"here"}


def test_every_source_has_a_group():
    assert set(SOURCES) <= set(folds().group_of)


@pytest.mark.real
def test_the_list_that_ships_is_what_the_rule_gives(shared: Path):
    counted = frequent_words([human_texts(shared / "text" / f"{name}.parquet") for name in SOURCES])
    assert counted == json.loads(SHIPPED.read_text())

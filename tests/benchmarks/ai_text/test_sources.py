"""The folds are frozen, and no human text without a permissive licence can train."""

import hashlib
from collections import Counter
from itertools import chain
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from benchmarks.ai_text.sources import FOLDS, HUMAN_TRAINS, KINDS, folds, kind, may_train

FROZEN = "bc61853c986a184a7600e9dcbe26b6107fbe14ac23dbade4c9b8554a66bb409c"
NEVER = (
    "biscope", "detectrl", "gecscore", "hc3_chinese", "hc3plus", "hppt", "human_rubylang", "human_scrapinghub",
    "human_trafilatura_eval", "kaggle_essays", "lastde", "liang_bias", "mixset", "nd_hal", "raidar",
)  # fmt: skip
PERMISSIVE = ("mit", "apache", "bsd", "cc-by-3", "cc-by-4", "cc0", "public domain")


def test_the_folds_are_those_that_were_frozen():
    assert hashlib.sha256(FOLDS.read_bytes()).hexdigest() == FROZEN


def test_every_file_stands_in_one_group_and_the_group_touched_once_exists():
    groups = yaml.safe_load(FOLDS.read_text())["groups"]
    assert max(Counter(chain.from_iterable(groups.values())).values()) == 1
    assert folds().touched_once in groups
    assert len(folds().seeds) == 3


def test_files_whose_human_texts_train_have_a_group():
    assert set(HUMAN_TRAINS) <= set(folds().group_of)


@pytest.mark.parametrize("file", NEVER)
def test_human_text_without_a_permissive_licence_never_trains(file):
    assert not may_train(file, "core", "human")


def test_of_the_nltk_corpora_only_speeches_in_the_public_domain_train():
    assert may_train("human_nltk", "nltk-inaugural", "human")
    assert not may_train("human_nltk", "nltk-brown", "human")


def test_machine_text_trains_from_any_file_that_is_not_non_commercial():
    assert may_train("biscope", "core", "machine")
    assert not may_train("detectanyllm", "polish", "machine")


def test_machine_text_of_a_genre_without_human_text_beside_it_does_not_train():
    assert not may_train("nd_hal", "asap", "machine")


@pytest.mark.parametrize(
    ("file", "split", "domain", "label", "generator", "expected"),
    [
        ("fastdetectgpt", "core", "xsum", "machine", "gpt-neox-20b", "base"),
        ("fastdetectgpt", "core", "xsum", "human", "human", "human"),
        ("glimpse", "core", "xsum", "machine", "gpt-4", "core"),
        ("imbd", "polish", "xsum", "machine", "gpt-4o", "edited"),
        ("imbd", "generation", "xsum", "machine", "gpt-4o", "core"),
        ("l2r", "core", "Sports", "machine", "GPT-4o", "edited"),
        ("biscope", "paraphrased", "yelp", "machine", "gpt-3.5-turbo", "attack"),
        ("gecscore", "attack-paraphrase", "xsum", "machine", "GPT-4o", "attack"),
        ("detectrl", "core", "direct_prompt", "machine", "ChatGPT", "core"),
        ("detectrl", "core", "paraphrase_dipper_llm", "machine", "ChatGPT", "attack"),
        ("lastde", "core", "xsum", "machine", "gpt4o", "core"),
        ("lastde", "core", "xsum", "machine", "llama3_8b", "base"),
        ("alpaca_eval", "alpaca-eval", "", "machine", "falcon-7b-instruct", "core"),
        ("human_dnagpt", "nature-2023", "abstract", "human", "human", "unknown"),
    ],
)
def test_kinds(file, split, domain, label, generator, expected):
    assert kind(file, split, domain, label, generator) == expected
    assert expected in KINDS


@pytest.mark.real
def test_the_licences_stated_in_the_data_agree(shared: Path):
    for file in HUMAN_TRAINS:
        stated = pq.read_table(shared / "text" / f"{file}.parquet", columns=["licence"]).column(0).unique().to_pylist()
        assert all(any(word in each.lower() for word in PERMISSIVE) for each in stated), (file, stated)


@pytest.mark.real
def test_every_file_of_english_text_has_a_group(shared: Path):
    english = {path.stem for path in (shared / "text").glob("*.parquet")} - {"hc3_chinese"}
    assert english == set(folds().group_of)

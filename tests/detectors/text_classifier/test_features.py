"""Laws of the features: they depend on the text alone, and count what they say they count."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.text_classifier import bags, style
from lowbackground.detectors.text_classifier.bags import (
    ENGLISH_BAGS,
    Bags,
    masked_ngrams,
    skeleton_ngrams,
    word_ngrams,
    word_trigrams,
)
from lowbackground.detectors.text_classifier.chinese import character_ngrams, normalise_chinese
from lowbackground.detectors.text_classifier.features import features, prepared
from lowbackground.detectors.text_classifier.sentences import sentences
from lowbackground.detectors.text_classifier.style import STYLE_NAMES
from lowbackground.detectors.text_classifier.tokens import NUMBER, WORD, tokenise
from lowbackground.detectors.text_classifier.windows import Windows

WINDOWS = Windows()
HASHES = [
    "fb0a01b628fa9eb7",
    "ac673bec8dfb6d8c",
    "dd4f9ae2460889f7",
    "1472a743364ef88f",
    "597bbfe73daeeb11",
    "b81054f579da9112",
]
MASKED = [532, 1193, 1334, 1368, 1555, 1596, 1709, 1949, 2198, 2199, 2259, 2286, 2559, 2815, 3962]
TEXTS = st.lists(st.text(alphabet="ab cdE.,'\n0!-éж字☆", max_size=60), max_size=6)


def rows(found: Bags) -> list[dict[int, int]]:
    ends = found.indptr.tolist()
    return [dict(zip(found.bucket[a:b].tolist(), found.count[a:b].tolist(), strict=True)) for a, b in pairwise(ends)]


def shown(text: str) -> list[str]:
    found = tokenise([prepared(text.encode(), WINDOWS)])
    return [
        found.data[at : at + size].tobytes().decode()
        for at, size in zip(found.start.tolist(), found.length.tolist(), strict=True)
    ]


def test_tokens_are_words_numbers_and_single_marks() -> None:
    assert shown("Don't pay 1,250 EUR (it's late)!") == [
        "Don",
        "'t",
        "pay",
        "0",
        ",",
        "000",
        "EUR",
        "(",
        "it",
        "'s",
        "late",
        ")",
        "!",
    ]


def test_a_token_taken_apart_by_a_tokenizer_is_the_same_token() -> None:
    typed = "I can't say it's done: \"no\" (they've gone)."
    assert shown("I ca n't say it 's done : `` no '' ( they 've gone ) .") == shown(typed)


@given(TEXTS)
def test_features_of_a_text_do_not_depend_on_its_neighbours(texts: list[str]) -> None:
    normal = [prepared(text.encode(), WINDOWS) for text in texts]
    together, alone = features(normal), [features([each]) for each in normal]
    assert set(together.bags) == set(ENGLISH_BAGS)
    for name, bag in together.bags.items():
        assert rows(bag) == [row for each in alone for row in rows(each.bags[name])]
    assert together.style.tobytes() == b"".join(each.style.tobytes() for each in alone)
    assert together.words.tolist() == [count for each in alone for count in each.words.tolist()]


@given(st.lists(st.sampled_from(["the", "boat", "a", "harbour", "lay", "still", "1", ",", ".", "it's"]), max_size=40))
def test_bags_count_every_ngram(words: list[str]) -> None:
    tokens = tokenise([" ".join(words).encode()])
    expected = re.findall(r"(?<=[a-z])'s|\w+|[^\w ]", " ".join(words))
    (row,) = rows(word_ngrams(tokens))
    assert sum(row.values()) == len(expected) + max(0, len(expected) - 1)
    kinds = set(expected) | {(a, b) for a, b in pairwise(expected)}
    assert len(row) == len(kinds)
    counted = Counter(expected) + Counter(pairwise(expected))
    assert sorted(row.values()) == sorted(counted.values())


def test_fewer_bits_are_the_top_bits_of_more() -> None:
    tokens = tokenise([b"The boats lay where the tide had left them, and the harbour was quiet."])
    wide, narrow = rows(word_ngrams(tokens, 20))[0], rows(word_ngrams(tokens, 12))[0]
    folded: Counter[int] = Counter()
    for bucket, count in wide.items():
        folded[bucket >> 8] += count
    assert narrow == folded


def test_hashes_are_the_same_on_every_machine() -> None:
    tokens = tokenise([b"The harbour extraordinarily incomprehensibilities 00 ,"])
    assert [f"{each:016x}" for each in tokens.hash.tolist()] == HASHES
    (row,) = rows(masked_ngrams(tokens, 12))
    assert sorted(row) == MASKED


def test_masking_keeps_frequent_words_and_the_endings_of_others() -> None:
    def masked(text: bytes) -> list[dict[int, int]]:
        return rows(masked_ngrams(tokenise([text])))

    assert masked(b"the trawlering is old") == masked(b"the quiblering is old")
    assert masked(b"the trawlering is old") != masked(b"the trawlerage is old")
    assert masked(b"the trawlering is old") != masked(b"this trawlering is old")


def test_skeletons_keep_the_most_frequent_words_and_the_places_of_others() -> None:
    def skeleton(text: bytes) -> list[dict[int, int]]:
        return rows(skeleton_ngrams(tokenise([text])))

    assert skeleton(b"the trawlering is 000 , old") == skeleton(b"the quiblerage is 00 , old")
    assert skeleton(b"the trawlering is 000 , old") != skeleton(b"the trawlering is 000 . old")
    assert skeleton(b"the trawlering is old") != skeleton(b"a trawlering is old")
    assert skeleton(b"the trawlering is old") != skeleton(b"the 00 is old")


@given(st.lists(st.sampled_from(["the", "trawlering", "quiblerage", "00", ",", "."]), max_size=30))
def test_trigrams_and_skeletons_count_every_run(words: list[str]) -> None:
    tokens = tokenise([" ".join(words).encode()])
    (trigrams,), (skeleton,) = rows(word_trigrams(tokens)), rows(skeleton_ngrams(tokens))
    assert sum(trigrams.values()) == max(0, len(words) - 2)
    assert sum(skeleton.values()) == sum(max(0, len(words) - order) for order in (1, 2, 3))
    assert len(trigrams) == len(set(zip(words, words[1:], words[2:], strict=False)))


def test_only_the_bags_that_are_wanted_are_made() -> None:
    assert set(features([b"the old boat"], bags=("word_trigrams",)).bags) == {"word_trigrams"}


def test_case_does_not_change_a_bag() -> None:
    assert rows(word_ngrams(tokenise([b"THE Boat"]))) == rows(word_ngrams(tokenise([b"the boat"])))


def test_small_words_and_endings_have_places_of_their_own() -> None:
    known = style.small_words()
    assert known.ids(known.hashes).tolist() == list(range(len(style.SMALL_WORDS)))
    assert known.ids(tokenise([b"quiblering"]).hash).tolist() == [-1]
    assert len(set(STYLE_NAMES)) == len(STYLE_NAMES)


def styled(text: str) -> dict[str, float]:
    return dict(zip(STYLE_NAMES, features([prepared(text.encode(), WINDOWS)]).style[0].tolist(), strict=True))


def test_style_measures_what_its_names_say() -> None:
    found = styled("It was red, white, and blue. It was old! Was the BOAT at sea?\n\nNo.")
    assert found["word.was"] == pytest.approx(3 / 15)
    assert found["mark.,"] == pytest.approx(2 / 15)
    assert found["length.2"] == pytest.approx(4 / 15)
    assert found["sentence.mean"] == pytest.approx(15 / 4)
    assert found["sentence.question"] == pytest.approx(1 / 4)
    assert found["sentence.triads"] == pytest.approx(1 / 15)
    assert found["sentence.same-start"] == pytest.approx(1 / 4)
    assert found["sentence.change"] == pytest.approx((3 + 2 + 4) / 3 / 3.75)
    assert found["share.capitals"] == pytest.approx(1 / 15)
    assert found["paragraph.single-sentence"] == pytest.approx(1 / 2)


def test_sentences_of_equal_length_do_not_vary() -> None:
    even, uneven = styled("The boat is old. " * 8), styled("The boat is old. Old. The boat that lay there is old. " * 4)
    assert even["sentence.variation"] == 0 < uneven["sentence.variation"]


def test_a_full_stop_inside_a_number_or_an_abbreviation_ends_no_sentence() -> None:
    found = sentences(tokenise([b"It rose by 0.0 to 0.00 i.e. a lot. Then it fell.Then it rose"]))
    assert len(found.words) == 3


def test_all_features_are_finite() -> None:
    texts = ["", " ", "a", "!", "0", "☆☆", "a. b. c.", "\n\n\n", "'", "x" * 5000, "字" * 50]
    found = features([prepared(text.encode(), WINDOWS) for text in texts])
    assert np.isfinite(found.style).all()
    assert found.style.shape == (len(texts), len(STYLE_NAMES))


def test_no_text_has_no_features() -> None:
    found = features([])
    assert found.style.shape == (0, len(STYLE_NAMES))
    assert rows(found.bags["word_ngrams"]) == []


def test_frequent_words_are_known() -> None:
    tokens = tokenise([b"the of however ensure trawlering quiblering"])
    assert bags.is_frequent(tokens.hash).tolist() == [True, True, True, True, False, False]
    assert bags.is_frequent(tokens.hash, 2).tolist() == [True, True, False, False, False, False]
    assert set(tokens.kind.tolist()) <= {WORD, NUMBER}


def test_chinese_is_counted_by_characters() -> None:
    text = normalise_chinese("小船 停在\u200b港口\uff0c\uff12\uff10\uff12\uff14年。")
    assert text == "小船停在港口,0000年。"
    (row,) = rows(character_ngrams([text]))
    assert sum(row.values()) == 3 * len(text) - 3
    assert rows(character_ngrams([text, "船", ""])) == [row, *rows(character_ngrams(["船"])), {}]

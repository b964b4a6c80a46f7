"""Green lists without torch: the seeds, the lists and the repetitions of both implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.window_seeds import FREEFORM, Implementation, Seeding
from tests.marked_text import golden, unmarked_ids

KEY = 15485863  # the default of both sources
VOCAB = 1000
LEFTHASH = GreenKey("lefthash", KEY)


def window_length(key: GreenKey) -> int:
    return key.context_width + (not key.salted)


def green_by_place(key: GreenKey, ids: np.ndarray) -> str:
    """Whether the token that each window ends in is green."""
    length = window_length(key)
    windows = [ids[at : at + length] for at in range(len(ids) - length + 1)]
    return "".join(str(int(key.green(key.pairs(window), VOCAB)[0])) for window in windows)


@pytest.mark.parametrize(("seeding", "width"), [("lefthash", 1), ("selfhash", 1), ("selfhash", 2), ("selfhash", 4)])
def test_green_tokens_are_those_of_transformers(seeding: str, width: int) -> None:
    vectors = golden()
    key = GreenKey("x", KEY, Seeding(seeding), context_width=width)
    assert green_by_place(key, np.array(vectors["ids"])) == vectors["green"][f"{seeding}-{width}"]


@pytest.mark.parametrize("scheme", sorted(golden()["lm_watermarking"]["schemes"]))
def test_seeds_and_green_tokens_are_those_of_lm_watermarking(scheme: str) -> None:
    vectors = golden()
    expected = vectors["lm_watermarking"]["schemes"][scheme]
    seeding, number, ratio = scheme.split("-")
    width = {"lefthash": 1, "skipgram": 5}.get(seeding, 4)
    key = GreenKey("x", int(number), Seeding(seeding), Implementation.LM_WATERMARKING, width, float(ratio))
    ids = np.array(vectors["ids"])
    length = window_length(key)
    seeds = [int(key.pairs(ids[at : at + length])[0] >> np.uint64(32)) for at in range(len(ids) - length + 1)]
    assert seeds == expected["seeds_low_32_bits"]
    assert green_by_place(key, ids) == expected["green"]


@pytest.mark.parametrize("scheme", sorted(golden()["lm_watermarking"]["free_schemes"]))
def test_seeds_and_green_tokens_of_every_free_scheme_are_those_of_lm_watermarking(scheme: str) -> None:
    vectors = golden()
    expected = vectors["lm_watermarking"]["free_schemes"][scheme]
    _, function, width, salt, number = scheme.split("-")
    key = GreenKey(
        "x", int(number), FREEFORM[function], Implementation.LM_WATERMARKING, int(width), self_salt=salt == "True"
    )
    ids = np.array(vectors["ids"])
    windows = [ids[at : at + window_length(key)] for at in range(len(ids) - window_length(key) + 1)]
    assert [int(key.pairs(window)[0] >> np.uint64(32)) for window in windows] == expected["seeds_low_32_bits"]
    assert green_by_place(key, ids) == expected["green"]


def test_every_function_of_lm_watermarking_has_vectors() -> None:
    compared = {scheme.split("-")[1] for scheme in golden()["lm_watermarking"]["free_schemes"]}
    assert compared == set(FREEFORM)
    assert set(FREEFORM.values()) == set(Seeding)


@given(st.lists(st.integers(0, 6), max_size=50), st.sampled_from(list(Seeding)), st.integers(2, 5))
def test_a_pair_of_seed_and_token_counts_once_and_a_seed_of_zero_never(
    ids: list[int], seeding: Seeding, width: int
) -> None:
    key = GreenKey("x", KEY, seeding, Implementation.LM_WATERMARKING, width)
    pairs = key.pairs(np.array(ids, np.int64))
    assert len(set(pairs.tolist())) == len(pairs) <= max(0, len(ids) - window_length(key) + 1)
    assert (pairs >> np.uint64(32) != 0).all()


def test_pairs_stand_in_the_order_of_the_text() -> None:
    pairs = LEFTHASH.pairs(np.array([5, 6, 7, 5, 6, 8]))
    assert (pairs & np.uint64(0xFFFFFFFF)).tolist() == [6, 7, 5, 8]


def test_tokens_that_share_a_seed_are_each_looked_up() -> None:
    ids = unmarked_ids(300, 40)
    pairs = LEFTHASH.pairs(ids)
    alone = [bool(LEFTHASH.green(pairs[at : at + 1], VOCAB)[0]) for at in range(len(pairs))]
    assert LEFTHASH.green(pairs, VOCAB).tolist() == alone
    assert LEFTHASH.green(pairs[:0], VOCAB).tolist() == []


def test_a_token_outside_the_vocabulary_is_never_green() -> None:
    pairs = LEFTHASH.pairs(np.array([5, VOCAB + 3, 7, VOCAB + 3]))
    outside = pairs & np.uint64(0xFFFFFFFF) >= VOCAB
    assert not LEFTHASH.green(pairs[outside], VOCAB).any()


@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.9])
def test_a_list_and_its_legacy_counterpart_have_the_same_size_and_share_what_must_be_shared(ratio: float) -> None:
    every = (np.uint64(KEY) << np.uint64(32)) | np.arange(VOCAB + 5, dtype=np.uint64)
    head, tail = (GreenKey("x", KEY, ratio=ratio, from_tail=from_tail).green(every, VOCAB) for from_tail in (0, 1))
    assert head.sum() == tail.sum() == int(VOCAB * ratio)
    assert (head & tail).sum() == max(0, 2 * int(VOCAB * ratio) - VOCAB)
    assert not tail[VOCAB:].any()


def test_the_null_is_the_share_of_green_tokens_and_not_the_ratio() -> None:
    assert LEFTHASH.null(1002).mean == pytest.approx(250 / 1002)


def test_implementations_of_selfhash_differ() -> None:
    ids = unmarked_ids(50)
    own = GreenKey("a", KEY, Seeding.SELFHASH, Implementation.TRANSFORMERS, 4)
    other = GreenKey("b", KEY, Seeding.SELFHASH, Implementation.LM_WATERMARKING, 4)
    assert not np.array_equal(own.pairs(ids), other.pairs(ids))


def test_keys_do_not_show() -> None:
    assert str(KEY) not in repr(LEFTHASH)

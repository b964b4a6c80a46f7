"""SynthID-Text without torch: the g-values, the repetitions and the null of the open scheme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.watermarks.synthid_scheme import (
    LEVELS,
    TABLE_SIZE,
    SynthIDKeys,
    context_hashes,
    fresh,
    layer_bits,
    scored_states,
    states,
)
from tests.marked_text import golden, unmarked_ids

EXAMPLE = (654, 400, 836, 123, 340, 443, 597, 160, 57)  # docstring of SynthIDTextWatermarkingConfig
KEYS = SynthIDKeys("example", EXAMPLE)


def test_g_values_are_those_of_transformers() -> None:
    vectors = golden()
    ids = np.array(vectors["ids"])
    bits = layer_bits(EXAMPLE, KEYS.sampling_table)[states(context_hashes(ids, 5), ids[4:])]
    assert ["".join(map(str, row)) for row in bits.tolist()] == vectors["g_values"]


def test_repeated_contexts_are_those_of_transformers() -> None:
    vectors = golden()
    contexts = context_hashes(np.array(vectors["ids"]), 5)
    mask = "".join(str(int(each)) for each in fresh(contexts) & (contexts != 0))
    assert mask == vectors["repetition_mask"]
    assert "0" in mask


@given(st.lists(st.integers(0, 5), max_size=60))
def test_a_value_is_fresh_where_it_stands_first(values: list[int]) -> None:
    expected = [value not in values[:place] for place, value in enumerate(values)]
    assert fresh(np.array(values, np.int64)).tolist() == expected


@given(st.lists(st.integers(0, 300_000), max_size=40), st.integers(2, 7))
def test_no_state_counts_twice_and_none_comes_from_a_context_seen_before(ids: list[int], ngram_len: int) -> None:
    kept = scored_states(np.array(ids, np.int64), ngram_len)
    contexts = {tuple(ids[at : at + ngram_len - 1]) for at in range(len(ids) - ngram_len + 1)}
    assert len(set(kept.tolist())) == len(kept) <= len(contexts)


def test_a_text_that_is_said_twice_counts_once() -> None:
    ids = unmarked_ids(400)
    once, twice = scored_states(ids, 5), scored_states(np.concatenate([ids, ids]), 5)
    assert len(twice) <= len(once) + 4


def test_a_score_is_the_weighted_mean_of_the_g_values() -> None:
    weights = np.linspace(10, 1, len(EXAMPLE))
    means = layer_bits(EXAMPLE, KEYS.sampling_table) @ (weights / weights.sum())
    assert np.abs(KEYS.scores / LEVELS - means).max() <= 0.5 / LEVELS + 1e-12
    assert SynthIDKeys("one", (5,)).scores.max() == LEVELS


def test_the_null_is_the_distribution_of_scores_over_all_states() -> None:
    assert KEYS.null.weights.sum() == pytest.approx(1)
    assert KEYS.null.mean == pytest.approx(KEYS.scores.mean())
    assert len(KEYS.scores) == TABLE_SIZE
    total = KEYS.total(np.array([3, 3, 70]))
    assert total == 2 * int(KEYS.scores[3]) + int(KEYS.scores[70])


def test_marked_text_scores_far_above_the_null_and_only_with_its_key() -> None:
    kept = scored_states(np.array(golden()["marked"]["synthid"]), 5)
    assert KEYS.null.tail(len(kept), KEYS.total(kept)).p < 1e-20
    other = SynthIDKeys("other", tuple(key + 1 for key in EXAMPLE))
    assert other.null.tail(len(kept), other.total(kept)).p > 1e-4


def test_a_given_table_replaces_the_one_of_the_cpu() -> None:
    table = (np.arange(TABLE_SIZE) % 2).astype(np.uint8)
    assert np.array_equal(SynthIDKeys("gpu", EXAMPLE, table=table).sampling_table, table)


def test_keys_do_not_show() -> None:
    assert "654" not in repr(KEYS)

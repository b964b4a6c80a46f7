"""The numbers of torch's CPU generator; `test_against_transformers.py` compares more of them with torch itself."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.watermarks.torch_cpu_random import coin_flips, draws, ends_in_head, partners, permutation
from tests.marked_text import golden


def sha256(values: np.ndarray) -> str:
    return hashlib.sha256(values.astype("<i8").tobytes()).hexdigest()


def test_permutations_are_those_of_torch() -> None:
    vectors = golden()
    assert permutation(7, 20).tolist() == vectors["randperm_20_seed_7"]
    assert sha256(permutation(2971215073, 1_000_003)) == vectors["randperm_1000003_seed_2971215073_sha256"]


def test_coin_flips_are_those_of_torch() -> None:
    assert sha256(coin_flips(0, 1 << 16)) == golden()["synthid_table_seed_0_sha256"]


def test_a_seed_counts_by_its_low_32_bits() -> None:
    assert np.array_equal(draws(5, 100), draws(5 + (1 << 32), 100))
    assert not np.array_equal(draws(5, 100), draws(6, 100))


@given(seed=st.integers(0, 2**64 - 1), size=st.integers(2, 60), data=st.data())
def test_a_number_is_followed_to_where_the_permutation_puts_it(seed: int, size: int, data: st.DataObject) -> None:
    head = data.draw(st.integers(1, size - 1))
    first = set(permutation(seed, size)[:head].tolist())
    swaps = partners(seed, size, head)
    assert {number for number in range(size) if ends_in_head(swaps, number)} == first
    assert not ends_in_head(swaps, size + 5)


def test_threads_do_not_mix_their_numbers() -> None:
    alone = [draws(seed, 5000) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: draws(seed, 5000), range(40)))
    assert all(map(np.array_equal, alone, together))


@pytest.mark.parametrize("size", [2, 3, 257])
def test_a_permutation_holds_every_number_once(size: int) -> None:
    assert sorted(permutation(3, size).tolist()) == list(range(size))

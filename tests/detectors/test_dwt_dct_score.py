"""The statistic: a mark stands out at its own shift, whatever else leans the votes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.dwt_dct_payloads import PAYLOADS, Payload
from lowbackground.detectors.dwt_dct_score import MIN_AREA, all_scores, parts, read_mark, shift_scores
from lowbackground.detectors.dwt_dct_votes import MODES, SIDE

every_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=[each.name for each in PAYLOADS])


def as_votes(bits: str, rows: int, columns: int) -> np.ndarray:
    """Votes of blocks that hold a payload perfectly."""
    return np.resize([2 * int(bit) for bit in bits], (1, rows, columns)).repeat(len(MODES), 0).astype(np.uint8)


def test_the_payloads_have_the_lengths_and_the_spelling_of_their_sources() -> None:
    lengths = {payload.name: len(payload.bits) for payload in PAYLOADS}
    assert lengths["StableDiffusionV1"] == 136
    assert lengths["StableDiffusionV1-Inpainting"] == 224
    assert lengths["SDV2"] == 32
    assert lengths["InvokeAI"] == 64
    assert lengths["SDXL"] == 48
    assert lengths["FLUX"] == 46
    (flux,) = (payload for payload in PAYLOADS if payload.name == "FLUX")
    assert flux.bits == "1010101111111010000111100111001111010100101110"
    assert len({payload.bits for payload in PAYLOADS}) == len(PAYLOADS)


@every_payload
def test_a_perfect_mark_scores_alike_high_for_every_payload_and_only_at_its_own_shift(payload: Payload) -> None:
    means = np.array([[float(bit) for bit in payload.bits]])
    scores = shift_scores(means, payload.bits)
    assert scores[0, 0] > 6.5  # what 32 bits can reach; with the payload's own spectrum kept, it would be less
    assert scores[0, 1:].max() < 5
    turned = shift_scores(np.roll(means, 5, axis=1), payload.bits)
    assert turned[0].argmax() == 5


@every_payload
@given(base=st.floats(-10, 10), scale=st.floats(0.01, 100))
def test_a_score_does_not_change_with_the_level_or_the_strength_of_the_votes(
    payload: Payload, base: float, scale: float
) -> None:
    random = np.random.default_rng(len(payload.bits))
    means = random.random((3, len(payload.bits)))
    assert np.allclose(shift_scores(means, payload.bits), shift_scores(base + scale * means, payload.bits), atol=1e-5)


@given(st.integers(0, 2**32))
def test_scores_of_chance_are_standard_scores(seed: int) -> None:
    bits = PAYLOADS[0].bits
    scores = shift_scores(np.random.default_rng(seed).random((40, len(bits))), bits)
    assert abs(scores.mean()) < 0.1
    assert 0.9 < scores.std() < 1.1


def test_votes_that_all_agree_score_nothing() -> None:
    for value in (0, 2):
        reading = read_mark(np.full((len(MODES), 64, 64), value, np.uint8), 512, 512)
        assert reading is not None
        assert reading.best.score == 0


@every_payload
def test_the_right_payload_is_named(payload: Payload) -> None:
    reading = read_mark(as_votes(payload.bits, 64, 64), 512, 512)
    assert reading is not None
    assert (reading.whole.payload, reading.best.payload) == (payload, payload)


def test_a_marked_picture_in_another_is_found_in_its_part() -> None:
    payload = next(each for each in PAYLOADS if each.name == "SDXL")
    votes = np.random.default_rng(3).integers(0, 3, (len(MODES), 64, 128), dtype=np.uint8)
    votes[:, :, 64:] = as_votes(payload.bits, 64, 64)
    reading = read_mark(votes, 1024, 512)
    assert reading is not None
    assert reading.best.payload == payload
    assert reading.best.part.box == (512, 0, 512, 512)
    assert reading.best.score > 8 > reading.whole.score


def test_what_is_left_of_a_mark_after_a_part_was_replaced_is_found_in_step_with_the_whole() -> None:
    payload = next(each for each in PAYLOADS if each.name == "FLUX")
    votes = as_votes(payload.bits, 64, 100)
    votes[:, :, 50:] = np.random.default_rng(3).integers(0, 3, (len(MODES), 64, 50), dtype=np.uint8)
    scores = {
        part: values[0, 0]
        for found, large, by_part in all_scores(votes, list(parts(800, 512)))
        for part, values in zip(large, by_part, strict=True)
        if found == payload
    }
    best = max(scores, key=lambda part: scores[part])
    assert best.right <= 50
    assert scores[best] > 7.5


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_parts_lie_in_the_picture_and_are_none_below_the_encoders_least(width: int, height: int) -> None:
    found = list(parts(width, height))
    assert bool(found) == (width * height >= MIN_AREA)
    for part in found:
        left, top, wide, high = part.box
        assert 0 <= left <= left + wide <= width
        assert 0 <= top <= top + high <= height
    if found:
        assert found[0].box == (0, 0, width // SIDE * SIDE, height // SIDE * SIDE)


def test_a_picture_without_blocks_has_no_reading() -> None:
    assert read_mark(np.zeros((len(MODES), 3750, 0), np.uint8), 7, 30000) is None

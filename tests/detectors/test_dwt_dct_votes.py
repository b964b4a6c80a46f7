"""Votes agree with the definition of the mark, in pictures that imwatermark marked and in those of our encoder."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.unmarked_pictures import HALVED, clouds, through_jpeg
from lowbackground.detectors.dwt_dct_payloads import PAYLOADS
from lowbackground.detectors.dwt_dct_votes import MODES, block_votes
from tests.dwt_dct_encoder import marked

GOLDEN = Path(__file__).parents[1] / "golden" / "dwt_dct"
BITS = {payload.name: payload.bits for payload in PAYLOADS}
CASES = {
    "sd1-bytes-bgr": "StableDiffusionV1",
    "sd1-inpainting-bytes-bgr": "StableDiffusionV1-Inpainting",
    "sd2-bytes-bgr": "SDV2",
    "sdxl-float-bgr": "SDXL",
    "sdxl-float-rgb": "SDXL",
    "flux-float-bgr": "FLUX",
    "invokeai-bytes-bgr": "InvokeAI",
}


def scene(seed: int = 1, width: int = 320, height: int = 264) -> np.ndarray:
    return clouds(np.random.default_rng(seed), width, height)


def agreement(pixels: np.ndarray, bits: str, mode: str, halved: tuple[bool, bool] = (False, False)) -> float:
    """The share of votes for the bit that a block holds."""
    votes = block_votes(pixels, halved)[MODES.index(mode)].ravel() / 2
    wanted = np.resize([float(bit) for bit in bits], votes.size)
    return float((1 - np.abs(votes - wanted)).mean())


def defined(pixels: np.ndarray, mode: str) -> np.ndarray:
    """The first vote of each block by the words of the definition, one block after the other, in floats."""
    red, green, blue = np.moveaxis(pixels.astype(float), 2, 0)
    if mode.startswith("rgb"):
        red, blue = blue, red
    u = 0.492 * (blue - (0.299 * red + 0.587 * green + 0.114 * blue)) + (128 if mode.endswith("bytes") else 0.5)
    rows, columns = u.shape[0] // 8, u.shape[1] // 8
    bits = np.zeros((rows, columns), bool)
    for row in range(rows):
        for column in range(columns):
            block = u[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            low = block.reshape(4, 2, 4, 2).sum((1, 3)) / 2
            bits[row, column] = np.abs(low.ravel()[1:]).max() % 36 > 18
    return bits


@pytest.mark.parametrize("name", CASES)
def test_pictures_marked_by_the_package_vote_for_what_it_wrote(name: str) -> None:
    path, order = name.split("-")[-2:]
    with Image.open(GOLDEN / f"{name}.webp") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert agreement(pixels, BITS[CASES[name]], f"{order}-{path}") > 0.75  # chance is 0.5


@pytest.mark.parametrize("mode", MODES)
def test_the_first_vote_is_that_of_the_definition(mode: str) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    votes = block_votes(pixels)[MODES.index(mode)]
    bits = defined(pixels, mode)
    contradicted = (votes == 0) & bits | (votes == 2) & ~bits  # both votes against the first, which cannot be
    assert contradicted.mean() < 0.02  # but for coefficients on the very edge, where floats and integers part
    assert ((votes == 2) == bits).mean() > 0.4


@pytest.mark.parametrize("mode", MODES)
def test_our_encoder_and_the_votes_agree_in_every_mode(mode: str) -> None:
    order, path = mode.split("-")
    pixels = marked(scene(), BITS["SDXL"], order=order, path=path)
    assert agreement(pixels, BITS["SDXL"], mode) > 0.75


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 700), st.integers(1, 40))
def test_every_whole_block_votes_whatever_the_size(height: int, width: int) -> None:
    votes = block_votes(np.zeros((height, width, 3), np.uint8))
    assert votes.shape == (len(MODES), height // 8, width // 8)


@pytest.mark.parametrize("halved", HALVED)
def test_bands_show_nowhere(halved: tuple[bool, bool]) -> None:
    pixels = scene(2, 40, 1160)  # three bands
    whole = block_votes(pixels, halved)
    inner = block_votes(pixels[256:904], halved)  # cut elsewhere
    assert np.array_equal(whole[:, 33:112], inner[:, 1:80])  # but for the outermost rows, which miss their neighbours


def test_undoing_the_upsampling_brings_the_mark_back() -> None:
    pixels = marked(scene(3), BITS["SDXL"])
    halved = through_jpeg(pixels, 98, 2)
    blurred = agreement(halved, BITS["SDXL"], "bgr-float")
    assert agreement(halved, BITS["SDXL"], "bgr-float", (True, True)) > blurred + 0.05

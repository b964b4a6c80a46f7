"""p-values are never smaller than they claim, on texts that repeat themselves as people's do."""

from collections.abc import Callable

import numpy as np
import pytest

from lowbackground.detectors.watermarks.exact_tail import binomial
from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.synthid_scheme import SynthIDKeys, scored_states
from lowbackground.detectors.watermarks.window_seeds import Implementation, Seeding

VOCAB, TEXTS = 400, 300


def repetitive(source: np.random.Generator) -> np.ndarray:
    """Words as uneven as in a language, and a third of the text said three times."""
    ids = source.zipf(1.2, 300) % (VOCAB - 1) + 1
    return np.concatenate([ids[:100], ids, ids[50:150]])


def synthid(ids: np.ndarray, source: np.random.Generator) -> float:
    keys = SynthIDKeys("fresh", tuple(source.integers(1, 2**40, 4).tolist()))
    kept = scored_states(ids, 5)
    return keys.null.tail(len(kept), keys.total(kept)).p


def green(seeding: Seeding, width: int) -> Callable[[np.ndarray, np.random.Generator], float]:
    def tail(ids: np.ndarray, source: np.random.Generator) -> float:
        key = GreenKey("fresh", int(source.integers(1, 2**40)), seeding, Implementation.LM_WATERMARKING, width)
        pairs = key.pairs(ids)
        return key.null(VOCAB).tail(len(pairs), int(key.green(pairs, VOCAB).sum())).p

    return tail


@pytest.mark.parametrize(
    "tail", [synthid, green(Seeding.LEFTHASH, 1), green(Seeding.SELFHASH, 4)], ids=["synthid", "lefthash", "selfhash"]
)
def test_small_p_values_are_as_rare_as_they_say(tail: Callable[[np.ndarray, np.random.Generator], float]) -> None:
    source = np.random.default_rng(20)
    p = np.array([tail(repetitive(source), source) for _ in range(TEXTS)])
    for level in (0.1, 0.01, 0.001):
        count = int((p <= level).sum())
        assert binomial(level).tail(TEXTS, count).p > 1e-4, f"{count} of {TEXTS} at {level}"
    assert np.median(p) < 0.8


def test_counting_repetitions_would_break_them() -> None:
    """The rule is what keeps the law: with every occurrence counted the same texts look marked."""
    source = np.random.default_rng(20)
    small, texts = 0, 80
    for _ in range(texts):
        ids, key = repetitive(source), GreenKey("fresh", int(source.integers(1, 2**40)))
        windows = np.concatenate([key.pairs(ids[at : at + 2]) for at in range(len(ids) - 1)])
        small += key.null(VOCAB).tail(len(windows), int(key.green(windows, VOCAB).sum())).p <= 0.01
    assert binomial(0.01).tail(texts, small).p < 1e-6

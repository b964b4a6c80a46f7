"""Laws of the embedded text detector: attacks that are undone change nothing, neighbours change nothing."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.contract import Detector, RunFacts
from tests.detectors.text_classifier.toy import prose, toy_weights
from tests.factories import AS_OF, records

LOOK_ALIKES = str.maketrans(
    "aceiopsxyABCEHIKMOPTX",
    "\u0430\u0441\u0435\u0456\u043e\u0440\u0455\u0445\u0443\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422\u0425",
)
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
SEEDS = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    folder: Path = tmp_path_factory.mktemp("weights")
    toy_weights(folder)
    return ai_text(weights=str(folder / "card.json"), run=RunFacts(AS_OF))


def score(detector: Detector, text: str) -> float | None:
    return detector(records([{"text": text}])).evidence[0].score


def full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def mathematical(text: str) -> str:
    return "".join(chr(0x1D41A + ord(each) - 97) if "a" <= each <= "z" else each for each in text)


def swapped(text: str, rng: random.Random) -> str:
    return "".join(each.translate(LOOK_ALIKES) if rng.random() < 0.3 else each for each in text)


def sprinkled(text: str, rng: random.Random) -> str:
    return "".join(each + rng.choice(INVISIBLE) if rng.random() < 0.2 else each for each in text)


ATTACKS = {
    "look-alikes": swapped,
    "all look-alikes": lambda text, _: text.translate(LOOK_ALIKES),
    "invisible characters": sprinkled,
    "double spaces": lambda text, rng: "".join(each * rng.randint(1, 3) if each == " " else each for each in text),
    "odd spaces": lambda text, _: text.replace(" ", "\u2009\u00a0"),
    "full width": lambda text, _: full_width(text),
    "mathematical letters": lambda text, _: mathematical(text),
    "accents": lambda text, _: text.replace("e", "e\u0301").replace("o", "\u00f6"),
    "control characters": lambda text, _: text.replace("t", "t\x00\x07"),
    "curly quotes and entities": lambda text, _: text.replace("e", "&#101;"),
    "emphasis": lambda text, _: "**" + text.replace(" ", "** **") + "**",
    "tags": lambda text, _: "<p>" + text.replace(" ", " <b class='x'>", 5) + "</p>",
}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=SEEDS, machine=st.booleans(), name=st.sampled_from(sorted(ATTACKS)))
def test_an_attack_that_is_undone_does_not_change_the_score(
    detector: Detector, seed: int, machine: bool, name: str
) -> None:
    text = prose(machine=machine, seed=seed)
    expected = score(detector, text)
    assert expected is not None
    assert score(detector, ATTACKS[name](text, random.Random(seed))) == expected


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_each_attack_is_undone_in_a_long_text(detector: Detector, name: str) -> None:
    text = prose(machine=True, words=900, seed=3)
    assert score(detector, ATTACKS[name](text, random.Random(1))) == score(detector, text) is not None


@settings(max_examples=25)
@given(st.lists(st.tuples(SEEDS, st.booleans(), st.integers(0, 300)), max_size=8), st.integers(0, 8))
def test_neighbours_do_not_change_an_answer(detector: Detector, made: list[tuple[int, bool, int]], cut: int) -> None:
    rows = [{"text": prose(machine=machine, seed=seed, words=words)} for seed, machine, words in made]
    batch = records(rows)
    whole = list(detector(batch).evidence)
    assert whole == [*detector(batch.slice(0, cut)).evidence, *detector(batch.slice(cut)).evidence]
    assert whole == [detector(batch.slice(row, 1)).evidence[0] for row in range(len(rows))]

"""Odd texts in front of a model: an answer or an abstention for every one, in bounded time and memory."""

import random
import tracemalloc
from collections.abc import Iterator
from math import isfinite

import pytest

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.registry import build
from tests.factories import AS_OF, records
from tests.tiny_models import PROSE, text_folder

ODD = {
    "empty": "",
    "one word": "harbour",
    "one megabyte without a space": "x" * (1 << 20),
    "one megabyte of spaces": " " * (1 << 20),
    "only emoji": "\U0001f6a2\U0001f468\u200d\U0001f469\u200d\U0001f467" * 300,
    "only code": "for (int i = 0; i < n; ++i) { a[i] ^= b[i]; }\n" * 60,
    "right to left": "\u0627\u0644\u0645\u064a\u0646\u0627\u0621 \u0647\u0627\u062f\u0626 " * 60,
    "mixed languages": (PROSE[:90] + "\u6e2f\u53e3\u5f88\u5b89\u9759\u3002\u041f\u043e\u0440\u0442. ") * 4,
    "repeated lines": "The same line.\n" * 400,
    "control characters": "".join(map(chr, range(32))) * 60,
    "one combining mark after another": "a" + "\u0301" * 5000,
    "private use and noncharacters": "\ue000\ufffe\U0010ffff" * 300,
    "special tokens": "<s></s><pad><unk><mask><|endoftext|>[CLS][SEP]" * 40,
    "replaced surrogates": "\ufffd" * 900,
    "a token an id": " ".join(f"w{number}" for number in range(400)),
}
LETTERS = [
    "a",
    "e",
    " ",
    " ",
    "\n",
    "\t",
    "\x00",
    "\u200b",
    "\u202e",
    "\U0001f6a2",
    "\u6e2f",
    "\u0301",
    "</s>",
    "w1",
    "\ufdfd",
]


@pytest.fixture(scope="module", params=["text_model", "binoculars", "detectllm_lrr"])
def detector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    folder = str(text_folder(tmp_path_factory.mktemp("m"), "roberta" if request.param == "text_model" else "gpt2"))
    options: dict[str, str | int] = {"model": folder}
    if request.param == "text_model":
        options["max_windows"] = 3
    if request.param == "binoculars":
        options = {"observer": str(text_folder(tmp_path_factory.mktemp("o"), "gpt2", seed=1)), "performer": folder}
    small = {"device": "cpu", "max_tokens": 48, "min_tokens": 16}
    (built,) = build({request.param: {**options, **small}}, RunFacts(AS_OF))
    return built


def check(detector: Detector, texts: list[str]) -> None:
    for evidence in detector(records([{"text": text, "language": "en"} for text in texts])).evidence:
        assert evidence.signal in {Signal.SILENT, Signal.SKIPPED}
        assert evidence.reason in {"text-model.no-calibration", "text-model.too-short", "text-model.no-value"}
        assert (evidence.score is not None) == (evidence.reason == "text-model.no-calibration")
        assert evidence.score is None or isfinite(evidence.score)


def test_odd_texts_get_an_answer_each(detector: Detector) -> None:
    check(detector, list(ODD.values()))
    check_detector(detector, [records([{"text": text} for text in ODD.values()])])


def test_a_long_text_costs_no_more_than_its_beginning(detector: Detector) -> None:
    check(detector, [PROSE])  # loads the model
    long = records([{"text": "x" * (64 << 20), "language": "en"}])
    tracemalloc.start()
    try:
        detector(long)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 180 << 20  # the words of the whole text are counted, and a copy for its language is no more


def random_texts(count: int, seed: int) -> Iterator[str]:
    source = random.Random(seed)
    for _ in range(count):
        kind, length = source.randrange(3), source.choice([0, 1, 15, 60, 200, 900])
        if kind == 0:
            yield "".join(source.choices(LETTERS, k=length))
        elif kind == 1:
            yield "".join(
                chr(source.choice([source.randrange(0xD800), source.randrange(0xE000, 0x110000)]))
                for _ in range(length)
            )
        else:
            start = source.randrange(len(PROSE))
            yield (PROSE[start:] + source.choice(LETTERS) * source.randrange(40)) * source.randrange(3)


def test_random_texts_get_an_answer_each(detector: Detector) -> None:
    check(detector, list(random_texts(340, 1)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(33))
def test_many_random_texts_get_an_answer_each(detector: Detector, seed: int) -> None:
    for part in range(10):
        check(detector, list(random_texts(100, 1000 + 10 * seed + part)))

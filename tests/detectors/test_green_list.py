"""Green lists from records to evidence."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from lowbackground.detectors.green_list import green_list
from lowbackground.detectors.registry import DetectorSetupError, build
from lowbackground.detectors.watermarks.local_tokenizers import TokenizerError
from tests.factories import AS_OF
from tests.marked_text import as_text, golden, records, unmarked_ids, word_tokenizer

MARKED = golden()["marked"]


@pytest.fixture
def detector(tmp_path: Path) -> Detector:
    return green_list(keys=["published"], tokenizers={"toy": str(word_tokenizer(tmp_path / "toy"))})


def said(detector: Detector, text: str) -> Evidence:
    (evidence,) = detector(records(text)).evidence
    return evidence


def test_contract(detector: Detector) -> None:
    check_detector(detector)
    texts = [as_text(MARKED["lefthash"]), as_text(unmarked_ids(300)), as_text(MARKED["lefthash"][:90])]
    check_detector(detector, [records(*texts)])


def test_text_that_transformers_marked_by_lefthash_is_near_certain(detector: Detector) -> None:
    evidence = said(detector, as_text(MARKED["lefthash"]))
    assert (evidence.signal, evidence.strength, evidence.kind) == (
        Signal.SYNTHETIC,
        Strength.NEAR_CERTAIN,
        Kind.GENERATED,
    )
    facts = orjson.loads(evidence.detail or "")
    assert (facts["key"], facts["tests"]) == ("lefthash-quarter", 7)


def test_text_that_transformers_marked_by_selfhash_is_found_with_its_context_width(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    for width, signal in ((4, Signal.SYNTHETIC), (3, Signal.SILENT)):
        own = tmp_path / "own.yaml"
        own.write_text(
            f"keys: [{{id: own, scheme: green-list, key: 15485863, seeding: selfhash, context_width: {width}}}]",
            "utf-8",
        )
        detector = green_list(keys=[str(own)], tokenizers={"toy": toy})
        assert said(detector, as_text(MARKED["selfhash-4"])).signal is signal


@pytest.mark.parametrize(
    "ids", [unmarked_ids(300), np.array(MARKED["lefthash"])[::-1], np.array(MARKED["synthid"])], ids=len
)
def test_near_misses_are_silent(detector: Detector, ids: np.ndarray) -> None:
    assert said(detector, as_text(ids)) == Evidence(Signal.SILENT, "watermark.no-key-fits")


def test_another_size_of_the_vocabulary_draws_other_lists(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    detector = green_list(keys=["published"], tokenizers={"toy": toy}, vocab_sizes={"toy": 1024})
    assert said(detector, as_text(MARKED["lefthash"])).signal is Signal.SILENT


@pytest.mark.parametrize("text", ["", "w1", as_text(MARKED["lefthash"][:90]), as_text(MARKED["lefthash"][:20] * 30)])
def test_too_few_tokens_that_count_are_too_short(detector: Detector, text: str) -> None:
    assert said(detector, text) == Evidence(Signal.SKIPPED, "watermark.too-short")


def test_the_size_of_the_vocabulary_must_be_known(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy", config=False))
    with pytest.raises(TokenizerError, match="nothing says how many tokens the model has"):
        green_list(keys=["published"], tokenizers={"toy": toy})


def test_a_list_that_no_token_is_on_is_refused(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    own = tmp_path / "own.yaml"
    own.write_text("keys: [{id: own, scheme: green-list, key: 5, ratio: 0.0001}]", "utf-8")
    with pytest.raises(ValueError, match="own: no token of 1000 is green"):
        green_list(keys=[str(own)], tokenizers={"toy": toy})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tokenizers": {"toy": "/nowhere"}}, "keys: required"),
        ({"keys": ["published"]}, "tokenizers: required"),
        ({"keys": ["published"], "tokenizers": {"toy": "/nowhere"}, "max_tokens": 5}, "at least 100"),
    ],
)
def test_it_does_not_run_without_keys_and_a_tokenizer(options: dict[str, object], problem: str) -> None:
    with pytest.raises(DetectorSetupError, match=problem):
        build({"green_list": options}, RunFacts(AS_OF))

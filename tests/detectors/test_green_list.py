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
from tests.marked_text import as_text, generated, golden, records, unmarked_ids, word_tokenizer

MARKED = golden()["marked"]


@pytest.fixture
def detector(tmp_path: Path) -> Detector:
    return green_list(keys=["published"], tokenizers={"toy": str(word_tokenizer(tmp_path / "toy"))})


def said(detector: Detector, text: str) -> Evidence:
    (evidence,) = detector(records(text)).evidence
    return evidence


def own_key(folder: Path, fields: str) -> str:
    path = folder / "own.yaml"
    path.write_text(f"keys: [{{id: own, scheme: green-list, {fields}}}]", "utf-8")
    return str(path)


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
    assert (facts["key"], facts["tests"]) == ("lefthash-quarter", 8)


def test_text_that_transformers_marked_by_selfhash_is_found_with_its_context_width(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    for width, signal in ((4, Signal.SYNTHETIC), (3, Signal.SILENT)):
        own = own_key(tmp_path, f"key: 15485863, seeding: selfhash, context_width: {width}")
        detector = green_list(keys=[own], tokenizers={"toy": toy})
        assert said(detector, as_text(MARKED["selfhash-4"])).signal is signal


@pytest.mark.parametrize(
    "ids", [unmarked_ids(300), np.array(MARKED["lefthash"])[::-1], np.array(MARKED["synthid"])], ids=len
)
def test_near_misses_are_silent(detector: Detector, ids: np.ndarray) -> None:
    assert said(detector, as_text(ids)) == Evidence(Signal.SILENT, "watermark.no-key-fits")


def test_another_size_of_the_vocabulary_draws_other_lists(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    own = own_key(tmp_path, "key: 15485863")
    detector = green_list(keys=[own], tokenizers={"toy": toy}, vocab_sizes={"toy": 1024})
    assert said(detector, as_text(MARKED["lefthash"])).signal is Signal.SILENT
    own = own_key(tmp_path, "key: 15485863, vocab_size: 1000")  # the key's own goes before all others
    detector = green_list(keys=[own], tokenizers={"toy": toy}, vocab_sizes={"toy": 1024})
    assert said(detector, as_text(MARKED["lefthash"])).signal is Signal.SYNTHETIC


def test_lists_of_lm_watermarking_are_as_long_as_the_tokenizer_has_tokens_whatever_the_model_was_padded_to(
    tmp_path: Path,
) -> None:
    toy = word_tokenizer(tmp_path / "toy")
    (toy / "config.json").write_text('{"vocab_size": 1024}', "utf-8")
    for implementation, signal in (("lm-watermarking", Signal.SYNTHETIC), ("transformers", Signal.SILENT)):
        own = own_key(tmp_path, f"key: 15485863, implementation: {implementation}")
        detector = green_list(keys=[own], tokenizers={"toy": str(toy)})
        assert said(detector, as_text(MARKED["lefthash"])).signal is signal


@pytest.mark.parametrize("from_tail", [False, True])
def test_text_that_was_marked_by_legacy_lists_is_found_with_a_key_that_says_so(tmp_path: Path, from_tail: bool) -> None:
    import torch

    def processor(ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """lm-watermarking with `select_green_tokens=False`: half of the vocabulary, from the permutation's tail."""
        for row, last in enumerate(ids[:, -1].tolist()):
            order = torch.randperm(1000, generator=torch.Generator().manual_seed(15485863 * last))
            logits[row, order[500:]] += 2.0
        return logits

    own = own_key(
        tmp_path,
        f"key: 15485863, implementation: lm-watermarking, ratio: 0.5, select_green_tokens: {str(not from_tail).lower()}",
    )
    detector = green_list(keys=[own], tokenizers={"toy": str(word_tokenizer(tmp_path / "toy"))})
    evidence = said(detector, as_text(generated(processor, 200, 1000)))
    assert evidence.strength is (Strength.NEAR_CERTAIN if from_tail else None)


@pytest.mark.parametrize("text", ["", "w1", as_text(MARKED["lefthash"][:90]), as_text(MARKED["lefthash"][:20] * 30)])
def test_too_few_tokens_that_count_are_too_short(detector: Detector, text: str) -> None:
    assert said(detector, text) == Evidence(Signal.SKIPPED, "watermark.too-short")


def test_the_size_of_the_vocabulary_must_be_known(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy", config=False))
    with pytest.raises(TokenizerError, match="nothing says how many tokens the model has"):
        green_list(keys=["published"], tokenizers={"toy": toy})
    own = own_key(tmp_path, "key: 15485863, implementation: lm-watermarking")  # of the tokenizer
    assert said(green_list(keys=[own], tokenizers={"toy": toy}), as_text(MARKED["lefthash"])).fpr


def test_a_list_that_no_token_is_on_is_refused(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    own = own_key(tmp_path, "key: 5, ratio: 0.0001")
    with pytest.raises(ValueError, match="own: no token of 1000 is green"):
        green_list(keys=[own], tokenizers={"toy": toy})


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

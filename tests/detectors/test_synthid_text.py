"""SynthID-Text from records to evidence."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from lowbackground.detectors.registry import DetectorSetupError, build
from lowbackground.detectors.synthid_text import synthid_text
from lowbackground.pipeline.api import annotate
from lowbackground.pipeline.config import Config
from tests.factories import AS_OF
from tests.marked_text import as_text, golden, records, unmarked_ids, word_tokenizer

MARKED = golden()["marked"]["synthid"]


@pytest.fixture
def detector(tmp_path: Path) -> Detector:
    return synthid_text(keys=["published"], tokenizers={"toy": str(word_tokenizer(tmp_path / "toy"))})


def said(detector: Detector, text: str) -> Evidence:
    (evidence,) = detector(records(text)).evidence
    return evidence


def test_contract(detector: Detector) -> None:
    check_detector(detector)
    check_detector(detector, [records(as_text(MARKED), as_text(unmarked_ids(300)), as_text(MARKED[:90]))])


def test_text_that_transformers_marked_is_near_certain(detector: Detector) -> None:
    evidence = said(detector, as_text(MARKED))
    assert (evidence.signal, evidence.strength, evidence.kind) == (
        Signal.SYNTHETIC,
        Strength.NEAR_CERTAIN,
        Kind.GENERATED,
    )
    assert evidence.fpr is not None
    assert evidence.fpr < 1e-20
    assert evidence.score is not None
    assert evidence.score > 10
    facts = orjson.loads(evidence.detail or "")
    assert facts == {
        "key": "synthid-text-transformers-example",
        "tokenizer": "toy",
        "place": "text",
        "tests": 2,
        "tokens": facts["tokens"],
    }
    assert 190 <= facts["tokens"] <= 196


@pytest.mark.parametrize("ids", [unmarked_ids(200), np.array(MARKED)[::-1], np.array(MARKED) % 997 + 1])
def test_near_misses_are_silent(detector: Detector, ids: np.ndarray) -> None:
    assert said(detector, as_text(ids)) == Evidence(Signal.SILENT, "watermark.no-key-fits")


@pytest.mark.parametrize("text", ["", "w1", as_text(MARKED[:100]), as_text(MARKED[:20] * 30)])
def test_too_few_tokens_that_count_are_too_short(detector: Detector, text: str) -> None:
    assert said(detector, text) == Evidence(Signal.SKIPPED, "watermark.too-short")


def test_a_passage_of_half_the_text_is_found(detector: Detector) -> None:
    assert said(detector, as_text([*unmarked_ids(200), *MARKED])).strength is Strength.NEAR_CERTAIN


def test_a_caption_is_not_its_picture(detector: Detector) -> None:
    batch = records(as_text(MARKED), raw=[b"\xff\xd8\xff"], media_type=["image/jpeg"])
    (evidence,) = detector(batch).evidence
    assert (evidence.signal, evidence.part) == (Signal.SYNTHETIC, "text")


def test_a_key_of_ones_own_does_not_show(tmp_path: Path) -> None:
    toy = str(word_tokenizer(tmp_path / "toy"))
    secret = [654, 400, 836, 123, 340, 443, 597, 160, 57]
    own = tmp_path / "own.yaml"
    own.write_text(f"keys: [{{id: ours, scheme: synthid-text, keys: {secret}}}]", "utf-8")
    detector = synthid_text(keys=[str(own)], tokenizers={"toy": toy})
    evidence = said(detector, as_text(MARKED))
    assert evidence.strength is Strength.NEAR_CERTAIN
    shown = f"{detector} {detector.version} {evidence}"
    assert "ours" in shown
    assert not any(f"{number}" in shown.replace(f"{evidence.score} {evidence.fpr}", "") for number in (654, 836, 443))


def test_more_tests_make_the_same_text_count_for_less(tmp_path: Path) -> None:
    tokenizers = {name: str(word_tokenizer(tmp_path / name)) for name in ("a", "b", "c")}
    one, three = (
        said(synthid_text(keys=["published"], tokenizers=some), as_text(MARKED)).fpr
        for some in ({"a": tokenizers["a"]}, tokenizers)
    )
    assert one is not None
    assert three == pytest.approx(3 * one, rel=0.01)


def test_the_version_changes_with_the_tokenizer(tmp_path: Path) -> None:
    versions = {
        synthid_text(keys=["published"], tokenizers={"toy": str(word_tokenizer(tmp_path / str(size), size))}).version
        for size in (1000, 1001)
    }
    assert len(versions) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tokenizers": {"toy": "/nowhere"}}, "keys: required"),
        ({"keys": ["published"]}, "tokenizers: required"),
        ({"keys": ["published"], "tokenizers": {"toy": "/nowhere"}}, "is not there"),
    ],
)
def test_it_does_not_run_without_keys_and_a_tokenizer(options: dict[str, object], problem: str) -> None:
    with pytest.raises(DetectorSetupError, match=problem):
        build({"synthid_text": options}, RunFacts(AS_OF))


def test_the_standard_policy_labels_a_marked_text_synthetic_and_no_output_holds_the_key(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "keys: [{id: ours, scheme: synthid-text, keys: [654, 400, 836, 123, 340, 443, 597, 160, 57]}]", "utf-8"
    )
    options = {"keys": [str(own)], "tokenizers": {"toy": str(word_tokenizer(tmp_path / "toy"))}}
    config = Config.model_validate({"as_of": AS_OF, "detectors": {"synthid_text": options}})
    table = pa.table({"text": [as_text(MARKED), as_text(unmarked_ids(200))]})
    labelled = annotate(table, config)
    assert labelled.column("prov_label").to_pylist() == ["synthetic", "unknown"]
    assert labelled.column("prov_rule")[0].as_py() == "watermark"
    added = labelled.select([name for name in labelled.column_names if name.startswith("prov_")])
    assert "654" not in str(added.column("prov_evidence").to_pylist())

"""A classifier of the operator's, from records to evidence."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.numpy import load_file, save_file

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import HoldsModel, RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.models.text_adapter import TextAdapter
from lowbackground.detectors.registry import DetectorSetupError, build
from tests.factories import AS_OF, records
from tests.tiny_media_models import without
from tests.tiny_models import PROSE, text_folder

FAMILIES = ("roberta", "deberta-v2", "bert", "llama-classifier")
TEXTS = [PROSE * 2, PROSE[40:] * 3, PROSE[:250], "Ships. " * 90, PROSE[7:300], PROSE * 9]


def adapter(folder: Path, **options: Any) -> TextAdapter:
    (detector,) = build({"text_model": {"model": str(folder), "device": "cpu", **options}}, RunFacts(AS_OF))
    assert isinstance(detector, TextAdapter)
    assert isinstance(detector, HoldsModel)
    return detector


def said(detector: TextAdapter, *texts: str | None, **columns: Any) -> list[Evidence]:
    rows = [
        {"text": text, "language": "en", **{name: c[i] for name, c in columns.items()}} for i, text in enumerate(texts)
    ]
    return list(detector(records(rows)).evidence)


def scores(detector: TextAdapter, *texts: str) -> list[float]:
    found = [each.score for each in said(detector, *texts)]
    assert None not in found
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_score_is_the_log_odds_of_the_machine_label(tmp_path: Path, family: str) -> None:
    folder = text_folder(tmp_path / family, family)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    expected = []
    for text in TEXTS:
        with torch.no_grad():
            logits = model(
                **tokenizer(text, truncation=True, max_length=512, return_tensors="pt", return_token_type_ids=False)
            ).logits[0]
        chances = np.exp(logits.double().numpy()) / np.exp(logits.double().numpy()).sum()
        expected.append(np.log(chances[1] / chances[0]))
    found = scores(adapter(folder), *TEXTS)
    assert found == pytest.approx(expected, abs=6e-4)  # rounded to three decimals
    assert len(set(found)) > 3


@pytest.mark.parametrize("family", FAMILIES)
def test_neither_neighbours_nor_padding_show(tmp_path: Path, family: str) -> None:
    folder = text_folder(tmp_path / family, family)
    alone = [scores(adapter(folder, batch_tokens=1), text)[0] for text in TEXTS]
    for batch_tokens in (1, 1200, 100_000):
        detector = adapter(folder, batch_tokens=batch_tokens)
        assert scores(detector, *TEXTS) == pytest.approx(alone, abs=1.1e-3)
        assert scores(detector, *reversed(TEXTS)) == pytest.approx(alone[::-1], abs=1.1e-3)


def test_a_classifier_without_an_id_for_padding_reads_one_text_at_a_time(tmp_path: Path) -> None:
    """A decoder classes by the last token that is no padding, and cannot tell which that is."""
    folder = text_folder(tmp_path / "m", "llama-classifier", pad_token_id=None)
    alone = [scores(adapter(folder), text)[0] for text in TEXTS]
    assert scores(adapter(folder, batch_tokens=100_000), *TEXTS) == pytest.approx(alone, abs=1.1e-3)
    assert len(set(alone)) > 3


def test_bfloat16_says_about_the_same(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    wide, narrow = (scores(adapter(folder, dtype=dtype), *TEXTS) for dtype in ("float32", "bfloat16"))
    assert narrow != wide
    assert narrow == pytest.approx(wide, abs=0.5)


def test_contract(tmp_path: Path) -> None:
    detector = adapter(text_folder(tmp_path / "m", "roberta"))
    check_detector(detector)
    check_detector(detector, [records([{"text": text} for text in TEXTS])])


def test_without_a_calibration_there_is_a_score_and_no_more(tmp_path: Path) -> None:
    (evidence,) = said(adapter(text_folder(tmp_path / "m", "roberta")), PROSE)
    assert (evidence.signal, evidence.reason) == (Signal.SILENT, "text-model.no-calibration")
    assert evidence.score is not None
    assert evidence.fpr is evidence.llr is evidence.strength is None
    assert json.loads(evidence.detail or "") == {"language": "en", "tokens": 189, "words": 71}


def test_the_machine_label_turns_the_sign(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    machine, human = (adapter(folder, machine_label=label) for label in ("machine", 0))
    assert scores(machine, PROSE) == [-score for score in scores(human, PROSE)]
    assert machine.version != human.version


def test_three_labels_and_one(tmp_path: Path) -> None:
    three = text_folder(tmp_path / "three", id2label={0: "human", 1: "machine", 2: "translated"}, family="roberta")
    with pytest.raises(DetectorSetupError, match="set machine_label"):
        adapter(three)
    assert len(scores(adapter(three, machine_label="machine"), PROSE)) == 1
    one = text_folder(tmp_path / "one", id2label={0: "LABEL_0"}, family="roberta")
    assert len(scores(adapter(one, machine_label=0), PROSE)) == 1


def test_short_texts_are_too_short(tmp_path: Path) -> None:
    detector = adapter(text_folder(tmp_path / "m", "roberta"), min_tokens=189)
    reasons = [evidence.reason for evidence in said(detector, "", "one", PROSE[:-9], PROSE, None)]
    assert reasons[3] == "text-model.no-calibration"
    assert {*reasons[:3], reasons[4]} == {"text-model.too-short"}


def test_only_the_beginning_of_a_long_text_counts(tmp_path: Path) -> None:
    detector = adapter(text_folder(tmp_path / "m", "roberta"), max_tokens=100)
    one, other = said(detector, PROSE + "and so on " * 100_000, PROSE + "or not " * 9)
    assert one.score == other.score
    told = json.loads(one.detail or "")
    assert (told["tokens"], told["cut"]) == (100, True)


def test_several_windows_score_their_mean(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    every = tokenizer(PROSE * 2, truncation=True, max_length=100, return_overflowing_tokens=True)["input_ids"]
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([ids])).logits[0].double() for ids in every]
    alone = [float(each[1] - each[0]) for each in logits]
    assert [len(ids) for ids in every] == [100, 100, 100, 82]
    for most, least, windows in ((2, 64, 2), (4, 64, 4), (9, 64, 4), (9, 90, 3)):
        detector = adapter(folder, max_tokens=100, max_windows=most, min_tokens=least)
        short, found = said(detector, PROSE[:300], PROSE * 2)
        assert found.score == pytest.approx(np.mean(alone[:windows]), abs=1.1e-3)
        told = json.loads(found.detail or "")
        assert [float(score) for score in told["scores"].split()] == pytest.approx(alone[:windows], abs=1.1e-3)
        assert (told["windows"], told["tokens"]) == (windows, sum(map(len, every[:windows])))
        assert told.get("cut", False) == (windows < 4)
        assert short.score is not None
    assert len({adapter(folder, max_tokens=100, max_windows=most).version for most in (1, 2, 9)}) == 3
    assert len({adapter(folder, max_tokens=100, max_windows=2, min_tokens=least).version for least in (64, 65)}) == 2
    with pytest.raises(DetectorSetupError, match="max_windows 0: expected 1 or more"):
        adapter(folder, max_windows=0)


def test_the_default_length_is_what_the_model_reads(tmp_path: Path) -> None:
    assert adapter(text_folder(tmp_path / "m", "roberta", max_position_embeddings=130)).max_tokens == 128
    with pytest.raises(DetectorSetupError, match="at most 128 tokens"):
        adapter(tmp_path / "m", max_tokens=129)


@pytest.mark.parametrize(
    "options", [{"min_tokens": 0}, {"min_tokens": 600}, {"max_tokens": 0}, {"batch_tokens": 0}, {"max_tokens": -1}]
)
def test_lengths_that_make_no_sense_are_refused(tmp_path: Path, options: dict[str, int]) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    with pytest.raises(DetectorSetupError, match="_tokens"):
        adapter(folder, **options)


def test_a_copy_in_another_process_says_the_same(tmp_path: Path) -> None:
    detector = adapter(text_folder(tmp_path / "m", "roberta"))
    before = pickle.dumps(detector)
    expected = said(detector, *TEXTS)
    assert len(pickle.dumps(detector)) == len(before) < 10_000
    copy = pickle.loads(before)
    assert copy == detector
    assert said(copy, *TEXTS) == expected


def test_setting_it_up_imports_neither_torch_nor_transformers(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    program = (
        "import sys; from datetime import UTC, datetime\n"
        "from lowbackground.detectors.contract import RunFacts\n"
        "from lowbackground.detectors.models.text_model import text_model\n"
        "print(text_model(model=sys.argv[1], run=RunFacts(datetime.now(UTC))).version)\n"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    version, imported = done.stdout.splitlines()
    assert version == adapter(folder).version
    assert imported == "[]"


def test_the_version_names_what_changes_a_score(tmp_path: Path) -> None:
    folder, other = text_folder(tmp_path / "a", "roberta"), text_folder(tmp_path / "b", "roberta", seed=1)
    variants = [
        adapter(folder),
        adapter(other),
        adapter(folder, max_tokens=200),
        adapter(folder, dtype="bfloat16"),
        adapter(folder, machine_label="human"),
    ]
    assert len({each.version for each in variants}) == len(variants)
    assert adapter(folder, batch_tokens=7, min_tokens=70).version == adapter(folder).version


def test_the_scale_names_the_precision_that_auto_stands_for(tmp_path: Path) -> None:
    """A calibration made on a CPU must not be taken for one of an accelerator, where `auto` is bfloat16."""
    folder = text_folder(tmp_path / "m", "roberta")
    assert adapter(folder).scale == adapter(folder, dtype="float32").scale
    assert adapter(folder, device="cuda").scale == adapter(folder, device="cuda", dtype="bfloat16").scale
    assert adapter(folder, device="cuda").scale != adapter(folder).scale


def test_one_run_can_have_several_each_with_a_name_of_its_own(tmp_path: Path) -> None:
    first, second = (str(text_folder(tmp_path / str(seed), "roberta", seed=seed)) for seed in (0, 1))
    sections = {
        "text_model": {"model": first, "device": "cpu"},
        "text_model/second": {"model": second, "device": "cpu"},
        "text_model/short": {"model": first, "device": "cpu", "max_tokens": 100},
    }
    built = build(sections, RunFacts(AS_OF))
    assert [each.name for each in built] == sorted(sections)
    assert len({each.version for each in built}) == 3
    assert all(isinstance(each, HoldsModel) for each in built)
    found = [said(each, PROSE)[0].score for each in built if isinstance(each, TextAdapter)]
    alone = [
        scores(adapter(Path(folder), **more), PROSE)[0]
        for folder, more in ((first, {}), (second, {}), (first, {"max_tokens": 100}))
    ]
    assert found == alone
    assert built[1].scale.detector == "text_model"  # type: ignore[attr-defined] # a calibration is for the model, whatever it is called


def test_weights_that_fail_to_load_stop_the_set_up_and_not_each_row(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "gpt2", id2label={0: "human", 1: "ai"})
    without(folder, "architectures")
    detector = adapter(folder)
    with pytest.raises(ValueError, match="no weights for score"):
        detector.load()


def test_a_language_model_is_no_classifier_and_the_detectors_that_take_it_are_named(tmp_path: Path) -> None:
    for family in ("gpt2", "llama"):
        with pytest.raises(
            DetectorSetupError, match=r"is a language model .*; binoculars, fast_detect_gpt, .* or log_rank"
        ):
            adapter(text_folder(tmp_path / family, family))


def test_a_model_that_fails_on_plain_words_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"chunk_size_feed_forward": 3}), "utf-8")
    with pytest.raises(ValueError, match="fails on plain words on cpu"):
        adapter(folder).load()


def test_weights_that_are_no_numbers_are_refused_when_they_are_loaded(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "m", "roberta")
    weights = load_file(folder / "model.safetensors")
    save_file({name: each * np.nan for name, each in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ValueError, match="gives nan for plain words"):
        adapter(folder).load()


def test_no_detector_without_a_model() -> None:
    with pytest.raises(DetectorSetupError, match="model: required"):
        build({"text_model": {}}, RunFacts(AS_OF))

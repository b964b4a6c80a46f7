"""The zero-shot methods against their formulas, written out from the papers in numpy on the logits of each text alone."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.models.text_adapter import TextAdapter
from lowbackground.detectors.models.zero_shot_formulas import METHODS, token_values
from lowbackground.detectors.registry import DetectorSetupError, available, build
from tests.factories import AS_OF, records
from tests.tiny_models import PROSE, text_folder

Array = NDArray[np.float64]
TEXTS = [PROSE * 2, PROSE[40:] * 3, PROSE[:250], "Ships. " * 90, PROSE[7:300], PROSE * 9]
ONE_MODEL = ("log_likelihood", "log_rank", "detectllm_lrr", "fast_detect_gpt")


def softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def p_of_tokens(p: Array, ids: list[int]) -> Array:
    """p(x_t | x_<t) for t = 2..n; p is (n, vocabulary), row t the distribution after x_t."""
    return np.array([p[t - 1, ids[t]] for t in range(1, len(ids))])


def log_likelihood(p: Array, q: Array, ids: list[int]) -> float:
    """Mean of log p(x_t | x_<t)."""
    return float(np.log(p_of_tokens(p, ids)).mean())


def ranks(p: Array, ids: list[int]) -> Array:
    """r_theta(x_t | x_<t): its place among the tokens by falling probability, the first is 1."""
    return np.array([1 + np.argsort(-p[t - 1]).tolist().index(ids[t]) for t in range(1, len(ids))])


def log_rank(p: Array, q: Array, ids: list[int]) -> float:
    return -float(np.log(ranks(p, ids)).mean())


def detectllm_lrr(p: Array, q: Array, ids: list[int]) -> float:
    """LRR = |1/t sum log p(x_i | x_<i)| / (1/t sum log r(x_i | x_<i)) (Su et al. 2023, equation 1)."""
    return float(abs(np.log(p_of_tokens(p, ids)).mean()) / np.log(ranks(p, ids)).mean())


def fast_detect_gpt(p: Array, q: Array, ids: list[int]) -> float:
    """Discrepancy d = (log p(x) - mu) / sigma: mean and variance of log p(x~) over x~ drawn from q position by position (Bao et al. 2024)."""
    log_p = np.log(p)
    mu = sum((q[t] * log_p[t]).sum() for t in range(len(ids) - 1))
    variance = sum((q[t] * log_p[t] ** 2).sum() - (q[t] * log_p[t]).sum() ** 2 for t in range(len(ids) - 1))
    return float((np.log(p_of_tokens(p, ids)).sum() - mu) / np.sqrt(variance))


def binoculars(p: Array, q: Array, ids: list[int]) -> float:
    """The log PPL of the performer p, over the cross-entropy of p under the observer q (Hans et al. 2024)."""
    log_ppl = -np.log(p_of_tokens(p, ids)).mean()
    log_x_ppl = -np.mean([(q[t] * np.log(p[t])).sum() for t in range(len(ids))])
    return float(log_ppl / log_x_ppl)


PAPERS: dict[str, Callable[[Array, Array, list[int]], float]] = {
    each.__name__: each for each in (log_likelihood, log_rank, detectllm_lrr, fast_detect_gpt, binoculars)
}


def distributions(folder: Path, text: str) -> tuple[Array, list[int]]:
    """The model's distribution after each of the first 512 tokens of a text, and the tokens; the text alone, unpadded."""
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ids = tokenizer(text, truncation=True, max_length=512)["input_ids"]
    with torch.no_grad():
        return softmax(model(torch.tensor([ids])).logits[0].double().numpy()), ids


def adapter(name: str, **options: Any) -> TextAdapter:
    (detector,) = build({name: {"device": "cpu", **options}}, RunFacts(AS_OF))
    assert isinstance(detector, TextAdapter)
    return detector


def scores(detector: TextAdapter, *texts: str) -> list[float]:
    found = [each.score for each in detector(records([{"text": text, "language": "en"} for text in texts])).evidence]
    assert None not in found
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("name", ONE_MODEL)
def test_a_score_by_one_model_is_the_paper_s(tmp_path: Path, family: str, name: str) -> None:
    folder = text_folder(tmp_path / "m", family)
    expected = [PAPERS[name](p, p, ids) for p, ids in (distributions(folder, text) for text in TEXTS)]
    found = scores(adapter(name, model=str(folder)), *TEXTS)
    assert found == pytest.approx(expected, abs=1e-4)  # rounded to four decimals
    assert len(set(found)) > 3


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("name", ["fast_detect_gpt", "binoculars"])
def test_a_score_by_two_models_is_the_paper_s(tmp_path: Path, family: str, name: str) -> None:
    one, other = text_folder(tmp_path / "one", family), text_folder(tmp_path / "other", family, seed=1)
    options = (
        {"performer": str(one), "observer": str(other)}
        if name == "binoculars"
        else {"model": str(one), "reference": str(other)}
    )
    expected = []
    for text in TEXTS:
        (p, ids), (q, _) = distributions(one, text), distributions(other, text)
        expected.append(PAPERS[name](p, q, ids))
    assert scores(adapter(name, **options), *TEXTS) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", ONE_MODEL)
def test_neither_neighbours_nor_padding_show(tmp_path: Path, name: str) -> None:
    folder = str(text_folder(tmp_path / "m", "llama"))
    alone = [scores(adapter(name, model=folder), text)[0] for text in TEXTS]
    for batch_tokens in (1, 1200, 100_000):
        detector = adapter(name, model=folder, batch_tokens=batch_tokens)
        assert scores(detector, *TEXTS) == pytest.approx(alone, abs=1.1e-4)
        assert scores(detector, *reversed(TEXTS)) == pytest.approx(alone[::-1], abs=1.1e-4)


@pytest.mark.parametrize("name", ONE_MODEL)
def test_bfloat16_says_about_the_same(tmp_path: Path, name: str) -> None:
    folder = str(text_folder(tmp_path / "m", "gpt2"))
    wide, narrow = (scores(adapter(name, model=folder, dtype=dtype), *TEXTS) for dtype in ("float32", "bfloat16"))
    assert narrow != wide
    assert narrow == pytest.approx(wide, rel=0.03)


def test_contract(tmp_path: Path) -> None:
    folder, other = (str(text_folder(tmp_path / str(seed), "gpt2", seed=seed)) for seed in (0, 1))
    check_detector(adapter("binoculars", observer=folder, performer=other))
    check_detector(adapter("detectllm_lrr", model=folder), [records([{"text": text} for text in TEXTS])])


def test_only_binoculars_says_machine_by_low_scores(tmp_path: Path) -> None:
    folder, other = (str(text_folder(tmp_path / str(seed), "gpt2", seed=seed)) for seed in (0, 1))
    assert {adapter(name, model=folder).scale.orientation for name in ONE_MODEL} == {"higher"}
    assert adapter("binoculars", observer=folder, performer=other).scale.orientation == "lower"


def test_what_a_model_would_write_looks_like_a_machine_to_it(tmp_path: Path) -> None:
    """Tokens that were drawn from the model against tokens that were not: every method must point the right way."""
    model, other = (
        transformers.AutoModelForCausalLM.from_pretrained(text_folder(tmp_path / str(seed), "gpt2", seed=seed)).eval()
        for seed in (0, 1)
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(3)
        drawn = model.generate(
            torch.tensor([[40]]), do_sample=True, temperature=0.6, max_new_tokens=200, pad_token_id=1, eos_token_id=None
        )[0]
        foreign = torch.randint(5, 300, drawn.shape)
        for method in METHODS.values():
            machine, human = (
                method.combine(token_values(method, model(ids[None]).logits[0], other(ids[None]).logits[0], ids))
                for ids in (drawn, foreign)
            )
            assert machine is not None
            assert human is not None
            assert machine > human if method.orientation == "higher" else machine < human, method.name


def test_two_models_must_share_a_tokenizer(tmp_path: Path) -> None:
    one, other = text_folder(tmp_path / "one", "gpt2"), text_folder(tmp_path / "other", "gpt2", seed=1)
    file = other / "tokenizer.json"
    whole = json.loads(file.read_text("utf-8"))
    whole["model"]["merges"] = whole["model"]["merges"][:-1]
    file.write_text(json.dumps(whole), "utf-8")
    for name, options in (
        ("binoculars", {"observer": str(one), "performer": str(other)}),
        ("fast_detect_gpt", {"model": str(one), "reference": str(other)}),
    ):
        with pytest.raises(DetectorSetupError, match="tokenizers differ"):
            adapter(name, **options)


def test_vocabularies_may_be_padded_differently(tmp_path: Path) -> None:
    one = str(text_folder(tmp_path / "one", "gpt2"))
    padded = str(text_folder(tmp_path / "padded", "gpt2", vocab=352))
    assert len(scores(adapter("binoculars", observer=one, performer=padded), *TEXTS)) == len(TEXTS)
    assert len(scores(adapter("fast_detect_gpt", model=padded, reference=one), *TEXTS)) == len(TEXTS)


def test_the_version_names_both_models_and_their_parts(tmp_path: Path) -> None:
    one, other = (str(text_folder(tmp_path / str(seed), "gpt2", seed=seed)) for seed in (0, 1))
    pairs = ((one, other), (other, one))
    assert len({adapter("binoculars", observer=first, performer=second).version for first, second in pairs}) == 2
    assert len({adapter("fast_detect_gpt", model=one, **more).version for more in ({}, {"reference": other})}) == 2


def test_a_model_cannot_be_its_own_observer(tmp_path: Path) -> None:
    """Whatever it is called: the score compares what two models find."""
    one, copy = (str(text_folder(tmp_path / name, "gpt2")) for name in ("one", "copy"))
    for performer in (one, copy):
        with pytest.raises(DetectorSetupError, match=r"are the same weights.*fast_detect_gpt needs one model alone"):
            adapter("binoculars", observer=one, performer=performer)


@pytest.mark.parametrize("name", [*ONE_MODEL, "binoculars"])
def test_a_classifier_is_no_language_model(tmp_path: Path, name: str) -> None:
    folder, gpt2 = str(text_folder(tmp_path / "c", "roberta")), str(text_folder(tmp_path / "g", "gpt2"))
    options = {"observer": gpt2, "performer": folder} if name == "binoculars" else {"model": folder}
    with pytest.raises(DetectorSetupError, match=r"classifier .*RobertaFor.* language model is needed; text_model or"):
        adapter(name, **options)


def test_a_copy_in_another_process_says_the_same(tmp_path: Path) -> None:
    detector = adapter("log_rank", model=str(text_folder(tmp_path / "m", "llama")))
    expected = scores(detector, *TEXTS)
    copy = pickle.loads(pickle.dumps(detector))
    assert copy == detector
    assert scores(copy, *TEXTS) == expected


def test_a_formula_without_a_value_gives_none() -> None:
    """A model that is certain of each next token, and right: no rank but 1, no variance, no surprise."""
    ids = torch.tensor([3, 1, 4, 1, 5])
    certain = torch.nn.functional.one_hot(torch.cat([ids[1:], ids[:1]]), 8).float() * 1e4
    found = {name: method.combine(token_values(method, certain, None, ids)) for name, method in METHODS.items()}
    assert found == {
        "log_likelihood": 0.0,
        "log_rank": 0.0,
        "detectllm_lrr": None,
        "fast_detect_gpt": None,
        "binoculars": None,
    }


@pytest.mark.parametrize("name", METHODS)
def test_what_is_no_number_stays_none(name: str) -> None:
    """A single position at which a model gives no number; a score that looks like one would hide it."""
    method, logits = METHODS[name], torch.randn((5, 8), generator=torch.Generator().manual_seed(0))
    broken = logits.clone()
    broken[2, 3] = np.nan
    ids = torch.tensor([3, 1, 4, 1, 5])
    for scoring, reference in ((broken, None), (broken, logits), (logits, broken)):
        if scoring is broken or name in {"fast_detect_gpt", "binoculars"}:  # the others read no reference
            score = method.combine(token_values(method, scoring, reference, ids))
            assert score is not None
            assert np.isnan(score)


def test_a_text_whose_score_is_no_number_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = adapter("detectllm_lrr", model=str(text_folder(tmp_path / "m", "gpt2")))
    detector.load()
    values = np.full((2, 9), np.nan)
    monkeypatch.setattr("lowbackground.detectors.models.zero_shot_text.token_values", lambda *_: values)
    (evidence,) = detector(records([{"text": PROSE}])).evidence
    assert (evidence.signal, evidence.reason, evidence.score) == (Signal.FAILED, "text-model.no-score", None)


def test_a_text_without_a_value_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = adapter("detectllm_lrr", model=str(text_folder(tmp_path / "m", "gpt2")))
    monkeypatch.setattr("lowbackground.detectors.models.zero_shot_text.token_values", lambda *_: np.zeros((2, 9)))
    (evidence,) = detector(records([{"text": PROSE}])).evidence
    assert (evidence.signal, evidence.reason, evidence.score) == (Signal.SILENT, "text-model.no-value", None)


def test_positions_are_worked_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    source = torch.Generator().manual_seed(0)
    logits, other = (torch.randn((50, 40), generator=source) for _ in range(2))
    ids = torch.randint(0, 40, (50,), generator=source)
    whole = {name: token_values(method, logits, other, ids) for name, method in METHODS.items()}
    monkeypatch.setattr("lowbackground.detectors.models.zero_shot_formulas._CHUNK", 7 * 40)
    for name, method in METHODS.items():
        assert token_values(method, logits, other, ids) == pytest.approx(whole[name], abs=1e-6)


@pytest.mark.parametrize("name", [*ONE_MODEL, "binoculars"])
def test_each_says_what_it_finds_and_needs_a_model(name: str) -> None:
    (found,) = [each for each in available() if each.name == name]
    assert found.summary.startswith("Scores texts by")
    required = {option.name for option in found.options if option.required}
    assert required == ({"observer", "performer"} if name == "binoculars" else {"model"})

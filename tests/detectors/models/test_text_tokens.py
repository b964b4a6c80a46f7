"""Texts become the ids that the model's own tokenizer gives, within bounds, and steer nothing."""

import json
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from lowbackground.detectors.models.model_folder import ModelError, ModelFolder, find_model
from lowbackground.detectors.models.text_tokens import (
    CHARS_PER_TOKEN,
    check_same_tokenizer,
    check_tokenizer,
    load_tokenizer,
    most_tokens,
)
from tests.tiny_models import PROSE, text_folder


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return find_model(str(text_folder(tmp_path / "model", "roberta")))


def again(folder: ModelFolder) -> ModelFolder:
    return find_model(str(folder.path))


def change(folder: ModelFolder, file: str, **keys: object) -> ModelFolder:
    path = folder.path / file
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | keys), "utf-8")
    return again(folder)


def test_ids_are_those_of_transformers(folder: ModelFolder) -> None:
    oracle = PreTrainedTokenizerFast(tokenizer_file=str(folder.path / "tokenizer.json"))
    texts = [PROSE, "", "one", "\U0001f6a2 naïve\x00\u200b\r\n" * 9, PROSE * 4]
    ours = load_tokenizer(folder, 40).windows(texts)
    assert [each.ids[0] for each in ours] == [
        oracle(text, truncation=True, max_length=40)["input_ids"] for text in texts
    ]


def test_what_looks_like_a_special_token_is_text(folder: ModelFolder) -> None:
    (((ids,), cut),) = ((each.ids, each.cut) for each in load_tokenizer(folder, 40).windows(["a</s><pad><s>b"]))
    assert not cut
    assert ids[0] == 0
    assert ids[-1] == 2
    assert not {0, 1, 2} & set(ids[1:-1])


def test_no_more_characters_are_looked_at_than_could_matter(folder: ModelFolder) -> None:
    tokenizer = load_tokenizer(folder, 32)
    long = "x" * 1_000_000
    assert tokenizer.max_chars == 512
    assert tokenizer.windows([long])[0].ids == tokenizer.windows([long[:512]])[0].ids


def test_windows_follow_one_another_and_what_lies_behind_them_is_told(folder: ModelFolder) -> None:
    oracle = PreTrainedTokenizerFast(tokenizer_file=str(folder.path / "tokenizer.json"))
    every = oracle(PROSE, truncation=True, max_length=40, return_overflowing_tokens=True)["input_ids"]
    for most in (1, 2, len(every) - 1, len(every), 99):
        (read,) = load_tokenizer(folder, 40, most).windows([PROSE])
        assert (read.ids, read.cut) == (every[:most], most < len(every))
    (blank,) = load_tokenizer(folder, 40).windows(["  " * 40 * CHARS_PER_TOKEN])
    assert blank.cut  # though the tokens of what was looked at may be few


def test_a_folder_without_a_tokenizer_is_refused(folder: ModelFolder) -> None:
    (folder.path / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"holds no tokenizer\.json"):
        check_tokenizer(again(folder), 100)


@pytest.mark.parametrize("content", ["", "{}", '{"model": 1}', "\x00"])
def test_a_damaged_tokenizer_is_refused(folder: ModelFolder, content: str) -> None:
    (folder.path / "tokenizer.json").write_text(content, "utf-8")
    with pytest.raises(ModelError, match="damaged"):
        check_tokenizer(find_model(str(folder.path)), 100)


def test_ids_that_the_model_does_not_have_are_refused(folder: ModelFolder) -> None:
    with pytest.raises(ModelError, match="ids up to"):
        check_tokenizer(change(folder, "config.json", vocab_size=200), 100)


def test_more_tokens_than_the_model_reads_are_refused(folder: ModelFolder) -> None:
    check_tokenizer(folder, 512)
    with pytest.raises(ModelError, match="at most 512 tokens"):
        check_tokenizer(folder, 513)


@pytest.mark.parametrize(
    ("config", "most"),
    [
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "deberta-v2", "max_position_embeddings": 512, "position_biased_input": False}, None),
        ({"text_config": {"vocab_size": 9, "max_position_embeddings": 4096}}, 4096),
        ({"model_type": "bloom"}, None),
    ],
)
def test_how_many_tokens_a_model_reads(config: dict[str, object], most: int | None) -> None:
    assert most_tokens(config) == most


def test_tokenizers_are_the_same_where_texts_get_the_same_ids(tmp_path: Path, folder: ModelFolder) -> None:
    other = find_model(str(text_folder(tmp_path / "other", "roberta", seed=1)))
    check_same_tokenizer(folder, other)
    other = change(other, "tokenizer.json", post_processor=None, truncation=None)
    check_same_tokenizer(folder, other)
    whole = json.loads((other.path / "tokenizer.json").read_text("utf-8"))
    vocabulary = dict(whole["model"]["vocab"])
    first, second = list(vocabulary)[10:12]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    other = change(other, "tokenizer.json", model={**whole["model"], "vocab": vocabulary})
    with pytest.raises(ModelError, match="tokenizers differ"):
        check_same_tokenizer(folder, other)

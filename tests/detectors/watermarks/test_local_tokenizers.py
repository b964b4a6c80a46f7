"""Tokenizers come from local folders, and nothing is downloaded or run that came with them."""

import json
from pathlib import Path

import pytest

from lowbackground.detectors.watermarks.local_tokenizers import TokenizerError, load_tokenizers
from tests.marked_text import as_text, word_tokenizer


def test_a_folder_gives_ids_and_the_size_of_the_vocabulary(tmp_path: Path) -> None:
    (loaded,) = load_tokenizers({"toy": str(word_tokenizer(tmp_path / "toy"))})
    assert loaded.name == "toy"
    assert loaded.vocab_size == 1000
    assert loaded.ids(as_text([5, 900, 5])).tolist() == [5, 900, 5]
    assert loaded.ids("").tolist() == []


def test_a_file_does_too(tmp_path: Path) -> None:
    folder = word_tokenizer(tmp_path / "toy", config=False)
    (loaded,) = load_tokenizers({"toy": str(folder / "tokenizer.json")})
    assert loaded.ids("w3 w4").tolist() == [3, 4]
    assert loaded.vocab_size is None


def test_a_size_that_is_given_goes_before_the_models_file(tmp_path: Path) -> None:
    folder = str(word_tokenizer(tmp_path / "toy"))
    (loaded,) = load_tokenizers({"toy": folder}, {"toy": 1024})
    assert loaded.vocab_size == 1024
    with pytest.raises(TokenizerError, match="no tokenizer is named tay; there are toy"):
        load_tokenizers({"toy": folder}, {"tay": 1024})
    with pytest.raises(TokenizerError, match="a vocabulary of 3 tokens"):
        load_tokenizers({"toy": folder}, {"toy": 3})


def test_the_size_of_a_models_text_part_counts(tmp_path: Path) -> None:
    folder = word_tokenizer(tmp_path / "toy")
    (folder / "config.json").write_text(json.dumps({"text_config": {"vocab_size": 1088}}), "utf-8")
    (loaded,) = load_tokenizers({"toy": str(folder)})
    assert loaded.vocab_size == 1088


def test_truncation_and_padding_of_the_file_are_left_out(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    folder = word_tokenizer(tmp_path / "toy")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    (loaded,) = load_tokenizers({"toy": str(folder)})
    assert loaded.ids("w1 w2 w3").tolist() == [1, 2, 3]


def test_the_digest_changes_with_the_tokenizer(tmp_path: Path) -> None:
    same = [word_tokenizer(tmp_path / name) for name in ("a", "b")]
    other = word_tokenizer(tmp_path / "c", 1001)
    one, two, three = (load_tokenizers({"toy": str(folder)})[0].digest for folder in (*same, other))
    assert one == two != three


def test_a_folder_without_tokenizer_json_is_read_by_its_configuration(tmp_path: Path) -> None:
    from transformers import BertTokenizer

    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "boat"])}
    folder = tmp_path / "bert"
    BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    (folder / "tokenizer.json").unlink(missing_ok=True)
    (loaded,) = load_tokenizers({"bert": str(folder)})
    assert loaded.ids("boat boat").tolist() == [5, 5]


@pytest.mark.parametrize("content", ["{}", "no json", '{"model": null}'])
def test_a_broken_tokenizer_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokenizer.json").write_text(content, "utf-8")
    with pytest.raises(TokenizerError, match="tokenizer toy"):
        load_tokenizers({"toy": str(tmp_path)})


def test_a_name_on_the_hub_is_no_local_folder() -> None:
    with pytest.raises(TokenizerError, match="is not there; name a local folder, nothing is downloaded"):
        load_tokenizers({"toy": "openai-community/gpt2"})
    with pytest.raises(TokenizerError, match="no tokenizer is named"):
        load_tokenizers({})


def test_code_that_comes_with_a_tokenizer_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"auto_map": {"AutoTokenizer": ["evil.Evil", None]}, "tokenizer_class": "Evil"}), "utf-8"
    )
    ran = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Evil: pass\n", "utf-8")
    with pytest.raises(TokenizerError):
        load_tokenizers({"toy": str(tmp_path)})
    assert not ran.exists()

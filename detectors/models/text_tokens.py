"""Token ids of texts for a model, by the `tokenizer.json` of its folder.

- `tokenizer.json` alone says how the model's tokenizer works. transformers rebuilds tokenizers from other files in ways
  that differ by version, and makes an empty one where there are none, so a folder without it is refused.
- Characters are cut before anything is tokenised, so that no text costs more than a long one.
- What looks like a special token in a text is text: content must not steer the model.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lowbackground.detectors.models.model_folder import GUIDE, ModelError, ModelFolder

CHARS_PER_TOKEN = 16  # looked at for each token that is wanted: English has 4 to 5, rows of spaces up to a hundred
_FILE = "tokenizer.json"
_SHAPES_TEXT = ("model", "normalizer", "pre_tokenizer", "added_tokens")  # parts that decide which ids a text has
_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert"})  # count from pad_token_id + 1


@dataclass(frozen=True, slots=True)
class Windows:
    """Token ids of the windows of a text, from its beginning; `cut` where the text goes on behind the last."""

    ids: list[list[int]]
    cut: bool


@dataclass(frozen=True)
class TextTokenizer:
    """Ids of texts: up to `max_windows` windows of `max_tokens` each, special tokens of the model included."""

    max_tokens: int
    max_windows: int
    tokenizer: Any = field(repr=False)

    @property
    def max_chars(self) -> int:
        """Of a text that are looked at."""
        return CHARS_PER_TOKEN * self.max_tokens * self.max_windows

    def windows(self, texts: Sequence[str]) -> list[Windows]:
        """The windows of each text, one at least; that of a text of no characters may be empty."""
        read = []
        encodings = self.tokenizer.encode_batch_fast([text[: self.max_chars] for text in texts])
        for text, encoded in zip(texts, encodings, strict=True):
            every = [encoded, *encoded.overflowing]
            cut = len(text) > self.max_chars or len(every) > self.max_windows
            read.append(Windows([list(each.ids) for each in every[: self.max_windows]], cut))
        return read


def load_tokenizer(folder: ModelFolder, max_tokens: int, max_windows: int = 1) -> TextTokenizer:
    """The tokenizer of a model that gives at most `max_tokens` ids a window.

    Raises:
        ModelError: it is missing, damaged, or does not fit the model.
    """
    tokenizer = _tokenizer(folder)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    tokenizer.encode_special_tokens = True
    return TextTokenizer(max_tokens, max_windows, tokenizer)


def check_tokenizer(folder: ModelFolder, max_tokens: int) -> None:
    """Refuse a model whose tokenizer gives ids that it does not have, or that reads fewer tokens than asked for.

    Raises:
        ModelError: it does; an id that is out of range would stop an accelerator.
    """
    shape = text_config(folder.config)
    size, largest = shape.get("vocab_size"), max(_tokenizer(folder).get_vocab(with_added_tokens=True).values())
    if not isinstance(size, int) or largest >= size:
        raise ModelError(
            f"model {folder.name}: the tokenizer has ids up to {largest}; vocab_size of config.json is {size}"
        )
    limit = most_tokens(folder.config)
    if limit is not None and max_tokens > limit:
        raise ModelError(f"model {folder.name}: reads at most {limit} tokens; max_tokens is {max_tokens}")


def check_same_tokenizer(one: ModelFolder, other: ModelFolder) -> None:
    """Refuse two models that do not read a text as the same tokens: their scores cannot be compared token by token.

    Raises:
        ModelError: they do not.
    """
    parts, others = _parts(one), _parts(other)
    if differing := [part for part in _SHAPES_TEXT if parts[part] != others[part]]:
        raise ModelError(
            f"models {one.name} and {other.name}: their tokenizers differ ({', '.join(differing)} of {_FILE}); expected two "
            "models of one family that share a tokenizer"
        )


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a `config.json` that is about text; models of several kinds of input keep it apart."""
    nested = config.get("text_config")
    return nested if isinstance(nested, dict) and "vocab_size" in nested else config


def most_tokens(config: Mapping[str, Any]) -> int | None:
    """How many tokens a model reads at most by its `config.json`; null where positions are relative or nothing says it."""
    shape = text_config(config)
    limit = shape.get("max_position_embeddings", shape.get("n_positions"))
    if not isinstance(limit, int) or shape.get("position_biased_input") is False:  # DeBERTa without absolute positions
        return None
    if shape.get("model_type") in _OFFSET_POSITIONS:
        return limit - int(shape.get("pad_token_id") or 0) - 1
    return limit


def _tokenizer(folder: ModelFolder) -> Any:
    from tokenizers import Tokenizer

    file = folder.path / _FILE
    if not file.is_file():
        raise ModelError(
            f"model {folder.name}: {folder.path} holds no {_FILE}; write one with transformers: "
            f"AutoTokenizer.from_pretrained(FOLDER) and save_pretrained(FOLDER); {GUIDE}"
        )
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises Exception itself
        raise ModelError(
            f"model {folder.name}: {_FILE} is damaged: {str(error)[:200]}; bring the model again"
        ) from error


def _parts(folder: ModelFolder) -> Mapping[str, Any]:
    whole = json.loads(_tokenizer(folder).to_str())
    return {part: whole.get(part) for part in _SHAPES_TEXT}

"""Tokenizers from local folders: token ids of a text, by the tokenizer of the model that may have written it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MIN_VOCAB, MAX_VOCAB = 16, 1 << 22  # the largest vocabularies in use have some 260,000 tokens

Encode = Callable[[str], list[int]]


class TokenizerError(ValueError):
    """A tokenizer cannot be used; the message says which, and what to do."""


@dataclass(frozen=True)
class LocalTokenizer:
    """`name` is the operator's; `digest` is of its files.

    `tokens` is how many the tokenizer has, added ones included; `vocab_size` how many the model has, which are often more:
    null where nothing says it.
    """

    name: str
    digest: str
    tokens: int
    vocab_size: int | None
    encode: Encode = field(repr=False)

    def ids(self, text: str) -> NDArray[np.int64]:
        """The token ids of a text, without special tokens around it."""
        return np.array(self.encode(text), np.int64)


def load_tokenizers(
    paths: Mapping[str, str], vocab_sizes: Mapping[str, int] | None = None
) -> tuple[LocalTokenizer, ...]:
    """The tokenizers in these folders or `tokenizer.json` files, by the operator's names for them.

    `vocab_sizes` goes before what the `config.json` beside a tokenizer says.

    Raises:
        TokenizerError: there is none, one cannot be loaded, or a size is of no tokenizer or out of reason.
    """
    sizes = vocab_sizes or {}
    if not paths:
        raise TokenizerError("no tokenizer is named; a mark can be read only with the tokenizer of the model")
    if strange := sorted(set(sizes) - set(paths)):
        raise TokenizerError(f"vocab_sizes: no tokenizer is named {', '.join(strange)}; there are {', '.join(paths)}")
    loaded = (_load(name, Path(path), sizes.get(name)) for name, path in sorted(paths.items()))
    return tuple(_with_reason(each) for each in loaded)


def _with_reason(tokenizer: LocalTokenizer) -> LocalTokenizer:
    if tokenizer.vocab_size is not None and not MIN_VOCAB <= tokenizer.vocab_size <= MAX_VOCAB:
        raise TokenizerError(
            f"tokenizer {tokenizer.name}: a vocabulary of {tokenizer.vocab_size} tokens; expected {MIN_VOCAB} to {MAX_VOCAB}"
        )
    return tokenizer


def _load(name: str, path: Path, vocab_size: int | None) -> LocalTokenizer:
    if not path.exists():
        raise TokenizerError(f"tokenizer {name}: {path} is not there; name a local folder, nothing is downloaded")
    file = path / "tokenizer.json" if path.is_dir() else path
    folder = path if path.is_dir() else path.parent
    try:
        encode, tokens = _from_json(file) if file.exists() else _from_folder(folder)
        digest = _digest(file if file.exists() else folder)
        return LocalTokenizer(name, digest, tokens, vocab_size or _vocab_size(folder), encode)
    except Exception as error:  # each kind of tokenizer has errors of its own
        raise TokenizerError(f"tokenizer {name}: {path}: {type(error).__name__}: {str(error)[:300]}") from error


def _from_json(file: Path) -> tuple[Encode, int]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    return encode, tokenizer.get_vocab_size(with_added_tokens=True)


def _from_folder(folder: Path) -> tuple[Encode, int]:
    """By what the folder's configuration names; code that comes with it is never run."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False, truncation=False, verbose=False))

    return encode, len(tokenizer)


def _digest(path: Path) -> str:
    """Of a file, or of the files of a folder that are no weights."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        if file.is_file() and file.suffix in {".json", ".model", ".txt", ".tiktoken", ".jinja"}:
            digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _vocab_size(folder: Path) -> int | None:
    """`vocab_size` of the model's `config.json`, which may be padded beyond the tokens that there are."""
    file = folder / "config.json"
    if not file.is_file():
        return None
    config = json.loads(file.read_text("utf-8"))
    for each in (config, config.get("text_config")):
        if isinstance(each, dict) and isinstance(each.get("vocab_size"), int):
            return int(each["vocab_size"])
    return None

"""Finds text that was marked by green lists (`transformers`, `lm-watermarking`) with a key that is known.

- Off without keys and the tokenizer of the model: the mark lies in the choice of token ids.
- A green list depends on the size of the vocabulary at generation, which `config.json` says and the tokenizer does not.
- One list costs some tenths of a millisecond: a text that is plainly not marked is given up early.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.contract import Detector
from lowbackground.detectors.watermarks import keyed_detector
from lowbackground.detectors.watermarks.early_stop import count_green
from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.key_registry import green_keys, keys_by_tokenizer
from lowbackground.detectors.watermarks.keyed_detector import MAX_CHARS, MIN_TOKENS, Counted, KeyedDetector, version_of
from lowbackground.detectors.watermarks.local_tokenizers import LocalTokenizer, TokenizerError, load_tokenizers
from lowbackground.detectors.watermarks.window_seeds import Implementation

REASONS = keyed_detector.REASONS

MAX_TOKENS = 1000  # looked at per text and key: enough for the weakest mark worth finding to reach 1e-9


def green_list(
    *,
    keys: Sequence[str],
    tokenizers: Mapping[str, str],
    vocab_sizes: Mapping[str, int] | None = None,
    max_tokens: int = MAX_TOKENS,
    max_chars: int = MAX_CHARS,
) -> Detector:
    """Finds text marked by green lists (transformers, lm-watermarking), with keys that are known and the model's tokenizer.

    `keys` are files of keys, or `published` for those that are shipped. `tokenizers` are local folders by a name of
    your choice, which the evidence gives; `vocab_sizes` says how many tokens a model has, for keys of transformers, where
    its folder holds no `config.json`. Of a text `max_tokens` tokens, spread over its first `max_chars` characters, are looked at.

    Raises:
        KeyFileError: a file of keys cannot be used.
        TokenizerError: a tokenizer cannot be loaded, or nothing says how many tokens its model has.
        ValueError: `max_tokens` is below what a test needs, or a list would have no token on it.
    """
    if max_tokens < MIN_TOKENS:
        raise ValueError(f"max_tokens is {max_tokens}; a test needs at least {MIN_TOKENS}")
    loaded = load_tokenizers(tokenizers, vocab_sizes or {})
    found = keys_by_tokenizer(green_keys(keys), [each.name for each in loaded])
    for tokenizer in loaded:
        _check_lists(tokenizer, found[tokenizer.name])
    names = (f"{tokenizer} {key}" for tokenizer, several in found.items() for key in several)
    count = _Count(found, max_tokens)
    version = version_of(f"2, {max_tokens} tokens", names, loaded)
    return KeyedDetector("green_list", version, loaded, count, sum(map(len, found.values())), max_chars)


def list_size(key: GreenKey, tokenizer: LocalTokenizer) -> int:
    """How many tokens a list is drawn from: what the key says, else what its implementation takes.

    transformers takes the model's size; lm-watermarking is given the tokenizer's vocabulary, as its README has it.

    Raises:
        TokenizerError: nothing says it.
    """
    if key.vocab_size is not None:
        return key.vocab_size
    if key.implementation is Implementation.LM_WATERMARKING:
        return tokenizer.tokens
    if tokenizer.vocab_size is None:
        raise TokenizerError(
            f"tokenizer {tokenizer.name}: nothing says how many tokens the model has; put its config.json beside the "
            f"tokenizer, or give vocab_sizes: {{{tokenizer.name}: NUMBER}}"
        )
    return tokenizer.vocab_size


def _check_lists(tokenizer: LocalTokenizer, keys: Sequence[GreenKey]) -> None:
    for key in keys:
        size = list_size(key, tokenizer)
        if not key.green_size(size):
            raise ValueError(f"{key.name}: no token of {size} is green; the ratio of the key is too small")


@dataclass(frozen=True)
class _Count:
    """The keys that each tokenizer is tried with."""

    keys: Mapping[str, Sequence[GreenKey]]
    max_tokens: int

    def __call__(self, ids: NDArray[np.int64], tokenizer: LocalTokenizer) -> Iterator[Counted]:
        """Count green tokens for all keys."""
        for key in self.keys[tokenizer.name]:
            size, pairs = list_size(key, tokenizer), key.pairs(ids)
            if len(pairs) >= MIN_TOKENS:
                counted = count_green(key, pairs, size, self.max_tokens)
                yield Counted(key.name, tokenizer.name, counted.tokens, counted.green, key.null(size))

"""Finds text that was marked by the open scheme of SynthID-Text with a key that is known.

- Off without keys and the tokenizer of the model: the mark lies in the choice of token ids.
- All key sets of one window length share one pass over the tokens; each then costs a gather and a sum.
- The Gemini app marks with another hash and with keys that nobody else has: nothing of that is found here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.contract import Detector
from lowbackground.detectors.watermarks import keyed_detector
from lowbackground.detectors.watermarks.key_registry import keys_by_tokenizer, synthid_keys
from lowbackground.detectors.watermarks.keyed_detector import MAX_CHARS, Counted, KeyedDetector, version_of
from lowbackground.detectors.watermarks.local_tokenizers import LocalTokenizer, load_tokenizers
from lowbackground.detectors.watermarks.synthid_scheme import SynthIDKeys, scored_states

REASONS = keyed_detector.REASONS


def synthid_text(*, keys: Sequence[str], tokenizers: Mapping[str, str], max_chars: int = MAX_CHARS) -> Detector:
    """Finds text marked by the open scheme of SynthID-Text, with keys that are known and the model's tokenizer.

    `keys` are files of keys, or `published` for those that are shipped. `tokenizers` are local folders by a name of
    your choice, which the evidence gives. Of a text the first `max_chars` characters are looked at.

    Raises:
        KeyFileError: a file of keys cannot be used.
        TokenizerError: a tokenizer cannot be loaded.
    """
    loaded = load_tokenizers(tokenizers)
    found = keys_by_tokenizer(synthid_keys(keys), [each.name for each in loaded])
    names = (f"{tokenizer} {key}" for tokenizer, several in found.items() for key in several)
    return KeyedDetector(
        "synthid_text", version_of("1", names, loaded), loaded, _Count(found), sum(map(len, found.values())), max_chars
    )


@dataclass(frozen=True)
class _Count:
    """The key sets that each tokenizer is tried with."""

    keys: Mapping[str, Sequence[SynthIDKeys]]

    def __call__(self, ids: NDArray[np.int64], tokenizer: LocalTokenizer) -> Iterator[Counted]:
        """Score all key sets, over states that those of one window length share."""
        kept: dict[int, NDArray[np.intp]] = {}
        for keys in self.keys[tokenizer.name]:
            if keys.ngram_len not in kept:
                kept[keys.ngram_len] = scored_states(ids, keys.ngram_len)
            states = kept[keys.ngram_len]
            yield Counted(keys.name, tokenizer.name, len(states), keys.total(states), keys.null)

"""From prepared texts to one score each, by the heads that the weights describe; higher is more like a machine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import Bags
from lowbackground.detectors.text_classifier.chinese import character_ngrams
from lowbackground.detectors.text_classifier.features import english_bags
from lowbackground.detectors.text_classifier.heads import Floats, linear, network, trees
from lowbackground.detectors.text_classifier.style import STYLE_NAMES, style
from lowbackground.detectors.text_classifier.tables import Tables
from lowbackground.detectors.text_classifier.tokens import Tokens
from lowbackground.detectors.text_classifier.weights import Combine, Language

DECIMALS = 6  # of a score: what is beyond them says nothing, and takes room in every row


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores the texts of one language."""

    language: Language
    tables: Tables

    def english(self, tokens: Tokens, words: NDArray[np.int64]) -> Floats:
        """The score of each text of a slice; `words` is how many each has."""
        wanted = {head.bag for head in self.language.heads if head.type != "trees"}
        bags = english_bags(tokens, wanted)
        inputs = {"words": words.astype(np.float64)}
        if any(head.type != "linear" and head.inputs for head in self.language.heads):
            inputs |= dict(zip(STYLE_NAMES, np.ascontiguousarray(style(tokens).T, np.float64), strict=True))
        return self._combined(bags, inputs, words)

    def chinese(self, normal: Sequence[str], characters: NDArray[np.int64]) -> Floats:
        """The score of each text of a slice; `characters` is how many each has."""
        bags = {"character_ngrams": character_ngrams(normal)}
        return self._combined(bags, {"words": characters.astype(np.float64)}, characters)

    def _combined(self, bags: dict[str, Bags], inputs: dict[str, Floats], words: NDArray[np.int64]) -> Floats:
        for head in self.language.heads:
            if head.type == "linear":
                inputs[head.name] = linear(head, bags[head.bag], self.tables)
            elif head.type == "network":
                inputs[head.name] = network(head, bags[head.bag], inputs, self.tables)
            else:
                inputs[head.name] = trees(head, inputs, self.tables)
        return combined(self.language.combine, inputs, words)


def combined(combine: Combine, outputs: dict[str, Floats], words: NDArray[np.int64]) -> Floats:
    """The weighted sum of the heads' outputs, with the weights for each text's length."""
    knots = np.asarray(combine.knots, np.int64)
    right = np.clip(np.searchsorted(knots, words), 1, max(1, len(knots) - 1))
    right = np.minimum(right, len(knots) - 1)
    left = np.maximum(right - 1, 0)
    gap = np.maximum(knots[right] - knots[left], 1).astype(np.float64)
    share = np.clip((words - knots[left]).astype(np.float64) / gap, 0.0, 1.0)

    def at_length(row: Sequence[float]) -> Floats:
        value = np.asarray(row, np.float64)
        between: Floats = value[left] + share * (value[right] - value[left])
        return between

    score = at_length(combine.bias)
    for column, name in enumerate(combine.heads):
        score += outputs[name] * at_length([row[column] for row in combine.weights])
    rounded: Floats = np.round(score, DECIMALS)
    return rounded

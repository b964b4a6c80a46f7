"""What somebody may do to a text without changing what it says, and what is still found after it."""

import random
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.ai_text.measure import cuts, rounded
from benchmarks.ai_text.table import Scored, lengths
from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.fit import WINDOWS
from lowbackground.detectors.text_classifier.fit_examples import look
from lowbackground.detectors.text_classifier.fit_folds import Aligned
from lowbackground.detectors.text_classifier.fit_heads import Recipe, combine
from lowbackground.detectors.text_classifier.weights import Combine

OF_A_GROUP = 300  # texts
_LOOK_ALIKES = str.maketrans("aceopxyiAEKMHOPCTX", "асеорхуіАЕКМНОРСТХ")  # noqa: RUF001 -- Cyrillic is the point
_HIDDEN = "\u200b\u200c\u2060\u00ad"


def homoglyphs(text: str, dice: random.Random) -> str:
    """Three in ten of the letters that have a Cyrillic twin replaced by it."""
    return "".join(each.translate(_LOOK_ALIKES) if dice.random() < 0.3 else each for each in text)


def zero_width(text: str, dice: random.Random) -> str:
    """An invisible character after every tenth character."""
    return "".join(each + dice.choice(_HIDDEN) if dice.random() < 0.1 else each for each in text)


def case(text: str, dice: random.Random) -> str:
    """The case of one letter in twenty swapped."""
    return "".join(each.swapcase() if dice.random() < 0.05 else each for each in text)


def spaces(text: str, dice: random.Random) -> str:
    """Every other space doubled."""
    return "".join(each * 2 if each == " " and dice.random() < 0.5 else each for each in text)


def paragraphs(text: str, dice: random.Random) -> str:
    """The paragraphs in another order; of a text of one, the sentences."""
    separator = "\n\n" if "\n\n" in text else ". "
    parts = text.split(separator)
    dice.shuffle(parts)
    return separator.join(parts)


def misspellings(text: str, dice: random.Random) -> str:
    """Two neighbouring letters swapped in one word of ten."""
    return " ".join(_swapped(word, dice) if dice.random() < 0.1 else word for word in text.split(" "))


def _swapped(word: str, dice: random.Random) -> str:
    if len(word) < 4:
        return word
    at = dice.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


ATTACKS: Mapping[str, Callable[[str, random.Random], str]] = {
    "none": lambda text, _dice: text,
    "homoglyphs, 30 % of letters": homoglyphs,
    "zero-width characters after 10 % of characters": zero_width,
    "case of 5 % of letters": case,
    "50 % of spaces doubled": spaces,
    "paragraphs shuffled": paragraphs,
    "10 % of words misspelt": misspellings,
}


def attacked(scored: Scored, folds: Mapping[str, Aligned], weighed: Combine) -> dict[str, list[object]]:
    """Shares of core texts still beyond the thresholds of their lengths, each scored by the model without its group."""
    dice = random.Random(0)
    rows = [row for group in folds for row in _some(scored, group)]
    bounds = {name: cuts(scored.scores[scored.human & inside]) for name, inside in lengths(scored.words).items()}
    found: dict[str, list[object]] = {}
    for name, change in ATTACKS.items():
        beyond = np.zeros((len(rows), 2), bool)
        at = 0
        for group, heads in folds.items():
            texts = [scored.texts.text[row] for row in _some(scored, group)]
            if not texts:
                continue
            seen = look([prepared(change(text, dice).encode(), WINDOWS) for text in texts], Recipe().bags)
            scores = combine(heads(seen), weighed)
            for length, inside in lengths(seen.words).items():
                beyond[at : at + len(texts)] |= inside[:, None] & (scores[:, None] > np.array(bounds[length]))
            at += len(texts)
        found[name] = [len(rows), *(rounded(each) for each in beyond.mean(axis=0))]
    return found


def _some(scored: Scored, group: str) -> list[int]:
    rows = np.flatnonzero(scored.core & (scored.groups == group))
    return sorted(np.random.default_rng(0).permutation(rows)[:OF_A_GROUP].tolist())

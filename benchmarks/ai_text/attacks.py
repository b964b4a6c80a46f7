"""What somebody may do to a text without changing what it says, as functions of the raw text."""

import random
from collections.abc import Callable, Mapping

_LOOK_ALIKES = str.maketrans("aceopxyiAEKMHOPCTX", "асеорхуіАЕКМНОРСТХ")  # noqa: RUF001 -- Cyrillic is the point
_HIDDEN = "\u200b\u200c\u2060\u00ad"


def homoglyphs(text: str, share: float, dice: random.Random) -> str:
    """A share of the letters that have a Cyrillic twin replaced by it."""
    return "".join(each.translate(_LOOK_ALIKES) if dice.random() < share else each for each in text)


def zero_width(text: str, share: float, dice: random.Random) -> str:
    """An invisible character after a share of the characters."""
    return "".join(each + dice.choice(_HIDDEN) if dice.random() < share else each for each in text)


def case(text: str, share: float, dice: random.Random) -> str:
    """The case of a share of the letters swapped."""
    return "".join(each.swapcase() if dice.random() < share else each for each in text)


def spaces(text: str, share: float, dice: random.Random) -> str:
    """A share of the spaces doubled."""
    return "".join(each * 2 if each == " " and dice.random() < share else each for each in text)


def paragraphs(text: str, share: float, dice: random.Random) -> str:
    """The paragraphs in another order; of a text of one, the sentences. `share` does not matter."""
    separator = "\n\n" if "\n\n" in text else ". "
    parts = text.split(separator)
    dice.shuffle(parts)
    return separator.join(parts)


def misspellings(text: str, share: float, dice: random.Random) -> str:
    """Two neighbouring letters swapped in a share of the words."""
    return " ".join(_swapped(word, dice) if dice.random() < share else word for word in text.split(" "))


def _swapped(word: str, dice: random.Random) -> str:
    if len(word) < 4:
        return word
    at = dice.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


ATTACKS: Mapping[str, tuple[Callable[[str, float, random.Random], str], float]] = {
    "homoglyphs, 30 % of letters": (homoglyphs, 0.3),
    "zero-width, 10 % of characters": (zero_width, 0.1),
    "case, 5 % of letters": (case, 0.05),
    "double spaces, 50 %": (spaces, 0.5),
    "paragraphs shuffled": (paragraphs, 1.0),
    "misspellings, 10 % of words": (misspellings, 0.1),
}

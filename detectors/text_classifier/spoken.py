"""The language that a text is scored in: the reader's word, or a guess at the normal form.

The guess is at the normal form, so that look-alike and invisible characters, which mislead guesses at the text itself,
change neither the language nor the score.
"""

from lowbackground.detectors.language import language
from lowbackground.detectors.text_classifier.alphabet import IDEOGRAPH

_CODES = {"eng": "en", "english": "en", "zho": "zh", "chi": "zh", "cmn": "zh", "chinese": "zh"}  # ISO 639-2 and names
_LETTERS = bytes(byte if byte < 0x80 else 0x20 for byte in range(256))
_IDEOGRAPHIC = 0.2  # share of a text from which its language is guessed from its characters
_GUESSED = 8192  # bytes of UTF-8, more than the guess looks at


def spoken(told: str | None, raw: bytes, normal: bytes) -> str | None:
    """ISO 639 code, null where nobody knows. `raw` is the beginning of the text, `normal` its normal form."""
    code = _code(told) if told else None
    if code in {"en", "zh"} or (code is not None and raw.isascii()):
        return code
    guess = language(normal.translate(_LETTERS).decode("ascii"))
    if guess == "en" or code is not None:
        return guess if guess == "en" else code
    if normal.count(IDEOGRAPH) > _IDEOGRAPHIC * len(normal):
        return language(raw[:_GUESSED].decode("utf-8", "ignore"))
    return guess


def _code(told: str) -> str:
    """The code of a language tag such as `en-GB`."""
    first = told.strip().lower().replace("_", "-").partition("-")[0]
    return _CODES.get(first, first)

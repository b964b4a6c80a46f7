"""The language that a text is scored in: the reader's word, or a guess at the normal form.

The guess is at the normal form, so that look-alike and invisible characters, which mislead guesses at the text itself,
change neither the language nor the score. Chinese is told by its script.
"""

from lowbackground.detectors.language import language
from lowbackground.detectors.text_classifier.alphabet import IDEOGRAPH, LETTER

MIN_LETTERS = 80  # those of the 100 characters below which `language` guesses nothing
_CODES = {"eng": "en", "english": "en", "zho": "zh", "chi": "zh", "cmn": "zh", "chinese": "zh"}  # ISO 639-2 and names
_LATIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NO_LATIN = bytes(byte for byte in range(256) if byte not in _LATIN)
_ASCII = bytes(byte if byte < 0x80 else 0x20 for byte in range(256))
_GUESSED = 8192  # bytes of UTF-8, more than the guess looks at
_MAX_KANA = 0.05  # share of kana and hangul among the characters of Chinese


def spoken(told: str | None, raw: bytes, normal: bytes) -> str | None:
    """ISO 639 code, null where nobody knows. `raw` is the beginning of the text, `normal` its normal form."""
    code = _code(told) if told else None
    if code in {"en", "zh"} or (code is not None and raw.isascii()):
        return code
    guess = _guess(raw, normal)
    return guess if guess == "en" or code is None else code


def letters(normal: bytes) -> int:
    """How many letters of any alphabet a normal form has."""
    return _latin(normal) + normal.count(LETTER) + normal.count(IDEOGRAPH)


def _guess(raw: bytes, normal: bytes) -> str | None:
    latin = _latin(normal)
    if not normal.isascii():
        ideographs = normal.count(IDEOGRAPH)
        foreign = ideographs + normal.count(LETTER)
        if foreign > latin:
            typed = raw[:_GUESSED].decode("utf-8", "ignore")
            return "zh" if ideographs > latin and _is_chinese(typed) else _not_english(language(typed))
    return language(normal.translate(_ASCII).decode("ascii")) if latin >= MIN_LETTERS else None


def _latin(normal: bytes) -> int:
    return len(normal.translate(None, _NO_LATIN))


def _is_chinese(text: str) -> bool:
    other = sum(map(text.count, "のはをにがとでたるいアイスンル다는이을의에고"))  # in every Japanese or Korean sentence
    return other <= _MAX_KANA * len(text)


def _not_english(code: str | None) -> str | None:
    return None if code == "en" else code


def _code(told: str) -> str:
    """The code of a language tag such as `en-GB`."""
    first = told.strip().lower().replace("_", "-").partition("-")[0]
    return _CODES.get(first, first)

# ruff: noqa: RUF001 -- its tables consist of characters that look like others
"""The alphabet that texts are scored in: one byte a character, ASCII and a few classes for all else.

- Ranges are those of Unicode blocks, so the same character has the same byte under every version of Python.
- Confusables are facts of Unicode's confusables.txt (UTS 39) for the scripts that are used to imitate Latin: Cyrillic,
  Greek, Armenian, phonetic letters and small capitals. They are folded only in a text that is Latin.
- Full-width, mathematical, circled and superscript letters are compatibility characters: NFKC undoes them before.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

LETTER = 0x80  # a letter of another alphabet
IDEOGRAPH = 0x81  # a Chinese character, kana, hangul
SYMBOL = 0x82  # emoji, arrows, signs, private use, what could not be decoded
DASH = 0x83  # an em dash, in whatever way it was typed
BULLET = 0x84  # the mark of a list item
HEADING = 0x85  # the mark of a Markdown heading
PUNCTUATION = 0x86  # marks of other writing systems
ELLIPSIS = 0x87
DROPPED = 0  # format characters, controls, combining marks

READABLE: Mapping[int, str] = {  # one character that stands for each class, so that a normal form can be read
    LETTER: "ж",
    IDEOGRAPH: "字",
    SYMBOL: "☆",
    DASH: "—",
    BULLET: "•",
    HEADING: "# ",
    PUNCTUATION: "‡",
    ELLIPSIS: "…",
}

_RANGES = (  # first, last, class; later ones overrule earlier ones
    (0x0080, 0x009F, DROPPED),  # C1 controls
    (0x00A0, 0x00BF, SYMBOL),
    (0x00C0, 0x02AF, LETTER),
    (0x02B0, 0x036F, DROPPED),  # modifiers and combining marks
    (0x0370, 0x1FFF, LETTER),
    (0x2000, 0x206F, PUNCTUATION),
    (0x2070, 0x2BFF, SYMBOL),
    (0x2C00, 0x2DFF, LETTER),
    (0x2E00, 0x2E7F, PUNCTUATION),
    (0x2E80, 0x2FFF, IDEOGRAPH),
    (0x3000, 0x303F, PUNCTUATION),
    (0x3040, 0x9FFF, IDEOGRAPH),
    (0xA000, 0xABFF, LETTER),
    (0xAC00, 0xD7FF, IDEOGRAPH),
    (0xD800, 0xF8FF, SYMBOL),  # surrogates and private use
    (0xF900, 0xFAFF, IDEOGRAPH),
    (0xFB00, 0xFDFF, LETTER),
    (0xFE00, 0xFE0F, DROPPED),  # variation selectors
    (0xFE10, 0xFE6F, PUNCTUATION),
    (0xFE70, 0xFEFE, LETTER),
    (0xFEFF, 0xFEFF, DROPPED),
    (0xFF00, 0xFFEF, IDEOGRAPH),  # half-width kana and hangul; the full-width Latin letters are folded by NFKC
    (0xFFF0, 0xFFFB, DROPPED),
    (0xFFFC, 0xFFFF, SYMBOL),
    (0x10000, 0x1EFFF, LETTER),
    (0x1F000, 0x1FFFF, SYMBOL),
    (0x20000, 0x3FFFF, IDEOGRAPH),
    (0x40000, 0xDFFFF, SYMBOL),
    (0xE0000, 0xE0FFF, DROPPED),  # tags and the other variation selectors
    (0xE1000, 0x10FFFF, SYMBOL),
    (0x200B, 0x200F, DROPPED),  # zero width, marks of direction
    (0x202A, 0x202E, DROPPED),
    (0x2060, 0x206F, DROPPED),
    (0x180B, 0x180F, DROPPED),
    (0x1F3FB, 0x1F3FF, DROPPED),  # skin tones
    (0x20A0, 0x20CF, ord("$")),
    (0x2000, 0x200A, ord(" ")),
    (0x2010, 0x2013, ord("-")),
    (0x2014, 0x2015, DASH),
)
_SINGLE = {
    DROPPED: "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u3164\uffa0",  # soft hyphen, joiner, fillers
    ord("'"): "‘’‚‛′‵ʹʻʼʽˈ‹›",
    ord('"'): "“”„‟«»〝〞",
    ord("-"): "−⁃",
    ord("$"): "¢£¤¥",
    ord(" "): "\u1680\u202f\u205f\u3000",
    ord("\n"): "\u2028\u2029\u0085",
    ord("/"): "⁄∕",
    BULLET: "•‣◦▪●○■□➢➤✦◆",  # what pages set before the items of a list
    PUNCTUATION: "¡¿·§¶",
    ELLIPSIS: "…",
}
_LATIN = {  # letters that no decomposition takes apart
    "ıɪɩ": "i", "łʟƚ": "l", "øɵ": "o", "đɗ": "d", "ðƍ": "d", "þ": "p", "ßꜱ": "s", "æɑᴀ": "a", "œᴏ": "o", "ħʜɦ": "h", "ŧᴛ": "t",
    "ʙɓ": "b", "ᴄƈ": "c", "ᴅ": "d", "ᴇɛ": "e", "ꜰƒ": "f", "ɡɢ": "g", "ᴊʝ": "j", "ᴋƙ": "k", "ᴍ": "m", "ɴɲŋ": "n", "ᴘ": "p", "ʀɾ": "r",
    "ᴜʋ": "u", "ᴠ": "v", "ᴡɯ": "w", "ʏ": "y", "ᴢʐ": "z", "Łʅ": "L", "Ø": "O", "ĐÐ": "D", "Þ": "P", "Æ": "A", "Œ": "O", "Ħ": "H", "Ŧ": "T", "ẞ": "S",
}  # fmt: skip
_CONFUSABLE = {  # confusables.txt: Cyrillic, Greek and Armenian letters that look like one of Latin
    "аα": "a", "сϲ": "c", "еє": "e", "һհ": "h", "іι": "i", "јϳ": "j", "ӏ": "l", "оοσօ": "o", "рρ": "p", "ѕ": "s", "у": "y", "х": "x",
    "ԁ": "d", "ԛզ": "q", "ԝ": "w", "ѵν": "v", "гᴦ": "r", "кκ": "k", "սυ": "u", "ոη": "n", "ց": "g", "τт": "t", "ү": "y",
    "АΑ": "A", "ВΒ": "B", "СϹ": "C", "ЕΕ": "E", "НΗ": "H", "ІΙӀ": "I", "ЈͿ": "J", "КΚ": "K", "МΜ": "M", "Ν": "N", "ОΟՕ": "O", "РΡ": "P",
    "Ѕ": "S", "ТΤ": "T", "ХΧ": "X", "УΥҮ": "Y", "Ζ": "Z", "Ԛ": "Q", "Ԝ": "W", "Ѵ": "V", "Ԍ": "G", "Ϝ": "F", "Ս": "U", "ԃ": "d",
}  # fmt: skip
_IMITATORS = ((0x0370, 0x058F),)  # Greek, Cyrillic, Armenian: their letters imitate Latin ones
LATIN_FOR_FOREIGN = 4  # letters of Latin that must stand against each letter of another script that imitates nothing


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The byte of each code point, without and with confusables folded."""
    plain = np.arange(0x110000, dtype=np.uint32).astype(np.uint8)
    for first, last, byte in _RANGES:
        plain[first : last + 1] = byte
    for code in (*range(0x00C0, 0x0250), *range(0x1E00, 0x1F00)):  # Latin letters with marks: the letter below them
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            plain[code] = ord(base)
    for byte, characters in _SINGLE.items():
        plain[[ord(each) for each in characters]] = byte
    _fold(plain, _LATIN)
    plain[:32] = DROPPED
    plain[127] = DROPPED
    plain[[9, 11, 12]] = ord(" ")
    plain[[10, 13]] = ord("\n")
    folded = plain.copy()
    _fold(folded, _CONFUSABLE)
    return plain, folded


def _fold(table: NDArray[np.uint8], letters: Mapping[str, str]) -> None:
    for several, latin in letters.items():
        for each in several:
            table[ord(each)] = ord(latin)


def encoded(text: str) -> bytes:
    """A text in NFKC as bytes of the alphabet; confusables are folded where the text is Latin."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    plain, folded = _tables()
    foreign = codes[_between(codes, *_IMITATORS[0])]
    table = folded if len(foreign) and _is_latin(codes, folded.take(foreign)) else plain
    return table.take(codes, mode="clip").tobytes().translate(None, b"\0")


def _is_latin(codes: NDArray[np.uint32], foreign: NDArray[np.uint8]) -> bool:
    """Whether letters of other scripts are there to imitate: a text of theirs has many that imitate nothing."""
    genuine = int(np.count_nonzero(foreign == LETTER))
    latin = int(np.count_nonzero(_between(codes | np.uint32(0x20), ord("a"), ord("z"))))
    return genuine * LATIN_FOR_FOREIGN <= latin


def _between(codes: NDArray[np.uint32], first: int, last: int) -> NDArray[np.bool_]:
    return (codes >= first) & (codes <= last)


def readable(data: bytes) -> str:
    """Bytes of the alphabet as a text that has them as its normal form."""
    return "".join(READABLE.get(byte) or chr(byte) for byte in data)

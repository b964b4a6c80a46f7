"""From bytes to characters: strict UTF-8 first, then what was declared, then what the bytes look like.

98 % of real pages are valid UTF-8, and bytes of another charset that pass as it by accident are rare, so one strict
decode settles most pages. Labels are mapped as the WHATWG Encoding Standard maps them; nothing a page says can reach
a Python codec that is no charset.
"""

import codecs
import re
from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

META_BYTES = 4096  # WHATWG HTML 13.2.3.2 looks at 1024; real pages put long comments first
DETECT_BYTES = 1 << 16  # a detector gains nothing beyond it: reference measurement, 0.078 ms a page

MAX_DAMAGE = 0.2  # of the characters beyond ASCII: a charset that is plainly wrong breaks far more of them

GUESSED = "charset-guessed"
REPLACED = "unicode-replaced"

# Superset codecs that WHATWG's decoders of these labels are: https://encoding.spec.whatwg.org/#names-and-labels
_SUPERSETS = {
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-11": "cp874",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16", "utf-32")
_META = re.compile(rb"""<meta\s[^>]{0,500}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""\A\s{0,99}<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_:.-]{2,40})""")
_SEVEN_BIT_JAPANESE = re.compile(rb"\x1b(?:\$[@B]|\([BIJ])")  # the escapes of ISO-2022-JP, RFC 1468


@dataclass(frozen=True, slots=True)
class Decoded:
    """Characters, and what had to be assumed: `charset-guessed`, `unicode-replaced`.

    `wide`: the bytes were UTF-16 or UTF-32, in which markup does not look like ASCII.
    """

    text: str
    notes: tuple[str, ...] = ()
    wide: bool = False


def decode(raw: bytes, hint: str | None = None, *, markup: bool = False) -> Decoded:
    """`raw` as characters; it never fails, and never returns a lone surrogate.

    `hint` is the charset that the transport declared. With `markup`, a `<meta>` or an XML declaration counts too.
    """
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return _replacing(raw[len(mark) :], codec)
    unmarked = _without_high_bytes(raw, hint)
    if unmarked:
        return _replacing(raw, unmarked)
    try:
        return Decoded(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return _not_utf8(raw, _codecs(hint, _declared_inside(raw) if markup else []))


def _without_high_bytes(raw: bytes, hint: str | None) -> str | None:
    """The codec of bytes that pass as UTF-8 because they have no high bit set, though they are something else."""
    if raw.find(b"\x1b", 0, DETECT_BYTES) >= 0 and _SEVEN_BIT_JAPANESE.search(raw):
        return "iso2022_jp_ext"
    head = raw[:256]
    if b"\0" in head:
        declared = _codec(hint) if hint else None
        if declared and declared.startswith(_WIDE):
            return declared
        zeros_first, zeros_second = head[::2].count(0), head[1::2].count(0)
        enough = len(head) // 2 * 0.3  # most of a page's head is markup, so ASCII, so every second byte is zero
        if max(zeros_first, zeros_second) >= max(enough, 4) and min(zeros_first, zeros_second) == 0:
            return "utf-16-be" if zeros_first else "utf-16-le"
    return None


def _declared_inside(raw: bytes) -> list[str]:
    head = raw[:META_BYTES]
    return [found[1].decode("ascii") for found in (_META.search(head), _XML.search(head)) if found]


def _codecs(hint: str | None, inside: list[str]) -> list[str]:
    """The codecs that were declared, without UTF-8; text that could be read as ASCII up to its `<meta>` is no UTF-16."""
    outer = [_codec(hint)] if hint else []
    inner = [codec for codec in map(_codec, inside) if codec and not codec.startswith("utf-16")]
    return [codec for codec in (*outer, *inner) if codec and codec != "utf-8"]


def _codec(label: str) -> str | None:
    """The Python codec of a charset label, null where it names none of WHATWG's."""
    name = map_encoding_to_html5(label.strip(" \t\"';")[:40], fallback_utf8=False)
    return _SUPERSETS.get(name, name) if name else None


def _not_utf8(raw: bytes, declared: list[str]) -> Decoded:
    """What was declared if it fits; damaged UTF-8 if most of it holds; else what the bytes look like."""
    for codec in declared:
        try:
            return Decoded(raw.decode(codec), (), codec.startswith(_WIDE))
        except UnicodeDecodeError:
            continue
    for codec in ("utf-8", *declared):
        found = _replacing(raw, codec)
        if _damage(found.text) <= MAX_DAMAGE:
            return found
    guessed = _codec(detect_encoding(raw, max_len=DETECT_BYTES) or "")
    if guessed is None or guessed == "utf-8":  # the detector's word for "nothing fits"
        guessed = "cp1252"  # WHATWG HTML 13.2.3.2: the last resort of western locales
    found = _replacing(raw, guessed)
    return Decoded(found.text, (GUESSED, *found.notes), found.wide)


def _damage(text: str) -> float:
    """The share of U+FFFD among the characters that are not ASCII."""
    high = len(text) - len(text.encode("ascii", "ignore"))
    return text.count("\ufffd") / high if high else 0.0


def _replacing(raw: bytes, codec: str) -> Decoded:
    wide = codec.startswith(_WIDE)
    try:
        return Decoded(raw.decode(codec), (), wide)
    except UnicodeDecodeError:
        return Decoded(raw.decode(codec, "replace"), (REPLACED,), wide)

"""One form for texts that differ only in how they were typed, marked up, or taken apart by a tokenizer.

- Undone: compatibility and look-alike characters, invisible ones, kinds of quotes, dashes and spaces, HTML and Markdown
  marks, addresses, blocks of code, and the debris that tokenizers leave in data sets (`do n't`, `-LRB-`, two backticks),
  which would tell data sets apart, not writers.
- Kept: case, punctuation, line ends, where list items and headings begin. Digits become 0.
- Idempotent, and linear in the text: each step is one pass, and nothing that a step removes can grow back later.
"""

import html
import re
import unicodedata

from lowbackground.detectors.text_classifier.alphabet import BULLET, DASH, ELLIPSIS, HEADING, encoded

_ENTITY = re.compile(rb"&(?:#[0-9A-Za-z]{1,8}|[A-Za-z][0-9A-Za-z]{1,31});")
_FENCED = re.compile(rb"\n(?:```|~~~)[^\n]*\n(?:.*?\n)??(?:```|~~~)(?=[^\n]*\n|[^\n]*\Z)[^\n]*", re.DOTALL)
_STARRED_ITEM = re.compile(rb"\n\* ")
_TAG = re.compile(rb"</?[A-Za-z!][^<>\n]{0,300}>")
_ADDRESS = re.compile(rb"https?://[0-9A-Za-z][^\s)\]>\"]*")
_BARE_ADDRESS = re.compile(rb"www\.[0-9A-Za-z][^\s)\]>\"]*")
_LINK_TARGET = re.compile(rb"\]\([^()\n]{0,300}\)")
_RULES = tuple(re.compile(mark * 4 + rb"+") for mark in (rb"-", rb"=", rb"\+"))
_SPACES = re.compile(rb"  +")
_BLANK_LINES = re.compile(rb"\n\n\n+")
_HEADING = re.compile(rb"\n(?:#{1,6} )+")
_ITEM = re.compile(rb"\n(?:- |%c ?|0{1,3}[.)] )+" % BULLET)
_DOTS = re.compile(rb"\.(?: ?\.)+")
_DASH = b"%c" % DASH
_SPACED_HYPHEN = re.compile(rb"-(?<= -) ")
_HYPHENS = re.compile(rb"--+")
_DASHES = re.compile(rb"%c[ %c-]*" % (DASH, DASH))
_CLITIC = re.compile(rb" '(?<=[0A-Za-z] ')(?=(?:[sS]|[dD]|[mM]|[rR][eE]|[vV][eE]|[lL][lL])(?![A-Za-z]))")
_CANNOT = re.compile(rb" can not(?= )")
_NOT = re.compile(rb" n't(?<=[A-Za-z] n't)(?![A-Za-z])")
_SPACED_NOT = re.compile(rb"'(?<= n')")
_INDENT = re.compile(rb"\n ")
_AFTER_SPACE = {
    mark: re.compile(re.escape(mark.encode()) + rb"(?<= .)", re.DOTALL) for mark in ",.'\n"
}  # rare byte first: fast
_SPACED_MARKS = (*((b" %c" % mark, b"%c" % mark) for mark in b",.;:?!)"), (b"( ", b"("))

# How the tokenizer of the Penn Treebank writes brackets
_BRACKET = re.compile(rb"-[LR][RSC]B-")
_BRACKETS = ((b"-LRB-", b"("), (b"-RRB-", b")"), (b"-LSB-", b" "), (b"-RSB-", b" "), (b"-LCB-", b"{"), (b"-RCB-", b"}"))

_ACUTE = "\u00b4"  # an accent that is typed for an apostrophe; NFKC takes it for a space with a mark
_SPACED = bytes.maketrans(b"\t\x0b\x0c\r", b"   \n")
_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\x0b\x0c\r")
_EMPHASIS = b"*`~\\"
_MARKS = bytes.maketrans(b"<>[]|_^&123456789", b" " * 7 + b"+" + b"0" * 9)


def normalise(data: bytes) -> bytes:
    """The normal form of a text in UTF-8, as bytes of the alphabet; `alphabet.readable` gives it back as a text."""
    if b"&" in data and _ENTITY.search(data):
        data = html.unescape(data.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if data.isascii():
        data = data.translate(_SPACED, _CONTROLS)
    else:
        text = data.decode("utf-8", "replace").replace(_ACUTE, "'")
        data = encoded(unicodedata.normalize("NFKC", text))
    return _joined(_lines(_unmarked(b"\n" + data))).strip(b" \n")


def _unmarked(data: bytes) -> bytes:
    """Without the marks of Markdown and HTML, and with 0 for every digit."""
    if b"`" in data or b"*" in data or b"~" in data or b"\\" in data:
        data = _FENCED.sub(b"\n", _tidy(data))
        if b"``" in data and b"''" in data:
            data = data.replace(b"``", b'"').replace(b"''", b'"')
        data = _STARRED_ITEM.sub(b"\n- ", data).translate(None, _EMPHASIS)
    if _BRACKET.search(data):
        for typed, bracket in _BRACKETS:
            data = data.replace(typed, bracket)
    data = _TAG.sub(b" ", data)
    data = _ADDRESS.sub(b" ", data)
    data = _BARE_ADDRESS.sub(b" ", data)
    data = _LINK_TARGET.sub(b" ", data).translate(_MARKS)
    for rule in _RULES:
        data = rule.sub(b" ", data)
    return data


def _lines(data: bytes) -> bytes:
    """With marks closed up to the words before them, and one byte where a heading or a list item begins."""
    data = _tidy(data)
    if _AFTER_SPACE[","].search(data) or _AFTER_SPACE["."].search(data):
        for typed, mark in _SPACED_MARKS:
            data = data.replace(typed, mark)
    data = _HEADING.sub(b"\n%c" % HEADING, data)
    data = _ITEM.sub(b"\n%c" % BULLET, data)
    return _BLANK_LINES.sub(b"\n\n", data)


def _joined(data: bytes) -> bytes:
    """With words and marks that belong together put together again."""
    data = _DOTS.sub(b"%c" % ELLIPSIS, data)
    if _SPACED_HYPHEN.search(data):
        data = data.replace(b" - ", _DASH)
    data = _HYPHENS.sub(_DASH, data)
    if DASH in data:
        data = _DASHES.sub(_DASH, data.replace(b" " + _DASH, _DASH))
    if _AFTER_SPACE["'"].search(data):
        data = _CLITIC.sub(b"'", data)
    if _SPACED_NOT.search(data):
        data = _NOT.sub(b"n't", data)
    if b"n na " in data:
        data = data.replace(b" gon na ", b" gonna ").replace(b" wan na ", b" wanna ")
    return _CANNOT.sub(b" cannot", data) if b" can not " in data else data


def _tidy(data: bytes) -> bytes:
    """With single spaces, and none at the ends of lines."""
    if b"  " in data:
        data = _SPACES.sub(b" ", data)
    if _AFTER_SPACE["\n"].search(data):
        data = data.replace(b" \n", b"\n")
    return _INDENT.sub(b"\n", data)

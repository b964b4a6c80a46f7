"""Start tags of a page, read where a search says that something stands, without parsing the page.

- `tag_around` reads one tag; `hidden_ranges` says which bytes of the page are no elements: comments, scripts, styles.
- Time is linear in the page, every tag is capped, and nothing raises, whatever the bytes.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

MAX_TAG = 8192  # bytes of a tag looked at; 99.9 % of real ones have fewer than 2,000
MAX_VALUE_CHARS = 4096

TAG_REST = re.compile(rb"""(?:[^<>"']|"[^"]*"|'[^']*')*+""")  # what stands between the name and the `>`
_ATTRIBUTE = re.compile(rb"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")
_NAME = re.compile(rb"<([A-Za-z][A-Za-z0-9:-]{0,63})(?=[\s/>])")
# Elements whose content is characters and no elements: WHATWG HTML 13.1.2, raw text and escapable raw text.
_HIDING = re.compile(rb"<(?:!(--)|(script|style|textarea|title|xmp)(?=[\s/>]))", re.IGNORECASE)
_END = {
    name: re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE)
    for name in (b"script", b"style", b"textarea", b"title", b"xmp")
}

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag: name and attribute names in lower case, values as they are written; its bytes in the page."""

    name: bytes
    attributes: dict[bytes, bytes]
    start: int
    end: int

    def value(self, attribute: bytes) -> str | None:
        """The value of an attribute with its character references resolved, cut to a safe length; null without it."""
        raw = self.attributes.get(attribute)
        return None if raw is None else unescape(raw[:MAX_VALUE_CHARS].decode(errors="replace")).strip()


def attributes(tag: bytes) -> dict[bytes, bytes]:
    """Attributes of a tag by lower-case name; of two with one name the first counts, as in a browser."""
    found: dict[bytes, bytes] = {}
    for match in _ATTRIBUTE.finditer(tag):
        found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
    return found


def tag_around(page: bytes, place: int) -> Tag | None:
    """The start tag whose bytes hold `place`; null where that is no tag, or a longer one than `MAX_TAG`."""
    start = page.rfind(b"<", max(0, place - MAX_TAG), place + 1)
    name = _NAME.match(page, start) if start >= 0 else None
    if name is None:
        return None
    rest = TAG_REST.match(page, name.end(), start + MAX_TAG)
    end = rest.end() if rest else start
    if end <= place or page[end : end + 1] != b">":
        return None
    return Tag(name[1].lower(), attributes(page[name.end() : end]), start, end + 1)


def hidden_ranges(page: bytes) -> list[Range]:
    """The content of comments, scripts, styles, text areas and titles, ascending; what never closes hides the rest."""
    ranges: list[Range] = []
    position = 0
    while opening := _HIDING.search(page, position):
        if opening[1]:
            start, found = opening.end(), page.find(b"-->", opening.end())
        else:
            rest = TAG_REST.match(page, opening.end(), opening.end() + MAX_TAG)
            start = rest.end() if rest else opening.end()
            closing = _END[opening[2].lower()].search(page, start)
            found = closing.start() if closing else -1
        end = len(page) if found < 0 else found
        ranges.append((start, end))
        position = max(end, opening.end())
    return ranges


def range_around(ranges: Sequence[Range], place: int) -> Range | None:
    """The one of the ascending ranges that holds a place; null where none does."""
    index = bisect_right(ranges, (place, 1 << 62)) - 1
    return ranges[index] if index >= 0 and ranges[index][0] <= place < ranges[index][1] else None


def is_hidden(ranges: Sequence[Range], place: int) -> bool:
    """Whether a place lies in one of the ascending ranges."""
    return range_around(ranges, place) is not None

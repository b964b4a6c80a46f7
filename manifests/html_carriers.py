"""Finds C2PA manifests that an HTML page carries or points to (C2PA 2.4, A.7): `script` and `link` elements.

- One pass over comments, scripts and links: what a comment or another script contains is no element of the page.
- The specification puts the element into the head; it is taken wherever it stands, as other readers do.
- Time is linear in the page, every tag and attribute is capped, nothing is fetched.
"""

import re
from html import unescape

from lowbackground.manifests.bulk_search import Needle
from lowbackground.manifests.text_carriers import MAX_URL, Carrier, Failure, Form, decoded_store

MAX_TAG = 8192  # bytes of a tag looked at; a longer one is no manifest's
SCRIPT_TYPE = b"application/c2pa"  # IANA media type of a manifest store
LINK_RELATION = b"c2pa-manifest"

# As the specification writes them: a page that spells them in capitals is not found, and is no worse than stripped.
NEEDLES = (Needle(SCRIPT_TYPE, SCRIPT_TYPE.index(b"on/c2pa")), Needle(LINK_RELATION))

_OPENING = re.compile(rb"<(?:(!--)|(script|link)(?=[\s/>]))", re.IGNORECASE)
_TAG = re.compile(rb"""(?:[^<>"']|"[^"]*"|'[^']*')*+""")  # what stands between the name and the `>`
_SCRIPT_END = re.compile(rb"</script(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")


def find_html_carriers(page: bytes) -> list[Carrier]:
    """The manifest elements of a page, in order; never raises, whatever the bytes."""
    found: list[Carrier] = []
    position = 0
    while opening := _OPENING.search(page, position):
        position = opening.end()
        if opening[1]:
            end = page.find(b"-->", position)
            if end < 0:
                break
            position = end + len(b"-->")
            continue
        tag = _TAG.match(page, position, position + MAX_TAG)
        position = tag.end() if tag else position
        if tag is None or page[position : position + 1] != b">":
            continue
        attributes, position = _attributes(tag[0]), position + 1
        if opening[2].lower() == b"link":
            if LINK_RELATION in attributes.get(b"rel", b"").lower().split():
                found.append(_link(opening.start(), position, attributes.get(b"href", b"")))
            continue
        closing = _SCRIPT_END.search(page, position)
        if closing is None:
            break
        content, position = page[position : closing.start()], page.find(b">", closing.end()) + 1 or len(page)
        if attributes.get(b"type", b"").strip().lower() == SCRIPT_TYPE:
            store, failure = decoded_store(content, Failure.UNREADABLE)
            found.append(Carrier(Form.SCRIPT, opening.start(), position, store=store, failure=failure))
    return found


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    """Attributes of a tag by lower-case name; of two with one name the first counts, as in a browser."""
    attributes: dict[bytes, bytes] = {}
    for match in _ATTRIBUTE.finditer(tag):
        attributes.setdefault(match[1].lower(), match[2] or match[3] or match[4] or b"")
    return attributes


def _link(start: int, end: int, href: bytes) -> Carrier:
    """A reference to a manifest elsewhere, as the page writes it: perhaps relative, never fetched."""
    url = unescape(href[:MAX_URL].decode(errors="replace")).strip()
    if not url:
        return Carrier(Form.LINK, start, end, failure=Failure.UNREADABLE)
    return Carrier(Form.LINK, start, end, url=url)

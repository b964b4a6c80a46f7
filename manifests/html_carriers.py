"""Finds C2PA manifests that an HTML page carries or points to (C2PA 2.4, A.7): `script` and `link` elements.

- One pass over comments, scripts and links: what a comment or another script contains is no element of the page.
- The specification puts the element into the head; it is taken wherever it stands, as other readers do.
- Time is linear in the page, every tag and attribute is capped, nothing is fetched.
"""

import re
from html import unescape

from lowbackground.manifests.bulk_search import Needle
from lowbackground.manifests.html_tags import MAX_TAG, TAG_REST, attributes
from lowbackground.manifests.text_carriers import MAX_URL, Carrier, Failure, Form, decoded_store

SCRIPT_TYPE = b"application/c2pa"  # IANA media type of a manifest store
LINK_RELATION = b"c2pa-manifest"

# As the specification writes them: a page that spells them in capitals is not found, and is no worse than stripped.
NEEDLES = (Needle(SCRIPT_TYPE, SCRIPT_TYPE.index(b"on/c2pa")), Needle(LINK_RELATION))

_OPENING = re.compile(rb"<(?:(!--)|(script|link)(?=[\s/>]))", re.IGNORECASE)
_SCRIPT_END = re.compile(rb"</script(?=[\s/>])", re.IGNORECASE)


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
        tag = TAG_REST.match(page, position, position + MAX_TAG)
        position = tag.end() if tag else position
        if tag is None or page[position : position + 1] != b">":
            continue
        given, position = attributes(tag[0]), position + 1
        if opening[2].lower() == b"link":
            if LINK_RELATION in given.get(b"rel", b"").lower().split():
                found.append(_link(opening.start(), position, given.get(b"href", b"")))
            continue
        closing = _SCRIPT_END.search(page, position)
        if closing is None:
            break
        content, position = page[position : closing.start()], page.find(b">", closing.end()) + 1 or len(page)
        if given.get(b"type", b"").strip().lower() == SCRIPT_TYPE:
            store, failure = decoded_store(content, Failure.UNREADABLE)
            found.append(Carrier(Form.SCRIPT, opening.start(), position, store=store, failure=failure))
    return found


def _link(start: int, end: int, href: bytes) -> Carrier:
    """A reference to a manifest elsewhere, as the page writes it: perhaps relative, never fetched."""
    url = unescape(href[:MAX_URL].decode(errors="replace")).strip()
    if not url:
        return Carrier(Form.LINK, start, end, failure=Failure.UNREADABLE)
    return Carrier(Form.LINK, start, end, url=url)

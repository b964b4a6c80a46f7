"""SVG: an element `c2pa:manifest` in the metadata, in base64 (C2PA 2.2, A.3.5); XMP in an xpacket.

c2pa-rs compares the name as written, prefix included, so a text without these letters holds no store.
"""

import binascii
import re

from lowbackground.manifests.carriers.presence import LINK, Data, Presence, found

_NAME = b"c2pa:manifest"
_ELEMENT = re.compile(rb"<c2pa:manifest(?:\s[^<>]{0,2000})?>([^<]*)<")


def walk(data: Data) -> Presence:
    """Search for the element and the link."""
    raw = data if isinstance(data, bytes) else bytes(data)
    remote = LINK in raw
    at = raw.find(_NAME)
    if at < 0:
        return found("svg", remote=remote)
    match = _ELEMENT.search(raw, max(0, at - 1))
    if match is None:
        return found("svg", remote=remote, irregular=True)
    start, end = match.span(1)
    return found("svg", [(start, end)], remote=remote, store_bytes=(end - start) * 3 // 4 - raw.count(b"=", start, end))


def decode(text: bytes) -> bytes:
    """The store in the element's text; empty where that is no base64."""
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        return b""

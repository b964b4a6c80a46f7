"""What kind of text a text is: HTML, XHTML, SVG, feeds, XML, JSON, or the hint's word for it."""

import re

import orjson

from lowbackground.manifests.media_types import is_textual

HEAD = 1445  # bytes that a browser looks at, WHATWG MIME Sniffing section 5.2
MAX_PROLOGUE = 64  # comments, declarations and instructions before the root element; real files have fewer than ten
MAX_JSON_PARSED = 1 << 16  # above this, brackets alone decide: parsing would cost more than the answer is worth

_CONTROL = bytes(
    byte for byte in range(32) if byte not in b"\t\n\f\r\x1b"
)  # "binary data bytes", WHATWG MIME Sniffing 4
_SPACE = b" \t\n\f\r"
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_.:-]{0,99}")
# A page starts with one of these; the others of WHATWG's list also start fragments of Markdown and templates.
_PAGE = frozenset((b"html", b"head", b"body", b"title", b"meta", b"!doctype html"))
_FRAGMENT = frozenset(
    b"script iframe h1 h2 h3 div font table a style b br p span ul ol link base section article main nav header img "
    b"form center noscript".split()
)
_FEEDS = {b"rss": "application/rss+xml", b"feed": "application/atom+xml", b"rdf:rdf": "application/rdf+xml"}
_HTML = "text/html"
_XHTML = "application/xhtml+xml"
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_JSON_START = re.compile(rb'\{\s*["}]|\[\s*[\[\]{"tfn0-9-]')


def sniff_text(raw: bytes | memoryview, hint: str | None) -> str | None:
    """The type of a text by its bytes, ties broken by the canonical `hint`; null where the bytes are no text."""
    head = bytes(raw[:HEAD])
    wide = _utf16(head)
    if wide:
        head = bytes(raw[: 4 * HEAD]).decode(wide, "replace").encode("utf-8", "replace")
    head = head.removeprefix(b"\xef\xbb\xbf")
    whole = head if wide else raw
    start = head.lstrip(_SPACE)
    if start[:1] == b"<":
        found = _sniff_markup(whole, hint)
        if found:
            return found
    if _binary(head, hint):
        return None
    if start[:1] in (b"{", b"[") and _is_json(whole, start, hint):
        return hint if hint and (hint.endswith("+json") or hint == "application/x-ndjson") else "application/json"
    if hint and is_textual(hint):
        needs_angle = hint == "application/xml" or hint.endswith("+xml")
        return hint if not needs_angle or start[:1] == b"<" else "text/plain"
    return "text/plain"


def _utf16(head: bytes) -> str | None:
    """The codec of a UTF-16 text: by its mark, or by a `<` that has a zero beside it."""
    return _WIDE.get(head[:2])


def _binary(head: bytes, hint: str | None) -> bool:
    """Whether control bytes say that this is no text; a server that says text is believed against a few of them."""
    controls = len(head) - len(head.translate(None, _CONTROL))
    return controls > (len(head) // 20 if hint and is_textual(hint) else 0)


def _sniff_markup(raw: bytes | memoryview, hint: str | None) -> str | None:
    """Type of a text that starts with `<`, by its document type and root element."""
    doctype, root, declared_xml = _prologue(raw if isinstance(raw, bytes) else bytes(raw))
    local = root.rpartition(b":")[2]
    if local == b"svg":
        return "image/svg+xml"
    if doctype == b"html" or root in _PAGE:
        return _XHTML if hint == _XHTML or (declared_xml and hint != _HTML) else _HTML
    if root in _FRAGMENT and not declared_xml:
        return _HTML if hint in {None, _HTML, _XHTML, "application/octet-stream"} or not is_textual(hint) else hint
    if declared_xml or (root and hint and (hint == "application/xml" or hint.endswith("+xml"))):
        if hint and hint.endswith("+xml") and hint != "image/svg+xml":
            return hint
        return _FEEDS.get(root, "application/xml")
    return _FEEDS.get(root) or (hint if hint == "image/svg+xml" else None)


def _prologue(raw: bytes) -> tuple[bytes, bytes, bool]:
    """Name in the document type, name of the root element (both lower case, empty where missing), and whether `<?xml`.

    One pass in whole: every search that fails ends it.
    """
    doctype, declared_xml = b"", False
    at = raw.find(b"<")
    for _ in range(MAX_PROLOGUE):
        if raw.startswith(b"<!--", at):
            end = raw.find(b"-->", at + 4) + 3
        elif raw.startswith(b"<?", at):
            declared_xml = declared_xml or raw[at : at + 5].lower() == b"<?xml"
            end = raw.find(b"?>", at + 2) + 2
        elif raw[at : at + 9].lower() == b"<!doctype":
            name = _NAME.match(raw[at + 9 : at + 200].lstrip(_SPACE))
            doctype = name.group().lower() if name else b""
            end = raw.find(b">", at) + 1
            subset = raw.find(b"[", at, max(end, at))
            if subset >= 0:
                end = raw.find(b"]", subset) + 1
                end = raw.find(b">", end) + 1 if end else 0
        else:
            name = _NAME.match(raw, at + 1)
            return doctype, name.group().lower() if name else b"", declared_xml
        if end < at + 2:
            break
        at = raw.find(b"<", end)
        if at < 0:
            break
    return doctype, b"", declared_xml


def _is_json(raw: bytes | memoryview, start: bytes, hint: str | None) -> bool:
    """Whether a text that starts with a bracket is JSON rather than a style sheet, a script or prose."""
    if not _JSON_START.match(start):
        return False
    if hint and (hint.endswith("json") or hint == "application/x-ndjson"):
        return True
    if bytes(raw[-64:]).rstrip(_SPACE)[-1:] != {b"{": b"}", b"[": b"]"}[start[:1]]:
        return False
    if len(raw) > MAX_JSON_PARSED:
        return True
    try:
        orjson.loads(bytes(raw).removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return False
    return True

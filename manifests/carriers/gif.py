"""GIF: an application extension `C2PA_GIF` before the first picture (C2PA 2.2, A.3.8); XMP in another extension.

c2pa-rs matches the eleven bytes of the identifier exactly, so their absence settles it without a walk; and no walk
agrees with c2pa-rs on every damaged colour table.
"""

from lowbackground.manifests.carriers.presence import LINK, MAX_STORE_BYTES, Data, Presence, found

_STORE = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00"
_XMP = b"\x21\xff\x0bXMP DataXMP"  # XMP specification part 3, 1.1.2


def walk(data: Data) -> Presence:
    """Search for the two identifiers."""
    raw = data if isinstance(data, bytes) else bytes(data)
    remote = _has_link(raw)
    at = raw.find(_STORE)
    if at < 0:
        return found("gif", remote=remote)
    start = at + len(_STORE)
    total, end = _measure(raw, start)
    return found("gif", [(start, end)], remote=remote, store_bytes=total)


def _has_link(raw: bytes) -> bool:
    """Whether an XMP extension may hold a link: written plainly as XMP wants it, or in sub-blocks as c2pa-rs does."""
    at = raw.find(_XMP)
    if at < 0:
        return False
    start = at + len(_XMP)
    _, end = _measure(raw, start)
    return raw.find(LINK, start) >= 0 or LINK in decode(raw[start:end])


def _measure(raw: bytes, at: int) -> tuple[int, int]:
    """Bytes in the chain of sub-blocks, and its end; a chain that is too long is cut."""
    total = 0
    while at < len(raw) and raw[at] and total <= MAX_STORE_BYTES:
        total += raw[at]
        at += 1 + raw[at]
    return total, min(at, len(raw))


def decode(chain: bytes) -> bytes:
    """The bytes of a chain of sub-blocks (GIF89a specification, section 15)."""
    pieces = []
    at = 0
    while at < len(chain) and chain[at]:
        pieces.append(chain[at + 1 : at + 1 + chain[at]])
        at += 1 + chain[at]
    return b"".join(pieces)

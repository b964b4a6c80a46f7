"""PDF: a file specification whose relationship is `C2PA_Manifest` (C2PA 2.2, A.4.2); XMP in a metadata stream.

The specification may hide in a compressed object stream, so these are inflated, up to a cap that also stops the bombs
that a PDF parser would inflate in full.
"""

import re
import zlib

from lowbackground.manifests.carriers.presence import LINK, MAX_PARTS, Data, Presence, found, too_many
from lowbackground.manifests.jumbf import literal_stores

MAX_INFLATED = 32 << 20  # object streams hold dictionaries only: a manual of 1,500 pages has under 10 MB
_DICTIONARY = 1024  # bytes around a stream's name in which the rest of its dictionary is looked for


def _spelled(name: str) -> str:
    """A name, each letter as itself or as `#` and its code (ISO 32000-1, 7.3.5)."""
    return "".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)


_NAMES = re.compile(f"/(?:({_spelled('C2PA_Manifest')})|({_spelled('ObjStm')})|{_spelled('XRef')})".encode())
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")


def walk(data: Data) -> Presence:
    """Search for the name of the relationship, in the file and in its object streams.

    A cross-reference stream holds no names, but a parser inflates it as well: it counts towards the cap.
    """
    raw = data if isinstance(data, bytes) else bytes(data)
    remote = LINK in raw
    irregular = False
    left = MAX_INFLATED
    streams = done = 0
    for name in _NAMES.finditer(raw):
        if name[1]:
            return _possible(raw, remote=remote)
        if name.start() < done:  # inside a stream already inflated
            continue
        streams += 1
        if streams > MAX_PARTS:
            return too_many("pdf")
        stream = _STREAM.search(raw, name.end(), name.end() + _DICTIONARY)
        done = raw.find(b"endstream", stream.end()) if stream else name.end()
        if not stream or done < 0:
            return found("pdf", remote=remote, irregular=True)
        inflated = _inflate(memoryview(raw)[stream.end() : done], left)
        left -= len(inflated or b"")
        if left <= 0:
            return Presence("pdf", "possible", "possible", over_limit="inflated-bytes")
        if not name[2]:
            continue
        if inflated is None or b"Parms" in _dictionary_before(raw, stream.start()):  # a predictor hides names
            irregular = True
        elif any(hit[1] for hit in _NAMES.finditer(inflated)):
            return _possible(raw, remote=remote)
    return found("pdf", remote=remote, irregular=irregular)


def _possible(raw: bytes, *, remote: bool) -> Presence:
    """c2pa-rs reads the embedded file as it stands, uncompressed: what stands nowhere in the file it cannot read."""
    spans = literal_stores(raw)
    return found("pdf", spans, remote=remote, irregular=not spans)


def _dictionary_before(raw: bytes, at: int) -> bytes:
    """What stands between the end of the object before and the stream at `at`."""
    return raw[max(0, at - _DICTIONARY) : at].rpartition(b"endobj")[2]


def _inflate(stream: memoryview, limit: int) -> bytes | None:
    """What a deflated stream holds, cut at `limit`; null where it is not plainly deflated."""
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(stream, limit)
    except zlib.error:
        return None
    return inflated if inflater.eof or len(inflated) >= limit else None

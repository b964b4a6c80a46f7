"""Finds C2PA manifests that travel inside text, and says what is wrong with those that cannot be read.

- C2PA 2.4, A.8: a wrapper of invisible variation selectors, normally at the end of the text. Extractors and cleaners
  that drop the byte-order mark in front of it (trafilatura does) leave the selectors, so it is found by its magic.
- C2PA 2.4, A.9: a block between BEGIN and END lines in a comment or front matter, holding a URL or a data: URI.
- Nothing is verified, nothing is fetched, and every length is checked against the bytes that are there.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum

from lowbackground.manifests.bulk_search import Needle
from lowbackground.manifests.carriers.presence import MAX_STORE_BYTES

MAX_URL = 2048  # characters kept of a remote reference

MARK = "\ufeff".encode()  # A.8.4.1: the character in front of a wrapper
MAGIC = b"C2PATXT\0"  # A.8.2.2
VERSION = 1  # A.8.2.2
_HEADER = len(MAGIC) + 1 + 4  # magic, version, length as a big-endian 32-bit number
_SHORTEST_SELECTOR, _LONGEST_SELECTOR = 3, 4  # bytes of UTF-8: values below 16 take 3, the others 4
_PAD = 6  # a padded wrapper has 3 + 4 x (header + store) + 6 bytes: c2pa-text 3.0, worst_case_wrapper_byte_length

BEGIN = b"-----BEGIN C2PA MANIFEST-----"  # A.9.3
END = b"-----END C2PA MANIFEST-----"
DATA_URI = b"data:application/c2pa;base64,"

# A.8.3.1: bytes 0 to 15 are U+FE00 and on, 16 to 255 are U+E0100 and on.
_SELECTORS = [chr(0xFE00 + byte) if byte < 16 else chr(0xE0100 + byte - 16) for byte in range(256)]
_TO_LATIN1 = {ord(selector): byte for byte, selector in enumerate(_SELECTORS)}
_RUN = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
_PADDING = re.compile(f"[{_SELECTORS[0]}{_SELECTORS[255]}]*")
_MAGIC_START = "".join(_SELECTORS[byte] for byte in MAGIC[:3]).encode()
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f]+\Z")  # the shape of RFC 3986, no more
_COMMENT = b" \t\r#;%/*<>!-\"'(){}|="  # what may stand beside a block on its lines: comment marks of every language
_LINE = 200  # bytes of a line looked at beside a block; comment marks are shorter

NEEDLES = (Needle(_MAGIC_START), Needle(BEGIN, BEGIN.index(b"C2PA")))


class Form(StrEnum):
    """How a manifest is put into a text, with the section of C2PA 2.4 that defines it."""

    WRAPPER = "wrapper"  # A.8
    BLOCK = "block"  # A.9
    SCRIPT = "script"  # A.7, in the page
    LINK = "link"  # A.7, elsewhere


class Failure(StrEnum):
    """Status codes of C2PA 2.4 for carriers that cannot be used; `TOO_LARGE` is our own cap."""

    CORRUPTED_WRAPPER = "manifest.text.corruptedWrapper"
    MULTIPLE_WRAPPERS = "manifest.text.multipleWrappers"
    EMPTY_REFERENCE = "manifest.structuredText.emptyReference"
    MALFORMED_REFERENCE = "manifest.structuredText.malformedReference"
    NO_RESOLUTION_PATH = "manifest.structuredText.noResolutionPath"
    MULTIPLE_REFERENCES = "manifest.structuredText.multipleReferences"
    MULTIPLE_MANIFESTS = "manifest.html.multipleManifests"
    UNREADABLE = "manifest.unreadable"  # A.7 names no code for an element whose content is not base64
    TOO_LARGE = "manifest.too-large"


@dataclass(frozen=True, slots=True)
class Carrier:
    """One place in a text that carries a manifest, or was meant to.

    `start` and `end` bound the bytes that carry no text. Exactly one of `store` (a manifest store, JUMBF), `url` (a
    manifest elsewhere) and `failure` is set. `marked` is false for a wrapper that lost the U+FEFF in front of it.
    """

    form: Form
    start: int
    end: int
    store: bytes | None = None
    url: str | None = None
    failure: Failure | None = None
    marked: bool = True


def find_carriers(data: bytes) -> list[Carrier]:
    """The wrappers and blocks in the UTF-8 bytes of a text, in order; never raises, whatever the bytes.

    Time and memory are linear in the text. Bytes that merely look like a carrier (a magic that does not match, a
    delimiter quoted by itself) are none.
    """
    return sorted([*_wrappers(data), *_blocks(data)], key=lambda carrier: carrier.start)


def wrapper(store: bytes) -> bytes:
    """The UTF-8 of an unpadded wrapper around a manifest store (A.8.2.2)."""
    body = MAGIC + bytes([VERSION]) + len(store).to_bytes(4, "big") + store
    return MARK + "".join([_SELECTORS[byte] for byte in body]).encode()


def _wrappers(data: bytes) -> list[Carrier]:
    found: list[Carrier] = []
    at = data.find(_MAGIC_START)
    while at >= 0:
        carrier = _wrapper_at(data, at)
        if carrier is not None:
            found.append(carrier)
        at = data.find(_MAGIC_START, carrier.end if carrier else at + len(_MAGIC_START))
    return found


def _wrapper_at(data: bytes, at: int) -> Carrier | None:
    """The wrapper whose magic starts at `at`; null where the selectors spell something else."""
    end = _run_end(data, at)
    head = _spelled(data, at, end, _HEADER)
    if not MAGIC.startswith(head[: len(MAGIC)]):
        return None
    marked = data.endswith(MARK, 0, at)
    start = at - len(MARK) if marked else at
    size = int.from_bytes(head[len(MAGIC) + 1 :], "big")
    fits = _SHORTEST_SELECTOR * (_HEADER + size) <= end - at
    if len(head) < _HEADER or head[len(MAGIC)] != VERSION or size == 0 or not fits:
        return Carrier(Form.WRAPPER, start, end, failure=Failure.CORRUPTED_WRAPPER, marked=marked)
    if size > MAX_STORE_BYTES:
        return Carrier(Form.WRAPPER, start, end, failure=Failure.TOO_LARGE, marked=marked)
    body = _spelled(data, at, end, _HEADER + size)
    if len(body) < _HEADER + size:
        return Carrier(Form.WRAPPER, start, end, failure=Failure.CORRUPTED_WRAPPER, marked=marked)
    end = _padded_end(data, at, end, body)
    return Carrier(Form.WRAPPER, start, end, store=body[_HEADER:], marked=marked)


def _run_end(data: bytes, at: int) -> int:
    """Where the unbroken run of selectors from `at` on ends; a short run in a long text costs little."""
    window = 256
    while True:
        run = _RUN.match(data[at : at + window].decode(errors="replace"))
        size = len(run.group().encode()) if run else 0
        at += size
        if size <= window - _LONGEST_SELECTOR:
            return at
        window = min(2 * window, 1 << 20)


def _spelled(data: bytes, at: int, end: int, count: int) -> bytes:
    """The bytes that the first `count` selectors of the run `data[at:end]` spell; fewer where it is shorter."""
    selectors = data[at : min(end, at + _LONGEST_SELECTOR * count)].decode(errors="ignore")[:count]
    return selectors.translate(_TO_LATIN1).encode("latin-1")


def _padded_end(data: bytes, at: int, end: int, body: bytes) -> int:
    """Where a wrapper ends: after its body and the selectors for 0 and 255 that pad it to a length known beforehand."""
    short = sum(map(body.count, range(16)))
    stop = at + _LONGEST_SELECTOR * len(body) - short
    padding = data[stop : min(end, at + _LONGEST_SELECTOR * len(body) + _PAD)].decode(errors="ignore")
    run = _PADDING.match(padding)
    return stop + (len(run.group().encode()) if run else 0)


def _blocks(data: bytes) -> list[Carrier]:
    found: list[Carrier] = []
    position = 0
    while (end := data.find(END, position)) >= 0:
        begin = data.rfind(BEGIN, position, end)
        position = end + len(END)
        if begin >= 0:
            found.append(_block(data, begin, position))
    return found


def _block(data: bytes, begin: int, end: int) -> Carrier:
    """The block from its BEGIN to past its END; its lines belong to it where they hold nothing but comment marks."""
    store, url, failure = _reference(data[begin + len(BEGIN) : end - len(END)].strip())
    before = data[max(0, begin - _LINE) : begin].rpartition(b"\n")
    after = data[end : end + _LINE].partition(b"\n")
    alone = not before[2].strip(_COMMENT) and not after[0].strip(_COMMENT)
    if alone and (before[1] or begin <= _LINE) and (after[1] or len(data) - end <= _LINE):
        begin -= len(before[2])
        end += len(after[0]) + len(after[1])
        if not after[1]:  # the last line: its own break is the one in front of it
            begin -= 2 if before[0].endswith(b"\r") else len(before[1])
    return Carrier(Form.BLOCK, begin, end, store=store, url=url, failure=failure)


def _reference(reference: bytes) -> tuple[bytes | None, str | None, Failure | None]:
    """What a block refers to: a store, a URL, or a failure (A.9.5)."""
    if not reference:
        return None, None, Failure.EMPTY_REFERENCE
    if reference.startswith(DATA_URI):
        store, failure = decoded_store(reference[len(DATA_URI) :], Failure.MALFORMED_REFERENCE)
        return store, None, failure
    if reference.startswith(b"data:") or not _URL.match(reference):
        return None, None, Failure.MALFORMED_REFERENCE
    if not reference.lower().startswith((b"http://", b"https://")):
        return None, None, Failure.NO_RESOLUTION_PATH
    return None, reference[:MAX_URL].decode(errors="replace"), None


def decoded_store(encoded: bytes, otherwise: Failure) -> tuple[bytes | None, Failure | None]:
    """A store out of base64, white space ignored; a failure where it is empty, no base64, or larger than the cap."""
    if len(encoded) > 2 * MAX_STORE_BYTES:
        return None, Failure.TOO_LARGE
    try:
        store = base64.b64decode(b"".join(encoded.split()), validate=True)
    except binascii.Error:
        return None, otherwise
    if len(store) > MAX_STORE_BYTES:
        return None, Failure.TOO_LARGE
    return (store, None) if store else (None, otherwise)

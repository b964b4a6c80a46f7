"""The shape of a manifest store, counted without interpreting it, so that a bomb is refused before it is verified.

JUMBF (ISO/IEC 19566-5) is boxes in boxes: a superbox `jumb` begins with a description box `jumd`, whose first four
bytes tell what it holds (C2PA 2.2, 11.1.4). Verification costs c2pa-rs time that grows with the square of the number
of assertions, in code that no deadline on a stream can interrupt.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lowbackground.manifests.carriers.presence import MAX_STORE_BYTES, Data, Span

# c2pa-rs 0.91.3, ES256, one core: 300 assertions 14 ms, 1,000 0.2 s, 4,000 2.4 s, 20,000 55 s; largest seen 48.
MAX_ASSERTIONS = 1000
# 100 manifests 0.2 s; largest seen 6. c2pa-rs itself follows chains to 200 (pull request 2064).
MAX_MANIFESTS = 200
MAX_DEPTH = 16  # a store of C2PA nests four superboxes: store, manifest, assertion store, assertion
MAX_BOXES = 20_000  # an assertion is three boxes; at 0.5 us a box this bounds the count to 10 ms

_BOX = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_STORE = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"  # C2PA 2.2, 11.1.4.2
_MANIFESTS = frozenset((b"c2ma", b"c2um", b"c2cm"))  # standard, update, compressed
_ASSERTIONS = b"c2as"


@dataclass(frozen=True, slots=True)
class StoreShape:
    """How large a store is, in the units that verification takes time for.

    `size` counts bytes, those of decompressed manifests included. `over_limit` names the first cap that is exceeded:
    `store-bytes`, `assertions`, `manifests`, `nesting` or `boxes`; the counts stop there. `irregular`: boxes do not
    fit into each other, or a compressed manifest does not decompress; the rest was not counted.
    """

    size: int
    manifests: int = 0
    assertions: int = 0
    boxes: int = 0
    depth: int = 0
    irregular: bool = False
    over_limit: str | None = None


def measure(store: Data) -> StoreShape:
    """Count the boxes of a store, or of several one behind the other."""
    if len(store) > MAX_STORE_BYTES:
        return StoreShape(len(store), over_limit="store-bytes")
    count = _Count(len(store))
    waiting = [bytes(store)]
    while waiting and count.over_limit is None:
        block = waiting.pop()
        for compressed in count.add(block):
            manifest = _decompressed(compressed, MAX_STORE_BYTES - count.size + 1)
            count.irregular = count.irregular or not manifest
            count.size += len(manifest)
            count.manifests -= bool(manifest)  # counted once as `c2cm`, and again as what it holds
            waiting.append(manifest)
            if count.size > MAX_STORE_BYTES:
                count.over_limit = "store-bytes"
                break
    return StoreShape(
        count.size, count.manifests, count.assertions, count.boxes, count.depth, count.irregular, count.over_limit
    )


class _Count:
    """Running totals; a class because a walk over two compressed manifests shares its caps."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.manifests = self.assertions = self.boxes = self.depth = 0
        self.irregular = False
        self.over_limit: str | None = None

    def add(self, block: bytes) -> Iterator[bytes]:
        """Count the boxes of one block of bytes; yield what is compressed."""
        open_boxes: list[tuple[int, bytes]] = [(len(block), b"")]  # where each open superbox ends, and what it holds
        at = 0
        while self.over_limit is None:
            while open_boxes and at >= open_boxes[-1][0]:
                open_boxes.pop()
            if not open_boxes:
                return
            end, parent = open_boxes[-1]
            length, kind, header = _box_at(block, at, end)
            if length < header:
                self.irregular = True
                return
            self.boxes += 1
            if kind == b"jumb":
                holds = block[at + header + 8 : at + header + 12]
                self.assertions += parent == _ASSERTIONS
                self.manifests += holds in _MANIFESTS
                open_boxes.append((at + length, holds))
                self.depth = max(self.depth, len(open_boxes) - 1)
                at += header
            else:
                if kind == b"brob":
                    yield block[at + header : at + length]
                at += length
            self.over_limit = self._exceeded()

    def _exceeded(self) -> str | None:
        for number, limit, name in (
            (self.assertions, MAX_ASSERTIONS, "assertions"),
            (self.manifests, MAX_MANIFESTS, "manifests"),
            (self.depth, MAX_DEPTH, "nesting"),
            (self.boxes, MAX_BOXES, "boxes"),
        ):
            if number > limit:
                return name
        return self.over_limit


def _box_at(block: bytes, at: int, end: int) -> tuple[int, bytes, int]:
    """Length, kind and header size of the box at `at`; a length of 0 where it does not fit before `end`."""
    if at + 8 > end:
        return 0, b"", 8
    length, kind = _BOX.unpack_from(block, at)
    header = 8
    if length == 1 and at + 16 <= end:
        length, header = _LARGE.unpack_from(block, at + 8)[0], 16
    elif length == 0:
        length = end - at
    return (length if at + length <= end else 0), kind, header


def _decompressed(data: bytes, limit: int) -> bytes:
    """The manifest in a Brotli box (C2PA 2.2, 11.1.4.7), cut at `limit`; empty where it is damaged."""
    import brotli

    try:
        return bytes(brotli.Decompressor().process(data, output_buffer_limit=limit))
    except brotli.error:
        return b""


def literal_stores(raw: bytes) -> list[Span]:
    """Where manifest stores stand unencoded in some bytes: the ranges of their outermost boxes."""
    spans: list[Span] = []
    at = raw.find(_STORE)
    while at >= 0:
        start = at - 12  # the superbox's header (8) and the length of its description box (4)
        end = start + int.from_bytes(raw[start : start + 4], "big") if start >= 0 else 0
        if start >= 0 and raw[start + 4 : start + 8] == b"jumb" and at < end <= len(raw):
            spans.append((start, end))
            at = end - 1
        at = raw.find(_STORE, at + 1)
    return spans

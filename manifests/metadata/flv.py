"""FLV: the strings of `onMetaData`, which stands before sound and film (Adobe FLV 10.1, annex E; AMF 0)."""

import struct

from lowbackground.manifests.metadata.fields import CapReached, Data, Gathering, piece, text_of

MAX_TAGS = 64  # looked at from the beginning: the script tag is the first, or stands behind the decoders' headers
MAX_DEPTH = 8  # of objects in objects; encoders write two
MAX_VALUES = 20_000  # of a script tag: a film of two hours has some thousand key frames, each with two
_SCRIPT = 18  # TagType
_OBJECT, _ECMA_ARRAY, _STRICT_ARRAY = 3, 8, 10
_LENGTHS = {2: ">H", 12: ">I"}  # short and long string: what counts their bytes
_SIZES = {0: 8, 1: 1, 5: 0, 6: 0, 7: 2, 11: 10}  # number, boolean, null, undefined, reference, date
_END = b"\0\0\x09"  # of an object: a name of no letters, and the mark of the end


def walk(data: Data, out: Gathering) -> None:
    """Follow the first tags, and read those that hold script data.

    Raises:
        CapReached: the script data are longer or deeper than any encoder's.
        struct.error: the file ends within a tag.
    """
    at = struct.unpack_from(">I", data, 5)[0] + 4  # the header says where the body begins; a size precedes each tag
    for _ in range(MAX_TAGS):
        if at + 11 > len(data):
            return
        kind, size = data[at] & 0x1F, struct.unpack_from(">I", data, at)[0] & 0xFFFFFF
        if kind == _SCRIPT:
            _Script(data, at + 11, min(at + 11 + size, len(data)), out, at).read()
        at += 11 + size + 4


class _Script:
    """The values of a script tag, read in order; `tag` is the byte at which it begins."""

    def __init__(self, data: Data, at: int, end: int, out: Gathering, tag: int) -> None:
        self.data, self.at, self.end, self.out, self.tag = data, at, end, out, tag
        self.left = MAX_VALUES

    def read(self) -> None:
        """The name of the event, then its values."""
        name = self._value("", 0)
        self._value(name or "", 0)

    def _take(self, size: int) -> int:
        """Step over so many bytes; where they begin."""
        start = self.at
        self.at += size
        if self.at > self.end:
            raise struct.error("the tag ends within a value")
        return start

    def _text(self, form: str) -> str:
        size = struct.unpack_from(form, self.data, self._take(struct.calcsize(form)))[0]
        start = self._take(size)
        return text_of(piece(self.data, start, start + size))

    def _value(self, name: str, depth: int) -> str | None:
        """A value: strings are kept under the name that they have, and given back; all others are stepped over."""
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            raise CapReached("script-values")
        kind = self.data[self._take(1)]
        if kind in _LENGTHS:
            text = self._text(_LENGTHS[kind])
            if depth:
                self.out.add(f"flv:{name}", text, f"FLV script {name[:40]}", self.tag)
            return text
        if kind in _SIZES:
            self._take(_SIZES[kind])
        elif kind == _STRICT_ARRAY:
            for _ in range(struct.unpack_from(">I", self.data, self._take(4))[0]):
                self._value(name, depth + 1)
        elif kind in {_OBJECT, _ECMA_ARRAY}:
            self._take(4 if kind == _ECMA_ARRAY else 0)
            self._members(depth + 1)
        else:
            raise struct.error(f"a value of unknown kind {kind}")
        return None

    def _members(self, depth: int) -> None:
        """Names and values, up to the end that is marked, or that of the tag, as some encoders leave the mark out."""
        while self.at < self.end and bytes(self.data[self.at : self.at + 3]) != _END:
            self._value(self._text(">H"), depth)
        self.at = min(self.at + 3, self.end)

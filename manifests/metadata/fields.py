"""The fields that a walk finds, gathered under caps.

Damage is told from size: a walk that runs off the end raises `struct.error` and leaves an irregular file, one that
finds more than any real file holds raises `CapReached`.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Data = bytes | memoryview

MAX_VALUE_BYTES = 1 << 20  # one value: the longest ComfyUI workflow seen in public has 400 KB
MAX_TOTAL_BYTES = 6 << 20  # all values of a file; strings of Python take up to four times as much
MAX_WORK_BYTES = 32 << 20  # inflated, or parsed as XMP or IPTC, where a file may name the same bytes many times
MAX_FIELDS = 5000  # a GIF or an ID3 tag with as many comments is no work of a person or an encoder
MAX_ELEMENTS = 200_000  # of XMP; Photoshop's lists of ancestors have tens of thousands in files of people
MAX_PARTS = 1 << 17  # boxes, chunks, segments, elements: as in the C2PA pre-check


class CapReached(Exception):  # noqa: N818  an outcome that the walk reports, not an error of the program
    """A file holds more of `what` than any real one."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Field:
    """One piece of metadata.

    `key` is `<scheme>:<name>`, such as `png:parameters`, `exif:Software`, `id3:TXXX:AIGC`; for XMP the name is the
    namespace URI and the local name in one. `place` says in words where it stands, `offset` is the byte of the file
    at which its carrier (chunk, segment, box, directory entry) begins.
    """

    key: str
    value: str
    place: str
    offset: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was found in one file.

    `container`: jpeg, png, webp, heif, tiff, gif, jxl, mp4, matroska, flv, mp3, wav, avi, flac, ogg, pdf, svg, office; null
    where the bytes are none of these. `size` is width and height in pixels where the container says so. `irregular`: the
    structure ends too early or contradicts itself. `over_limit` names the cap that ended the walk.
    """

    container: str | None
    fields: tuple[Field, ...] = ()
    size: tuple[int, int] | None = None
    irregular: bool = False
    over_limit: str | None = None


@dataclass(slots=True)
class Gathering:
    """The fields of a walk in progress."""

    fields: list[Field] = field(default_factory=list)
    size: tuple[int, int] | None = None
    irregular: bool = False
    bytes_left: int = MAX_TOTAL_BYTES
    work_left: int = MAX_WORK_BYTES
    elements_left: int = MAX_ELEMENTS

    def add(self, key: str, value: str, place: str, offset: int) -> None:
        """Keep a field.

        Raises:
            CapReached: it is too long, or there are too many.
        """
        self.bytes_left -= len(value)
        if len(value) > MAX_VALUE_BYTES or self.bytes_left < 0:
            raise CapReached("value-bytes")
        if len(self.fields) >= MAX_FIELDS:
            raise CapReached("fields")
        self.fields.append(Field(key[:300], value, place, offset))

    def spend(self, size: int) -> None:
        """Count bytes that are about to be parsed, or were inflated.

        Raises:
            CapReached: there were more of them than a real file gives cause for.
        """
        self.work_left -= size
        if self.work_left < 0:
            raise CapReached("work-bytes")

    @contextmanager
    def damage(self) -> Iterator[None]:
        """Damage inside is noted, and ends no more than what is inside."""
        try:
            yield
        except (struct.error, OverflowError):  # it promises more than the file, or any file, holds
            self.irregular = True

    def beside(self) -> "Gathering":
        """An empty gathering under what is left of these caps, for fields of bytes that stand nowhere in the file."""
        return Gathering(bytes_left=self.bytes_left, work_left=self.work_left, elements_left=self.elements_left)

    def take(self, inner: "Gathering", offset: int) -> None:
        """The fields of a gathering `beside` this one, all at the place of what was unpacked, and what it cost."""
        self.work_left, self.elements_left = inner.work_left, inner.elements_left
        self.irregular = self.irregular or inner.irregular
        for found in inner.fields:
            self.add(found.key, found.value, found.place, offset)


def piece(data: Data, start: int, end: int) -> bytes:
    """The bytes of one value.

    Raises:
        CapReached: there are more of them than a value may have.
    """
    if end - start > MAX_VALUE_BYTES:
        raise CapReached("value-bytes")
    return bytes(data[start:end])


def text_of(raw: bytes) -> str:
    """Bytes that their format calls Latin-1 or leaves open: as UTF-8 where they are, for many writers disobey."""
    raw = raw.rstrip(b"\0")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def utf16_of(raw: bytes, order: str) -> str:
    """UTF-16 by its mark, else in the byte order that its zeros betray, else in `order` (`<` or `>`)."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        codec = "utf-16-le" if raw[:1] == b"\xff" else "utf-16-be"
        raw = raw[2:]
    else:
        even, odd = raw[::2].count(0), raw[1::2].count(0)  # high bytes of Latin letters, which every mark holds
        codec = "utf-16-be" if even > odd or (even == odd and order == ">") else "utf-16-le"
    return raw.decode(codec, "replace").rstrip("\0")


def inflated(data: Data, out: Gathering, limit: int = MAX_VALUE_BYTES, *, window: int = zlib.MAX_WBITS) -> bytes | None:
    """What was deflated; null where it is damaged, or not plainly deflated. `window` is negative for a ZIP's bare stream.

    Raises:
        CapReached: it inflates to more than `limit`, or the file has inflated enough.
    """
    inflater = zlib.decompressobj(window)
    try:
        found = inflater.decompress(data, limit)
    except zlib.error:
        return None
    out.spend(len(found))
    if inflater.unconsumed_tail:
        raise CapReached("inflated-bytes")
    return found

"""TIFF directories: EXIF wherever a container carries it, and the tags of TIFF files themselves.

TIFF 6.0; Exif 2.32 (CIPA DC-008), section 4; BigTIFF. A directory that points at itself, or at another that was
read, is read once.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lowbackground.manifests.metadata import iptc
from lowbackground.manifests.metadata.fields import CapReached, Data, Gathering, piece, text_of, utf16_of
from lowbackground.manifests.metadata.xmp import read_xmp

MAX_ENTRIES = 20_000  # over all directories: a camera writes under 500 in all
MAX_DIRECTORIES = 200  # pages of a scanned document, beyond which nobody looks for marks
MAX_NUMBERS = 8  # of a list of numbers, enough for every tag that is named below

_NAMES = {
    0x0103: "Compression",
    0x0106: "PhotometricInterpretation",
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8822: "ExposureProgram",
    0x8827: "ISO",
    0x9000: "ExifVersion",
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    0x920A: "FocalLength",
    0x927C: "MakerNote",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA002: "PixelXDimension",
    0xA003: "PixelYDimension",
    0xA420: "ImageUniqueID",
    0xA434: "LensModel",
    0xC612: "DNGVersion",
}
_EXIF, _GPS, _SUB_DIRECTORIES = 0x8769, 0x8825, 0x014A
_WIDTH, _HEIGHT = 0x0100, 0x0101
_XMP, _IPTC, _PHOTOSHOP = 700, 33723, 34377
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)  # bytes of a value by its type, TIFF 6.0 and BigTIFF
_CHARSETS = {b"ASCII\0\0\0": None, b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): None}
_MAKER_NOTE_HEAD = 32  # bytes that tell whose it is


@dataclass(frozen=True, slots=True)
class _Tiff:
    """A TIFF structure at `base` of the file, up to `end`."""

    data: Data
    base: int
    end: int
    order: str
    big: bool
    place: str

    def unpack(self, form: str, at: int) -> tuple[int, ...]:
        values: tuple[int, ...] = struct.unpack_from(self.order + form, self.data, self.base + at)
        return values


@dataclass(frozen=True, slots=True)
class _Entry:
    """A directory entry; `start` counts from the base."""

    tag: int
    type: int
    count: int
    start: int
    size: int
    at: int


def read_tiff(data: Data, base: int, end: int, out: Gathering, place: str, *, whole: bool = False) -> None:
    """Gather the named tags of the structure in `data[base:end]`; `whole` says that it is the file itself.

    Raises:
        CapReached: there are more entries than any camera writes.
    """
    mark, magic = bytes(data[base : base + 2]), bytes(data[base + 2 : base + 4])
    if mark not in {b"II", b"MM"} or magic not in {b"*\0", b"\0*", b"+\0", b"\0+", b"U\0", b"RO", b"RS"}:
        out.irregular = True  # `U` is Panasonic's raw format, `RO` and `RS` Olympus's
        return
    tiff = _Tiff(data, base, min(end, len(data)), "<" if mark == b"II" else ">", magic in {b"+\0", b"\0+"}, place)
    with out.damage():
        _follow(tiff, tiff.unpack("Q", 8)[0] if tiff.big else tiff.unpack("I", 4)[0], out, whole=whole)


def _follow(tiff: _Tiff, first: int, out: Gathering, *, whole: bool) -> None:
    waiting = [(first, 0, "IFD")]
    seen: set[int] = set()
    entries = 0
    while waiting:
        at, index, kind = waiting.pop()
        if not at or at in seen:
            continue
        seen.add(at)
        if len(seen) > MAX_DIRECTORIES:
            return
        found: list[_Entry] = []
        following = 0
        with out.damage():
            found, following = _directory(tiff, at)
        entries += len(found)
        if entries > MAX_ENTRIES:
            raise CapReached("exif-entries")
        name = f"{tiff.place} {kind}{index}" if kind == "IFD" else f"{tiff.place} {kind}"
        if kind == "IFD":
            waiting.append((following, index + 1, "IFD"))
        for entry in found:
            if entry.tag in {_EXIF, _SUB_DIRECTORIES}:
                inner = "ExifIFD" if entry.tag == _EXIF else "SubIFD"
                waiting += [(number, 0, inner) for number in _numbers(tiff, entry)]
        with out.damage():
            if kind == "IFD" and index and not whole:
                _thumbnail(tiff, found, out, name)
            else:
                _gather(tiff, found, out, name, main=whole and kind == "IFD" and index == 0)


def _directory(tiff: _Tiff, at: int) -> tuple[list[_Entry], int]:
    """The entries at `at`, and where the next directory begins."""
    count_form, entry_form, next_form = ("Q", "HHQ", "Q") if tiff.big else ("H", "HHI", "I")
    number = tiff.unpack(count_form, at)[0]
    size, inline = (20, 8) if tiff.big else (12, 4)
    at += 8 if tiff.big else 2
    if number > MAX_ENTRIES:
        raise struct.error("more entries than the structure holds")
    found = []
    for index in range(number):
        here = at + index * size
        tag, type_, count = tiff.unpack(entry_form, here)
        length = (_SIZES[type_] if type_ < len(_SIZES) else 0) * count
        value_at = here + size - inline
        start = value_at if length <= inline else tiff.unpack(next_form, value_at)[0]
        if tiff.base + start + length <= tiff.end:
            found.append(_Entry(tag, type_, count, start, length, here))
    after = at + number * size
    following = tiff.unpack(next_form, after)[0] if tiff.base + after + inline <= tiff.end else 0
    return found, following


def _gather(tiff: _Tiff, entries: list[_Entry], out: Gathering, place: str, *, main: bool) -> None:
    numbers = {}
    for entry in entries:
        offset = tiff.base + entry.at
        if entry.tag in _NAMES:
            value = _value(tiff, entry)
            if value:
                out.add(f"exif:{_NAMES[entry.tag]}", value, place, offset)
        elif entry.tag == _XMP:
            read_xmp(_span(tiff, entry), out, f"{place} XMP", offset)
        elif entry.tag == _IPTC:
            iptc.read_records(bytes(_span(tiff, entry)), out, f"{place} IPTC", offset)
        elif entry.tag == _PHOTOSHOP:
            iptc.read_resources(_span(tiff, entry), out, f"{place} Photoshop", offset)
        elif entry.tag == _GPS:
            out.add("exif:GPSInfo", "present", place, offset)
        elif main and entry.tag in {_WIDTH, _HEIGHT}:
            numbers[entry.tag] = _number(tiff, entry)
    if len(numbers) == 2:
        out.size = (numbers[_WIDTH], numbers[_HEIGHT])


def _thumbnail(tiff: _Tiff, entries: list[_Entry], out: Gathering, place: str) -> None:
    """The second directory of EXIF describes a thumbnail; where that is a JPEG, its size in pixels."""
    values = {entry.tag: _number(tiff, entry) for entry in entries if entry.tag in {_THUMBNAIL, _THUMBNAIL_LENGTH}}
    start, length = values.get(_THUMBNAIL, 0), values.get(_THUMBNAIL_LENGTH, 0)
    size = jpeg_size(tiff.data, tiff.base + start, min(tiff.base + start + length, tiff.end)) if start else None
    if size:
        out.add("exif:ThumbnailSize", f"{size[0]}x{size[1]}", place, tiff.base + start)


def jpeg_size(data: Data, at: int, end: int) -> tuple[int, int] | None:
    """Width and height in the frame header of the JPEG at `at` (ITU-T T.81, B.2.2); null where none is found."""
    if bytes(data[at : at + 2]) != b"\xff\xd8":
        return None
    at += 2
    for _ in range(64):  # segments before the frame header; cameras write under ten
        if at + 9 > end:
            return None
        marker, length = struct.unpack_from(">HH", data, at)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker < 0xFFC0 or length < 2:
            return None
        at += 2 + length
    return None


def _span(tiff: _Tiff, entry: _Entry) -> memoryview:
    start = tiff.base + entry.start
    return memoryview(tiff.data)[start : start + entry.size]


def _number(tiff: _Tiff, entry: _Entry) -> int:
    return next(_numbers(tiff, entry), 0)


def _numbers(tiff: _Tiff, entry: _Entry) -> Iterator[int]:
    form = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}.get(entry.type)
    if form:
        yield from tiff.unpack(f"{min(entry.count, MAX_NUMBERS)}{form}", entry.start)


def _value(tiff: _Tiff, entry: _Entry) -> str:
    start = tiff.base + entry.start
    name = _NAMES[entry.tag]
    if name == "MakerNote":
        return bytes(tiff.data[start : start + min(entry.size, _MAKER_NOTE_HEAD)]).decode("latin-1")
    if entry.type in {5, 10}:
        form = "2I" if entry.type == 5 else "2i"
        top, bottom = tiff.unpack(form, entry.start) if entry.count else (0, 0)
        return f"{top}/{bottom}"
    if entry.type in {3, 4, 8, 9, 16}:
        return " ".join(map(str, _numbers(tiff, entry)))
    if entry.type not in {1, 2, 7, 129}:  # 129 is UTF-8, Exif 3.0
        return ""
    raw = piece(tiff.data, start, start + entry.size)
    if name.startswith("XP"):
        return utf16_of(raw, "<")
    return _comment(raw, tiff.order) if name == "UserComment" else text_of(raw)


def _comment(raw: bytes, order: str) -> str:
    """A user comment: eight bytes name its character set (Exif 2.32, 4.6.5); writers that omit them wrote plain text."""
    charset = raw[:8]
    if charset not in _CHARSETS:
        return text_of(raw)
    codec = _CHARSETS[charset]
    if codec == "utf-16":
        return utf16_of(raw[8:], order)
    return raw[8:].decode(codec, "replace") if codec else text_of(raw[8:])

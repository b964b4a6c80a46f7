"""PNG: text chunks in all three forms, before and behind the pixels; `eXIf`; XMP; ImageMagick's raw profiles.

PNG specification (third edition), 11.3.3 and 11.3.4.
"""

import binascii
import struct

from lowbackground.manifests.metadata import iptc
from lowbackground.manifests.metadata.exif import read_tiff
from lowbackground.manifests.metadata.fields import (
    MAX_PARTS,
    CapReached,
    Data,
    Gathering,
    inflated,
    piece,
)
from lowbackground.manifests.metadata.xmp import read_xmp

_CHUNK = struct.Struct(">I4s")
_AROUND = 12  # length, name, CRC
_MAX_KEYWORD = 79  # PNG, 11.3.3.2
_XMP = "XML:com.adobe.xmp"  # XMP specification part 3, 1.1.5
_RAW_PROFILE = "Raw profile type "  # ImageMagick and ExifTool: hexadecimal, with a name and a length above it
_TEXT = frozenset((b"tEXt", b"zTXt", b"iTXt"))


def walk(data: Data, out: Gathering) -> None:
    """Follow the chunks up to IEND.

    Raises:
        CapReached: there are more chunks, or longer texts, than a real file has.
    """
    last = len(data) - _AROUND
    at = 8
    for _ in range(MAX_PARTS):
        if at > last:
            out.irregular = True
            return
        length, name = _CHUNK.unpack_from(data, at)
        end = at + 8 + length
        if end > last + 8:
            out.irregular = True
            return
        if name in _TEXT:
            _text(name, piece(data, at + 8, end), out, at)
        elif name == b"eXIf":
            read_tiff(data, at + 8, end, out, "PNG eXIf")
        elif name == b"IHDR" and length >= 8:
            out.size = struct.unpack_from(">II", data, at + 8)
        elif name == b"IEND":
            return
        at += _AROUND + length
    raise CapReached("parts")


def _text(name: bytes, raw: bytes, out: Gathering, at: int) -> None:
    keyword, nul, rest = raw.partition(b"\0")
    if not nul or not keyword or len(keyword) > _MAX_KEYWORD:
        out.irregular = True
        return
    key = keyword.decode("latin-1")
    value: bytes | None = rest
    if name == b"zTXt":
        value = inflated(rest[1:], out) if rest[:1] == b"\0" else None
    elif name == b"iTXt":
        compressed = rest[:1] == b"\1"
        _, nul, rest = rest[2:].partition(b"\0")  # language tag
        _, nul, rest = rest.partition(b"\0")  # translated keyword
        value = inflated(rest, out) if compressed else rest
    if value is None:
        out.irregular = True
    elif key == _XMP:
        read_xmp(value, out, f"PNG {name.decode()} XMP", at)
    elif key.startswith(_RAW_PROFILE):
        _raw_profile(key.removeprefix(_RAW_PROFILE), value, out, at)
    else:
        # tEXt is Latin-1 by the letter; generators write UTF-8 there, and what is valid UTF-8 was meant so.
        out.add(f"png:{key}", _decoded(value), f"PNG {name.decode()} {key}", at)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _raw_profile(kind: str, text: bytes, out: Gathering, at: int) -> None:
    lines = text.strip().split(b"\n", 2)
    try:
        profile = binascii.unhexlify(b"".join(lines[-1].split()))
    except binascii.Error:
        out.irregular = True
        return
    place = f"PNG raw profile {kind}"
    inner = out.beside()  # offsets within a hexadecimal text are none of the file
    if kind in {"exif", "APP1"}:
        read_tiff(profile.removeprefix(b"Exif\0\0"), 0, len(profile), inner, place)
    elif kind == "xmp":
        read_xmp(profile, inner, place, at)
    elif kind in {"iptc", "8bim"}:
        (iptc.read_resources if profile[:4] == b"8BIM" else iptc.read_records)(profile, inner, place, 0)
    out.take(inner, at)

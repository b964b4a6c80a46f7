"""The smallest file of every media format that c2pa-rs reads, made on the spot.

What Pillow or the standard library writes is written by them; the others are built from boxes and chunks.
"""

import io
import struct
import wave
import zipfile
from collections.abc import Callable
from functools import lru_cache

SIDE = 16  # pixels; pictures this small still have every structure that a large one has


def _picture(format_: str, **options: object) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB").save(out, format_, **options)
    return out.getvalue()


def jpeg() -> bytes:
    return _picture("JPEG", quality=80)


def png() -> bytes:
    return _picture("PNG")


def webp() -> bytes:
    return _picture("WEBP", quality=80)


def gif() -> bytes:
    return _picture("GIF")


def tiff() -> bytes:
    return _picture("TIFF")


def avif() -> bytes:
    return _picture("AVIF", quality=60)


def pdf() -> bytes:
    return _picture("PDF")


def svg() -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16"/></svg>\n'
    )


def box(kind: bytes, *parts: bytes) -> bytes:
    """An ISO base media box (ISO/IEC 14496-12, 4.2)."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heic() -> bytes:
    """The boxes of a HEIC picture around a payload that no decoder would like; nothing here decodes pixels."""
    payload = bytes(range(64))
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1heic")

    def meta(offset: int) -> bytes:
        return full_box(
            b"meta",
            full_box(b"hdlr", bytes(4), b"pict", bytes(12), b"\0"),
            full_box(b"pitm", struct.pack(">H", 1)),
            full_box(b"iloc", b"\x44\x00", struct.pack(">HHHHII", 1, 1, 0, 1, offset, len(payload))),
            full_box(b"iinf", struct.pack(">H", 1), full_box(b"infe", struct.pack(">HH", 1, 0), b"hvc1\0", version=2)),
        )

    return ftyp + meta(len(ftyp) + len(meta(0)) + 8) + box(b"mdat", payload)


def _movie(brand: bytes) -> bytes:
    """A movie with one track and one sample."""
    payload = bytes(range(64))
    ftyp = box(b"ftyp", brand, struct.pack(">I", 512), b"isomiso2mp41")
    matrix = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

    def moov(offset: int) -> bytes:
        table = box(
            b"stbl",
            full_box(b"stsd", bytes(4)),
            full_box(b"stts", bytes(4)),
            full_box(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
            full_box(b"stsz", struct.pack(">III", 0, 1, len(payload))),
            full_box(b"stco", struct.pack(">II", 1, offset)),
        )
        media = box(
            b"mdia",
            full_box(b"mdhd", struct.pack(">IIII", 0, 0, 1000, 1000), bytes(4)),
            full_box(b"hdlr", bytes(4), b"vide", bytes(12), b"\0"),
            box(b"minf", full_box(b"vmhd", bytes(8)), table),
        )
        header = full_box(b"tkhd", struct.pack(">IIIII", 0, 0, 1, 0, 1000), bytes(16), matrix, bytes(8), flags=3)
        movie_header = struct.pack(">IIII", 0, 0, 1000, 1000) + struct.pack(">IH", 0x10000, 0x100) + bytes(10)
        return box(
            b"moov",
            full_box(b"mvhd", movie_header, matrix, bytes(24), struct.pack(">I", 2)),
            box(b"trak", header, media),
        )

    return ftyp + moov(len(ftyp) + len(moov(0)) + 8) + box(b"mdat", payload)


def mp4() -> bytes:
    return _movie(b"isom")


def mov() -> bytes:
    return _movie(b"qt  ")


def m4a() -> bytes:
    return _movie(b"M4A ")


def jxl() -> bytes:
    return (
        box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl ", bytes(4), b"jxl ") + box(b"jxlc", b"\xff\x0a" + bytes(30))
    )


def mp3() -> bytes:
    """Four silent frames of MPEG-1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes each."""
    return (b"\xff\xfb\x90\x64" + bytes(413)) * 4


def flac() -> bytes:
    """The marker and a STREAMINFO block (RFC 9639, section 8.2) of a stream with no frames."""
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + (44100 << 44 | 1 << 41 | 15 << 36).to_bytes(8, "big") + bytes(16)
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(400))
    return out.getvalue()


def chunk(name: bytes, *parts: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    body = b"".join(parts)
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def avi() -> bytes:
    header = chunk(b"avih", struct.pack("<14I", 40000, 0, 0, 0, 1, 0, 1, 0, SIDE, SIDE, 0, 0, 0, 0))
    stream = chunk(b"strh", b"vidsDIB " + bytes(48))
    form = chunk(b"strf", struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 24, 0, SIDE * SIDE * 3, 0, 0, 0, 0))
    streams = chunk(b"LIST", b"strl", stream, form)
    frames = chunk(b"LIST", b"movi", chunk(b"00db", bytes(SIDE * SIDE * 3)))
    return chunk(b"RIFF", b"AVI ", chunk(b"LIST", b"hdrl", header, streams), frames)


def epub() -> bytes:
    """Stored entries only: c2pa-rs inflates nothing."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("book.xhtml", "<html><body><p>A page.</p></body></html>")
    return out.getvalue()


MAKERS: dict[str, Callable[[], bytes]] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/gif": gif,
    "image/tiff": tiff,
    "image/svg+xml": svg,
    "image/avif": avif,
    "image/heic": heic,
    "image/jxl": jxl,
    "video/mp4": mp4,
    "video/quicktime": mov,
    "video/x-msvideo": avi,
    "audio/mp4": m4a,
    "audio/mpeg": mp3,
    "audio/flac": flac,
    "audio/wav": wav,
    "application/pdf": pdf,
    "application/epub+zip": epub,
}


@lru_cache(maxsize=len(MAKERS))
def tiny(media_type: str) -> bytes:
    """An unsigned file of this type; the same bytes for the whole session."""
    return MAKERS[media_type]()

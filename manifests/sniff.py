"""The media type of some bytes, told by the bytes; what a server called them only breaks ties.

Signatures are those of WHATWG MIME Sniffing section 6, IANA's registrations and the format specifications; a
signature here is enough to route a record, not a promise that the rest parses.
"""

from collections.abc import Callable

from lowbackground.manifests.markup import sniff_text
from lowbackground.manifests.media_types import SHEET, SLIDES, WORD, canonical_media_type

UNKNOWN = "application/octet-stream"
_HEAD = 512  # covers every signature below; a tar header, the longest of them, is one block of 512

_Sniffer = Callable[[bytes, str | None], str | None]

# The signature is the whole answer. Longer ones stand before shorter ones with the same start.
_FIXED: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xff\x0a", "image/jxl"),
    (b"\xff\x4f\xff\x51", "image/jp2"),
    (b"fLaC", "audio/flac"),
    (b"FLV\x01", "video/x-flv"),
    (b"MThd\x00\x00\x00\x06", "audio/midi"),
    (b"#!AMR", "audio/amr"),
    (b".snd", "audio/basic"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\x00\x00\x02\x00", "image/x-icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    *((b"BZh%d1AY&SY" % level, "application/x-bzip2") for level in range(1, 10)),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x00asm", "application/wasm"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO\x00", "font/otf"),
    (b"\x00\x01\x00\x00\x00", "font/ttf"),
    (b"true\x00", "font/ttf"),
    (b"ttcf\x00", "font/collection"),
    *(
        (kind + b"WS" + bytes([version]), "application/x-shockwave-flash")
        for kind in (b"F", b"C", b"Z")
        for version in range(1, 32)
    ),
    (b"%!PS", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
)

_BRANDS = {  # ISO base media "ftyp" major brands: mp4ra.org
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"crx ": "image/x-canon-cr3",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4P ": "audio/mp4",
    b"F4A ": "audio/mp4",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
}
_OLD_QUICKTIME = frozenset((b"moov", b"mdat", b"wide", b"pnot"))  # Apple, QuickTime File Format: "ftyp" came in 2001
_SEGMENT = frozenset((b"styp", b"sidx", b"moof"))  # ISO/IEC 23009-1 media segments


def _bmff(head: bytes, hint: str | None) -> str | None:
    kind = head[4:8]
    if kind != b"ftyp":
        if kind in _SEGMENT:
            return "video/iso.segment"
        return "video/quicktime" if kind in _OLD_QUICKTIME else None
    found = _BRANDS.get(head[8:12], "video/mp4")
    if found == "image/heif":  # the generic brand: the compatible ones say which coding
        size = min(int.from_bytes(head[:4], "big"), 256)
        others = {head[at : at + 4] for at in range(16, size - 3, 4)}
        return "image/avif" if b"avif" in others else "image/heic" if b"heic" in others else found
    return hint if found == "video/mp4" and hint == "audio/mp4" else found


def _riff(head: bytes, _hint: str | None) -> str | None:
    return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])


def _aiff(head: bytes, _hint: str | None) -> str | None:
    return "audio/aiff" if head[8:12] in {b"AIFF", b"AIFC"} else None


def _tiff(head: bytes, hint: str | None) -> str | None:
    if hint and hint.startswith("image/x-"):  # camera raw formats are TIFF with another name
        return hint
    return "image/x-canon-cr2" if head[8:10] == b"CR" else "image/tiff"


def _id3(_head: bytes, hint: str | None) -> str | None:
    return hint if hint in {"audio/flac", "audio/aac", "audio/wav"} else "audio/mpeg"


def _mpeg_frame(head: bytes, _hint: str | None) -> str | None:
    """ISO/IEC 11172-3 frame header: 11 sync bits, then version, layer, bit rate, sampling rate, none of them reserved."""
    if len(head) < 4 or head[1] < 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0 and version >= 2:
        return "audio/aac"  # ADTS: ISO/IEC 13818-7, 12 sync bits and layer 0
    usable = version != 1 and layer != 0 and head[2] >> 4 not in {0, 15} and head[2] >> 2 & 3 != 3
    return "audio/mpeg" if usable else None


def _ogg(head: bytes, hint: str | None) -> str | None:
    if b"\x80theora" in head:
        return "video/ogg"
    if b"OpusHead" in head or b"\x01vorbis" in head or b"Speex" in head or b"\x7fFLAC" in head:
        return "audio/ogg"
    return hint if hint in {"audio/ogg", "video/ogg"} else "application/ogg"


def _matroska(head: bytes, hint: str | None) -> str | None:
    if b"webm" in head[:80]:
        return hint if hint == "audio/webm" else "video/webm"
    return hint if hint == "audio/x-matroska" else "video/x-matroska"


def _bmp(head: bytes, _hint: str | None) -> str | None:
    return "image/bmp" if len(head) >= 26 and head[6:10] == b"\0\0\0\0" else None


def _ends_of_zip(raw: bytes | memoryview) -> bytes:
    return bytes(raw[:4096]) + bytes(raw[max(4096, len(raw) - 16384) :])


_OFFICE = (  # ECMA-376 part 2: the main part of each kind lies in a folder of its own
    (b"word/", WORD),
    (b"xl/", SHEET),
    (b"ppt/", SLIDES),
)


def _zip(raw: bytes | memoryview, hint: str | None) -> str:
    """EPUB and OpenDocument name themselves in a first entry `mimetype`; OOXML is known by its parts."""
    head = bytes(raw[:256])
    if head[30:38] == b"mimetype" and head[8:10] == b"\0\0":
        start = 38 + int.from_bytes(head[28:30], "little")
        size = min(int.from_bytes(head[18:22], "little"), 100)
        named = canonical_media_type(head[start : start + size].decode("ascii", "replace"))
        if named:
            return named
    ends = _ends_of_zip(raw)
    if b"[Content_Types].xml" in ends:
        for part, named in _OFFICE:
            if part in ends:
                return hint if hint and hint.endswith(".macroenabled.12") else named
    return hint if hint and ("zip" in hint or hint.startswith("application/vnd.")) else "application/zip"


_BY_SHAPE: dict[bytes, _Sniffer] = {
    b"RIFF": _riff,
    b"RF64": _riff,
    b"BW64": _riff,
    b"FORM": _aiff,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"II+\0": _tiff,
    b"MM\0+": _tiff,
    b"OggS": _ogg,
    b"\x1aE\xdf\xa3": _matroska,
}
_FIXED_BY_START: dict[bytes, list[tuple[bytes, str]]] = {}
for _signature, _name in _FIXED:
    _FIXED_BY_START.setdefault(_signature[:2], []).append((_signature, _name))
_C2PA_STORE = (
    b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"  # C2PA 2.2, 11.1.4.2: UUID of the manifest store
)


def sniff(raw: bytes | memoryview, hint: str | None = None) -> str | None:
    """The canonical media type of `raw`; null for no bytes, `application/octet-stream` where nothing is known.

    `hint` is what a server or a file name said. It decides only where bytes cannot: which kind of plain text,
    sound or film in an MP4, which camera's raw format.
    """
    if not raw:
        return None
    hint = canonical_media_type(hint)
    head = bytes(raw[:_HEAD])
    found = _by_signature(raw, head, hint)
    if found:
        return found
    found = sniff_text(raw, hint)
    if found:
        pdf = found == "text/plain" and b"%PDF-" in head
        return "application/pdf" if pdf else found
    return _late(bytes(raw[:1024]), hint)


def _by_signature(raw: bytes | memoryview, head: bytes, hint: str | None) -> str | None:
    if head[4:8] == b"jumb" and head[12:32] == _C2PA_STORE:
        return "application/c2pa"
    for signature, name in _FIXED_BY_START.get(head[:2], ()):
        if head.startswith(signature):
            return name
    shape = _BY_SHAPE.get(head[:4])
    if shape:
        return shape(head, hint)
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _zip(raw, hint)
    if head[:3] == b"ID3" and len(head) > 9 and head[3] < 0x10:  # versions 2 to 4; prose goes on with a letter
        return _id3(head, hint)
    if head[:2] == b"BM":
        return _bmp(head, hint)
    if head[0] == 0xFF and head[1:2] != b"\xfe":  # FF FE marks UTF-16; as a sound frame it would be layer I, long dead
        return _mpeg_frame(head, hint)
    return _bmff(head, hint)


def _late(head: bytes, hint: str | None) -> str:
    """Binary bytes without a signature at their very start."""
    if (
        b"%PDF-" in head
    ):  # Adobe's readers accept a header anywhere in the first 1024 bytes: PDF 1.7, implementation note 13
        return "application/pdf"
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if (
        head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G"
    ):  # sync bytes of three packets, ISO/IEC 13818-1
        return "video/mp2t"
    return hint if hint == "application/c2pa" and head[4:8] == b"jumb" else UNKNOWN

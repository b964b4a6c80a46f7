"""Files made to make a walk slow or large: each ends at a cap, in bounded time and memory."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lowbackground.manifests.carriers.archive import walk
from lowbackground.manifests.media_types import WORD
from lowbackground.manifests.metadata.read import read_metadata
from tests.assets import box, chunk, full_box, tiny
from tests.metadata_files import DC, RDF, jpeg, png, stealth, xmp

MIB = 1 << 20


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    plain = tiny("image/png")
    made = b"".join(struct.pack(">I", len(body)) + name + body + bytes(4) for name, body in chunks)
    return plain[:33] + made + plain[33:]


def deflated(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def tiff_of(entries: list[tuple[int, int, int, int]], behind: bytes = b"") -> bytes:
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    return head + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4) + behind


def many_ifds() -> bytes:
    """A chain of directories, each of the most entries."""
    count, size = 4000, 2 + 4000 * 12 + 4
    body = b""
    for index in range(20):
        body += struct.pack("<H", count) + struct.pack("<HHII", 0x010E, 2, 4, 0) * count
        body += struct.pack("<I", 8 + (index + 1) * size)
    return b"II*\0\x08\0\0\0" + body


def packet_of(inner: str) -> bytes:
    return f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:dc="{DC}"><rdf:Description>{inner}</rdf:Description></rdf:RDF>'.encode()


def laughs() -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i + 1} "&a{i};&a{i};&a{i};&a{i};">' for i in range(30))
    return f"<!DOCTYPE x [{entities}]>".encode() + packet_of("<dc:source>&a30;</dc:source>")


def archive_of(directory: int) -> bytes:
    """A DOCX whose end record says that nearly all of it is the directory."""
    start = b"PK\3\4" + bytes(26) + b"[Content_Types].xml word/"
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, directory, len(start), 0)  # APPNOTE 4.3.16
    return b"".join((start, b"PK\1\2", bytes(directory - 4), end))


def pdf_of(stream: bytes, dictionary: str, number: int = 1) -> bytes:
    made = "".join(f"{index} 0 obj << /Type /ObjStm {dictionary} >> stream\n" for index in range(9, 9 + 1))
    body = b"".join(made.encode() + stream + b"\nendstream endobj\n" for _ in range(number))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Info 2 0 R >>\n%%EOF"


def picture_of(format_: str, side: int, **save: object) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGBA", (side, side), (1, 2, 3, 200)).save(out, format_, **save)
    return out.getvalue()


def id3_of(body: bytes, version: int = 3, flags: int = 0) -> bytes:
    size = len(body)
    safe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, flags]) + safe + body


def ebml(number: bytes, body: bytes) -> bytes:
    return number + (1 << 56 | len(body)).to_bytes(8, "big") + body


def iloc_of(items: int, extents: int) -> bytes:
    body = b"\0\0" + struct.pack(">H", items) + struct.pack(">HHH", 1, 0, extents) * items
    meta = full_box(b"meta", full_box(b"iloc", body))
    return box(b"ftyp", b"heic", bytes(4)) + meta


BOMBS: dict[str, Callable[[], bytes]] = {
    "png-one-text": lambda: png_of((b"zTXt", b"a\0\0" + deflated(64 * MIB))),
    "png-many-texts": lambda: png_of(*[(b"zTXt", b"a\0\0" + deflated(MIB - 1))] * 500),
    "png-many-profiles": lambda: png_of(*[(b"zTXt", b"Raw profile type iptc\0\0" + deflated(MIB - 1))] * 500),
    "png-many-keys": lambda: png_of(*[(b"tEXt", b"a\0b")] * 200_000),
    "png-many-packets": lambda: png_of(
        *[(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet_of("<dc:a/>" * 9000))] * 200
    ),
    "jpeg-many-comments": lambda: tiny("image/jpeg")[:2] + b"\xff\xfe\0\3a" * 200_000,
    "tiff-one-packet-many-times": lambda: tiff_of(
        [(700, 1, 4 * MIB, 400_000)] * 20_000, bytes(170_000) + b" " * 4 * MIB
    ),
    "tiff-iptc-many-times": lambda: tiff_of(
        [(33723, 1, MIB, 300_000)] * 20_000, bytes(60_000) + b"\x1c\2\x69\0\0" * 250_000
    ),
    "tiff-text-many-times": lambda: tiff_of([(0x010E, 2, MIB, 300_000)] * 20_000, bytes(60_000) + b"a" * 2 * MIB),
    "tiff-many-directories": many_ifds,
    "tiff-directory-in-itself": lambda: tiff_of([(0x8769, 4, 1, 8), (0x014A, 4, 1, 8)]),
    "xmp-laughs": lambda: jpeg(xmp=laughs()[:60_000]),
    "xmp-deep": lambda: png_of((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * 300_000)),
    "xmp-wide": lambda: png_of((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet_of("<dc:a/>" * 140_000))),
    "xmp-attributes": lambda: png_of(
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a " + b" ".join(b"b%d='c'" % i for i in range(80_000)) + b"/>")
    ),
    "gif-many-blocks": lambda: tiny("image/gif")[:-1] + b"\x21\xff" + b"\1a" * 2_000_000,
    "gif-many-comments": lambda: tiny("image/gif")[:-1] + b"\x21\xfe\1a\0" * 200_000,
    "mp4-many-boxes": lambda: box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"udta") * 200_000),
    "mp4-deep-boxes": lambda: box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\0moov" * 100_000,
    "heif-many-extents": lambda: iloc_of(60_000, 65_535),
    "matroska-many-tags": lambda: (
        ebml(b"\x1aE\xdf\xa3", b"") + ebml(b"\x18S\x80g", ebml(b"\x12T\xc3g", b"\x73\x73\x80" * 200_000))
    ),
    "matroska-deep-tags": lambda: (
        ebml(b"\x1aE\xdf\xa3", b"") + b"\x18S\x80g\x01" + b"\xff" * 7 + b"\x67\xc8\x88" * 1000
    ),
    "id3-many-frames": lambda: id3_of(b"TXXX\0\0\0\3\0\0\0a\0" * 30_000),
    "id3-deflated": lambda: id3_of(
        b"TXXX" + struct.pack(">I", 4 + len(deflated(64 * MIB))) + b"\0\x80" + bytes(4) + deflated(64 * MIB)
    ),
    "riff-many-infos": lambda: (
        b"RIFF" + struct.pack("<I", 4 * MIB) + b"WAVE" + chunk(b"LIST", b"INFO", b"ICMT\2\0\0\0ab" * 200_000)
    ),
    "flac-many-comments": lambda: b"fLaC\x84\x1f\xff\xf8" + struct.pack("<II", 0, 500_000) + b"\3\0\0\0a=b" * 290_000,
    "ogg-endless-header": lambda: (b"OggS\0\2" + bytes(20) + b"\xff" + b"\xff" * 255 + bytes(65_025)) * 200,
    "office-endless-directory": lambda: archive_of(24 * MIB),
    "pdf-deflated": lambda: pdf_of(deflated(64 * MIB), "/Filter /FlateDecode /First 10"),
    "pdf-many-deflated": lambda: pdf_of(deflated(3 * MIB), "/Filter /FlateDecode /First 10", 500),
    "pdf-many-pairs": lambda: pdf_of(zlib.compress(b"1 0 " * 8_000), "/Filter /FlateDecode /First 32000", 300),
    "pdf-many-trailers": lambda: b"%PDF-1.7\n" + b"/Root /Info " * 400_000,
    "pdf-many-names": lambda: b"%PDF-1.7\n2 0 obj << " + b"/a<" * 20_000 + b"\n trailer << /Info 2 0 R /Root 1 0 R >>",
    "webp-of-nothing": lambda: picture_of("WEBP", 1773, lossless=True),
    "webp-of-more-than-is-decoded": lambda: picture_of("WEBP", 3500, lossless=True),
    "png-with-a-payload": lambda: stealth("a payload", size=(3500, 3500)),
    "json-of-brackets": lambda: png({"prompt": '{"nodes":' + "[" * 500_000 + "]" * 500_000 + "}"}),
    "json-of-objects": lambda: png({"prompt": '{"nodes":[' + "{}," * 340_000 + "{}]}"}),
    "label-in-labels": lambda: png({"AIGC": '{"AIGC":' * 60_000 + "1" + "}" * 60_000}),
    "signature-of-nothing": lambda: png({"Comment": '{"signed_hash":' * 60_000}),
}

_ONE = """
import resource, sys, time
from tests.hostile.test_metadata_bombs import BOMBS
from tests.factories import records
from lowbackground.detectors.declared_metadata import declared_metadata
from tests.assets import tiny
detector = declared_metadata()
detector(records([{"raw": tiny(kind)} for kind in ("image/jpeg", "image/png", "application/pdf", "audio/mpeg")]))
batch = records([{"raw": BOMBS[sys.argv[1]]()}])
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
answer = detector(batch).evidence[0]
spent = time.process_time() - start
print(answer.reason, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, round(spent, 3))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_at_a_cap_or_says_nothing(name: str) -> None:
    found = read_metadata(BOMBS[name]())
    assert len(found.fields) <= 5000
    assert sum(len(field.value) for field in found.fields) <= 6 * MIB


@pytest.mark.parametrize("look", [walk, lambda data: read_metadata(data, WORD)], ids=["for C2PA", "for metadata"])
@pytest.mark.parametrize("found", [True, False], ids=["a directory", "none"])
def test_of_an_archive_only_its_end_is_copied(look: Callable[[memoryview], object], found: bool) -> None:
    data = memoryview(archive_of(8 * MIB))
    tracemalloc.start()
    try:
        look(data if found else data[:-1])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MIB


@pytest.mark.soak
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_less_than_64_mib_and_two_seconds_of_a_core(name: str) -> None:
    command = [sys.executable, "-c", _ONE, name]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    reason, grown, seconds = done.stdout.split()
    assert reason in {"metadata.over-limit", "metadata.none", "metadata.hidden-payload"}
    assert (int(grown) < 64, float(seconds) < 2) == (True, True), done.stdout


def test_the_caps_leave_what_people_write() -> None:
    history = "".join(f"<dc:source><rdf:Seq><rdf:li>{index}</rdf:li></rdf:Seq></dc:source>" for index in range(1000))
    found = read_metadata(png_of((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet_of(history))))
    assert (len(found.fields), found.over_limit) == (1000, None)
    assert read_metadata(jpeg(xmp=xmp(DC, {"source": "a" * 60_000}))).over_limit is None

"""The bytes say what they are; a server's word only breaks ties."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.media_types import canonical_media_type
from lowbackground.manifests.sniff import sniff


def riff(form: bytes) -> bytes:
    return b"RIFF" + (4).to_bytes(4, "little") + form


def ftyp(major: bytes, *others: bytes) -> bytes:
    return (16 + 4 * len(others)).to_bytes(4, "big") + b"ftyp" + major + b"\0\0\0\0" + b"".join(others)


def zipped(*names: str, mimetype: str | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


BINARY = {
    "image/jpeg": [b"\xff\xd8\xff\xe0\0\x10JFIF"],
    "image/png": [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
    "image/gif": [b"GIF87a\x01\0", b"GIF89a\x01\0"],
    "image/webp": [riff(b"WEBP")],
    "image/tiff": [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"],
    "image/bmp": [b"BM" + bytes(60)],
    "image/x-icon": [b"\0\0\x01\0\x01\0"],
    "image/jxl": [b"\xff\x0a\xfa\x7f", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl "],
    "image/heic": [ftyp(b"heic", b"mif1"), ftyp(b"mif1", b"heic")],
    "image/avif": [ftyp(b"avif"), ftyp(b"mif1", b"miaf", b"avif")],
    "image/heif": [ftyp(b"mif1")],
    "video/mp4": [ftyp(b"isom"), ftyp(b"mp42")],
    "video/quicktime": [ftyp(b"qt  "), b"\0\0\0\x08wide\0\0\x10\0mdat"],
    "video/iso.segment": [b"\0\0\0\x18stypmsdh"],
    "audio/mp4": [ftyp(b"M4A ")],
    "audio/mpeg": [b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0", b"\xff\xfb\x90\x64\0", b"\xff\xfa\x90\x64"],
    "audio/aac": [b"\xff\xf1\x50\x80"],
    "audio/wav": [riff(b"WAVE")],
    "audio/flac": [b"fLaC\0\0\0\x22"],
    "audio/aiff": [b"FORM\0\0\0\x04AIFF"],
    "audio/ogg": [b"OggS\0\x02" + bytes(22) + b"\x01\x1e\x01vorbis"],
    "video/ogg": [b"OggS\0\x02" + bytes(22) + b"\x01\x2a\x80theora"],
    "application/ogg": [b"OggS\0\x02" + bytes(40)],
    "video/webm": [b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm"],
    "video/x-matroska": [b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska"],
    "video/x-msvideo": [riff(b"AVI ")],
    "application/pdf": [b"%PDF-1.7\n%\xe2\xe3", b"\xef\xbb\xbf%PDF-1.4\n", b"junk\0\0%PDF-1.4"],
    "application/zip": [zipped("a.txt"), b"PK\x05\x06" + bytes(18)],
    "application/epub+zip": [zipped("OEBPS/a.xhtml", mimetype="application/epub+zip")],
    "application/vnd.oasis.opendocument.text": [zipped("c.xml", mimetype="application/vnd.oasis.opendocument.text")],
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": [
        zipped("[Content_Types].xml", "word/document.xml")
    ],
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": [
        zipped("[Content_Types].xml", "xl/workbook.xml")
    ],
    "application/gzip": [gzip.compress(b"x", mtime=0)],
    "application/x-tar": [b"name" + bytes(253) + b"ustar\x0000" + bytes(247)],
    "application/c2pa": [
        bytes.fromhex("00000100 6a756d62 00000026 6a756d64 63327061 00110010 800000aa 00389b71".replace(" ", ""))
    ],
    "application/octet-stream": [b"\0\x01\x02\x03", b"\x80\0\0\0", b"BM\0", b"ID3"[:2] + b"\0", b"\xff\xfe\0\0\1\0"],
}

TEXT = {
    "text/html": [
        b"<!DOCTYPE html><p>x",
        b"\n\t <HTML lang=en>",
        b"\xef\xbb\xbf<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        b"<!-- a comment <svg> --><html>",
        b"<div>fragment</div>",
        "<html>ü</html>".encode("utf-16"),
        "<html>".encode("utf-16-le"),
        b"<html>\0\0 stray zeros",
    ],
    "application/xhtml+xml": [b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'],
    "image/svg+xml": [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns "http://x/>"> ]><!-- x --><svg:svg>',
        b"<!--" + b"x" * 100_000 + b"--><svg/>",
    ],
    "application/rss+xml": [b'<?xml version="1.0"?><rss version="2.0">', b"<rss>"],
    "application/atom+xml": [b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">'],
    "application/xml": [b"<?xml version='1.0'?><catalogue/>"],
    "application/json": [b'{"a": [1, 2]}', b" [1, 2, 3]\n", b'\xef\xbb\xbf{"a": 1}', b'["' + b"x" * 100_000 + b'"]'],
    "text/plain": [
        b"Plain words.",
        "Grüße".encode("latin-1"),
        "Grüße".encode("utf-16"),
        "テキスト".encode("shift_jis"),
        b"[Chorus] la la [twice]",
        b"{not json}",
        b"a < b and <3",
        b"< spaced",
        b"<!-- only a comment",
        b"ID3 tags are frames",
        b"BMW makes cars, and so do others in the same town",
        b"FORMAL and RIFFS",
    ],
}


@pytest.mark.parametrize("expected, raw", [(name, raw) for name, many in (BINARY | TEXT).items() for raw in many])
def test_the_bytes_say_what_they_are(expected: str, raw: bytes) -> None:
    assert sniff(raw) == expected
    assert sniff(memoryview(raw)) == expected


@pytest.mark.parametrize("expected, raw", [(name, raw) for name, many in BINARY.items() for raw in many])
def test_no_hint_turns_media_into_something_else(expected: str, raw: bytes) -> None:
    assert sniff(raw, "text/plain; charset=x") == expected or expected == "application/octet-stream"
    assert sniff(raw, "image/png") == expected


@pytest.mark.parametrize(
    "raw, hint, expected",
    [
        (b"p { color: red }", "text/css", "text/css"),
        (b"var a = 1;", "text/javascript", "application/javascript"),
        (b"a,b\n1,2\n", "text/csv", "text/csv"),
        (b"# Title", "text/markdown", "text/markdown"),
        (b"<h1>Title</h1>\n\nwords", "text/markdown", "text/markdown"),
        (b"just words", "text/html", "text/html"),
        (b"just words", "image/jpeg", "text/plain"),
        (b"just words", "application/xml", "text/plain"),
        (b'{"a": 1', "application/json", "application/json"),
        (b'{"a": 1}', "application/ld+json", "application/ld+json"),
        (b'{"a": 1}\n{"a": 2}', "application/x-ndjson", "application/x-ndjson"),
        (b"<html>", "text/plain", "text/html"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "text/html", "text/html"),
        (b"<html xmlns='x'>", "application/xhtml+xml; charset=utf-8", "application/xhtml+xml"),
        (b"<?xml version='1.0'?><x/>", "application/mathml+xml", "application/mathml+xml"),
        (b"<x/>", "text/xml", "application/xml"),
        (b"words with one \x01 control byte, which a page may well have here and there", "text/html", "text/html"),
        (b"II*\0\x08\0\0\0", "image/x-adobe-dng", "image/x-adobe-dng"),
        (ftyp(b"isom"), "audio/x-m4a", "audio/mp4"),
        (zipped("a"), "application/vnd.android.package-archive", "application/vnd.android.package-archive"),
        (b"\0\0\x10\0jumb" + bytes(30), "application/c2pa", "application/c2pa"),
    ],
)
def test_a_hint_breaks_ties(raw: bytes, hint: str, expected: str) -> None:
    assert sniff(raw, hint) == expected


def test_no_bytes_have_no_type() -> None:
    assert sniff(b"") is None
    assert sniff(b"", "image/png") is None


@pytest.mark.parametrize(
    "hint, expected",
    [
        ("Image/JPG; q=1", "image/jpeg"),
        ("text/html,text/html", "text/html"),
        (" audio/x-wav ", "audio/wav"),
        ("nonsense", None),
        ("", None),
        (None, None),
        ("text/" + "x" * 10_000, "text/" + "x" * 195),
        ("a/b\x1b[31m", None),
    ],
)
def test_hints_are_canonical_or_nothing(hint: str | None, expected: str | None) -> None:
    assert canonical_media_type(hint) == expected


@given(st.binary(max_size=600), st.none() | st.text(max_size=30))
def test_any_bytes_and_any_hint_have_a_canonical_type(raw: bytes, hint: str | None) -> None:
    found = sniff(raw, hint)
    assert found is None if not raw else found == canonical_media_type(found)


@pytest.mark.real
def test_real_files_are_what_their_names_say(shared: Path) -> None:
    by_suffix = {
        ".jpg": {"image/jpeg"},
        ".png": {"image/png"},
        ".webp": {"image/webp"},
        ".gif": {"image/gif"},
        ".tiff": {"image/tiff"},
        ".tif": {"image/tiff"},
        ".svg": {"image/svg+xml"},
        ".pdf": {"application/pdf"},
        ".mp3": {"audio/mpeg"},
        ".wav": {"audio/wav"},
        ".flac": {"audio/flac"},
        ".avif": {"image/avif"},
        ".heic": {"image/heic"},
        ".heif": {"image/heic", "image/heif"},
        ".jxl": {"image/jxl"},
        ".avi": {"video/x-msvideo"},
        ".mov": {"video/quicktime"},
        ".mp4": {"video/mp4"},
        ".c2pa": {"application/c2pa"},
        ".json": {"application/json"},
        ".yml": {"text/plain"},
        ".md": {"text/plain"},
    }
    files = [path for path in sorted((shared / "c2pa").rglob("*")) if path.suffix in by_suffix]
    wrong = {str(path): found for path in files if (found := sniff(path.read_bytes())) not in by_suffix[path.suffix]}
    assert len(files) > 200
    assert not wrong

"""Formats are told by content; a name only breaks ties."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from io import BytesIO

import lz4.frame
import pytest
import zstandard

from lowbackground.pipeline.inputs.formats import ARC, format_of
from lowbackground.pipeline.units import Format
from tests.archives import JPEG, archive

WARC = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
LINES = b'{"text": "a"}\n{"text": "b"}\n'
TAR = archive([("1.txt", b"x" * 3000)])
CODECS: list[Callable[[bytes], bytes]] = [
    bytes,
    gzip.compress,
    zstandard.compress,
    bz2.compress,
    lzma.compress,
    lz4.frame.compress,
]


def told(data: bytes, name: str) -> Format | str:
    return format_of(lambda size: BytesIO(data).read(size), name)


@pytest.mark.parametrize("pack", CODECS)
@pytest.mark.parametrize(("data", "format_"), [(WARC, Format.WARC), (LINES, Format.JSONL), (TAR, Format.TAR)])
@pytest.mark.parametrize("name", ["a", "a.jpg", "a.parquet", "a.txt"])
def test_content_decides_whatever_the_name(
    data: bytes, format_: Format, pack: Callable[[bytes], bytes], name: str
) -> None:
    assert format_ is told(pack(data), name)
    assert format_ is told(pack(data * 300), name)


@pytest.mark.parametrize(
    ("data", "name", "format_"),
    [
        (b"PAR1...", "a.jsonl", Format.PARQUET),
        (JPEG, "a.tar", Format.FILE),
        (b"%PDF-1.7", "a.parquet", Format.FILE),
        (b"\0\1\2", "a.bin", Format.FILE),
        (b"\0\1\2", "a.tar.gz", Format.TAR),
        (b"\0\1\2", "A.WARC.GZ", Format.WARC),
        (b"\x1f\x8b damaged", "a.jsonl.gz", Format.JSONL),
        (b"\x1f\x8b damaged", "a.gz", Format.FILE),
        (gzip.compress(b"a text"), "a.txt.gz", Format.FILE),
        (b"\x5d\x2a\x4d\x18\x04\0\0\0dict", "a.warc.zst", Format.WARC),
        (b"", "a.jsonl", Format.JSONL),
        (b"", "a.parquet", Format.PARQUET),
        (b"", "a", Format.FILE),
        (b"damaged\n{}", "a.jsonl", Format.JSONL),
        (b"damaged", "a.parquet", Format.PARQUET),
        (b"prose", "a.txt", Format.FILE),
        (b"PK\x03\x04", "a.wacz", Format.FILE),
        (b"filedesc://x.arc 0.0.0.0 19960923142103 text/plain 76\n", "a.arc", ARC),
        (gzip.compress(b"filedesc://x.arc 0.0.0.0 19960923142103 text/plain 76\n"), "a.arc.gz", ARC),
    ],
)
def test_names_break_ties(data: bytes, name: str, format_: Format | str) -> None:
    assert format_ == told(data, name)


@pytest.mark.parametrize(
    ("data", "name", "format_"),
    [
        (b'{"a": 1}\n', "a.json", Format.FILE),
        (b'{"a": 1}\n', "a.jsonl", Format.JSONL),
        (b'\xef\xbb\xbf{"a": 1}\n{"a": 2}', "a.json", Format.JSONL),
        (b'\n\n{"a": 1}\n\n{"a": 2}', "a", Format.JSONL),
        (json.dumps({"a": {"b": 1}}, indent=1).encode(), "a.json", Format.FILE),
        (b"[1, 2]\n[3]\n", "a.json", Format.FILE),
        (b'{"a": "' + b"x" * 100_000 + b'"}\n{"a": 1}', "a.jsonl", Format.JSONL),
        (b'{"a": "' + b"x" * 100_000 + b'"}\n{"a": 1}', "a.geojson", Format.FILE),
        (b'{"a": "' + b"x" * 10_000 + b'"}\n{"a": 1}', "a", Format.JSONL),
    ],
)
def test_json_lines_are_objects_line_by_line(data: bytes, name: str, format_: Format) -> None:
    assert format_ is told(data, name)

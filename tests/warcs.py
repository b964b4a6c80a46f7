"""Builds WARC records and files: what a test wants to damage, it has to make first."""

import base64
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lz4.frame
import zstandard

from lowbackground.pipeline.batch import Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.units import Format
from tests.reading import input_file, seen

DATE = "2020-02-03T04:05:06Z"
PROSE = "The river rose in the night and by morning the lower fields were under water. " * 4
CODECS = ("plain", "gzip", "zstd", "lz4")
_SUFFIX = {"plain": "", "gzip": ".gz", "zstd": ".zst", "lz4": ".lz4"}


def page(text: str = PROSE, title: str = "A title") -> bytes:
    """A small HTML page."""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><p>{text}</p></body></html>".encode()


def sha1(data: bytes) -> str:
    """A labelled digest as most writers spell it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(kind: str, block: bytes, *, id_: str = "r0", **headers: str | None) -> bytes:
    """A WARC record; `WARC_Target_URI="..."` sets a header, None drops one."""
    fields = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{id_}>",
        "WARC-Date": DATE,
        "Content-Length": str(len(block)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"WARC/1.0\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def http(body: bytes, status: str = "200 OK", content_type: str | None = "text/html", **headers: str) -> bytes:
    """An HTTP response; `Content_Length` is set where nothing else is said."""
    fields = ({"Content-Type": content_type} if content_type else {}) | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    if "Content-Length" not in fields and "Transfer-Encoding" not in fields:
        fields["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def response(
    body: bytes | None = None, *, id_: str = "r0", warc: dict[str, str | None] | None = None, **parts: Any
) -> bytes:
    """A response record with a page in it; `warc` sets headers of the record, the rest goes to `http`."""
    defaults: dict[str, str | None] = {
        "Content-Type": "application/http; msgtype=response",
        "WARC-Target-URI": f"https://example.org/{id_}",
    }
    return record("response", http(page() if body is None else body, **parts), id_=id_, **(defaults | (warc or {})))


def warcinfo(**fields: str) -> bytes:
    """A warcinfo record."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return record("warcinfo", lines.encode(), id_="info", **{"Content-Type": "application/warc-fields"})


def members(records: Iterable[bytes], codec: str = "gzip") -> list[bytes]:
    """Each record in a member or frame of its own."""
    checked = zstandard.ZstdCompressor(write_checksum=True)
    compress = {"plain": bytes, "gzip": gzip.compress, "zstd": checked.compress, "lz4": lz4.frame.compress}[codec]
    return [compress(each) for each in records]


@dataclass(frozen=True)
class Result:
    """Everything that reading a file came to."""

    rows: list[dict[str, Any]]
    unreadable: list[Unreadable]
    skipped: Counter[str]
    failure: str | None

    @property
    def ids(self) -> list[str]:
        """Of the rows, without `urn:uuid:`."""
        return [row["id"].removeprefix("urn:uuid:") for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        """Of what could not be read."""
        return [each.reason for each in self.unreadable]


def write(folder: Path, data: bytes | Sequence[bytes], name: str = "a.warc.gz") -> Path:
    """A file in a folder of the test."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else b"".join(data))
    return path


def read(*paths: Path, start: int = 0, end: int = -1, **settings: Any) -> Result:
    """Read files as one unit; rows hold the records and, beside them, what goes through (`own`)."""
    found = seen(Format.WARC, [input_file(path) for path in paths], Read(**settings), start, end)
    rows = [row | {"own": own} for row, own in zip(found.rows, found.own, strict=True)]
    return Result(rows, found.unreadable, found.skipped, found.broken)

"""Writes WARC 1.1 (ISO 28500:2017), a gzip member a record, the way crawlers do."""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5


def record_id(name: str) -> str:
    """The id of a record: the same for the same name, so that the demo can be described."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def warcinfo(when: datetime, fields: Mapping[str, str]) -> bytes:
    """What a crawler says about itself at the start of a file."""
    block = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    return _record("warcinfo", "warcinfo", None, when, "application/warc-fields", block)


def request(url: str, when: datetime) -> bytes:
    """What a crawler asked."""
    host, _, path = url.removeprefix("https://").partition("/")
    block = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    return _record("request", f"request {url}", url, when, "application/http; msgtype=request", block)


def response(
    url: str,
    when: datetime,
    body: bytes,
    media_type: str = "text/html; charset=utf-8",
    *,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """What a server answered."""
    lines = {"Content-Type": media_type, "Content-Length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    block = head.encode() + body
    return _record("response", url, url, when, "application/http; msgtype=response", block, payload=body)


def _record(
    kind: str,
    name: str,
    url: str | None,
    when: datetime,
    content_type: str,
    block: bytes,
    payload: bytes | None = None,
) -> bytes:
    headers = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<{record_id(name)}>",
        "WARC-Date": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **({"WARC-Target-URI": url} if url else {}),
        "Content-Type": content_type,
        "WARC-Block-Digest": _digest(block),
        **({"WARC-Payload-Digest": _digest(payload)} if payload is not None else {}),
        "Content-Length": str(len(block)),
    }
    head = "WARC/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def _digest(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()

"""The head of a response: read to its empty line, by whatever spelling, and never beyond its caps."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.readers.http_head import MAX_HEADERS, Head, HeadError, charset_of, read_head


def head_of(raw: bytes) -> Head:
    return read_head(io.BytesIO(raw).readline)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_head_ends_at_the_empty_line(end: bytes) -> None:
    stream = io.BytesIO(end.join([b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"X-A:  b ", b"", b"body", b""]))
    head = read_head(stream.readline)
    assert (head.status, head.headers) == (200, [("content-type", "text/html"), ("x-a", "b")])
    assert stream.read() == b"body" + end
    assert head.raw.endswith(end * 2)


@pytest.mark.parametrize("line", [b"HTTP/1.0 404", b"HTTP/2 404 Not Found", b"http/1.1  404 x", b"ICY 404 x"])
def test_a_status_is_found_in_every_version(line: bytes) -> None:
    assert head_of(line + b"\r\n\r\n").status == 404


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 2000\r\n\r\n", b"\r\n\r\nHTTP/1.1 200 OK"]
)
def test_what_is_no_response_says_how_it_begins(raw: bytes) -> None:
    with pytest.raises(HeadError, match="begins with"):
        head_of(raw)


def test_a_head_without_end_is_refused() -> None:
    with pytest.raises(HeadError, match="do not end within"):
        head_of(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000)
    with pytest.raises(HeadError, match="do not end within"):
        head_of(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000)


def test_headers_and_values_are_capped() -> None:
    head = head_of(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_HEADERS + 50) + b"\r\n")
    assert len(head.headers) == MAX_HEADERS
    assert len(head_of(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n").headers[0][1]) == 8192


def test_folded_and_repeated_headers_are_joined() -> None:
    head = head_of(b"HTTP/1.1 200 OK\r\nVary: a\r\n  b\r\nvary: c\r\nno colon\r\n\r\n")
    assert head.get("vary") == "a b, c"
    assert head.get("age") is None


def test_bytes_beyond_ascii_are_utf8_or_latin1() -> None:
    assert head_of("HTTP/1.1 200 OK\r\nX: é\r\n\r\n".encode()).get("x") == "é"
    assert head_of("HTTP/1.1 200 OK\r\nX: é\r\n\r\n".encode("latin-1")).get("x") == "é"


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_a_head_or_a_head_error(raw: bytes) -> None:
    try:
        head = head_of(b"HTTP/1.1 200 " + raw)
    except HeadError:
        return
    assert all(name.encode() is not None and value.encode() is not None for name, value in head.headers)


@pytest.mark.parametrize(
    "content_type, charset",
    [
        ("text/html; charset=utf-8", "utf-8"),
        ('text/html;CHARSET="Shift_JIS"', "Shift_JIS"),
        ("text/html; charset='koi8-r'; x=y", "koi8-r"),
        ("text/html", None),
        ("charset=", None),
        (None, None),
    ],
)
def test_the_charset_parameter_is_found(content_type: str | None, charset: str | None) -> None:
    assert charset_of(content_type) == charset

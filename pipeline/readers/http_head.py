"""The status line and headers of an archived HTTP response, read line by line and capped."""

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_HEAD_BYTES = 1 << 17  # servers and browsers refuse above 8 to 256 KiB
MAX_HEADERS = 200  # browsers stop at 100 to 1000; more are read over
MAX_NAME_CHARS = 200
MAX_VALUE_CHARS = 8192  # a longer value is cut: cookies and policies, which nothing here reads

_LINE = 8192
_STATUS = re.compile(rb"(?:HTTP/\d{1,2}(?:\.\d{1,2})?|ICY) +(\d{3})(?!\d)", re.IGNORECASE)  # ICY: SHOUTcast's HTTP/1.0
_CHARSET = re.compile(r"""charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)


class HeadError(Exception):
    """The block is no HTTP response."""

    reason = "invalid-http"


@dataclass(frozen=True, slots=True)
class Head:
    """A response without its body. `raw` is the block as stored, of which a block digest speaks; names are lower case."""

    status: int
    headers: list[tuple[str, str]]
    raw: bytes

    def get(self, name: str) -> str | None:
        """The value of a header, several joined by commas (RFC 9110, 5.3); null without one."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


def read_head(readline: Callable[[int], bytes]) -> Head:
    """Read up to the empty line; `readline(n)` gives a line, or its first `n` bytes.

    Raises:
        HeadError: no status line, or no end within `MAX_HEAD_BYTES`.
    """
    lines, size = [], 0
    while line := readline(_LINE):
        lines.append(line)
        size += len(line)
        if line in {b"\r\n", b"\n"} and (len(lines) < 2 or lines[-2].endswith(b"\n")):
            break
        if size > MAX_HEAD_BYTES:
            raise HeadError(f"its headers do not end within {MAX_HEAD_BYTES} bytes")
    raw = b"".join(lines)
    status = _STATUS.match(raw)
    if not status:
        raise HeadError(f"it begins with {raw[:40]!r} and not with HTTP/1.1 and a status")
    return Head(int(status[1]), _headers(raw), raw)


def _headers(raw: bytes) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in _text(raw).split("\n")[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and found:  # a folded value, RFC 9112, 5.2
            key, before = found[-1]
            found[-1] = key, f"{before} {line.strip()}"[:MAX_VALUE_CHARS]
        elif colon and len(found) < MAX_HEADERS:
            found.append((name.strip()[:MAX_NAME_CHARS].lower(), value.strip()[:MAX_VALUE_CHARS]))
    return found


def _text(raw: bytes) -> str:
    """Header bytes are ASCII, UTF-8 in practice, Latin-1 by tradition."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def charset_of(content_type: str | None) -> str | None:
    """The charset parameter of a Content-Type."""
    found = _CHARSET.search(content_type[:500]) if content_type else None
    return found[1] if found else None

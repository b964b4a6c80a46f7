"""Which part of a text is looked at: its beginning, and a piece from the middle of what follows.

Cut after normalising, so that spaces or invisible characters that somebody adds move no window; before normalising, a
far longer beginning is taken, so that a text of any length costs the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Windows:
    """Sizes in bytes: `raw` of the UTF-8 text that is normalised, `head` and `middle` of the normal form."""

    raw: int = 16_000
    head: int = 4_000
    middle: int = 0


def beginning(data: bytes, size: int) -> bytes:
    """The first `size` bytes of UTF-8, less a character that would be cut."""
    if len(data) <= size:
        return data
    end = size
    while end > size - 4 and data[end] & 0xC0 == 0x80:  # 10xxxxxx continues a character: RFC 3629
        end -= 1
    return data[:end]


def windowed(normal: bytes, windows: Windows) -> bytes:
    """The windows of a normal form, an empty line between them; words are not cut."""
    if len(normal) <= windows.head:
        return normal
    end = _space_before(normal, windows.head)
    head = normal[:end]
    if not windows.middle:
        return head
    rest = normal[end:].lstrip()
    if len(rest) <= windows.middle:
        return head + b"\n\n" + rest
    at = (len(rest) - windows.middle) // 2
    start = _space_before(rest, at) if at else 0
    return head + b"\n\n" + rest[start : _space_before(rest, start + windows.middle)].strip()


def _space_before(data: bytes, at: int) -> int:
    """The last space or line end at or before a place; the place itself where there is none in 64 bytes."""
    found = max(data.rfind(b" ", at - 64, at + 1), data.rfind(b"\n", at - 64, at + 1))
    return at if found < 0 else found

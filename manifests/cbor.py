"""As much of CBOR (RFC 8949) as is needed to look into a signature: everything, bounded, nothing fancy.

Tags are dropped, and floats, which no signature holds, are refused.
"""

from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 16
MAX_ITEMS = 10_000
_BREAK = object()


class CborError(ValueError):
    """The bytes are not CBOR, or more of it than anybody needs."""


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int = 0
    items: int = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise CborError(f"ends after {len(self.data)} bytes, expected {end}")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def value(self, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise CborError(f"nests deeper than {MAX_DEPTH} or holds more than {MAX_ITEMS} items")
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if major == 7:
            return self.simple(low)
        if low == 31:
            return self.indefinite(major, depth)
        if low > 27:
            raise CborError(f"reserved length {low} at byte {self.at - 1}")
        size = low if low < 24 else int.from_bytes(self.take(1 << (low - 24)), "big")
        return self.definite(major, size, depth)

    def simple(self, low: int) -> Any:
        if low == 31:
            return _BREAK
        if low in {20, 21}:
            return low == 21
        if low in {22, 23}:
            return None
        raise CborError(f"simple value or float {low} at byte {self.at - 1}")

    def definite(self, major: int, size: int, depth: int) -> Any:
        match major:
            case 0:
                return size
            case 1:
                return -1 - size
            case 2:
                return self.take(size)
            case 3:
                return self.take(size).decode("utf-8", "replace")
            case 4:
                return [self.item(depth) for _ in range(min(size, MAX_ITEMS + 1))]
            case 5:
                return {self.key(depth): self.item(depth) for _ in range(min(size, MAX_ITEMS + 1))}
            case _:
                return self.item(depth)  # a tag: only what it marks matters here

    def indefinite(self, major: int, depth: int) -> Any:
        parts: list[Any] = []
        while (part := self.value(depth + 1)) is not _BREAK:
            parts.append(part)
        match major:
            case 2 if all(isinstance(part, bytes) for part in parts):
                return b"".join(parts)
            case 3 if all(isinstance(part, str) for part in parts):
                return "".join(parts)
            case 4:
                return parts
            case 5 if len(parts) % 2 == 0:
                return {key: value for key, value in zip(parts[::2], parts[1::2], strict=True) if _is_key(key)}
            case _:
                raise CborError(f"broken item of indefinite length before byte {self.at}")

    def item(self, depth: int) -> Any:
        value = self.value(depth + 1)
        if value is _BREAK:
            raise CborError(f"end without a beginning at byte {self.at - 1}")
        return value

    def key(self, depth: int) -> int | str | bytes:
        value = self.item(depth)
        if not _is_key(value):
            raise CborError(f"a key of a map is a {type(value).__name__}")
        key: int | str | bytes = value
        return key


def _is_key(value: object) -> bool:
    return isinstance(value, int | str | bytes)


def decode(data: bytes) -> Any:
    """The first item in `data`; what follows it is not looked at (signatures are padded).

    Raises:
        CborError: it is not CBOR, or exceeds `MAX_DEPTH` or `MAX_ITEMS`.
    """
    reader = _Reader(data)
    return reader.item(-1)

"""WARC-Block-Digest and WARC-Payload-Digest, checked here: told to check, FastWARC 2 drops records without a word.

A digest counts as wrong only where it says something about the bytes at hand. Writers take "payload" for the body as
sent, or without its transfer coding, or fully decoded; any match will do (WARC 1.1, 5.8 and 5.9).
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_NEW = {  # by the label without punctuation: sha-1 and SHA1 are one
    "md5": hashlib.md5,
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
_SIZES = {label: new(usedforsecurity=False).digest_size for label, new in _NEW.items()}
_MAX_LABELLED = 300


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that can be checked."""

    algorithm: str
    value: bytes

    def matches(self, data: bytes) -> bool:
        """Whether it is that of `data`."""
        return _NEW[self.algorithm](data, usedforsecurity=False).digest() == self.value


def parsed(labelled: str | None) -> Digest | None:
    """`sha1:BASE32`, or in hex or base64; null for none, and for what cannot be checked."""
    label, colon, text = (labelled or "")[:_MAX_LABELLED].strip().partition(":")
    algorithm = label.lower().replace("-", "").replace("_", "")
    size = _SIZES.get(algorithm)
    if not colon or size is None:
        return None
    value = _decoded(text.strip().rstrip("="), size)
    return Digest(algorithm, value) if value else None


def _decoded(text: str, size: int) -> bytes | None:
    """The length of the text tells its encoding: 40, 32 or 27 characters for SHA-1."""
    try:
        if len(text) == size * 2:
            return bytes.fromhex(text)
        if len(text) == -(-size * 8 // 5):
            bits = int(text.upper().translate(_BASE32), 32)  # the standard library's b32decode takes ten times as long
            return (bits >> (len(text) * 5 - size * 8)).to_bytes(size, "big")
        if len(text) == -(-size * 4 // 3):
            return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return None


_BASE32 = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567018_+- ", "0123456789ABCDEFGHIJKLMNOPQRSTUV*******"
)  # RFC 4648, 6


class Check:
    """The one digest of a record that is worth computing, fed with the record as it is read.

    A right block digest vouches for every byte, so the payload is digested only where there is none. A block digest
    that repeats the payload digest of an HTTP message cannot be one, for the headers lie between them.
    """

    def __init__(self, block: str | None, payload: str | None, head: bytes) -> None:
        self._block = parsed(block)
        self._payload = parsed(payload)
        if head and self._block == self._payload:
            self._block = None
        digest = self._block or self._payload
        self._running = _NEW[digest.algorithm](usedforsecurity=False) if digest else None
        if self._block and self._running:
            self._running.update(head)

    def update(self, body: bytes) -> None:
        """Digest the next bytes of the body as stored."""
        if self._running is not None:
            self._running.update(body)

    def proves(self) -> bool:
        """Whether the block digest vouches for every byte that was read."""
        return self._block is not None and self._running is not None and self._running.digest() == self._block.value

    def fails(self, readings: Callable[[], Iterable[bytes] | None]) -> bool:
        """Whether the record is not what was written.

        `readings` gives what "payload" may mean; null where the payload that was digested is not at hand. A payload that
        is right outweighs a block digest that is not: only the headers differ.
        """
        digest = self._block or self._payload
        if digest is None or self._running is None or self._running.digest() == digest.value:
            return False
        payload, payloads = self._payload, readings()
        if payload and payloads is not None and any(payload.matches(reading) for reading in payloads):
            return False
        return self._block is not None or payloads is not None

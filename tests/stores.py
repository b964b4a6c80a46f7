"""Manifest stores made of boxes alone: unsigned, of any shape, in no time."""

import brotli

from tests.assets import box

_UUID_TAIL = bytes.fromhex("00110010800000aa00389b71")  # C2PA 2.2, 11.1.4


def described(holds: bytes, label: str, *content: bytes) -> bytes:
    """A superbox that says what it holds (four letters of its UUID) and its label."""
    return box(b"jumb", box(b"jumd", holds, _UUID_TAIL, b"\x03", label.encode(), b"\0"), *content)


def assertions(number: int) -> bytes:
    """A manifest that holds this many assertions and nothing else."""
    each = [described(b"cbor", f"org.test.a{index}", box(b"cbor", b"\xa0")) for index in range(number)]
    return described(b"c2ma", "urn:c2pa:test", described(b"c2as", "c2pa.assertions", *each))


def compressed(manifest: bytes) -> bytes:
    """A compressed manifest."""
    return described(b"c2cm", "urn:c2pa:test", box(b"brob", brotli.compress(manifest, quality=1)))


def store(*manifests: bytes) -> bytes:
    """A manifest store of these manifests."""
    return described(b"c2pa", "c2pa", *manifests)

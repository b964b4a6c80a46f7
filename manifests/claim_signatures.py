"""The certificates inside a manifest store: who signed each claim, and who stamped its time.

A claim signature is a COSE_Sign1 (RFC 9052) in the box `c2pa.signature` of its manifest (C2PA 2.2, 11.1.4.4 and
13.2); the chain is its header `x5chain` (RFC 9360), a time-stamp (RFC 3161) its header `sigTst` or `sigTst2`.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lowbackground.manifests.cbor import CborError, decode
from lowbackground.manifests.certificates import Certificate, certificates
from lowbackground.manifests.der import SEQUENCE, items, signed_data_certificates

MAX_SIGNATURES = 200  # manifests in a store
_X5CHAIN = 33  # RFC 9360, 2
_BOX = struct.Struct(">I4s")


@dataclass(frozen=True, slots=True)
class ClaimSignature:
    """Who signed a claim: the chain, leaf first, and the certificates that came with its time-stamp, in any order."""

    chain: tuple[Certificate, ...] = ()
    time_stampers: tuple[Certificate, ...] = ()


_Box = tuple[bytes, memoryview, memoryview]


def _boxes(data: memoryview) -> Iterator[_Box]:
    """The boxes that lie in `data` one after the other: type, content, and the whole; ends at the first that does not fit."""
    at = 0
    while at + 8 <= len(data):
        size, kind = _BOX.unpack_from(data, at)
        start = 8
        if size == 1 and at + 16 <= len(data):
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = len(data) - at
        if size < start or at + size > len(data):
            return
        yield kind, data[at + start : at + size], data[at : at + size]
        at += size


@dataclass(frozen=True, slots=True)
class _Superbox:
    """A box that holds boxes: its label (in the description box), what follows that box, and the whole."""

    label: str
    description: memoryview
    inside: memoryview
    whole: memoryview


def _superboxes(data: memoryview) -> Iterator[_Superbox]:
    for kind, body, whole in _boxes(data):
        first = next(_boxes(body), None) if kind == b"jumb" else None
        if first is not None and first[0] == b"jumd":  # 16 bytes of type, one of toggles, then the label up to a zero
            label = bytes(first[1][17:600]).partition(b"\0")[0].decode("utf-8", "replace")
            yield _Superbox(label, first[2], body[len(first[2]) :], whole)


def claim_signatures(store: bytes) -> dict[str, ClaimSignature]:
    """Who signed each manifest of a store, by label; a signature that cannot be read has an empty chain."""
    found: dict[str, ClaimSignature] = {}
    for outer in _superboxes(memoryview(store)):
        for manifest in _superboxes(outer.inside):
            if len(found) >= MAX_SIGNATURES:
                return found
            boxes = (box.inside for box in _superboxes(manifest.inside) if box.label == "c2pa.signature")
            coses = (cose for box in boxes for kind, cose, _ in _boxes(box) if kind == b"cbor")
            found[manifest.label] = next((read_signature(cose) for cose in coses), ClaimSignature())
    return found


def store_of_one(store: bytes, label: str, below: Iterable[str]) -> bytes:
    """A store that holds one manifest of another store, as the active one, and those that it was made from."""
    for outer in _superboxes(memoryview(store)):
        manifests = {one.label: one.whole for one in _superboxes(outer.inside)}
        wanted = [one for one in below if one != label] + [label]  # the last one is the active one
        content = b"".join([outer.description, *(manifests[one] for one in wanted if one in manifests)])
        return _BOX.pack(8 + len(content), b"jumb") + content
    return b""


def read_signature(cose: bytes | memoryview) -> ClaimSignature:
    """The certificates of one COSE_Sign1.

    Empty where it cannot be read, and where it names them twice: the reader judges one of them, and who reads
    another would judge somebody else.
    """
    try:
        protected, unprotected, *_ = decode(bytes(cose))
        inner, outer = _mapping(decode(protected) if protected else {}), _mapping(unprotected)
    except (CborError, ValueError, TypeError):
        return ClaimSignature()
    chain = _only(*(headers.get(name) for headers in (inner, outer) for name in (_X5CHAIN, "x5chain")))
    ders = [chain] if isinstance(chain, bytes) else chain if isinstance(chain, list) else []
    return ClaimSignature(
        certificates(der for der in ders if isinstance(der, bytes)),
        _time_stampers(_only(outer.get("sigTst2"), outer.get("sigTst"))),
    )


def _only(*values: Any) -> Any:
    """The one value that is there; null for none and for several."""
    there = [value for value in values if value is not None]
    return there[0] if len(there) == 1 else None


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}


def _time_stampers(container: Any) -> tuple[Certificate, ...]:
    """The certificates of the first token, which is the one that c2pa-rs judges (sigtst.rs)."""
    try:
        token = container["tstTokens"][0]["val"]
    except (KeyError, IndexError, TypeError):
        return ()
    if not isinstance(token, bytes):
        return ()
    status = next(items(token), None)  # sigTst2 holds the token; sigTst the response around it, after a status
    first = next(items(status[1]), None) if status else None
    if status and first and first[0] == SEQUENCE:
        token = status[1][len(first[2]) :]
    return certificates(signed_data_certificates(token))

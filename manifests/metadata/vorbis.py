"""Vorbis comments in FLAC and Ogg (Vorbis I, section 5; RFC 9639, 8.6; RFC 3533; RFC 7845, 5.2)."""

import struct

from lowbackground.manifests.metadata.fields import (
    MAX_PARTS,
    MAX_VALUE_BYTES,
    CapReached,
    Data,
    Gathering,
)

MAX_HEADER_BYTES = 8 << 20  # a comment header with cover pictures in it
MAX_HEADER_PAGES = 300  # of 64 KB
MAX_COMMENTS = 5000
_PICTURES = ("METADATA_BLOCK_PICTURE", "COVERART")
_COMMENT_BLOCK = 4
_MAGIC = (b"\x03vorbis", b"OpusTags", b"\x81theora")  # first bytes of a comment packet; Speex has none


def walk_flac(data: Data, out: Gathering, start: int = 0) -> None:
    """Follow the metadata blocks of the FLAC stream at `start`.

    Raises:
        struct.error: it ends within a block.
    """
    at = start + 4
    for _ in range(MAX_PARTS):
        if at + 4 > len(data):
            out.irregular = True
            return
        head = struct.unpack_from(">I", data, at)[0]
        kind, length = head >> 24 & 0x7F, head & 0xFFFFFF
        if kind == _COMMENT_BLOCK:
            read_comments(bytes(data[at + 4 : at + 4 + length]), out, "FLAC comment", at)
        if head >> 31:
            return
        at += 4 + length
    raise CapReached("parts")


def walk_ogg(data: Data, out: Gathering) -> None:
    """Join the second packet of each logical stream, which holds its comments.

    Raises:
        CapReached: headers are longer than a real file has.
        struct.error: it ends within a page.
    """
    streams: dict[int, list[bytearray]] = {}  # packets of each logical stream, the last of them unfinished
    starts: dict[int, int] = {}  # the page on which the second packet begins
    total = at = 0
    for _ in range(MAX_HEADER_PAGES):
        if bytes(data[at : at + 4]) != b"OggS":
            out.irregular = out.irregular or at < len(data)
            break
        serial, count = struct.unpack_from("<I", data, at + 14)[0], struct.unpack_from("B", data, at + 26)[0]
        lacing = bytes(data[at + 27 : at + 27 + count])
        body = at + 27 + count
        packets = streams.setdefault(serial, [bytearray()])
        for length in lacing:
            if len(packets) == 2:
                starts.setdefault(serial, at)
            if len(packets) <= 2:
                packets[-1] += bytes(data[body : body + length])
                if length < 255:  # RFC 3533, section 5: a shorter segment ends its packet
                    packets.append(bytearray())
            body += length
        total += sum(lacing)
        if total > MAX_HEADER_BYTES:
            raise CapReached("value-bytes")
        if all(len(packets) > 2 for packets in streams.values()):
            break
        at = body
    for serial, packets in streams.items():
        if len(packets) > 2:
            _comment_packet(bytes(packets[1]), out, starts[serial])


def _comment_packet(packet: bytes, out: Gathering, at: int) -> None:
    for magic in _MAGIC:
        if packet.startswith(magic):
            read_comments(packet[len(magic) :], out, "Ogg comment", at)
            return
    if packet[:1] == b"\x84":  # FLAC in Ogg: a metadata block (RFC 9639, 10.1)
        read_comments(packet[4:], out, "Ogg comment", at)
    else:
        read_comments(packet, out, "Ogg comment", at)  # Speex has no signature there


def read_comments(raw: bytes, out: Gathering, place: str, at: int) -> None:
    """Gather `NAME=value` pairs; names are case-insensitive, and kept in upper case. Pictures are left out."""
    with out.damage():
        _read_pairs(raw, out, place, at)


def _read_pairs(raw: bytes, out: Gathering, place: str, at: int) -> None:
    vendor = struct.unpack_from("<I", raw, 0)[0]
    here = 4 + vendor
    count = struct.unpack_from("<I", raw, here)[0]
    if vendor > len(raw) or count > len(raw) // 4:
        out.irregular = True
        return
    if count > MAX_COMMENTS:
        raise CapReached("fields")
    out.add("vorbis:vendor", raw[4:here].decode("utf-8", "replace"), place, at)
    here += 4
    for _ in range(count):
        length = struct.unpack_from("<I", raw, here)[0]
        here += 4
        name, equals, value = raw[here : here + min(length, MAX_VALUE_BYTES)].partition(b"=")
        here += length
        key = name[:100].decode("latin-1").upper()
        if here > len(raw):
            out.irregular = True
            return
        if equals and key not in _PICTURES:
            if length > MAX_VALUE_BYTES:
                raise CapReached("value-bytes")
            out.add(f"vorbis:{key}", value.decode("utf-8", "replace"), f"{place} {key}", at)

"""IPTC-IIM records, and the Photoshop image resources that carry them (IIM 4.2; Adobe Photoshop File Formats)."""

import struct

from lowbackground.manifests.metadata.fields import MAX_PARTS, CapReached, Data, Gathering, piece, text_of

_RECORD = struct.Struct(">BBBH")
_APPLICATION = 2
_IPTC_RESOURCE = 0x0404
_NAMES = {  # data sets of record 2 that say who or what made the file
    5: "ObjectName",
    25: "Keywords",
    40: "SpecialInstructions",
    65: "OriginatingProgram",
    80: "By-line",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    120: "Caption",
    184: "JobID",
}


def read_resources(data: Data, out: Gathering, place: str, offset: int) -> None:
    """Gather what the IPTC resource among these image resources holds.

    Raises:
        CapReached: there are more resources than a real file has.
    """
    out.spend(len(data))
    with out.damage():
        _follow_resources(data, out, place, offset)


def _follow_resources(data: Data, out: Gathering, place: str, offset: int) -> None:
    at = 0
    for _ in range(MAX_PARTS):
        if at + 12 > len(data) or bytes(data[at : at + 4]) not in {b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR"}:
            return
        name_length = data[at + 6] + 1
        body = at + 6 + name_length + (name_length & 1)
        size = struct.unpack_from(">I", data, body)[0]
        if struct.unpack_from(">H", data, at + 4)[0] == _IPTC_RESOURCE:
            read_records(bytes(data[body + 4 : body + 4 + size]), out, place, offset + body + 4)
        at = body + 4 + size + (size & 1)
    raise CapReached("parts")


def read_records(raw: bytes, out: Gathering, place: str, offset: int) -> None:
    """Gather the named data sets of record 2.

    Raises:
        CapReached: there are more than a real file has, or longer ones.
    """
    out.spend(len(raw))
    at = 0
    for _ in range(MAX_PARTS):
        if at + 5 > len(raw) or raw[at] != 0x1C:  # tag marker, IIM 4.2, chapter 3
            return
        _, record, number, size = _RECORD.unpack_from(raw, at)
        start = at + 5
        if size & 0x8000:  # the length has a length of its own
            width = size & 0x7FFF
            if width > 4:
                return
            size = int.from_bytes(raw[start : start + width], "big")
            start += width
        if record == _APPLICATION and number in _NAMES:
            value = text_of(piece(raw, start, min(start + size, len(raw))))
            if value:
                out.add(f"iptc:{_NAMES[number]}", value, place, offset + at)
        at = start + size
    raise CapReached("parts")

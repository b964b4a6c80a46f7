"""JPEG: APP11 segments before the first scan (C2PA 2.2, A.3.1; ISO/IEC 19566-5, D.2); XMP in APP1."""

import struct

from lowbackground.manifests.carriers.presence import MAX_PARTS, Data, Presence, Span, found, has_link, too_many

MAX_GAP = 4096  # bytes of padding between two segments; two are the most seen
_SEGMENT = struct.Struct(">BBH")
_APP1, _APP11, _DRI, _SOS, _EOI = 0xE1, 0xEB, 0xDD, 0xDA, 0xD9
# Markers whose length c2pa-rs's parser (img-parts) skips: frames and tables, quantisation, APPn, comment.
_SIZED = frozenset([*range(0xC0, 0xD0), 0xDB, *range(0xE0, 0xF0), 0xFE])
_XMP = b"http://ns.adobe.com/xap/1.0/"  # XMP specification part 3, 1.1.3


def walk(data: Data) -> Presence:
    """Follow the segments up to the first scan; what stands behind it, c2pa-rs does not see.

    A segment of a store begins with CI (2 bytes), En (2), Z (4), LBox and TBox (8). The first of a store has the
    start of the C2PA UUID at 24; the others repeat its En, LBox and TBox.
    """
    size = len(data)
    spans: list[Span] = []
    instance = None
    remote = False
    at = 2
    for _ in range(MAX_PARTS):
        if at + 4 > size:
            break
        prefix, marker, length = _SEGMENT.unpack_from(data, at)
        if prefix != 0xFF:  # img-parts skips what is no marker; Truepic pads with zeros
            gap = bytes(data[at : at + MAX_GAP]).find(b"\xff")
            if gap < 0:
                break
            at += gap
            continue
        if marker in {_SOS, _EOI}:
            return found("jpeg", spans, remote=remote)
        if marker == 0xFF:  # fill byte, ITU-T T.81, B.1.1.2
            at += 1
            continue
        end = at + 2 + length
        if length < 2 or end > size:
            break
        if marker not in _SIZED and not (marker == _DRI and 0xFF not in bytes(data[at + 2 : end])):
            break  # img-parts looks for the next FF instead: the same place for a plain DRI, who knows where for others
        if marker == _APP11 and length > 18:
            if bytes(data[at + 6 : at + 8]) == instance:
                spans.append((at + 20, end))
            elif bytes(data[at + 28 : at + 32]) == b"c2pa" and length > 30:
                instance = bytes(data[at + 6 : at + 8])
                spans.append((at + 12, end))
        elif marker == _APP1 and bytes(data[at + 4 : at + 32]) == _XMP:
            remote = remote or has_link(data, at + 32, end)
        at = end
    else:
        return too_many("jpeg")
    return found("jpeg", spans, remote=remote, irregular=True)

"""ID3: text, comment, link and private frames of versions 2.2 to 2.4, and the fields of version 1.

https://id3.org/id3v2.4.0-structure, https://id3.org/id3v2.3.0, https://id3.org/id3v2-00, https://id3.org/ID3v1
"""

import struct

from lowbackground.manifests.carriers.id3 import synchsafe
from lowbackground.manifests.metadata import vorbis
from lowbackground.manifests.metadata.fields import MAX_VALUE_BYTES, CapReached, Data, Gathering, inflated, utf16_of
from lowbackground.manifests.metadata.xmp import read_xmp

MAX_FRAMES = 20_000  # chapters of an audio book included
_HEADER = 10
_CODECS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_FROM_V22 = {  # names of three letters that matter here, ID3v2.2 to 2.3
    "TXX": "TXXX",
    "COM": "COMM",
    "WXX": "WXXX",
    "WAS": "WOAS",
    "WAF": "WOAF",
    "TEN": "TENC",
    "TSS": "TSSE",
    "TP1": "TPE1",
    "TT2": "TIT2",
    "TAL": "TALB",
    "TPB": "TPUB",
    "TCR": "TCOP",
}


def walk(data: Data, out: Gathering) -> str:
    """Read the tags in front and at the end; `flac` where a FLAC stream follows the tag, else `mp3`.

    Raises:
        CapReached: there are more frames than a real file has.
    """
    start = read_tag(data, out, "ID3", 0) if bytes(data[:3]) == b"ID3" else 0
    if bytes(data[start : start + 4]) == b"fLaC":
        vorbis.walk_flac(data, out, start)
        return "flac"
    size = len(data)
    if bytes(data[max(0, size - 128) :][:3]) == b"TAG":
        for name, at, length in (("Title", 3, 30), ("Artist", 33, 30), ("Album", 63, 30), ("Comment", 97, 30)):
            raw = bytes(data[size - 128 + at : size - 128 + at + length])
            value = raw.partition(b"\0")[0].decode("latin-1").strip()
            if value:
                out.add(f"id3v1:{name}", value, f"ID3v1 {name}", size - 128 + at)
    return "mp3"


def read_tag(data: Data, out: Gathering, place: str, base: int) -> int:
    """Gather the frames of the tag at the start of `data`, which stands at `base` of the file; where the tag ends."""
    if len(data) < _HEADER or bytes(data[:3]) != b"ID3":
        out.irregular = True
        return 0
    version, flags = data[3], data[5]
    end = _HEADER + synchsafe(int.from_bytes(data[6:10], "big"))
    if version not in {2, 3, 4}:
        out.irregular = True
        return end
    whole_unsynchronised = bool(flags & 0x80) and version < 4
    body: Data = data[_HEADER:end]
    if whole_unsynchronised:
        body = bytes(body[: 16 << 20]).replace(b"\xff\0", b"\xff")
    out.irregular = out.irregular or end > len(data)
    with out.damage():
        at = _extended_header(body, version) if flags & 0x40 and version > 2 else 0
        for _ in range(MAX_FRAMES):
            at = _frame(body, at, version, out, place, base + _HEADER)
            if at < 0:
                return end
        raise CapReached("parts")
    return end


def _extended_header(body: Data, version: int) -> int:
    size: int = struct.unpack_from(">I", body, 0)[0]
    return 4 + size if version == 3 else synchsafe(size)


def _frame(body: Data, at: int, version: int, out: Gathering, place: str, base: int) -> int:
    """Read the frame at `at`; where the next begins, -1 where there is none."""
    header = 6 if version == 2 else 10
    width = 3 if version == 2 else 4
    if at + header > len(body) or not body[at]:  # a zero begins the padding
        return -1
    name = bytes(body[at : at + width]).decode("latin-1")
    size = int.from_bytes(body[at + width : at + 2 * width], "big")
    if version == 4:
        size = _size_of_v24(body, at, size)
    flags = body[at + 9] if version > 2 else 0
    start, end = at + header, at + header + size
    if not name.isalnum() or end > len(body):
        out.irregular = True
        return -1
    name = _FROM_V22.get(name, name)
    if name[0] in "TW" or name in {"COMM", "USLT", "PRIV"}:
        if size > MAX_VALUE_BYTES:
            raise CapReached("value-bytes")
        contents = _plain(bytes(body[start:end]), flags, version, out)
        if contents is None:
            out.irregular = True
        else:
            _gather(name, contents, out, place, base + at)
    return end


def _size_of_v24(body: Data, at: int, size: int) -> int:
    """Sizes are synchsafe in version 2.4, which iTunes wrote plain for years: believe the one that a frame follows."""
    safe = synchsafe(size)
    if safe == size or size & 0x80808080:
        return size if size & 0x80808080 else safe
    after = at + 10 + safe
    follows = after >= len(body) or not body[after] or bytes(body[after : after + 4]).isalnum()
    return safe if follows else size


def _plain(raw: bytes, flags: int, version: int, out: Gathering) -> bytes | None:
    """The contents of a frame without what its flags added; null where encrypted or damaged."""
    compressed, encrypted, grouped = (
        (flags & 0x80, flags & 0x40, flags & 0x20) if version == 3 else (flags & 8, flags & 4, flags & 0x40)
    )
    if encrypted:
        return None
    if grouped:
        raw = raw[1:]
    if (version == 4 and flags & 1) or (version == 3 and compressed):
        raw = raw[4:]  # the size before compression
    if version == 4 and flags & 2:
        raw = raw.replace(b"\xff\0", b"\xff")
    if not compressed:
        return raw
    return inflated(raw, out)


def _gather(name: str, raw: bytes, out: Gathering, place: str, at: int) -> None:
    if name == "PRIV":
        owner, _, value = raw.partition(b"\0")
        if owner == b"XMP":  # XMP specification part 3, 1.1.4
            read_xmp(value, out, f"{place} PRIV XMP", at)
        return
    if name[0] == "W" and name != "WXXX":
        out.add(f"id3:{name}", raw.partition(b"\0")[0].decode("latin-1"), f"{place} {name}", at)
        return
    if not raw or raw[0] >= len(_CODECS):
        return
    wide = raw[0] in {1, 2}
    text = raw[1:]
    if name in {"COMM", "USLT"}:
        text = text[3:]  # language
    key = f"id3:{name}"
    if name in {"COMM", "USLT", "TXXX", "WXXX"}:
        description, text = _split(text, wide=wide)
        key = f"id3:{name}:{_decoded(description, raw[0])[:100]}"
    codec = 0 if name == "WXXX" else raw[0]
    out.add(key, _decoded(text, codec).replace("\0", "\n").strip("\n"), f"{place} {name}", at)


def _split(raw: bytes, *, wide: bool) -> tuple[bytes, bytes]:
    """A description and what follows; UTF-16 ends with two zeros at an even place."""
    if not wide:
        head, _, tail = raw.partition(b"\0")
        return head, tail
    at = raw.find(b"\0\0")
    while at >= 0 and at % 2:
        at = raw.find(b"\0\0", at + 1)
    return (raw[:at], raw[at + 2 :]) if at >= 0 else (raw, b"")


def _decoded(raw: bytes, encoding: int) -> str:
    return utf16_of(raw, ">") if _CODECS[encoding].startswith("utf-16") else raw.decode(_CODECS[encoding], "replace")

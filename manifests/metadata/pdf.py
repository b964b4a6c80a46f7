"""PDF: the document information dictionary and the document's own XMP (ISO 32000-1, 14.3; ISO 32000-2).

A PDF carries the XMP of every picture placed in it too, so the packet is taken by reference from the catalogue, and
never by search. Objects are looked up by their header; those in object streams are found by inflating these, up to a
cap. Encrypted files keep their strings to themselves.
"""

import re
from dataclasses import dataclass

from lowbackground.manifests.metadata.fields import MAX_VALUE_BYTES, CapReached, Data, Gathering, inflated, text_of
from lowbackground.manifests.metadata.xmp import MAX_PACKET_BYTES, read_xmp

MAX_INFLATED = 4 << 20  # one stream; object streams hold dictionaries only, some hundred each
MAX_STREAMS = 20_000  # object streams of up to 200 objects each
MAX_TRAILERS = 64  # incremental updates
_MAX_DICTIONARY = 1 << 16
_MAX_NUMBERS = 1 << 15  # bytes before the first object of a stream; qpdf packs 100 objects, Acrobat 200
_REFERENCE = re.compile(rb"\s{0,20}(\d{1,10})\s{1,20}(\d{1,5})\s{1,20}R")
_METADATA = re.compile(rb"/Metadata" + _REFERENCE.pattern)
_ENCRYPTED = re.compile(rb"/Encrypt" + _REFERENCE.pattern)
_SPACES = (b" ", b"\n", b"\r\n", b"\r")  # between the words of an object's header; some writers give each a line
_DOC_ENCODING = {  # PDFDocEncoding where it is not Latin-1 (ISO 32000-1, annex D.2)
    **dict(zip(range(0x18, 0x20), "˘ˇˆ˙˝˛˚˜", strict=True)),  # noqa: RUF001  the table's own letters
    **dict(zip(range(0x80, 0x9F), "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž", strict=True)),  # noqa: RUF001  the table's own letters
    0xA0: "€",
}
_FIRST = re.compile(rb"/First\s{0,20}(\d{1,9})")
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")
_OBJECT_STREAM = re.compile(rb"/Type\s{0,20}/ObjStm")
_NAME = re.compile(rb"/([A-Za-z0-9_.#:+-]{1,100})\s{0,20}(?=\(|<[^<])")
_ESCAPE = re.compile(rb"\\([nrtbf()\\]|[0-7]{1,3}|\r\n|\r|\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\r": b"", b"\n": b"", b"\r\n": b""}

_Reference = tuple[int, int]  # number and generation of an object


@dataclass(slots=True)
class _File:
    """A file; once an object was not found plainly, what its object streams hold of `wanted` (text and place)."""

    raw: bytes
    out: Gathering
    wanted: frozenset[int]
    packed: dict[int, tuple[bytes, int]] | None = None


def walk(data: Data, out: Gathering) -> None:
    """Read the information dictionary and the catalogue's metadata stream, each as last written.

    Raises:
        CapReached: object streams inflate to more than a real file's.
    """
    raw = data if isinstance(data, bytes) else bytes(data)
    root, information = _reference(raw, b"/Root"), _reference(raw, b"/Info")
    out.irregular = root is None
    file = _File(raw, out, frozenset(found[0] for found in (root, information) if found))
    found = _object(file, information) if information else None
    if found and not _ENCRYPTED.search(raw):
        _information(*found, out)
    found = _object(file, root) if root else None
    linked = _METADATA.search(found[0]) if found else None
    if linked:
        _packet(file, (int(linked[1]), int(linked[2])))


def _reference(raw: bytes, name: bytes) -> _Reference | None:
    """The object that the last trailer names so."""
    at = len(raw)
    for _ in range(MAX_TRAILERS):
        at = raw.rfind(name, 0, at)
        if at < 0:
            return None
        match = _REFERENCE.match(raw, at + len(name))
        if match:
            return int(match[1]), int(match[2])
    return None


def _object(file: _File, reference: _Reference) -> tuple[bytes, int] | None:
    """The text of an object, cut to the length of a dictionary, and where it stands; null where it is nowhere."""
    for space in _SPACES:
        needle = b"%d%s%d%sobj" % (reference[0], space, reference[1], space)
        at = len(file.raw)
        for _ in range(MAX_TRAILERS):
            at = file.raw.rfind(needle, 0, at)
            if at < 0:
                break
            if not at or not file.raw[at - 1 : at].isalnum():
                start = at + len(needle)
                return file.raw[start : start + _MAX_DICTIONARY].partition(b"endobj")[0], at
    if file.packed is None:
        file.packed = _unpacked(file)
    return file.packed.get(reference[0])


def _unpacked(file: _File) -> dict[int, tuple[bytes, int]]:
    """The wanted objects of all object streams, last written (ISO 32000-1, 7.5.7): numbers and offsets, then objects."""
    raw = file.raw
    found: dict[int, tuple[bytes, int]] = {}
    if b"/ObjStm" not in raw:
        return found
    wanted = re.compile(b"(?<!\\d)(?:%s)(?!\\d)" % b"|".join(b"%d" % number for number in file.wanted))
    done = 0
    for index, match in enumerate(_OBJECT_STREAM.finditer(raw)):
        if index > MAX_STREAMS:
            raise CapReached("parts")
        if match.start() < done:
            continue
        stream = _STREAM.search(raw, match.end(), match.end() + 1024)
        done = raw.find(b"endstream", stream.end()) if stream else -1
        if stream is None or done < 0:
            file.out.irregular = True
            break
        before = raw[max(0, match.start() - 1024) : match.start()].rpartition(b"obj")[2]
        head = before + raw[match.end() : stream.start()]
        first = _FIRST.search(head)
        contents = (
            inflated(raw[stream.end() : done], file.out, MAX_INFLATED)
            if b"FlateDecode" in head
            else raw[stream.end() : done]
        )
        if contents is None or first is None or int(first[1]) > _MAX_NUMBERS:
            file.out.irregular = True
            continue
        base = int(first[1])
        if not wanted.search(contents, 0, base):
            continue
        words = contents[:base].split()
        for place, word in enumerate(words[:-1:2]):
            if word.isdigit() and len(word) < 10 and int(word) in file.wanted:
                offset = words[2 * place + 1]
                start = base + int(offset) if offset.isdigit() and len(offset) < 10 else base
                found[int(word)] = (contents[start : start + _MAX_DICTIONARY], match.start())
    return found


def _information(text: bytes, at: int, out: Gathering) -> None:
    position = 0
    while match := _NAME.search(text, position):
        name = match[1].decode("latin-1")
        value, position = _string(text, match.end())
        if value:
            out.add(f"pdf:{name}", value, f"PDF Info {name}", at)


def _string(text: bytes, at: int) -> tuple[str, int]:
    """The string at `at`, in parentheses or hexadecimal, and where it ends (ISO 32000-1, 7.3.4)."""
    if text[at : at + 1] == b"<":
        end = text.find(b">", at)
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", text[at + 1 : end]) if end > 0 else b""
        return _decoded(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())), max(end, at) + 1
    depth, here = 0, at
    for match in re.finditer(rb"\\.|[()]", text[at : at + MAX_VALUE_BYTES], re.DOTALL):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        here = at + match.end()
        if not depth:
            break
    return _decoded(_ESCAPE.sub(_unescape, text[at + 1 : here - 1])), max(here, at + 1)


def _unescape(match: re.Match[bytes]) -> bytes:
    letter = match[1]
    if letter[:1].isdigit():
        return bytes([int(letter, 8) & 0xFF]) if letter[0] in b"01234567" else letter
    return _ESCAPED.get(letter, letter)


def _decoded(raw: bytes) -> str:
    if raw[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return raw[2:].decode("utf-16-be" if raw[0] == 0xFE else "utf-16-le", "replace")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    text = text_of(raw)
    return text if len(text) < len(raw) else text.translate(_DOC_ENCODING)


def _packet(file: _File, reference: _Reference) -> None:
    """Read the metadata stream of the catalogue."""
    found = _object(file, reference)
    if found is None:
        return
    text, at = found
    stream = _STREAM.search(file.raw, at, at + _MAX_DICTIONARY)
    end = file.raw.find(b"endstream", stream.end()) if stream else -1
    if stream is None or end < 0:
        file.out.irregular = True
        return
    packet: bytes | None = file.raw[stream.end() : min(end, stream.end() + MAX_PACKET_BYTES + 1)]
    if b"FlateDecode" in text.partition(b"stream")[0]:
        packet = inflated(packet or b"", file.out, MAX_INFLATED)
    if packet is None:
        file.out.irregular = True
    else:
        read_xmp(packet, file.out, "PDF XMP", at)

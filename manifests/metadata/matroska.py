"""Matroska and WebM: tags, titles and the names of the writing programs (RFC 8794; RFC 9559, 5.1.2 and 5.1.8)."""

from collections.abc import Iterator

from lowbackground.manifests.metadata.fields import MAX_PARTS, CapReached, Data, Gathering, piece

MAX_DEPTH = 12  # simple tags may nest; nobody nests them deeper than three
_EBML, _SEGMENT, _INFO, _TAGS, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1254C367, 0x1F43B675
_TAG, _SIMPLE_TAG, _NAME, _STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
_TOP = frozenset((_INFO, _TAGS, _CLUSTER, 0x114D9B74, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770))
_INFO_NAMES = {0x7BA9: "Title", 0x4D80: "MuxingApp", 0x5741: "WritingApp"}

_Element = tuple[int, int, int, int]  # id, start, start of its contents, end


def walk(data: Data, out: Gathering) -> None:
    """Follow the elements of each segment, down to information and tags only.

    Raises:
        CapReached: there are more elements than a real file has.
    """
    left = [MAX_PARTS]
    for number, _, body, end in _elements(data, 0, len(data), left, out):
        if number == _SEGMENT:
            for inner, _, start, stop in _elements(data, body, end, left, out):
                if inner == _INFO:
                    _info(data, start, stop, out, left)
                elif inner == _TAGS:
                    _tags(data, start, stop, out, left)


def _elements(data: Data, at: int, end: int, left: list[int], out: Gathering) -> Iterator[_Element]:
    """The elements of a range. One of unknown size (a live stream's) ends where one of the top level begins."""
    while at + 2 <= end:
        left[0] -= 1
        if left[0] < 0:
            raise CapReached("parts")
        start = at
        number, at = _vint(data, at, 4, keep_mark=True)
        size, body = _vint(data, at, 8, keep_mark=False)
        if number < 0 or body > end:
            out.irregular = True
            return
        if size >= 0:
            if body + size > end:
                out.irregular = True
            yield number, start, body, min(body + size, end)
            at = body + size
        elif number == _SEGMENT:
            yield number, start, body, end
            return
        elif number == _CLUSTER:
            at = _behind_cluster(data, body, end, left, out)
        else:
            out.irregular = True
            return


def _behind_cluster(data: Data, at: int, end: int, left: list[int], out: Gathering) -> int:
    while at + 2 <= end:
        left[0] -= 1
        if left[0] < 0:
            raise CapReached("parts")
        number, after = _vint(data, at, 4, keep_mark=True)
        if number in _TOP:
            return at
        size, body = _vint(data, after, 8, keep_mark=False)
        if number < 0 or size < 0:
            out.irregular = True
            return end
        at = body + size
    return end


def _vint(data: Data, at: int, longest: int, *, keep_mark: bool) -> tuple[int, int]:
    """A number of variable length and where it ends; -1 for an unknown size or what is no such number."""
    raw = bytes(data[at : at + longest])
    width = 9 - raw[0].bit_length() if raw and raw[0] else 99
    if width > longest or len(raw) < width:
        return -1, at + 1
    value = int.from_bytes(raw[:width], "big")
    if keep_mark:
        return value, at + width
    value &= (1 << 7 * width) - 1
    return (-1 if value == (1 << 7 * width) - 1 else value), at + width


def _info(data: Data, body: int, end: int, out: Gathering, left: list[int]) -> None:
    for number, at, start, stop in _elements(data, body, end, left, out):
        if number in _INFO_NAMES:
            name = _INFO_NAMES[number]
            out.add(f"matroska:{name}", _text(data, start, stop), f"Matroska Info {name}", at)


def _tags(data: Data, body: int, end: int, out: Gathering, left: list[int]) -> None:
    for number, _, start, stop in _elements(data, body, end, left, out):
        if number == _TAG:
            for inner, at, begin, close in _elements(data, start, stop, left, out):
                if inner == _SIMPLE_TAG:
                    _simple(data, at, begin, close, out, left, 0)


def _simple(data: Data, at: int, body: int, end: int, out: Gathering, left: list[int], depth: int) -> None:
    name, value = "", None
    for number, here, start, stop in _elements(data, body, end, left, out):
        if number == _NAME:
            name = _text(data, start, min(stop, start + 200))
        elif number == _STRING:
            value = _text(data, start, stop)
        elif number == _SIMPLE_TAG and depth < MAX_DEPTH:
            _simple(data, here, start, stop, out, left, depth + 1)
    if name and value:
        out.add(f"matroska:{name.upper()}", value, f"Matroska tag {name}", at)


def _text(data: Data, start: int, end: int) -> str:
    return piece(data, start, end).partition(b"\0")[0].decode("utf-8", "replace")

"""Whether a page would cost the parser far more than its size: a scan of its tags, before anything is parsed.

The parser (lexbor) and the main-content pass are linear on real pages and quadratic on some that nobody writes by
hand. Measured with Resiliparse 2.0.0: 100,000 nested tags over a minute, 50,000 attributes on one tag 8 s, 2,000 open
`<font>` before 2,000 `<p>` 1.5 GiB; 0 of 1,200 real pages come near a limit here. The scan reads tag starts as
they stand, so tags inside comments, scripts and attribute values count too: it is a guard against accidents and plain
attacks; what gets round it is bounded by the memory limit of the worker.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_DEPTH = 2000  # open elements at one place: 0.06 s; 5,000 take 0.4 s, and it is quadratic
MAX_DEPTH_SUM = 10_000_000  # over all tags: the main-content pass costs about 0.2 µs each; real pages stay below 3e6
MAX_FORMATTING_SUM = 1_000_000  # open <b>, <font> ... over all tags: the parser may clone each, at 400 bytes; real: 7e4
MAX_ATTRIBUTES = 2000  # of one tag, 0.01 s; the parser compares each name with all before it
MAX_TAGS = 4000  # fewer cannot be nested expensively enough (0.25 s) to be worth looking at
DENSE = 24  # bytes a tag: real markup has about 120, nesting for its own sake 3 to 12

_BLOCK = 1 << 12
_STRIDE = 8  # of the blocks of a large page one in so many is looked at; a tag of 36 KiB cannot hide between them
_SHORT_TAG = 256
_LT = 60
_VOID = "area base br col embed hr img input link meta source track wbr param"  # WHATWG HTML 13.1.2, void elements
_CLOSED_BY_NEXT = "html head body p li td tr th dd dt option tbody thead"  # end tag may be left out, 13.1.2.4
_FORMATTING = "a b big code em font i nobr s small strike strong tt u"  # WHATWG HTML 13.2.4.3
_ATTRIBUTE = re.compile(rb"""[\s/]*[^\s/>=][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?""")

_Ints = npt.NDArray[np.int64]


def too_costly(page: bytes) -> bool:
    """Whether parsing `page` (UTF-8 or another superset of ASCII) could take seconds or gigabytes."""
    data = np.frombuffer(page, np.uint8)
    whole = len(page) // _BLOCK * _BLOCK
    blocks = data[:whole].reshape(-1, _BLOCK)
    step = _STRIDE if len(blocks) >= 4 * _STRIDE else 1  # a sample of a page of usual size settles it
    is_tag = blocks[::step] == _LT
    tags = int(np.count_nonzero(is_tag)) * step + int(np.count_nonzero(data[whole:] == _LT))
    if (tags > MAX_TAGS or tags * DENSE > len(page)) and _nests_too_much(page, np.flatnonzero(data == _LT)):
        return True
    bare = np.flatnonzero(~is_tag.any(axis=1)) * step
    return bool(len(bare)) and _has_huge_tag(page, bare.tolist())


def _nests_too_much(page: bytes, starts: _Ints) -> bool:
    names, step = _tags(page, starts)
    depth = _running(_OPENS[names] * step)
    if depth.max(initial=0) > MAX_DEPTH or depth.sum() > MAX_DEPTH_SUM:
        return True
    return bool(_running(_FORMATS[names] * step).sum() > MAX_FORMATTING_SUM)


def _tags(page: bytes, starts: _Ints) -> tuple[_Ints, _Ints]:
    """Of each tag the key of its name, and +1 for a start tag, -1 for an end tag, 0 for neither."""
    padded = page + bytes(8)
    eight = np.ndarray((len(page) + 1,), "<u8", padded, strides=(1,))[starts].astype(np.int64) >> 8
    eight = np.where(eight & 0xFF == ord("\\"), eight >> 8, eight)  # "<\/p>", as pages write it inside scripts
    is_end = eight & 0xFF == ord("/")
    eight = np.where(is_end, eight >> 8, eight)
    upper = eight & 0xDF
    is_name = (upper >= ord("A")) & (upper <= ord("Z"))
    return _key(eight, eight >> 8, eight >> 16), np.where(is_name, np.where(is_end, -1, 1), 0)


def _key(first: Any, second: Any, third: Any) -> Any:
    """Three bytes of a name as 18 bits; case falls away, and letters stay apart from what may follow a name."""
    return _six(first) | _six(second) << 6 | _six(third) << 12


def _six(byte: Any) -> Any:
    return byte & 0x1F | byte >> 1 & 0x20


def _running(steps: _Ints) -> _Ints:
    """Open elements after each tag; an end tag without a start does not count."""
    total = np.cumsum(steps)
    return total - np.minimum(0, np.minimum.accumulate(total))


def _has_huge_tag(page: bytes, bare: list[int]) -> bool:
    """Whether one tag has more than `MAX_ATTRIBUTES`; only the tag before a block without `<` can."""
    searched = 0
    for block in bare:
        start = page.rfind(b"<", searched, block * _BLOCK)
        if start >= 0 and page[start + 1 : start + 2].isalpha() and _attributes(page, start) > MAX_ATTRIBUTES:
            return True
        searched = block * _BLOCK
    return False


def _attributes(page: bytes, start: int) -> int:
    """How many attributes the tag at `start` has, counted up to one more than `MAX_ATTRIBUTES`."""
    soon = page[start : start + _SHORT_TAG].partition(b">")
    if soon[1] and b'"' not in soon[0] and b"'" not in soon[0]:
        return len(soon[0])  # <script> and <style>, most of the time: more than it has, and few
    at, count = start + 1, -1  # the name of the tag looks like an attribute
    while count <= MAX_ATTRIBUTES and (found := _ATTRIBUTE.match(page, at)):
        at, count = found.end(), count + 1
    return count


def _keys(name: str) -> list[int]:
    """The keys of a name; it is told by its first three letters, a shorter one by its end."""
    first, *rest = name.encode()
    ends = b">/ \n\r\t\f"
    if len(rest) >= 2:
        return [_key(first, rest[0], rest[1])]
    if rest:
        return [_key(first, rest[0], end) for end in ends]
    return [_key(first, end, any_) for end in ends for any_ in range(128)]


def _table(names: str, inside: int, outside: int) -> npt.NDArray[np.int8]:
    table = np.full(1 << 18, outside, np.int8)
    for name in names.split():
        table[_keys(name)] = inside
    return table


_OPENS = _table(f"{_VOID} {_CLOSED_BY_NEXT}", 0, 1)
_FORMATS = _table(_FORMATTING, 1, 0)

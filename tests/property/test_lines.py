"""Lines of a stream, whatever its pieces and its cuts."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.readers.lines import Line, lines

TEXTS = st.lists(st.sampled_from([b"\n", b"a", b"bb", b" ", b"\r", b"0123456789"]), max_size=60).map(b"".join)
CAP = 15


def reference(data: bytes) -> list[tuple[int, bytes | None]]:
    """Offset and content of each line that is not blank; null content for one longer than the cap."""
    found, offset = [], 0
    for line in data.split(b"\n"):
        if len(line) > CAP or line.strip():
            found.append((offset, line if len(line) <= CAP else None))
        offset += len(line) + 1
    return found


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def told(found: Iterator[Line]) -> list[tuple[int, bytes | None]]:
    return [(line.offset, line.data) for line in found]


@given(TEXTS, st.integers(1, 20))
def test_lines_are_those_of_a_plain_split(data: bytes, size: int) -> None:
    assert reference(data) == told(lines(pieces(data, size), 0, -1, CAP))


@given(TEXTS, st.integers(1, 20), st.lists(st.integers(0, 200), max_size=4))
def test_slices_together_are_the_whole(data: bytes, size: int, cuts: list[int]) -> None:
    edges = sorted({0, len(data), *(cut for cut in cuts if cut <= len(data))})
    found = []
    for start, end in pairwise(edges):
        found += told(lines(pieces(data[max(0, start - 1) :], size), start, end, CAP))

    assert reference(data) == found


@given(TEXTS, st.integers(1, 20))
def test_no_more_than_the_cap_and_a_piece_is_held(data: bytes, size: int) -> None:
    reader = lines(pieces(data, size), 0, -1, CAP)
    for line in reader:
        assert line.data is None or len(line.data) <= CAP

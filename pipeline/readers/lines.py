"""Lines of a stream of bytes with the place of each; a line of any length costs bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from lowbackground.pipeline.readers.streams import StreamError


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    `offset` is where its first byte is, `size` how long it is as far as that was looked at. `data` is the line without
    its newline, null where it is longer than the cap. `ended` says whether a newline came after it.
    """

    offset: int
    size: int
    data: bytes | None
    ended: bool


def lines(pieces: Iterator[bytes], start: int, end: int, cap: int) -> Iterator[Line]:
    """The lines whose first byte lies in `[start, end)`; an `end` below 0 is none.

    `pieces` begin at byte `start`, or at `start - 1` where `start` is above 0: the line that is under way there belongs
    to whoever reads the part before. A fault of `pieces` goes on after a last line, which is not `ended`.
    """
    reader = _Lines(pieces, start, end, cap)
    try:
        yield from reader.all()
    except StreamError:
        if (rest := reader.rest()) is not None:
            yield rest
        raise


class _Lines:
    def __init__(self, pieces: Iterator[bytes], start: int, end: int, cap: int) -> None:
        self._pieces, self._end, self._cap = pieces, end, cap
        self._passing = start > 0  # over the end of a line that began before `start`
        self._offset = max(0, start - 1)  # of the line under way
        self._held: list[bytes] = []
        self._size = 0

    def all(self) -> Iterator[Line]:
        for piece in self._pieces:
            first, *more = piece.split(b"\n")
            self._grow(first)
            for part in more:
                yield from self._finish(ended=True)
                if 0 <= self._end <= self._offset:
                    return
                self._grow(part)
            unwanted = self._passing or self._size > self._cap
            if unwanted and 0 <= self._end <= self._offset + self._size:
                break  # nothing can begin before `end` any more
        if (rest := self.rest()) is not None:
            yield rest

    def rest(self) -> Line | None:
        """The line under way, as far as it goes."""
        return next(self._finish(ended=False), None)

    def _grow(self, part: bytes) -> None:
        self._size += len(part)
        if self._passing or self._size > self._cap:
            self._held.clear()
        elif part:
            self._held.append(part)

    def _finish(self, *, ended: bool) -> Iterator[Line]:
        data = b"".join(self._held)
        offset, size, passing = self._offset, self._size, self._passing
        self._held.clear()
        self._offset, self._size, self._passing = offset + size + 1, 0, False
        if passing:
            return
        if size > self._cap:
            yield Line(offset, size, None, ended)
        elif data and not data.isspace():
            yield Line(offset, size, data, ended)

"""Walks the entries of a tar archive: ustar, GNU and pax names and sizes, nothing taken on trust.

Written by hand because the standard library reads a name of any declared length into memory, and because a walk over
the headers alone is how a large archive is cut into units. Formats: POSIX.1-2024 pax, "ustar Interchange Format" and
"pax Extended Header"; GNU tar manual, "Basic Tar Format".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

BLOCK = 512
MAX_EXTENDED = 1 << 20  # bytes of one extended header; real ones hold a path and a few times
MAX_NAME = 4096  # PATH_MAX of Linux
_FILE_KINDS = frozenset((b"0", b"\0", b"7"))
_FOLDER = b"5"
_WITHOUT_CONTENT = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))  # links, devices, folders, pipes
_GNU_NAME, _GNU_LINK, _GNU_SPARSE = b"L", b"K", b"S"
_PAX, _PAX_GLOBAL, _PAX_SOLARIS = b"x", b"g", b"X"
_EXTENDED = frozenset((_GNU_NAME, _GNU_LINK, _PAX, _PAX_GLOBAL, _PAX_SOLARIS))


class TarError(Exception):
    """The archive cannot be walked on; `offset` is where the header is, `truncated` whether the archive simply ends."""

    def __init__(self, offset: int, message: str, *, truncated: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.truncated = truncated


class Source(Protocol):
    """Bytes read forward."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the end."""

    def skip(self, size: int, /) -> int:
        """Pass over up to `size` bytes; how many there were."""


class PlainSource:
    """An uncompressed file, in which content can be passed over without reading it."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._position, self._size = file, start, size
        file.seek(start)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        data = self._file.read(size)
        self._position += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over up to `size` bytes; how many there were."""
        there = max(0, min(size, self._size - self._position))
        self._position += there
        self._file.seek(self._position)
        return there


@dataclass(frozen=True, slots=True)
class Member:
    """One entry. `offset` is where its first header begins, extended ones included.

    `kind` is `file`, `folder` or `other` (links, devices, sparse files); `size` is what the header declares.
    """

    offset: int
    name: str
    size: int
    kind: str


class TarWalk:
    """The entries of an archive from `position` on, in order; `read` gives content of the entry that came last."""

    def __init__(self, source: Source, position: int = 0) -> None:
        self._source = source
        self._position = position
        self._content = self._padding = 0  # bytes of the last entry that were not read yet

    def __iter__(self) -> Iterator[Member]:
        """Walk.

        Raises:
            TarError: a header is damaged, or the archive ends inside an entry; what came before was given.
        """
        while (member := self._next()) is not None:
            yield member

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of the content of the last entry; fewer at its end, or where the archive is cut off."""
        data = self._source.read(min(size, self._content))
        self._content -= len(data)
        self._position += len(data)
        return data

    def _next(self) -> Member | None:
        self._finish()
        start, extended = self._position, dict[str, str]()
        while True:
            header = self._position
            block = self._source.read(BLOCK)
            self._position += len(block)
            if not block.strip(b"\0"):
                return None  # the end is two blocks of zeros; archives without them are common and whole
            if not is_header(block):
                cut = len(block) < BLOCK
                raise TarError(header, "the archive ends inside a header" if cut else "no tar header", truncated=cut)
            kind, size = block[156:157], self._size(block, header)
            if kind in _EXTENDED:
                extended |= self._extended(kind, size, header)
                if kind == _PAX_GLOBAL and not extended:
                    start = self._position
                continue
            if extended.get("size", "").isdecimal():
                size = int(extended["size"][:20])
            return self._member(block, kind, size, start, extended)

    def _member(self, block: bytes, kind: bytes, size: int, start: int, extended: dict[str, str]) -> Member:
        if kind == _GNU_SPARSE:
            self._skip_sparse_map(block)
        self._content = 0 if kind in _WITHOUT_CONTENT else size
        self._padding = -self._content % BLOCK
        name = (extended.get("path") or _name(block))[:MAX_NAME]
        if kind == _FOLDER or (kind in _FILE_KINDS and name.endswith("/")):  # the second is how tar did it before 1988
            found = "folder"
        else:
            sparse = any(key.startswith("GNU.sparse.") for key in extended)
            found = "file" if kind in _FILE_KINDS and not sparse else "other"
        return Member(start, name, size, found)

    def _finish(self) -> None:
        """Pass over what was not read of the last entry."""
        missing = self._content
        if missing:
            there = self._source.skip(missing)
            self._position += there
            if there < missing:
                raise TarError(self._position, f"the archive ends {missing - there} bytes too early", truncated=True)
        self._position += self._source.skip(self._padding)
        self._content = self._padding = 0

    def _extended(self, kind: bytes, size: int, header: int) -> dict[str, str]:
        """What an extended header says about the next entry; an absurdly long one says nothing."""
        self._content, self._padding = size, -size % BLOCK
        data = self.read(size) if size <= MAX_EXTENDED else b""
        try:
            self._finish()
        except TarError as error:
            raise TarError(header, "the archive ends inside an extended header", truncated=True) from error
        if kind == _GNU_NAME:
            return {"path": _text(data)}
        return _pax_records(data) if kind in {_PAX, _PAX_SOLARIS} else {}

    def _skip_sparse_map(self, block: bytes) -> None:
        """GNU tar manual, struct sparse_header: a flag at 482, then at 504 of each further block, says that more follow."""
        more = block[482]
        while more:
            block = self._source.read(BLOCK)
            self._position += len(block)
            more = block[504] if len(block) == BLOCK else 0

    @staticmethod
    def _size(block: bytes, header: int) -> int:
        try:
            return _number(block[124:136])
        except ValueError as error:
            raise TarError(header, "the size in the header is no number") from error


def is_header(block: bytes) -> bool:
    """Whether 512 bytes are a tar header: they have the checksum that they state."""
    if len(block) < BLOCK:
        return False
    try:
        stated = _number(block[148:156])
    except ValueError:
        return False
    unsigned = sum(block[:148]) + 8 * 32 + sum(block[156:BLOCK])  # the field itself counts as blanks
    if stated == unsigned:
        return True
    negative = sum(byte > 127 for byte in block[:148] + block[156:BLOCK])
    return stated == unsigned - 256 * negative  # old writers summed signed characters


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base 256.

    Raises:
        ValueError: neither, or negative.
    """
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip()
    if digits.strip(b"01234567"):
        raise ValueError(field)
    return int(digits or b"0", 8)


def _name(block: bytes) -> str:
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""  # GNU keeps times in its place
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _pax_records(data: bytes) -> dict[str, str]:
    """The records `length key=value newline` up to the first that is malformed."""
    records = {}
    position = 0
    while position < len(data):
        blank = data.find(b" ", position, position + 8)
        digits = data[position:blank] if blank > 0 else b""
        end = position + int(digits) if digits.isdigit() else 0
        key, equals, value = data[blank + 1 : end - 1].partition(b"=")
        if not blank < end <= len(data) or not equals:
            break
        records[_text(key)] = _text(value)
        position = end
    return records

"""XML from strangers, read by `expat` in pieces: no entities, no codec that a packet names, no surprise in size."""

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from lowbackground.manifests.metadata.fields import Data

_FEED = 1 << 16
_WIDE = frozenset((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))


class _Refused(Exception):  # noqa: N818  ends a parse, never leaves this file
    """Entities are declared, which no metadata needs and bombs are made of."""


def _refuse(*_: object) -> None:
    raise _Refused


def charset_of(packet: Data) -> str:
    """UTF-16 where the first two bytes are its mark or half a letter, else UTF-8."""
    return "utf-16" if bytes(packet[:2]) in _WIDE else "utf-8"


def parse(
    packet: Data,
    size: int,
    start: Callable[[str, dict[str, str]], Any],
    end: Callable[[str], Any],
    characters: Callable[[str], Any],
) -> int | None:
    """Feed the first `size` bytes to the handlers; names arrive as namespace URI and local name in one.

    The byte at which the packet stops being XML, or declares entities; null where it does not. Whether it is complete is
    for the handlers to tell.
    """
    # The encoding is given, so that a declared one cannot make Python look up a codec.
    parser = expat.ParserCreate(charset_of(packet), "")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = _refuse
    try:
        for at in range(0, size, _FEED):
            parser.Parse(bytes(packet[at : min(at + _FEED, size)]), False)
    except (expat.ExpatError, _Refused):
        return max(0, parser.ErrorByteIndex)
    return None

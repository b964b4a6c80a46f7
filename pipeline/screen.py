"""Shows strings that come from content: on one line, cut, and with nothing in them that a terminal would obey."""

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))  # invisible, and printable by Unicode's classes


def shown(value: object, limit: int = 160) -> str:
    """`value` as text of at most `limit` characters before escaping; what is not printable is escaped as in Python.

    That covers control and escape sequences, line ends of every kind, characters that turn the direction of a line,
    and invisible ones.
    """
    text = str(value)
    cut = text[:limit] + "…" if len(text) > limit else text
    return cut if cut.isascii() and cut.isprintable() else "".join(map(_visible, cut))


def _visible(character: str) -> str:
    point = ord(character)
    if character.isprintable() and not any(point in block for block in _SELECTORS):
        return character
    return character.encode("unicode_escape").decode("ascii")

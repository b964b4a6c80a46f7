"""Office documents: their custom properties, where China's label for generated content stands.

ECMA-376, part 1, 22.3 (custom file properties), and part 2 (a package is a ZIP of parts). The part is sought in the
central directory by the name that every producer gives it; nothing else of the package is unpacked.
"""

import re
from collections.abc import Iterator
from itertools import islice

from lowbackground.manifests.carriers.archive import Entry, central_directory, entry_at
from lowbackground.manifests.metadata.bounded_xml import parse
from lowbackground.manifests.metadata.fields import MAX_VALUE_BYTES, CapReached, Data, Gathering, inflated, piece

MAX_DEPTH = 16  # a property holds its value, a vector at most, which nests three deep
MAX_SAME_NAME = 16  # entries of that name that are looked at; a package has one
_PART = re.compile(rb"docProps/custom\.xml")
_NAME_LENGTH = len("docProps/custom.xml")
_CENTRAL_HEADER = 46  # bytes before the name of an entry: APPNOTE 4.3.12
_PROPERTY = frozenset(
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/custom-propertiesproperty",
        "http://purl.oclc.org/ooxml/officeDocument/customPropertiesproperty",  # the strict form
    )
)


class _Reader:
    """Callbacks for expat: the text of each property, wherever in it that stands."""

    def __init__(self, out: Gathering, offset: int) -> None:
        self.out, self.offset = out, offset
        self.depth = 0
        self.name: str | None = None
        self.text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.out.elements_left -= 1
        if self.out.elements_left < 0 or self.depth > MAX_DEPTH:
            raise CapReached("xml-elements")
        if name in _PROPERTY:
            self.name, self.text = attributes.get("name", ""), []

    def end(self, name: str) -> None:
        self.depth -= 1
        if name in _PROPERTY and self.name is not None:
            if value := "".join(self.text).strip():
                self.out.add(f"office:{self.name}", value, f"docProps/custom.xml {self.name[:100]}", self.offset)
            self.name = None

    def characters(self, text: str) -> None:
        if self.name is not None:
            self.text.append(text)


def walk(data: Data, out: Gathering) -> None:
    """Find the part of custom properties, unpack it under the cap of one value, and gather its properties.

    Raises:
        CapReached: it is larger, deeper or fuller than any real one.
    """
    central = central_directory(data)
    if central is None:
        out.irregular = True
        return
    for entry in _parts(data, *central):
        part = _unpacked(data, entry, out)
        if part is None:
            out.irregular = True
            continue
        reader = _Reader(out, entry.at)
        out.spend(len(part))
        if parse(part, len(part), reader.start, reader.end, reader.characters) is not None or reader.depth:
            out.irregular = True
        return


def _parts(data: Data, directory: memoryview, shift: int) -> Iterator[Entry]:
    """The entries with the name of the part; names are compared as they are written."""
    for named in islice(_PART.finditer(directory), MAX_SAME_NAME):
        entry = entry_at(data, directory, named.start() - _CENTRAL_HEADER, shift)
        if entry is not None and entry.name_length == _NAME_LENGTH:
            yield entry


def _unpacked(data: Data, entry: Entry, out: Gathering) -> bytes | None:
    """The contents of an entry that is stored or deflated; null where it is damaged, encrypted, or packed otherwise."""
    if entry.encrypted or entry.method not in {0, 8}:
        return None
    raw = piece(data, *entry.span)
    return inflated(raw, out, MAX_VALUE_BYTES, window=-15) if entry.method else raw

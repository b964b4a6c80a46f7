"""XMP: the properties of the file itself, by namespace URI whatever the prefix (ISO 16684-1).

Properties of ingredients, of ancestors and of other nested structures say nothing about the file, and are left out.
"""

from lowbackground.manifests.metadata.bounded_xml import charset_of, parse
from lowbackground.manifests.metadata.fields import CapReached, Data, Gathering

MAX_PACKET_BYTES = 8 << 20  # Photoshop's lists of ancestors grow to a few megabytes in files of people
MAX_DEPTH = 64  # real packets nest 12 deep; expat keeps some 100 bytes a level
MAX_UNREAD_BYTES = 1 << 16  # of what follows an error, so that a signal in it does not pass for none
UNREAD = "unread:xmp"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_CONTAINERS = frozenset((f"{_RDF}Bag", f"{_RDF}Seq", f"{_RDF}Alt"))
_ITEM, _RESOURCE, _VALUE = f"{_RDF}li", f"{_RDF}resource", f"{_RDF}value"
_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_DESCRIPTION, _PROPERTY, _NESTED = 1, 2, 3  # levels below rdf:RDF


class _Reader:
    """Callbacks for expat; names arrive as URI and local name in one."""

    def __init__(self, out: Gathering, place: str, offset: int) -> None:
        self.out, self.place, self.offset = out, place, offset
        self.depth = 0
        self.started = False
        self.rdf: int | None = None
        self.property = ""
        self.nested = self.in_list = False
        self.text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.started = True
        self.out.elements_left -= 1
        if self.out.elements_left < 0 or self.depth > MAX_DEPTH:
            raise CapReached("xmp-elements")
        if self.rdf is None:
            self.rdf = self.depth if name == f"{_RDF}RDF" else None
            return
        level = self.depth - self.rdf
        if level == _DESCRIPTION:
            for key, value in attributes.items():
                self._add(key, value)
        elif level == _PROPERTY:
            self.property, self.text = name, []
            self.nested = self.in_list = False
            for key in (_RESOURCE, _VALUE):
                if key in attributes:
                    self._add(name, attributes[key])
        elif level == _NESTED and name in _CONTAINERS:
            self.in_list = True
        elif level == _NESTED + 1 and self.in_list and name == _ITEM:
            self.text = []
            if _RESOURCE in attributes:
                self._add(self.property, attributes[_RESOURCE])
        else:
            self.nested = True

    def end(self, name: str) -> None:
        if self.rdf is not None:
            level = self.depth - self.rdf
            simple = level == _PROPERTY and not self.in_list
            if (simple or (level == _NESTED + 1 and self.in_list and name == _ITEM)) and not self.nested:
                self._add(self.property, "".join(self.text))
            if level in {_PROPERTY, _NESTED + 1}:
                self.text, self.nested = [], False
            if level == 0:
                self.rdf = None
        self.depth -= 1

    def characters(self, text: str) -> None:
        if self.rdf is not None and self.depth > self.rdf + 1 and not self.nested:
            self.text.append(text)

    def unread(self, text: str) -> None:
        """Note that the packet is damaged, and what of it could not be read."""
        self.out.irregular = True
        if text := text.strip("\0 \r\n\t"):
            self.out.add(UNREAD, text[:MAX_UNREAD_BYTES], f"{self.place}, broken", self.offset)

    def _add(self, name: str, value: str) -> None:
        value = value.strip()
        if value and not name.startswith((_RDF, "http://www.w3.org/XML/")):
            self.out.add(f"xmp:{name}", value, self.place, self.offset)


def read_xmp(packet: Data, out: Gathering, place: str, offset: int) -> None:
    """Gather the properties of a packet, or of a document that holds one; a damaged packet gives what precedes, and the rest as `UNREAD`.

    Raises:
        CapReached: the packet is longer, deeper or fuller than any real one.
    """
    reader = _Reader(out, place, offset)
    if bytes(packet[: len(_JPEG_NAME)]) == _JPEG_NAME:  # some writers put a JPEG segment into other containers whole
        packet = packet[len(_JPEG_NAME) :]
    size = min(len(packet), MAX_PACKET_BYTES)
    out.spend(size)
    broken_at = parse(packet, size, reader.start, reader.end, reader.characters)
    if broken_at is not None:
        if reader.rdf is not None or not reader.started:
            rest = bytes(packet[broken_at : broken_at + MAX_UNREAD_BYTES])
            reader.unread(rest.decode(charset_of(packet), "replace"))
    elif reader.rdf is not None:  # the packet ends before its description does
        reader.unread(f"{reader.property} {''.join(reader.text)}")
    if len(packet) > MAX_PACKET_BYTES:
        raise CapReached("xmp-bytes")

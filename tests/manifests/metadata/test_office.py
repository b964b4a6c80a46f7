"""Office documents: custom properties are found wherever a writer put their text, and nothing else is unpacked."""

import io
import struct
import zipfile

import pytest

from lowbackground.manifests.metadata.fields import MAX_VALUE_BYTES
from lowbackground.manifests.metadata.read import read_metadata
from tests.metadata_files import CUSTOM_PROPERTIES, office

STRICT = "http://purl.oclc.org/ooxml/officeDocument/customProperties"
HEAD = f'<Properties xmlns="{CUSTOM_PROPERTIES}" xmlns:vt="types">'
PROPERTY = '<property pid="2" name="AIGC">'


def values(data: bytes) -> dict[str, str]:
    return {field.key: field.value for field in read_metadata(data).fields}


@pytest.mark.parametrize("form", ["docx", "xlsx", "pptx"])
@pytest.mark.parametrize("stored", [False, True])
def test_custom_properties_of_every_kind_of_document_are_read(form: str, stored: bool) -> None:
    data = office({"AIGC": '{"Label": "1"}', "Über": "a & b"}, form, stored=stored)
    assert values(data) == {"office:AIGC": '{"Label": "1"}', "office:Über": "a & b"}


def test_the_strict_form_is_read_and_another_vocabulary_is_not() -> None:
    assert values(office({"AIGC": "here"}, uri=STRICT)) == {"office:AIGC": "here"}
    assert values(office({"AIGC": "here"}, uri="http://example.org/custom-properties")) == {}


def test_the_offset_is_that_of_the_part() -> None:
    data = office({"AIGC": "here"})
    field = read_metadata(data).fields[0]
    assert data[field.offset : field.offset + 4] == b"PK\3\4"
    assert data[field.offset + 30 :].startswith(b"docProps/custom.xml")
    shifted = read_metadata(b"PK\3\4" + data).fields[0]  # something stands before the archive
    assert (shifted.value, shifted.offset) == ("here", field.offset + 4)


def test_a_value_beside_its_element_is_read_too() -> None:
    part = f"{HEAD}{PROPERTY}here<vt:lpwstr></vt:lpwstr></property></Properties>".encode()
    assert values(office({}, part=part)) == {"office:AIGC": "here"}


def test_a_document_without_the_part_is_regular_and_says_nothing() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", "docProps/custom.xml")
        package.writestr("word/document.xml", "docProps/custom.xml")
        package.writestr("word/docProps/custom.xml", f"{HEAD}{PROPERTY}no</property></Properties>")
    found = read_metadata(out.getvalue())
    assert (found.container, found.fields, found.irregular) == ("office", (), False)


@pytest.mark.parametrize(
    "part",
    [
        b"no xml",
        f"{HEAD}{PROPERTY}".encode(),
        f'<!DOCTYPE x [<!ENTITY a "b">]>{HEAD}{PROPERTY}&a;</property></Properties>'.encode(),
        b"",
    ],
)
def test_a_damaged_part_is_irregular_and_gives_nothing(part: bytes) -> None:
    found = read_metadata(office({}, part=part))
    assert (found.fields, found.irregular) == ((), part != b"")


def test_damage_behind_a_property_costs_only_what_follows() -> None:
    part = f"{HEAD}{PROPERTY}here</property><property".encode()
    found = read_metadata(office({}, part=part))
    assert ([field.value for field in found.fields], found.irregular) == (["here"], True)


def central_header(data: bytes) -> int:
    """Where the central header of the part stands."""
    return data.rfind(b"docProps/custom.xml") - 46


@pytest.mark.parametrize(
    "at, form, value",
    [
        (8, "<H", 1),  # encrypted
        (10, "<H", 12),  # packed by bzip2
        (20, "<I", 0xFFFFFFFF),  # ZIP64, or longer than the file
        (42, "<I", 0xFFFFFFF0),  # lies behind the end
    ],
)
def test_an_entry_that_cannot_be_unpacked_gives_nothing(at: int, form: str, value: int) -> None:
    data = bytearray(office({"AIGC": "here"}))
    struct.pack_into(form, data, central_header(bytes(data)) + at, value)
    found = read_metadata(bytes(data))
    assert (found.container, found.fields) == ("office", ())


def test_a_package_without_a_directory_is_irregular() -> None:
    data = office({"AIGC": "here"})
    found = read_metadata(data[: data.rfind(b"PK\x05\x06")])
    assert (found.container, found.fields, found.irregular) == ("office", (), True)


def test_a_part_that_inflates_beyond_the_cap_ends_the_walk() -> None:
    whole = f"{HEAD}{PROPERTY}{' ' * MAX_VALUE_BYTES}</property></Properties>".encode()
    assert read_metadata(office({}, part=whole)).over_limit == "inflated-bytes"
    assert read_metadata(office({}, part=whole, stored=True)).over_limit == "value-bytes"


def test_elements_beyond_the_caps_end_the_walk() -> None:
    deep = f"{HEAD}{'<a>' * 100}".encode()
    many = f"{HEAD}{'<a/>' * 250_000}</Properties>".encode()
    assert read_metadata(office({}, part=deep)).over_limit == "xml-elements"
    assert read_metadata(office({}, part=many)).over_limit == "xml-elements"

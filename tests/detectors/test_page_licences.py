"""The licence that a page or its server names: which counts, of what it is said, and where it stands."""

import orjson
import pytest

from tests.detectors.disclosure_rows import json_ld, licences, page, response, said
from tests.detectors.residue_samples import PROSE


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">x</a>', ["CC-BY-SA-4.0"]),
        ('<a href="http://creativecommons.org/publicdomain/zero/1.0/">x</a>', ["linked:CC0-1.0"]),
        (
            '<a href="https://creativecommons.org/licenses/by-nc-nd/3.0/de/" rel="nofollow license">x</a>',
            ["CC-BY-NC-ND-3.0"],
        ),
        ('<link rel="license" href="/terms.html">', ["https://example.org/terms.html"]),
        ('<a rel="cc:license" href="https://creativecommons.org/licenses/by/4.0/">x</a>', ["CC-BY-4.0"]),
        ('<meta name="DC.Rights" content="https://creativecommons.org/licenses/by-nc/4.0">', ["CC-BY-NC-4.0"]),
        ('<meta name="DC.Rights" content="all of creativecommons.org/ reserved">', None),
        ('<meta name="description" content="https://creativecommons.org/licenses/by/4.0/">', None),
        ('<a href="https://creativecommons.org/">x</a>', None),
        ('<a rel="licensed" href="/x">x</a>', None),
        ('<a rel="license" href="">x</a>', None),
        ('<!-- <a rel="license" href="/x">x</a> -->', None),
    ],
)
def test_the_licence_that_a_page_names(body: str, expected: list[str] | None) -> None:
    assert licences(page(body)) == expected


def test_the_licence_of_a_picture_is_not_that_of_the_page() -> None:
    by = "https://creativecommons.org/licenses/by/4.0/"
    assert licences(json_ld({"@type": "Article", "license": by})) == ["CC-BY-4.0"]
    assert licences(json_ld({"@type": "Article", "license": {"@type": "CreativeWork", "@id": by}})) == ["CC-BY-4.0"]
    assert licences(json_ld({"@type": "Article", "image": {"@type": "ImageObject", "license": by}})) is None


def test_a_licence_in_a_link_header_counts_and_one_that_is_not_named_is_null() -> None:
    row = response(("link", '<https://example.org/l>; rel="license", <https://example.org/n>; rel=next'))
    assert licences(row) == ["https://example.org/l"]
    assert licences(response(("link", "<https://example.org/n>; rel=next"))) is None
    assert licences({"text": PROSE}) is None


def test_licences_are_located() -> None:
    row = page('<a rel="license" href="/l">x</a><a href="http://creativecommons.org/licenses/by/4.0/">y</a>')
    first, second = row["raw"].index(b'<a rel="license"'), row["raw"].index(b'<a href="http:')
    told = orjson.loads(said(**row).detail or "")
    assert told == {"licences": [f"https://example.org/l at html {first}", f"linked:CC-BY-4.0 at html {second}"]}
    told = orjson.loads(said(**response(("link", '<https://example.org/l>; rel="license"'))).detail or "")
    assert told == {"licences": ["https://example.org/l at header"]}
    row = page('<a rel="license" href="/l">x</a>', '<meta name="ai-disclosure" content="ai-generated">')
    assert orjson.loads(said(**row).detail or "")["licences"][0].startswith("https://example.org/l at html ")

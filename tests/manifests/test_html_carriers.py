"""Manifest elements of HTML pages."""

import base64

import pyarrow as pa
import pytest

from lowbackground.manifests.bulk_search import rows_with
from lowbackground.manifests.html_carriers import NEEDLES, find_html_carriers
from lowbackground.manifests.text_carriers import Carrier, Failure, Form
from tests.text_signing import signed_page

STORE = b"a store, at least in name"
INLINE = base64.b64encode(STORE).decode()
SCRIPT = f'<script type="application/c2pa">{INLINE}</script>'
LINK = '<link rel="c2pa-manifest" href="https://example.org/a.c2pa" type="application/c2pa">'


def page(head: str) -> bytes:
    return f"<!doctype html><html><head>{head}</head><body><p>Text.</p></body></html>".encode()


def test_reads_the_script_element_and_where_it_stands() -> None:
    data = page(SCRIPT)
    start = data.index(b"<script")
    assert find_html_carriers(data) == [Carrier(Form.SCRIPT, start, start + len(SCRIPT), store=STORE)]


def test_reads_the_link_element() -> None:
    data = page(LINK)
    start = data.index(b"<link")
    assert find_html_carriers(data) == [Carrier(Form.LINK, start, start + len(LINK), url="https://example.org/a.c2pa")]


def test_reads_a_signed_page() -> None:
    [carrier] = find_html_carriers(signed_page("<html><head></head><body>Hello.</body></html>"))
    assert carrier.store is not None
    assert carrier.store[4:8] == b"jumb"


@pytest.mark.parametrize(
    "script",
    [
        f"<SCRIPT id=x TYPE='application/c2pa' >\n{INLINE[:10]}\n{INLINE[10:]}\n</SCRIPT >",
        f"<script type=application/c2pa>{INLINE}</script>",
        f'<script data-x="a>b" type=" application/c2pa ">{INLINE}</script\n>',
        f'<script type="application/c2pa" type="text/javascript">{INLINE}</script>',
    ],
)
def test_reads_a_script_however_it_is_spelled(script: str) -> None:
    assert [one.store for one in find_html_carriers(page(script))] == [STORE]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<LINK REL='preload C2PA-Manifest' HREF=/a.c2pa>", "/a.c2pa"),
        ('<link href="a?x=1&amp;y=2" rel=c2pa-manifest />', "a?x=1&y=2"),
        (f'<link rel="c2pa-manifest" href="{"a" * 3000}">', "a" * 2048),
    ],
)
def test_reads_a_link_however_it_is_spelled(link: str, url: str) -> None:
    assert [one.url for one in find_html_carriers(page(link))] == [url]


@pytest.mark.parametrize(
    "head",
    [
        f"<!-- {SCRIPT} {LINK} -->",
        f"<script>document.write('{LINK}')</script>",
        f"<scripture type='application/c2pa'>{INLINE}</scripture>",
        f"<script data-type='application/c2pa'>{INLINE}</script>",
        f"<script src='/application/c2pa'>{INLINE}</script>",
        '<link rel="stylesheet" href="/c2pa-manifest.css">',
        "<p>application/c2pa, c2pa-manifest</p>",
        f"<script type='application/c2pa'>{INLINE}",
        f"<!-- {SCRIPT}",
        "<link rel=c2pa-manifest href='x",
        f"<link {'a ' * 10_000} rel=c2pa-manifest href=x>",
    ],
)
def test_what_is_no_element_of_the_page_is_no_carrier(head: str) -> None:
    assert find_html_carriers(head.encode()) == []


@pytest.mark.parametrize(
    ("head", "failure"),
    [
        ("<script type='application/c2pa'>@</script>", Failure.UNREADABLE),
        ("<script type='application/c2pa'> </script>", Failure.UNREADABLE),
        ("<script type='application/c2pa'></script>", Failure.UNREADABLE),
        ("<link rel='c2pa-manifest'>", Failure.UNREADABLE),
        ("<link rel='c2pa-manifest' href=' '>", Failure.UNREADABLE),
    ],
)
def test_an_element_without_a_manifest_says_so(head: str, failure: Failure) -> None:
    assert [(one.store, one.url, one.failure) for one in find_html_carriers(page(head))] == [(None, None, failure)]


def test_every_element_is_found() -> None:
    assert [one.form for one in find_html_carriers(page(SCRIPT + LINK + SCRIPT))] == [
        Form.SCRIPT,
        Form.LINK,
        Form.SCRIPT,
    ]


def test_the_needles_stand_in_every_carrier() -> None:
    rows = [page("<title>c2pa</title>"), page(SCRIPT), page(LINK), page("<link rel=c2pa-manifest href=a>")]
    assert rows_with(pa.array(rows), NEEDLES) == [1, 2, 3]

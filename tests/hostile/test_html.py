"""Pages made to cost: each comes back as text at a cost in proportion to its size, with a note that says how."""

import numpy as np
import pytest

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import PLAIN, extract
from lowbackground.pipeline.extract.cost import too_costly
from lowbackground.pipeline.extract.html import stripped_text, title

MIB = 1 << 20


def filled(piece: str, size: int = MIB) -> str:
    return piece * (size // len(piece) + 1)


def numbered(pattern: str, count: int) -> str:
    return "".join(pattern.format(number) for number in range(count))


COSTLY = {
    "nested 100,000 deep": "<div>" * 100_000 + "needle",
    "nested and closed": "<div>" * 20_000 + "needle" + "</div>" * 20_000,
    "nested in upper case": "<DIV CLASS=x>" * 20_000 + "needle",
    "anchors and blocks": filled("<a><div>") + "needle",
    "deep and wide": "<div>" * 1900 + filled("<p>x</p>") + "needle",
    "lists in lists": "<ul><li>" * 600 + filled("<li>x") + "needle",
    "open fonts before paragraphs": "<p>" + numbered("<font color={}>", 2000) + "<p>x" * 2000 + "needle",
    "attributes without end": "<p " + numbered("b{}=1 ", 200_000) + ">needle",
    "attributes in a shorter tag": "<p " + numbered("b{} ", 12_000) + ">needle",
}
CHEAP = {
    "paragraphs": filled("<p>x"),
    "line breaks": filled("<br>x"),
    "comments": filled("<!--"),
    "empty comments": filled("<!---->"),
    "angles": filled("<"),
    "end tags": filled("</div>"),
    "spaces": "<p>" + filled(" "),
    "zeros": filled("\0"),
    "entities": filled("&amp;"),
    "one long attribute": f'<p title="{filled("a b ")}">needle',
    "a long script": f"<script>{filled('a = b; ')}</script>needle",
}


OPEN = {f"open {name}": filled(f"<{name}>") for name in ("title", "script", "style", "svg", "template", "textarea")}


@pytest.mark.parametrize("html", COSTLY.values(), ids=COSTLY)
def test_a_costly_page_is_not_parsed_and_keeps_its_text(html: str) -> None:
    assert too_costly(html.encode())
    found = extract(html.encode(), "text/html", None, Read())
    assert PLAIN in found.notes
    assert (found.text or "").endswith("needle")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
def test_another_charset_does_not_hide_the_depth(codec: str) -> None:
    page = f"<html><!--{'水' * 200}-->" + COSTLY["nested 100,000 deep"]
    found = extract(page.encode(codec), "text/html", "utf-16le", Read())
    assert PLAIN in found.notes


@pytest.mark.parametrize("extractor", ["resiliparse", "trafilatura"])
def test_the_guard_stands_before_every_extractor(extractor: str) -> None:
    found = extract(COSTLY["nested 100,000 deep"].encode(), "text/html", None, Read(extractor=extractor))
    assert PLAIN in found.notes


@pytest.mark.parametrize("html", CHEAP.values(), ids=CHEAP)
def test_what_is_merely_odd_is_parsed(html: str) -> None:
    assert not too_costly(html.encode())
    assert extract(html.encode(), "text/html", None, Read()).text is not None


@pytest.mark.parametrize("html", (COSTLY | CHEAP | OPEN).values(), ids=COSTLY | CHEAP | OPEN)
def test_scans_of_our_own_end(html: str) -> None:
    title(html)
    stripped_text(html)


def test_void_and_self_closing_markup_is_no_nesting() -> None:
    rows = "<table>" + "<tr><td><img src=a><br>x<p>y<li>z" * 5000 + "</table>"
    assert not too_costly(rows.encode())


def test_markup_in_scripts_with_escaped_end_tags_is_no_nesting() -> None:
    assert not too_costly(b"<script>x = '" + rb"<div>\n<\/div>" * 10_000 + b"'</script>")


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 4095, 4096, 4097])
def test_the_scan_reads_nothing_beyond_the_page(size: int) -> None:
    assert not too_costly(b"<" * size) or size > 4000
    assert not too_costly((b"x" * 4096)[:size])


def test_random_bytes_never_break_the_scan() -> None:
    random = np.random.default_rng(7)
    alphabet = np.frombuffer(b"<<</>>aApPbB \"'=\\!-", np.uint8)
    for _ in range(300):
        too_costly(random.choice(alphabet, int(random.integers(0, 9000))).tobytes())

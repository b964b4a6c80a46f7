"""Text, title and language of pages and plain texts, and what is noted about them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.extraction import gold_pages, score
from lowbackground.pipeline import extract as module
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import ExtractionError, extract, has_text
from lowbackground.pipeline.extract.html import stripped_text, title

PROSE = "The river rose in the night and by morning the lower fields were under water. " * 6
PAGE = f"""<!DOCTYPE html><html lang=en><head><title> A &amp; B
 rise </title><style>p {{}}</style></head><body><nav><a href=/>Home</a><a href=/x>Contact</a></nav>
<article><h1>Rising</h1><p>{PROSE}</p><p>Second paragraph.</p><img alt="not prose" src=x></article>
<div class=comments><p>First!</p></div><footer>Imprint</footer></body></html>"""


def page(html: str | bytes, hint: str | None = None, **settings: object) -> module.Extracted:
    raw = html if isinstance(html, bytes) else html.encode()
    return extract(raw, "text/html", hint, Read(**settings))


@pytest.mark.parametrize("extractor", ["resiliparse", "trafilatura"])
def test_a_page_gives_its_main_text_its_title_and_its_language(extractor: str) -> None:
    found = page(PAGE, extractor=extractor)
    assert found.text is not None
    assert PROSE.strip() in found.text
    assert "Second paragraph." in found.text
    for boilerplate in ("Home", "Imprint", "not prose", "First!", "p {"):
        assert boilerplate not in found.text
    assert found.title == "A & B rise"
    assert found.language == "en"
    assert (found.notes, found.truncated) == ((), False)


def test_plain_text_is_kept_as_it_is() -> None:
    raw = "  <b>no markup</b>\n\n" + PROSE
    found = extract(raw.encode(), "text/plain", None, Read())
    assert (found.text, found.title) == (raw, None)


@pytest.mark.parametrize("media_type", ["image/png", "application/pdf", "application/json", None])
def test_media_have_no_text(media_type: str | None) -> None:
    assert not has_text(media_type)
    assert extract(b"\x89PNG", media_type, None, Read()).text is None


def test_a_short_text_has_no_language() -> None:
    assert extract(b"hello", "text/plain", None, Read()).language is None


@given(raw=st.binary(max_size=400), media_type=st.sampled_from(["text/html", "text/plain"]))
def test_no_bytes_give_invalid_text(raw: bytes, media_type: str) -> None:
    found = extract(raw, media_type, None, Read())
    for value in (found.text, found.title or ""):
        assert value is not None
        assert "\0" not in value
        value.encode()


def test_nul_is_replaced_and_noted() -> None:
    found = extract(b"a\0b", "text/plain", None, Read())
    assert (found.text, found.notes) == ("a\ufffdb", ("unicode-replaced",))


def test_numeric_references_to_surrogates_stay_valid() -> None:
    found = page("<title>&#xD800;</title><p>" + PROSE + "&#xD83D;&#xDE00;</p>")
    (found.text or "").encode()
    (found.title or "").encode()


def test_a_longer_page_is_cut_after_a_tag_and_says_so() -> None:
    long = "<html><body><article>" + f"<p>{PROSE}é</p>" * 100
    found = page(long, max_html_bytes=20_000)
    assert found.truncated
    assert found.notes == ("truncated",)
    assert 15_000 < len(found.text or "") < 20_000


def test_a_parser_that_fails_is_an_error_of_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As pyo3 raises it for a panic of Rust code."""

    def panics(page: str) -> str:
        raise PanicException("index out of bounds")

    monkeypatch.setattr(module, "main_text", panics)
    with pytest.raises(ExtractionError, match="resiliparse failed on the page: PanicException: index out of bounds"):
        page(PAGE)


@pytest.mark.parametrize(
    "html, expected",
    [
        ("<title>x</title>", "x"),
        ("<TITLE lang=en>  a\n b </TITLE>", "a b"),
        ("<title>&lt;b&gt; &eacute;</title>", "<b> é"),
        ("<!-- <title>no</title> --><script>'<title>no</title>'</script><title>yes</title>", "yes"),
        ("<svg><title>icon</title></svg><title>page</title>", "page"),
        ("<body><title>late</title>", None),
        ("<title>never closed", None),
        ("<title></title>", None),
        ("<titles>x</titles>", None),
        ("", None),
        ("<!-- open", None),
    ],
)
def test_the_title_is_the_first_of_the_head(html: str, expected: str | None) -> None:
    assert title(html) == expected


def test_a_title_is_capped() -> None:
    assert len(title(f"<title>{'x' * 10_000}</title>") or "") == 1000


def test_stripping_keeps_words_apart_and_inline_words_whole() -> None:
    html = "<style>a{}</style><p>one</p><p>t<b>w</b>o &amp; three</p><!-- c --><script>var x = '<p>no</p>'</script><br>four"
    assert stripped_text(html) == "one\ntwo & three\nfour"


@pytest.mark.real
def test_the_default_reaches_the_promised_f1_on_the_gold_pages(shared: Path) -> None:
    pages = gold_pages(shared / "extraction")
    assert len(pages) == 181
    assert score((page.gold, extract(page.raw, "text/html", None, Read()).text or "") for page in pages).f1 >= 0.93

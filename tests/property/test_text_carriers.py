"""Laws of the carriers of texts and pages."""

import base64

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lowbackground.manifests import html_carriers, text_carriers
from lowbackground.manifests.bulk_search import rows_with
from lowbackground.manifests.html_carriers import find_html_carriers
from lowbackground.manifests.text_carriers import BEGIN, DATA_URI, END, find_carriers
from lowbackground.pipeline.clean import without_spans
from tests.text_signing import header, raw_wrapper, selectors

TEXTS = st.text(max_size=60).filter(lambda text: not find_carriers(text.encode()))
STORES = st.binary(min_size=1, max_size=60)
HEAD, TAIL = BEGIN.decode(), END.decode()

PIECES = st.one_of(
    st.text(max_size=8),
    st.binary(max_size=12).map(selectors),
    STORES.map(raw_wrapper),
    st.builds(lambda size, body: "\ufeff" + selectors(header(size) + body), st.integers(0, 2**32 - 1), STORES),
    STORES.map(lambda store: f"# {HEAD} {DATA_URI.decode()}{base64.b64encode(store).decode()} {TAIL}\n"),
    st.sampled_from([HEAD, TAIL, "\ufeff", "\n", "# ", "https://example.org/a", selectors(b"C2PATXT\0")]),
)
TAGS = st.sampled_from(
    ["<script", " type=application/c2pa", ">", "</script>", "<link", " rel='c2pa-manifest'", ' href="', "<!--", "-->"]
)


def spans(data: bytes) -> list[tuple[int, int]]:
    return [(carrier.start, carrier.end) for carrier in find_carriers(data)]


@settings(deadline=None)
@given(TEXTS, STORES, TEXTS)
def test_removing_a_wrapper_gives_the_text_around_it_back(before: str, store: bytes, after: str) -> None:
    if after[:1] in {selectors(b"\x00"), selectors(b"\xff")}:
        after = f"x{after}"  # it would be taken for padding
    text = before + raw_wrapper(store) + after
    assert without_spans(text, spans(text.encode())) == before + after
    [carrier] = find_carriers(text.encode())
    assert carrier.store == store


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_spans_of_any_text_stand_in_order_and_cut_no_character(text: str) -> None:
    found = spans(text.encode())
    assert found == sorted(found)
    assert len(without_spans(text, found)) <= len(text)  # raises where a span cuts a character


@settings(deadline=None)
@given(st.binary(max_size=200) | st.lists(PIECES | TAGS, max_size=12).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_have_an_answer_and_exactly_one_thing_to_say_of_each_carrier(data: bytes) -> None:
    for carrier in [*find_carriers(data), *find_html_carriers(data)]:
        assert 0 <= carrier.start < carrier.end <= len(data)
        assert [carrier.store, carrier.url, carrier.failure].count(None) == 2


@settings(deadline=None)
@given(st.lists(st.lists(PIECES | TAGS, max_size=6).map("".join), min_size=1, max_size=6))
def test_the_search_in_bulk_misses_no_carrier(texts: list[str]) -> None:
    column = pa.array(texts, pa.large_string())
    wrapped = [row for row, text in enumerate(texts) if find_carriers(text.encode())]
    assert set(wrapped) <= set(rows_with(column, text_carriers.NEEDLES))
    pages = [row for row, text in enumerate(texts) if find_html_carriers(text.encode())]
    assert set(pages) <= set(rows_with(column, html_carriers.NEEDLES))

"""Whether a text is what was signed: as a whole, as a passage of something longer, or not."""

import base64
import unicodedata

import pytest

from lowbackground.manifests.html_carriers import find_html_carriers
from lowbackground.manifests.text_binding import MAX_BOUND, Binding, check_binding
from lowbackground.manifests.text_carriers import find_carriers
from tests.factories import AS_OF
from tests.text_signing import PROSE, disclosed_text, raw_wrapper, signed_block, signed_page, signed_text

MATCH, MISMATCH = ("assertion.dataHash.match",), ("assertion.dataHash.mismatch",)


def bound(text: str, *, carrier: int = 0) -> Binding:
    return check_binding(text.encode(), find_carriers(text.encode())[carrier], AS_OF)


@pytest.fixture(params=[signed_text, disclosed_text], ids=["c2pa-rs", "c2patxt"])
def signed(request: pytest.FixtureRequest) -> str:
    return request.param()


def test_a_signed_text_is_whole(signed: str) -> None:
    answer = bound(signed)
    assert (answer.codes, answer.covered, answer.loose) == (MATCH, 1.0, False)


@pytest.mark.parametrize(("before", "after"), [("", "\n"), ("\n\n", ""), (" \u00a0", "\t\r\n"), ("\ufeff", "")])
def test_white_space_around_a_signed_text_is_nothing_else(signed: str, before: str, after: str) -> None:
    assert bound(before + signed + after).covered == 1.0


def test_a_text_is_told_by_its_characters_and_not_by_their_composition(signed: str) -> None:
    assert unicodedata.normalize("NFD", signed) != signed
    assert bound(unicodedata.normalize("NFD", signed)).covered == 1.0


def test_a_text_whose_mark_was_stripped_is_whole(signed: str) -> None:
    assert bound(signed.replace("\ufeff", "")).covered == 1.0


def test_a_passage_is_told_from_what_surrounds_it(signed: str) -> None:
    length = len(PROSE.encode())
    answer = bound("A comment. " + signed + " Another.")
    assert answer.codes == MATCH
    assert answer.covered == pytest.approx(length / (length + len("A comment.") + len("Another.")))


def test_a_passage_is_found_behind_a_damaged_wrapper(signed: str) -> None:
    assert bound(raw_wrapper(b"x", version=9) + signed, carrier=1).covered == 1.0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("river", "rivet"),
        lambda text: text.replace(". ", ".\r\n"),
        lambda text: text[1:],
        lambda text: text[:20] + text[21:],
        lambda text: text.replace("café", "cafe"),
    ],
    ids=["word", "line-breaks", "first-letter", "letter", "accent"],
)
def test_a_changed_text_does_not_match(signed: str, change) -> None:
    answer = bound(change(signed))
    assert (answer.codes, answer.covered) == (MISMATCH, 0.0)


def test_blocks_and_pages_are_bound_as_they_stand() -> None:
    block, page = signed_block(), signed_page("<html><head></head><body>Hello, reader.</body></html>")
    assert bound(block).covered == 1.0
    assert bound(block.replace("river", "rivet")).codes == MISMATCH
    [script] = find_html_carriers(page)
    assert check_binding(page, script, AS_OF).covered == 1.0
    assert check_binding(page.replace(b"Hello", b"Hallo"), script, AS_OF).codes == MISMATCH


def test_a_binding_that_leaves_out_part_of_the_text_is_loose() -> None:
    signed = signed_text(left_out=(4, 5))
    for text in (signed, signed.replace("river", "tide!")):
        answer = bound(text)
        assert (answer.covered, answer.loose) == (1.0, True)
        assert answer.codes == ("assertion.dataHash.additionalExclusionsPresent", *MATCH)
    assert bound(signed.replace("night", "light")).covered == 0.0


def test_a_match_of_another_manifest_than_the_one_asked_about_is_none() -> None:
    page = signed_page("<html><head></head><body>Hello</body></html>")
    [own] = find_html_carriers(page)
    store = find_carriers(disclosed_text().encode())[0].store
    assert store is not None
    other = "<script type='application/c2pa'>" + base64.b64encode(store).decode() + "</script>"
    hidden = page.replace(b"<script", b"<!--<script").replace(b"</script>", b"</script>-->" + other.encode())
    [carrier] = find_html_carriers(hidden)
    assert (own.store, carrier.store) != (store, own.store)
    assert check_binding(hidden, carrier, AS_OF).codes == ()


def test_what_is_no_manifest_store_has_no_answer() -> None:
    answer = bound(PROSE + raw_wrapper(b"nothing of the kind"))
    assert (answer.codes, answer.covered) == ((), 0.0)


def test_a_text_in_another_encoding_has_no_answer() -> None:
    data = "café ".encode("latin-1") + disclosed_text().encode()
    answer = check_binding(data, find_carriers(data)[0], AS_OF)
    assert answer.covered > 0.9  # the passage itself is UTF-8
    page = signed_page("<html><head></head><body>Hello</body></html>").replace(b"Hello", b"caf\xe9")
    assert check_binding(page, find_html_carriers(page)[0], AS_OF) == Binding()


def test_a_text_above_the_cap_stays_unchecked(signed: str) -> None:
    assert bound("a" * MAX_BOUND + signed) == Binding()

"""Texts and pages made to stall, to crash or to be believed cost what their length costs, and are not believed."""

import base64
from datetime import date
from random import Random
from typing import Any

import pytest

from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.detectors.text_credentials import text_credentials
from lowbackground.manifests import text_binding
from lowbackground.manifests.html_carriers import find_html_carriers
from lowbackground.manifests.jumbf import MAX_ASSERTIONS
from lowbackground.manifests.text_binding import check_binding
from lowbackground.manifests.text_carriers import BEGIN, END, Carrier, Failure, find_carriers, wrapper
from lowbackground.manifests.trust import Tier
from lowbackground.manifests.trust_import import import_list
from lowbackground.pipeline.clean import without_spans
from tests.factories import AS_OF, records
from tests.mutations import mutant
from tests.signing import authority, manifest
from tests.stores import assertions, store
from tests.text_signing import PROSE, raw_wrapper, selectors, signed_page, signed_text

MUTANTS = 100  # in the normal run
PAGE = "<html><head><title>River</title></head><body>The river rose.</body></html>"


def judged(**row: Any) -> tuple[Evidence, Any]:
    found = text_credentials(run=RunFacts(AS_OF))(records([row]))
    return found.evidence[0], found.columns["prov_c2pa"][0].as_py()


def spans(text: str) -> list[tuple[int, int]]:
    return [(carrier.start, carrier.end) for carrier in find_carriers(text.encode())]


def test_two_million_selectors_that_spell_nothing_are_text() -> None:
    for text in ("a" + "\ufe00" * 2_000_000, ("a\ufe0f\U000e0100" * 700_000), "\ufeff" * 2_000_000):
        assert find_carriers(text.encode()) == []


def test_a_run_of_two_million_selectors_behind_a_header_is_one_damaged_wrapper() -> None:
    text = PROSE + raw_wrapper(b"", size=2**32 - 1) + "\ufe00" * 2_000_000
    assert spans(text) == [(len(PROSE.encode()), len(text.encode()))]
    assert judged(text=text)[0].signal is Signal.FAILED


@pytest.mark.parametrize("piece", [raw_wrapper(b"x"), raw_wrapper(b"x", size=9), selectors(b"C2PATXT")])
def test_a_hundred_thousand_wrappers_are_all_removed_and_few_verified(piece: str) -> None:
    text = ("a" + piece) * 100_000
    assert without_spans(text, spans(text)) == "a" * 100_000
    assert judged(text=text)[0].signal is Signal.FAILED


def test_delimiters_without_end_are_text() -> None:
    assert find_carriers(BEGIN * 200_000) == []
    assert find_carriers(END * 200_000) == []
    assert [one.failure for one in find_carriers(BEGIN * 200_000 + END * 200_000)] == [Failure.EMPTY_REFERENCE]


@pytest.mark.parametrize(
    "page",
    [
        b"<script " * 500_000,
        b'<link a="' * 500_000,
        b"<link a='\"" * 400_000,
        b"<!--" * 1_000_000,
        b"<script>" * 500_000,
        b"<script></script>" * 100_000,
        b"<link " + b"a " * 3_000_000 + b"rel=c2pa-manifest href=x>",
        b"<div>" * 100_000 + b"application/c2pa" * 100_000,
    ],
)
def test_a_page_of_tags_that_never_end_is_read_once(page: bytes) -> None:
    assert find_html_carriers(page) == []


def test_of_a_hundred_thousand_elements_few_are_verified() -> None:
    element = b'<script type="application/c2pa">' + base64.b64encode(b"x" * 30) + b"</script>"
    evidence, credential = judged(text="x", raw=element * 100_000, media_type="text/html")
    assert (evidence.signal, credential["status"]) == (Signal.FAILED, "broken")


@pytest.mark.parametrize("bomb", [store(assertions(MAX_ASSERTIONS + 1)), store(assertions(20_000))])
def test_a_store_of_too_many_assertions_reaches_no_verifier(bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_binding, "encypher_report", None)
    evidence, credential = judged(text=PROSE + wrapper(bomb).decode())
    assert (evidence.reason, credential["status"]) == ("c2pa.too-large", "too_large")


def test_a_wrapper_inside_a_block_inside_a_page_is_removed_once() -> None:
    inner = BEGIN.decode() + signed_text() + END.decode()
    batch = records([{"text": inner, "raw": PAGE.encode(), "media_type": "text/html"}])
    found = text_credentials(run=RunFacts(AS_OF))(batch)
    assert found.evidence[0].signal is Signal.SYNTHETIC
    assert without_spans(inner, found.spans[0]) == BEGIN.decode() + PROSE + END.decode()


@pytest.mark.parametrize(
    "exclusions",
    [
        None,
        7,
        "x",
        {},
        [None],
        [[1]],
        [{"start": None}],
        [{"start": -1}],
        [{"start": 2**80}],
        [{"start": 1.5}],
        [{}] * 9,
    ],
)
def test_a_binding_of_any_shape_is_no_reason_to_stop(exclusions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    [carrier] = find_carriers(signed_text().encode())
    data: Any = {"exclusions": exclusions}
    report = {
        "validation_results": {"success": [], "informational": [], "failure": []},
        "manifest_report": {"manifests": {"a": {"assertions": [{"label": "c2pa.hash.data", "data": data}, {}]}}},
    }
    monkeypatch.setattr(text_binding, "encypher_report", lambda *_, **__: report)
    assert check_binding(signed_text().encode(), carrier, AS_OF).covered == 0.0
    report["manifest_report"] = None
    assert check_binding(signed_text().encode(), carrier, AS_OF).codes == ()


@pytest.fixture(scope="module")
def believer(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A detector that believes the signer of the forged texts."""
    folder = tmp_path_factory.mktemp("trust")
    content = authority().pem.encode()
    import_list(folder, content, name="test", source="test.pem", today=date(2026, 11, 1), tier=Tier.C2PA)
    return text_credentials(run=RunFacts(AS_OF, folder))


def forgery(random: Random, original: bytes, carrier: Carrier) -> str:
    """A manifest that was damaged, or words that were changed, beside the rest as it was signed."""
    words, wrapped = original[: carrier.start], original[carrier.start :]
    assert carrier.store is not None
    if random.random() < 0.5:
        return (words + wrapper(mutant(carrier.store, [0, len(carrier.store) // 2], random))).decode()
    return (mutant(words, [0, len(words)], random) + wrapped).decode(errors="replace")


def forge(believer: Detector, number: int) -> None:
    original = signed_text(definition=manifest()).encode()
    [carrier] = find_carriers(original)
    random = Random("forgeries")
    texts = [original.decode(), *(forgery(random, original, carrier) for _ in range(number))]
    found = believer(records([{"text": text} for text in texts]))
    believed = [
        without_spans(text, found.spans[row]).strip()
        for row, text in enumerate(texts)
        if found.evidence[row].signal is Signal.HUMAN
    ]
    assert len(believed) < number // 2
    assert set(believed) == {PROSE}


def test_no_forgery_of_a_signed_text_is_believed(believer: Detector) -> None:
    forge(believer, MUTANTS)


@pytest.mark.soak
def test_no_forgery_of_a_signed_text_is_believed_at_length(believer: Detector) -> None:
    forge(believer, 100 * MUTANTS)


def test_no_damage_to_a_signed_page_stops_the_batch() -> None:
    page, random = signed_page(PAGE), Random("pages")
    places = [page.index(b"<script"), page.index(b"</script>"), len(page)]
    rows = [{"text": "x", "raw": mutant(page, places, random), "media_type": "text/html"} for _ in range(MUTANTS)]
    found = text_credentials(run=RunFacts(AS_OF))(records(rows))
    assert len(found.evidence) == MUTANTS
    assert {one.signal for one in found.evidence} <= {Signal.SYNTHETIC, Signal.SILENT, Signal.FAILED}

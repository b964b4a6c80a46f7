"""C2PA in texts and pages, from a batch of records to findings."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from resiliparse.extract.html2text import extract_plain_text

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Detector, Findings, RunFacts
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from lowbackground.detectors.text_credentials import REASONS, text_credentials
from lowbackground.manifests.trust import Tier
from lowbackground.manifests.trust_import import import_list
from lowbackground.pipeline.clean import without_spans
from tests.factories import AS_OF, records
from tests.signing import AI_EDITED, SOURCE_TYPES, action, authority, manifest
from tests.text_signing import (
    AI_STATEMENT,
    PROSE,
    disclosed_text,
    raw_wrapper,
    signed_block,
    signed_page,
    signed_text,
)

WRITTEN = manifest(action("created", SOURCE_TYPES + "digitalCreation"))
CAPTURED = manifest()
PAGE = "<!doctype html><html><head><title>River</title></head><body><p>The river rose.</p></body></html>"
LONG = "Nobody had expected it, and few had seen it. " * 12


def detector(trust: Path | None = None, as_of: datetime = AS_OF, **options: Any) -> Detector:
    return text_credentials(run=RunFacts(as_of, trust), **options)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    content = authority().pem.encode()
    import_list(folder, content, name="test", source="test.pem", today=date(2026, 11, 1), tier=Tier.C2PA)
    return folder


def seen(trust: Path | None = None, **row: Any) -> tuple[Evidence, dict[str, Any] | None, Findings]:
    found = detector(trust)(records([row]))
    return found.evidence[0], found.columns["prov_c2pa"][0].as_py(), found


def cleaned(found: Findings, text: str) -> str:
    return without_spans(text, found.spans[0])


@pytest.mark.parametrize("make", [signed_text, disclosed_text, signed_block])
def test_a_text_signed_as_made_by_ai_is_synthetic_and_gives_its_words_back(make, trust: Path) -> None:
    evidence, credential, found = seen(trust, text=make(), media_type="text/plain")
    assert (evidence.signal, evidence.reason) == (Signal.SYNTHETIC, "c2pa.ai-generated")
    assert (evidence.strength, evidence.kind, evidence.part) == (Strength.NEAR_CERTAIN, Kind.GENERATED, None)
    assert credential is not None
    assert (credential["status"], credential["integrity"], credential["trust"]) == ("text", "intact", "trusted")
    assert (credential["trust_list"].partition(" ")[0], credential["claim"]) == ("test", "synthetic")
    assert credential["codes"] == [code for code in credential["codes"] if "Hash" not in code]
    assert cleaned(found, make()) == PROSE
    assert {exhibit.name for exhibit in found.exhibits} == {"manifest_store", "crjson", "chain"}


def test_the_kept_conformance_json_says_what_is_known_of_the_binding() -> None:
    for text, expected in ((signed_text(), b"dataHash.match"), (signed_text().replace("river", "rivet"), b"mismatch")):
        [crjson] = [exhibit.data for exhibit in seen(text=text)[2].exhibits if exhibit.name == "crjson"]
        assert crjson.count(b"assertion.dataHash.") == 1
        assert expected in crjson


def test_exhibits_can_be_left_out() -> None:
    assert detector(exhibits=False)(records([{"text": signed_text()}])).exhibits == []
    names = [one.name for one in detector(max_crjson_kib=1)(records([{"text": signed_text()}])).exhibits]
    assert names == ["manifest_store", "chain"]


@pytest.mark.parametrize("text", [PROSE, "", "⛹️\ufe0f", "-----BEGIN C2PA MANIFEST-----"])
def test_a_text_without_a_manifest_says_nothing(text: str) -> None:
    evidence, credential, found = seen(text=text)
    assert (evidence.signal, evidence.reason, credential) == (Signal.SILENT, "c2pa.no-manifest", None)
    assert (found.spans, found.exhibits) == ({}, [])


def test_a_statement_of_human_origin_needs_a_trusted_signer(trust: Path) -> None:
    text = signed_text(definition=CAPTURED)
    assert seen(trust, text=text)[0].signal is Signal.HUMAN
    assert seen(text=text)[0].reason == "c2pa.signer-untrusted"
    assert seen(trust, text=signed_text(definition=WRITTEN))[0].reason == "c2pa.human-made"


def test_a_changed_text_is_a_hint_of_ai_and_no_evidence_of_humanity(trust: Path) -> None:
    evidence, credential, found = seen(trust, text=signed_text().replace("river", "rivet"))
    assert (evidence.reason, evidence.strength) == ("c2pa.ai-claim-modified", Strength.WEAK)
    assert credential is not None
    assert (credential["integrity"], credential["codes"]) == ("modified", ["assertion.dataHash.mismatch"])
    assert cleaned(found, signed_text().replace("river", "rivet")) == PROSE.replace("river", "rivet")
    evidence, *_ = seen(trust, text=signed_text(definition=CAPTURED).replace("river", "rivet"))
    assert (evidence.signal, evidence.reason) == (Signal.SILENT, "c2pa.content-modified")


def test_a_binding_that_leaves_words_out_vouches_for_ai_alone(trust: Path) -> None:
    evidence, credential, _ = seen(trust, text=signed_text(left_out=(4, 5)))
    assert evidence.reason == "c2pa.ai-generated"
    assert credential is not None
    assert credential["integrity"] == "legacy_binding"
    assert credential["codes"] == ["assertion.dataHash.additionalExclusionsPresent"]
    text = signed_text(definition=CAPTURED, left_out=(4, 5)).replace("river", "tide!")
    assert seen(trust, text=text)[0].reason == "c2pa.binding-legacy"


def test_an_ai_passage_speaks_for_the_text_that_it_makes_up_most_of(trust: Path) -> None:
    most = f"The river\n\n{disclosed_text()}\n\nShare this"
    evidence, credential, found = seen(trust, text=most)
    assert (evidence.signal, evidence.reason) == (Signal.SYNTHETIC, "c2pa.ai-generated")
    assert credential is not None
    assert credential["integrity"] == "intact"
    assert '"covered":0.8' in (evidence.detail or "")
    assert cleaned(found, most) == f"The river\n\n{PROSE}\n\nShare this"


def test_an_ai_passage_in_a_longer_text_makes_it_mixed(trust: Path) -> None:
    evidence, credential, _ = seen(trust, text=LONG + disclosed_text())
    assert (evidence.signal, evidence.reason, evidence.kind) == (Signal.MIXED, "c2pa.ai-passage", Kind.COMPOSITE)
    assert credential is not None
    assert (credential["integrity"], credential["claim"]) == ("modified", "synthetic")


def test_a_passage_of_human_origin_never_speaks_for_more_than_itself(trust: Path) -> None:
    text = "P.S. " + signed_text(definition=CAPTURED)
    assert seen(trust, text=text)[0].reason == "c2pa.content-modified"


def test_ai_editing_is_mixed() -> None:
    evidence, *_ = seen(text=signed_text(definition=manifest(action("created", AI_EDITED))))
    assert (evidence.signal, evidence.reason) == (Signal.MIXED, "c2pa.ai-edited")


def test_an_opt_out_in_a_text_is_honoured_whoever_signed() -> None:
    entries = {"cawg.ai_generative_training": {"use": "notAllowed"}}
    assertion = {"label": "cawg.training-mining", "data": {"entries": entries}}
    evidence, *_ = seen(
        text=signed_text(definition={**AI_STATEMENT, "assertions": [*AI_STATEMENT["assertions"], assertion]})
    )
    assert evidence.opt_out == ("cawg.ai_generative_training=notAllowed",)


def test_expiry_is_judged_at_the_instant_of_the_run(trust: Path) -> None:
    [evidence] = detector(trust, datetime(2060, 1, 1, tzinfo=UTC))(
        records([{"text": signed_text(definition=CAPTURED)}])
    ).evidence
    assert evidence.reason == "c2pa.signer-expired"


@pytest.mark.parametrize(
    ("text", "status", "codes", "reason"),
    [
        (disclosed_text()[:-5], "broken", ["manifest.text.corruptedWrapper"], "c2pa.manifest-broken"),
        (PROSE + raw_wrapper(b"x", size=2**32 - 1), "broken", ["manifest.text.corruptedWrapper"], "c2pa.manifest-broken"),
        (PROSE + raw_wrapper(b"nothing of the kind"), "broken", [], "c2pa.manifest-broken"),
        (PROSE + raw_wrapper(bytes((16 << 20) + 1)), "too_large", ["manifest.too-large"], "c2pa.too-large"),
        (f"# {'-' * 5}BEGIN C2PA MANIFEST----- x -----END C2PA MANIFEST-----", "broken", ["manifest.structuredText.malformedReference"], "c2pa.manifest-broken"),
    ],
    ids=["truncated", "four-gigabytes", "no-store", "too-large", "no-reference"],
)  # fmt: skip
def test_a_carrier_that_cannot_be_read_is_a_failed_check(text: str, status: str, codes: list[str], reason: str) -> None:
    evidence, credential, found = seen(text=text)
    assert (evidence.signal, evidence.reason) == (Signal.FAILED, reason)
    assert credential is not None
    assert (credential["status"], credential["codes"]) == (status, codes)
    if "BEGIN" not in text:
        assert cleaned(found, text) == PROSE


def test_a_damaged_decoy_hides_nothing() -> None:
    text = raw_wrapper(b"x", version=9) + signed_text()
    evidence, _, found = seen(text=text)
    assert evidence.reason == "c2pa.ai-generated"
    assert cleaned(found, text) == PROSE


def test_two_manifests_on_one_text_are_malformed(trust: Path) -> None:
    text = signed_text() + signed_text(definition=CAPTURED)
    evidence, credential, found = seen(trust, text=text)
    assert (evidence.reason, evidence.strength) == ("c2pa.ai-claim-malformed", Strength.WEAK)
    assert credential is not None
    assert (credential["integrity"], credential["codes"]) == ("malformed", ["manifest.text.multipleWrappers"])
    assert cleaned(found, text) == PROSE + PROSE


def test_a_cut_text_is_unchecked_and_not_broken(trust: Path) -> None:
    evidence, credential, _ = seen(trust, text=disclosed_text()[5:], truncated=True)
    assert (evidence.reason, credential and credential["status"]) == ("c2pa.ai-claim-unchecked", "truncated")
    evidence, credential, _ = seen(trust, text=disclosed_text()[:-5], truncated=True)
    assert (evidence.signal, evidence.reason) == (Signal.SKIPPED, "c2pa.truncated")
    assert seen(trust, text=disclosed_text(), truncated=True)[0].reason == "c2pa.ai-generated"


@pytest.mark.parametrize("media_type", ["image/jpeg", "video/mp4", "audio/mpeg", "application/pdf", "image/svg+xml"])
def test_a_caption_is_judged_by_itself_and_never_labels_its_picture(media_type: str) -> None:
    evidence, credential, found = seen(text=signed_text(), raw=b"\xff\xd8", media_type=media_type)
    assert (evidence.signal, evidence.part, credential) == (Signal.SYNTHETIC, "text", None)
    assert found.exhibits == []
    assert cleaned(found, signed_text()) == PROSE


def test_a_picture_without_a_caption_is_skipped() -> None:
    evidence, credential, _ = seen(raw=b"\xff\xd8", media_type="image/jpeg")
    assert (evidence.signal, evidence.reason, credential) == (Signal.SKIPPED, "c2pa.no-text", None)


def test_a_signed_page_speaks_for_the_text_that_was_extracted_from_it(trust: Path) -> None:
    evidence, credential, found = seen(trust, text="The river rose.", raw=signed_page(PAGE), media_type="text/html")
    assert evidence.reason == "c2pa.ai-generated"
    assert credential is not None
    assert (credential["status"], credential["integrity"], credential["trust"]) == ("html", "intact", "trusted")
    assert found.spans == {}
    changed = signed_page(PAGE).replace(b"rose", b"fell")
    assert (
        seen(trust, text="The river fell.", raw=changed, media_type="text/html")[0].reason == "c2pa.ai-claim-modified"
    )


def test_a_page_in_a_text_column_loses_its_script() -> None:
    page = signed_page(PAGE).decode()
    evidence, credential, found = seen(text=page, media_type="text/html")
    assert (evidence.reason, credential and credential["status"]) == ("c2pa.ai-generated", "html")
    assert cleaned(found, page) == PAGE


def test_a_page_that_names_a_manifest_elsewhere_is_noted_and_nothing_is_fetched() -> None:
    page = b"<html><head><link rel=c2pa-manifest href='https://example.org/a.c2pa'></head></html>"
    evidence, credential, _ = seen(text="x", raw=page, media_type="text/html")
    assert (evidence.signal, evidence.reason) == (Signal.SILENT, "c2pa.remote-manifest")
    assert credential is not None
    assert (credential["status"], credential["remote_url"]) == ("remote", "https://example.org/a.c2pa")


def test_two_manifests_on_one_page_are_malformed() -> None:
    page = signed_page(PAGE).replace(b"</head>", b"<link rel=c2pa-manifest href=a></head>")
    _, credential, _ = seen(text="x", raw=page, media_type="text/html")
    assert credential is not None
    assert (credential["integrity"], credential["codes"][0]) == ("malformed", "manifest.html.multipleManifests")


def test_a_signed_text_pasted_into_a_page_survives_extraction_and_is_removed() -> None:
    page = PAGE.replace("<p>The river rose.</p>", f"<article><h1>River</h1><p>{disclosed_text()}</p></article>")
    text = extract_plain_text(page, main_content=True, preserve_formatting=True)
    evidence, credential, found = seen(text=text, raw=page.encode(), media_type="text/html")
    assert (evidence.reason, credential and credential["status"]) == ("c2pa.ai-generated", "text")
    rest = cleaned(found, text)
    assert PROSE in rest
    assert not any(0xFE00 <= ord(character) <= 0xFE0F or ord(character) >= 0xE0100 for character in rest)


def test_of_a_page_and_what_is_pasted_into_it_the_one_that_excludes_decides(trust: Path) -> None:
    page = signed_page(PAGE, CAPTURED)
    evidence, credential, _ = seen(trust, text=disclosed_text(), raw=page, media_type="text/html")
    assert (evidence.reason, credential and credential["status"]) == ("c2pa.ai-generated", "text")


def test_a_block_in_a_comment_of_xhtml_is_found_in_its_bytes() -> None:
    xhtml = signed_block("<html xmlns='http://www.w3.org/1999/xhtml'><body><p>River</p></body></html>").encode()
    evidence, _, found = seen(text="River", raw=xhtml, media_type="application/xhtml+xml")
    assert (evidence.reason, found.spans) == ("c2pa.ai-generated", {})


def test_the_bytes_of_a_text_are_what_was_signed_and_not_what_was_made_from_them() -> None:
    signed = signed_text("One line.\r\nAnother line.\r\n")
    read = signed.replace("\r\n", "\n")
    assert seen(text=read)[0].reason == "c2pa.ai-claim-modified"
    evidence, _, found = seen(text=read, raw=signed.encode(), media_type="text/plain")
    assert evidence.reason == "c2pa.ai-generated"
    assert cleaned(found, read) == "One line.\nAnother line.\n"


@pytest.mark.parametrize("media_type", ["text/plain", "text/csv", "text/markdown", "application/json", None])
def test_a_text_that_has_only_bytes_is_looked_at(media_type: str | None) -> None:
    evidence, _, found = seen(raw=signed_text().encode(), media_type=media_type)
    assert (evidence.reason, found.spans) == ("c2pa.ai-generated", {})


def test_keeps_the_contract_on_odd_records_and_on_signed_ones() -> None:
    check_detector(detector())
    rows = [
        {"text": PROSE},
        {"text": signed_text()},
        {"text": disclosed_text()[:-5]},
        {"raw": signed_page(PAGE), "media_type": "text/html"},
        {"text": signed_page(PAGE).decode(), "media_type": "text/html"},
        {"text": signed_text(), "raw": b"\xff\xd8", "media_type": "image/jpeg"},
        {"raw": b"\xff\xd8", "media_type": "image/jpeg"},
        {"raw": signed_text().encode(), "media_type": "text/plain"},
        {"text": signed_block()},
    ]
    check_detector(detector(), [records(rows), records(rows[::-1]), records(rows[:2])])


def test_an_unforeseen_error_costs_its_record_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("manifests")

    monkeypatch.setattr("lowbackground.detectors.text_credentials.verify_text", broken)
    found = detector()(records([{"text": signed_text()}, {"text": PROSE}]))
    assert [one.reason for one in found.evidence] == ["c2pa.failed", "c2pa.no-manifest"]
    assert cleaned(found, signed_text()) == PROSE
    assert found.columns["prov_c2pa"].null_count == 2


def test_every_reason_is_documented() -> None:
    assert all(text.endswith(".") for text in REASONS.values())
    assert {"c2pa.no-text", "c2pa.ai-passage", "c2pa.failed"} <= REASONS.keys()


def test_the_second_verifier_is_loaded_when_a_manifest_is_found_and_not_before() -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from tests.factories import records, AS_OF\n"
        "from lowbackground.detectors.contract import RunFacts\n"
        "from lowbackground.detectors.text_credentials import text_credentials\n"
        "text_credentials(run=RunFacts(AS_OF))(records([{'text': 'plain'}]))\n"
        "print(sorted({'c2pa', 'encypher_c2pa'} & sys.modules.keys()))"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "['c2pa']"  # tried out when the detector is built


def test_the_column_has_the_type_that_it_shares_with_media() -> None:
    found = detector()(records([{"text": PROSE}]))
    assert found.columns["prov_c2pa"].type == detector().columns.field("prov_c2pa").type
    assert isinstance(found.columns["prov_c2pa"], pa.Array)

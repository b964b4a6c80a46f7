"""The detector: what it answers for a batch, what it keeps, what it costs where there is nothing."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from lowbackground.detectors import content_credentials as module
from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.content_credentials import REASONS, content_credentials
from lowbackground.detectors.contract import Findings, RunFacts
from lowbackground.manifests.credential import CREDENTIAL_TYPE
from lowbackground.manifests.trust import Tier
from lowbackground.manifests.trust_import import import_list
from tests.assets import MAKERS, tiny
from tests.factories import AS_OF, records
from tests.signing import AI_MADE, action, authority, manifest, signed, signed_tiny, untrusted

JPEG = "image/jpeg"


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    import_list(folder, authority().pem.encode(), name="tests", source="tests", today=AS_OF.date(), tier=Tier.C2PA)
    return folder


def found(lists: Path | None, *rows: dict[str, Any], **options: Any) -> Findings:
    return content_credentials(run=RunFacts(AS_OF, lists), **options)(records(rows))


def row(media_type: str, data: bytes | None = None, **more: Any) -> dict[str, Any]:
    return {"raw": signed_tiny(media_type) if data is None else data, "media_type": media_type, **more}


def test_it_keeps_the_contract(lists: Path) -> None:
    signed_rows = records(
        [
            row(JPEG),
            row("text/html", b"<html>"),
            row("image/png", tiny("image/png")),
            {"raw": None},
            row("image/png", b"\x89PNG\r\n\x1a\n"),
            row(JPEG, tiny(JPEG), sidecar=signed(tiny(JPEG), JPEG, embed=False).store),
            row("video/mp4"),
        ]
    )
    for trust in (lists, None):
        check_detector(content_credentials(run=RunFacts(AS_OF, trust)))
        check_detector(content_credentials(run=RunFacts(AS_OF, trust), audit_one_in=1), [signed_rows])


def test_every_row_gets_the_evidence_of_its_manifest(lists: Path) -> None:
    answer = found(
        lists,
        row(JPEG),
        row(JPEG, signed_tiny(JPEG, manifest(action("created", AI_MADE)), signer=untrusted())),
        row(JPEG, tiny(JPEG)),
        row("text/html", b"<html>" + signed_tiny(JPEG)),
        row(JPEG, signed_tiny(JPEG, remote_url="https://example.invalid/x", embed=False)),
    )
    assert [(each.signal.value, each.reason) for each in answer.evidence] == [
        ("human", "c2pa.captured"),
        ("synthetic", "c2pa.ai-generated"),
        ("silent", "c2pa.no-manifest"),
        ("skipped", "c2pa.not-media"),
        ("silent", "c2pa.remote-manifest"),
    ]
    column = answer.columns["prov_c2pa"]
    assert column.type == CREDENTIAL_TYPE
    assert [value and value["status"] for value in column.to_pylist()] == ["embedded", "embedded", None, None, "remote"]


@pytest.mark.parametrize("media_type", MAKERS)
@pytest.mark.parametrize("hint", ["as it is", "application/octet-stream", None])
def test_formats_are_told_by_their_bytes(media_type: str, hint: str | None, lists: Path) -> None:
    told = media_type if hint == "as it is" else hint
    if told != media_type and media_type in {"image/svg+xml", "audio/mpeg"}:
        told = media_type  # the readers sniff before they hand over; these have no fixed first bytes
    (evidence,) = found(lists, {"raw": signed_tiny(media_type), "media_type": told}).evidence
    assert evidence.reason == "c2pa.captured"


def test_exhibits_let_a_later_run_decide_again(lists: Path) -> None:
    made = signed(tiny(JPEG), JPEG)
    answer = found(lists, row(JPEG, tiny(JPEG)), row(JPEG, made.asset))
    exhibits = {(each.row, each.name): each.data for each in answer.exhibits}
    assert set(exhibits) == {(1, "manifest_store"), (1, "crjson"), (1, "chain")}
    assert exhibits[1, "manifest_store"] == made.store
    assert exhibits[1, "chain"].count(b"BEGIN CERTIFICATE") == 1
    said = orjson.loads(exhibits[1, "crjson"])
    assert said["manifests"][0]["assertions"]["c2pa.actions.v2"]["actions"][0]["action"] == "c2pa.created"
    assert b"validationTime" not in exhibits[1, "crjson"]
    again = found(lists, row("application/c2pa", exhibits[1, "manifest_store"]))
    assert again.columns["prov_c2pa"][0]["claim"].as_py() == "human_capture"


def test_exhibits_can_be_left_out_and_are_capped(lists: Path) -> None:
    assert found(lists, row(JPEG), exhibits=False).exhibits == []
    assert {each.name for each in found(lists, row(JPEG), max_crjson_kib=1).exhibits} == {"manifest_store", "chain"}


def test_caps_and_deadlines_are_options(lists: Path) -> None:
    assert found(lists, row(JPEG), max_loaded_mib=0).evidence[0].reason == "c2pa.too-large"
    assert found(lists, row("image/png"), max_streamed_mib=0).evidence[0].reason == "c2pa.too-large"
    assert found(lists, row("image/png"), deadline_seconds=-1).evidence[0].reason == "c2pa.timeout"


def test_expiry_is_judged_at_the_as_of_of_the_run() -> None:
    detector = content_credentials(run=RunFacts(datetime(2060, 1, 1, tzinfo=UTC)))
    assert detector(records([row(JPEG)])).evidence[0].reason == "c2pa.signer-expired"


def test_a_manifest_that_the_pre_check_missed_is_found_by_an_audit(
    lists: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lowbackground.manifests.carriers.presence import Presence

    monkeypatch.setattr(module, "precheck", lambda *_: Presence("jpeg"))
    assert found(lists, row(JPEG)).evidence[0].reason == "c2pa.no-manifest"
    (evidence,) = found(lists, row(JPEG), audit_one_in=1).evidence
    assert evidence.reason == "c2pa.captured"
    assert "pre-check" in str(evidence.detail)


def test_an_audit_looks_at_one_in_so_many(lists: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = module.Verifier.asset
    monkeypatch.setattr(
        module.Verifier, "asset", lambda self, data, *rest, **more: read.append(1) or real(self, data, *rest, **more)
    )
    rows = [row(JPEG, tiny(JPEG) + index.to_bytes(2, "big")) for index in range(200)]
    answer = found(lists, *rows, audit_one_in=10)
    assert {each.reason for each in answer.evidence} == {"c2pa.no-manifest"}
    assert 5 <= len(read) <= 50


def test_rows_without_a_manifest_never_reach_the_reader(lists: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = content_credentials(run=RunFacts(AS_OF, lists))
    monkeypatch.setattr(module, "validator", lambda _: pytest.fail("the reader was asked"))
    rows = [row(kind, tiny(kind)) for kind in (JPEG, "image/png", "image/webp", "video/mp4", "audio/wav", "image/gif")]
    answer = detector(records([*rows, row("text/html", b"<p>"), row("application/gzip", gzip.compress(b"x"))]))
    assert answer.columns["prov_c2pa"].null_count == len(answer.evidence)


def test_pages_share_one_piece_of_evidence(lists: Path) -> None:
    first, second = found(lists, row("text/html", b"<p>"), row("text/css", b"p {}")).evidence
    assert first is second


def test_an_error_that_nobody_foresaw_costs_its_record(lists: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.Verifier.asset

    def sometimes(self: Any, data: Any, *rest: Any, **more: Any) -> Any:
        if bytes(data[:4]) == b"\x89PNG":
            raise KeyError("surprise")
        return real(self, data, *rest, **more)

    monkeypatch.setattr(module.Verifier, "asset", sometimes)
    answer = found(lists, row(JPEG), row("image/png"))
    assert [each.reason for each in answer.evidence] == ["c2pa.captured", "c2pa.failed"]
    assert answer.evidence[1].detail == '{"error":"KeyError"}'


def test_a_damaged_folder_of_lists_stops_the_run_before_it_reads(tmp_path: Path) -> None:
    (tmp_path / "lists.json").write_text("no")
    with pytest.raises(ValueError, match=r"lists\.json"):
        content_credentials(run=RunFacts(AS_OF, tmp_path))


def test_the_version_names_the_libraries() -> None:
    assert "c2pa-python" in content_credentials(run=RunFacts(AS_OF)).version


def test_all_reasons_are_documented() -> None:
    assert {"c2pa.not-media", "c2pa.failed", "c2pa.no-manifest"} <= set(REASONS)
    assert isinstance(content_credentials(run=RunFacts(AS_OF)).columns, pa.Schema)

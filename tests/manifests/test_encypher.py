"""The second verifier, asked offline and without a trace."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lowbackground.manifests.encypher import encypher_report
from tests.factories import AS_OF
from tests.text_signing import disclosed_text


def test_reports_on_integrity_and_trust_apart() -> None:
    report = encypher_report(disclosed_text().encode(), "text/plain", AS_OF)
    assert (report["integrity"], report["hard_binding"]) == ("valid", "match")
    assert report["trust"]["status"] == "not_evaluated"


def test_its_own_lists_speak_only_when_asked() -> None:
    report = encypher_report(disclosed_text().encode(), "text/plain", AS_OF, own_trust=True)
    assert report["trust"]["status"] == "not_valid_for_supplied_material"
    assert report["trust"]["basis"] == "bundled_static_material"


def test_judges_at_the_instant_of_the_run() -> None:
    late = encypher_report(disclosed_text().encode(), "text/plain", datetime(2090, 1, 1, tzinfo=UTC))
    assert late["trust"]["validation_time"].startswith("2090-01-01T00:00:00")
    assert "claimSignature.outsideValidity" in {one["code"] for one in late["validation_results"]["failure"]}


def test_leaves_no_trace_in_the_home_and_never_goes_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "ENCYPHER_C2PA_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("ENCYPHER_C2PA_ONLINE", "on")
    report = encypher_report(disclosed_text().encode(), "text/plain", AS_OF)
    assert report["network"] == {"enabled": False, "needed": [], "requests": []}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("asset", "media_type"), [(b"x", "text/nonsense"), (b"\xff\xfe", "text/plain")])
def test_what_it_cannot_read_is_a_value_error(asset: bytes, media_type: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        encypher_report(asset, media_type, AS_OF)

"""The Rust reader: its settings hold, its exceptions mean something, its input has a deadline."""

import os
import time
from typing import Any

import pytest

from lowbackground.manifests import c2pa
from lowbackground.manifests.c2pa import (
    DeadlineStream,
    Outcome,
    SettingsError,
    Validator,
    _failure,
    settings,
    try_out,
    validator,
    validator_name,
)
from lowbackground.manifests.trust import Trust
from tests.assets import tiny
from tests.credentials import trusting
from tests.signing import signed_tiny

JPEG = "image/jpeg"


def reader(trust: Trust | None = None) -> Validator:
    return validator(trust or Trust())


def codes(found: c2pa.Reading, kind: str) -> set[str]:
    return {one["code"] for one in found.crjson["manifests"][0]["validationResults"][kind]}


def test_a_manifest_is_read_with_the_lists_of_the_run() -> None:
    data = signed_tiny(JPEG)
    assert "signingCredential.trusted" in codes(reader(trusting()).read(data, JPEG), "success")
    assert "signingCredential.untrusted" in codes(reader().read(data, JPEG), "failure")


def test_the_settings_are_those_of_an_offline_reader() -> None:
    found = settings(trusting())
    assert found["verify"] == {"remote_manifest_fetch": False, "ocsp_fetch": False}
    assert found["core"] == {"allowed_network_hosts": [], "decode_identity_assertions": False}
    assert found["trust"]["anchors"][0]["trust_anchors"].count("BEGIN CERTIFICATE") == 1


SPOILT: dict[str, Any] = {
    "tried to fetch": lambda found: found["verify"].update(remote_manifest_fetch=True),
    "tried to fetch a": lambda found: found["verify"].pop("remote_manifest_fetch"),
    "does not read its trust lists": lambda found: found["trust"].update(anchor=found["trust"].pop("anchors")),
    "does not read its": lambda found: found["trust"].update(
        allowed_list=found["trust"]["anchors"][0].pop("allowed_list", "")  # where c2pa-rs 0.90 looked for it
    ),
}


@pytest.mark.parametrize("words", SPOILT)
def test_a_setting_that_does_not_hold_is_noticed(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """c2pa-rs takes unknown names without a word; remote addresses stay blocked, so nothing is fetched here either."""

    def spoilt(trust: Trust) -> dict[str, Any]:
        found = settings(trust)
        SPOILT[words](found)
        return found

    monkeypatch.setattr(c2pa, "settings", spoilt)
    with pytest.raises(SettingsError, match=words):
        try_out(Validator(Trust()))


def test_a_signer_without_a_voucher_who_is_trusted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c2pa, "_trusts", lambda *_: True)
    with pytest.raises(SettingsError, match="no list vouches for"):
        try_out(Validator(Trust()))


def test_a_slow_machine_is_no_library_that_ignores_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10**9, 3600))
    monkeypatch.setattr("lowbackground.manifests.c2pa.time.monotonic", lambda: next(clock))
    try_out(Validator(Trust()))
    assert next(clock) > 0


def test_one_validator_serves_a_process() -> None:
    assert validator(trusting()) is validator(trusting())
    assert validator(trusting()) is not validator(Trust())


def test_a_forked_child_builds_its_own() -> None:
    data = signed_tiny(JPEG)
    assert reader().read(data, JPEG).outcome is Outcome.READ
    child = os.fork()
    if child == 0:
        os._exit(0 if reader().read(data, JPEG).outcome is Outcome.READ else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


OUTCOMES = {
    "nothing there": (tiny(JPEG), JPEG, Outcome.NONE),
    "a page": (b"<html>", JPEG, Outcome.UNSUPPORTED),
    "nothing at all": (b"", JPEG, Outcome.UNSUPPORTED),
    "half a container": (signed_tiny("image/png")[:-400], "image/png", Outcome.UNREADABLE),
    "a cut container": (signed_tiny(JPEG)[:900], JPEG, Outcome.UNREADABLE),
    "a bare store that is none": (b"\x00\x00\x00\x10jumb" + bytes(8), "application/c2pa", Outcome.BROKEN),
    "a drawing without its type": (tiny("image/svg+xml"), "image/svg+xml", Outcome.NONE),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcomes(name: str) -> None:
    data, format_, outcome = OUTCOMES[name]
    assert reader().read(data, format_).outcome is outcome


class FakeError(Exception):
    """Stands for an exception of the binding, which tells its classes by name."""


def raised(kind: str, text: str) -> Exception:
    return type(f"_C2pa{kind}" if kind else "C2paError", (FakeError,), {})(text)


MEANINGS = [
    ("ManifestNotFound", "ManifestNotFound: no JUMBF data found", Outcome.NONE),
    ("", "Remote: must fetch remote manifests from url https://example.org/a", Outcome.REMOTE),
    ("", "Remote: could not fetch the remote manifest", Outcome.REMOTE),
    ("NotSupported", "NotSupported: type is unsupported", Outcome.UNSUPPORTED),
    ("Other", "Other: asset could not be parsed: Boxes are too deeply nested", Outcome.UNREADABLE),
    ("Io", "Io: failed to fill whole buffer", Outcome.UNREADABLE),
    ("Other", "Other: prerelease content detected", Outcome.BROKEN),
    ("Other", "Other: unknown algorithm", Outcome.BROKEN),
    ("Other", "Other: C2PA box present without a readable manifest", Outcome.BROKEN),
    ("Verify", "Verify: invalid JUMBF header", Outcome.BROKEN),
    ("Decoding", "Decoding: claim could not be converted from CBOR", Outcome.BROKEN),
    ("Manifest", "Manifest: claim missing hard binding", Outcome.BROKEN),
    ("AssertionNotFound", "AssertionNotFound: c2pa.hash.data", Outcome.BROKEN),
    ("Signature", "Signature: COSE error parsing certificate", Outcome.BROKEN),
    ("", "Failed to create reader: Unknown error", Outcome.BROKEN),
]


@pytest.mark.parametrize(("kind", "text", "outcome"), MEANINGS)
def test_every_exception_has_a_meaning(kind: str, text: str, outcome: Outcome) -> None:
    assert _failure(raised(kind, text), expired=False).outcome is outcome
    assert _failure(raised(kind, text), expired=True).outcome is Outcome.TIMEOUT


def test_an_address_is_cut_and_printable() -> None:
    hostile = "https://example.org/\x1b[31m\n" + "x" * 5000
    found = _failure(raised("", f"Remote: must fetch remote manifests from url {hostile}"), expired=False)
    assert found.remote_url is not None
    assert len(found.remote_url) == 2048
    assert found.remote_url.isprintable()


def test_a_stream_stops_answering_at_its_deadline() -> None:
    stream = DeadlineStream(b"abc", 60)
    assert stream.read(1) == b"a"
    assert stream.seek(0) == 0
    late = DeadlineStream(b"abc", -1)
    for ask in (late.read, lambda: late.seek(0), lambda: late.readinto(bytearray(1))):
        with pytest.raises(TimeoutError):
            ask()
    assert late.expired
    assert not stream.expired


def test_reading_ends_at_the_deadline_and_says_so() -> None:
    chunk = b"\x00\x00\x00\x00tEXt" + b"\xa6\x1e\xc2\x8b"
    png = tiny("image/png")
    many = png[:33] + chunk * 400_000 + png[33:]
    start = time.monotonic()
    found = reader().read(many, "image/png", seconds=0.05)
    assert found.outcome is Outcome.TIMEOUT
    assert time.monotonic() - start < 30  # without the deadline: seconds; this bound only catches a hang


def test_the_validator_names_its_versions() -> None:
    assert validator_name().startswith("c2pa-python ")
    assert "c2pa-rs" in validator_name()

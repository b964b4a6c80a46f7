"""Trust lists are told apart by content, fetched whole or not at all, and refused when they are rubbish."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lowbackground.manifests.certificates import from_pem
from lowbackground.manifests.trust import Kind, Tier, TrustError, folder_digest, lists_in, load_trust
from lowbackground.manifests.trust_import import (
    PUBLISHED,
    Publication,
    download,
    import_list,
    recognise,
    update,
)
from tests.signing import authority, identity

TODAY = date(2026, 11, 20)
ROOT = authority().pem.encode()
SIGNER = identity().chain
STAMPER_USAGE = "1.3.6.1.5.5.7.3.8"


def lote(name: str, *ders: bytes, status: str = "trusted") -> bytes:
    """A C2PA trust list in JSON (ETSI TS 119 602)."""
    service = {
        "ServiceInformation": {
            "ServiceDigitalIdentity": {"X509Certificates": [{"val": base64.b64encode(der).decode()} for der in ders]},
            "ServiceStatus": f"http://c2pa.org/conformance/trust-list/{status}",
        }
    }
    return json.dumps(
        {
            "LoTE": {
                "ListAndSchemeInformation": {
                    "SchemeName": [{"lang": "en", "value": name}],
                    "ListIssueDateTime": "2026-08-05T00:11:39Z",
                },
                "TrustedEntitiesList": [{"TrustedEntityServices": [service]}],
            }
        }
    ).encode()


DER = authority().certificate.public_bytes(Encoding.DER)
DIGEST_LINE = base64.b64encode(hashlib.sha256(b"x").digest()) + b"\n"

CONTENTS = {
    "authorities": (ROOT, "x.pem", Kind.ANCHORS, 1),
    "the same twice": (ROOT + ROOT, "x.pem", Kind.ANCHORS, 1),
    "signers": (SIGNER, "x.pem", Kind.ALLOWED, 1),
    "digests": (DIGEST_LINE, "x.txt", Kind.ALLOWED, 1),
    "signers and digests": (b"# a\n" + DIGEST_LINE + SIGNER, "x.pem", Kind.ALLOWED, 2),
    "usages": (b"//id-kp-emailProtection \n1.3.6.1.5.5.7.3.4\n\n# b\n1.2.3.4", "store.cfg", Kind.EKU, 2),
    "C2PA's list": (lote("C2PA Trust List", DER), "x.json", Kind.ANCHORS, 1),
    "C2PA's list of time-stampers": (lote("C2PA TSA Trust List", DER), "x.json", Kind.TSA, 1),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_list_is_told_by_its_content(name: str) -> None:
    content, source, kind, entries = CONTENTS[name]
    found = recognise(content, source)
    assert (found.kind, found.entries) == (kind, entries)
    assert recognise(found.content, source, kind).content == found.content


RUBBISH = {
    "nothing": b"",
    "text": b"not a list",
    "a page": b"<!doctype html><title>404</title>",
    "other JSON": b'{"LoTE": {"a": 1}}',
    "deep JSON": b'{"a":' * 5000,
    "an array": b"[1, 2]",
    "binary": bytes(range(256)),
    "a broken certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "an open certificate": ROOT[:200],
    "one broken of two": ROOT + b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "a key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "a mixture": ROOT + SIGNER,
    "authorities and digests": ROOT + DIGEST_LINE,
    "an OID and a word": b"1.2.3.4\nrubbish\n",
    "a list of nobody": lote("C2PA Trust List"),
    "a list of the untrusted": lote("C2PA Trust List", DER, status="untrusted"),
    "a list with a broken certificate": lote("C2PA Trust List", DER, b"AAAA"),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match=r"^list\.pem: "):
        import_list(tmp_path, RUBBISH[name], name="a", source="list.pem", today=TODAY)
    assert lists_in(tmp_path) == ()


def test_a_list_of_another_kind_is_refused() -> None:
    with pytest.raises(TrustError, match="of kind anchors, not eku"):
        recognise(ROOT, "x.pem", Kind.EKU)
    with pytest.raises(TrustError, match="trusts signers only"):
        recognise(ROOT, "x.pem", Kind.ALLOWED)
    with pytest.raises(TrustError, match="of kind allowed, not anchors"):
        recognise(SIGNER, "x.pem", Kind.ANCHORS)


def test_authorities_can_be_declared_to_stamp_times() -> None:
    assert recognise(ROOT, "x.pem", Kind.TSA).kind is Kind.TSA


def test_a_list_that_is_too_large_is_not_read() -> None:
    with pytest.raises(TrustError, match="no trust list is larger"):
        recognise(b"\n" * ((16 << 20) + 1), "x.pem")


@pytest.mark.parametrize("name", ["", "A", "../x", "a b", ".a", "x" * 65])
def test_odd_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="cannot name a list"):
        import_list(tmp_path, ROOT, name=name, source="x", today=TODAY)


def test_a_list_replaces_the_one_of_its_name(tmp_path: Path) -> None:
    import_list(tmp_path, ROOT, name="a", source="1", today=TODAY)
    entry = import_list(tmp_path, SIGNER, name="a", source="2", today=TODAY, tier=Tier.INTERIM, capture=True)
    assert lists_in(tmp_path) == (entry,)
    assert (entry.kind, entry.tier, entry.capture, entry.retrieved) == (Kind.ALLOWED, Tier.INTERIM, True, "2026-11-20")


def test_a_list_keeps_the_date_that_it_gives(tmp_path: Path) -> None:
    assert import_list(tmp_path, CONTENTS["C2PA's list"][0], name="a", source="1", today=TODAY).issued == "2026-08-05"
    assert import_list(tmp_path, ROOT, name="b", source="1", today=TODAY).issued is None


class Site:
    """A server on loopback: what it answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.location = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = site.answers.get(self.path, (404, b"no"))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", site.location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)  # seconds between polls
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def published(site: Site) -> list[Publication]:
    return [
        Publication("c2pa", f"{site.url}/c2pa.json", Kind.ANCHORS, Tier.C2PA),
        Publication("interim", f"{site.url}/allowed.pem", Kind.ALLOWED, Tier.INTERIM),
    ]


def test_an_update_fetches_every_list(site: Site, tmp_path: Path) -> None:
    site.answers = {"/c2pa.json": (200, lote("C2PA Trust List", DER)), "/allowed.pem": (200, SIGNER)}
    found = update(tmp_path, today=TODAY, publications=published(site))
    assert [(one.name, one.tier, one.entries) for one in found] == [("c2pa", "c2pa", 1), ("interim", "interim", 1)]
    assert found[0].source == f"{site.url}/c2pa.json"
    assert [one.standing for one in load_trust(tmp_path).vouchers] == ["c2pa", "interim"]


@pytest.mark.parametrize("answer", [(404, b"gone"), (200, b"<html>sorry</html>"), (200, ROOT), (200, b"")])
def test_an_update_changes_nothing_where_a_list_cannot_be_had(
    site: Site, tmp_path: Path, answer: tuple[int, bytes]
) -> None:
    site.answers = {"/c2pa.json": (200, lote("C2PA Trust List", DER)), "/allowed.pem": (200, SIGNER)}
    update(tmp_path, today=TODAY, publications=published(site))
    before = folder_digest(tmp_path)
    site.answers = {"/c2pa.json": (200, authority("New").pem.encode()), "/allowed.pem": answer}
    with pytest.raises(TrustError, match=r"/allowed\.pem"):
        update(tmp_path, today=TODAY, publications=published(site))
    assert folder_digest(tmp_path) == before


def test_lists_travel_over_https_only(site: Site) -> None:
    for url in ("http://example.org/list.pem", "file:///etc/passwd", "ftp://example.org/x", "list.pem"):
        with pytest.raises(TrustError, match="https only"):
            download(url)
    site.answers = {"/a": (302, b"")}
    site.location = f"{site.url}/b"
    with pytest.raises(TrustError, match="not https"):
        download(f"{site.url}/a")


def test_a_silent_address_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TrustError, match="cannot be fetched"):
        download(f"http://127.0.0.1:{silent.getsockname()[1]}/x", timeout=0.1)


def test_the_published_addresses_are_official() -> None:
    assert {one.url.split("/")[2] for one in PUBLISHED} == {"raw.githubusercontent.com"}
    assert all(one.url.startswith("https://") for one in PUBLISHED)
    assert len({one.name for one in PUBLISHED}) == len(PUBLISHED)


@pytest.mark.real
def test_the_published_lists_are_recognised(shared) -> None:
    expected = {
        "C2PA-TRUST-LIST.json": (Kind.ANCHORS, 30),
        "C2PA-TRUST-LIST.pem": (Kind.ANCHORS, 30),
        "C2PA-TSA-TRUST-LIST.json": (Kind.TSA, 22),
        "C2PA-TSA-TRUST-LIST.pem": (Kind.TSA, 22),
        "c2pa_trust_list.pem": (Kind.ANCHORS, 22),
        "itl-anchors.pem": (Kind.ANCHORS, 18),
        "itl-allowed.pem": (Kind.ALLOWED, 86),
        "store.cfg": (Kind.EKU, 6),
    }
    for name, (kind, entries) in expected.items():
        found = recognise((shared / "trust" / name).read_bytes(), name)
        assert (name, found.kind, found.entries) == (name, kind, entries)
    first, second = ((shared / "trust" / f"C2PA-TRUST-LIST.{ending}").read_bytes() for ending in ("json", "pem"))
    assert set(from_pem(recognise(first, "a").content)[0]) == set(from_pem(recognise(second, "a").content)[0])

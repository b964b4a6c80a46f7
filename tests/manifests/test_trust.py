"""Trust lists in a folder: named, dated, digested, copied, ordered."""

import base64
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from lowbackground.manifests.certificates import from_pem
from lowbackground.manifests.trust import (
    Kind,
    Tier,
    TrustError,
    allowed_digests,
    copy_lists,
    folder_digest,
    lists_in,
    load_trust,
    user_folder,
)
from lowbackground.manifests.trust_import import import_list
from tests.signing import authority, identity

TODAY = date(2026, 11, 20)
ROOT = authority().pem.encode()
OTHER = authority("Other Root").pem.encode()
SIGNER = identity().chain


def add(folder: Path, name: str, content: bytes = ROOT, **options: object) -> None:
    import_list(folder, content, name=name, source=f"{name}.pem", today=TODAY, **options)  # type: ignore[arg-type]


def test_a_missing_folder_holds_no_lists(tmp_path: Path) -> None:
    assert lists_in(tmp_path / "nowhere") == ()
    assert load_trust(tmp_path / "nowhere").is_empty
    assert load_trust(None).is_empty
    assert folder_digest(tmp_path) == folder_digest(None)


def test_what_was_imported_is_loaded(tmp_path: Path) -> None:
    add(tmp_path, "anchors")
    add(tmp_path, "signers", SIGNER, tier=Tier.INTERIM)
    add(tmp_path, "stamps", OTHER, kind=Kind.TSA)
    add(tmp_path, "usages", b"// one\n1.3.6.1.4.1.311.76.59.1.9\n")
    trust = load_trust(tmp_path)
    assert [(one.standing, len(one.anchors), len(one.allowed)) for one in trust.vouchers] == [
        ("interim", 0, 1),
        ("other", 1, 0),
    ]
    assert len(trust.time_stampers) == 2
    assert "1.3.6.1.4.1.311.76.59.1.9" in trust.usages
    assert not trust.is_empty


def test_lists_are_asked_in_the_order_of_their_standing(tmp_path: Path) -> None:
    add(tmp_path, "a-other")
    add(tmp_path, "b-interim", tier=Tier.INTERIM)
    add(tmp_path, "c-mine", capture=True)
    add(tmp_path, "d-c2pa", tier=Tier.C2PA)
    add(tmp_path, "e-c2pa", tier=Tier.C2PA, capture=True)
    standings = [(one.title.split()[0], one.standing) for one in load_trust(tmp_path).vouchers]
    assert standings == [
        ("d-c2pa", "c2pa"),
        ("e-c2pa", "c2pa"),
        ("c-mine", "capture"),
        ("b-interim", "interim"),
        ("a-other", "other"),
    ]


def test_lists_without_signers_leave_the_folder_empty(tmp_path: Path) -> None:
    add(tmp_path, "stamps", kind=Kind.TSA)
    assert load_trust(tmp_path).is_empty


def test_the_digest_tells_what_is_believed_and_not_when_it_was_fetched(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    add(first, "a")
    import_list(second, ROOT, name="a", source="elsewhere", today=date(2020, 1, 1))
    assert folder_digest(first) == folder_digest(second)
    digests = {folder_digest(first)}
    for change in ({"tier": Tier.C2PA}, {"capture": True}, {"kind": Kind.TSA}, {"content": OTHER}):
        add(first, "a", **change)  # type: ignore[arg-type]
        digests.add(folder_digest(first))
    assert len(digests) == 5


def test_a_run_has_a_copy_of_its_own(tmp_path: Path) -> None:
    add(tmp_path / "user", "a")
    add(tmp_path / "user", "u", b"1.2.3.4\n")
    copied = copy_lists(tmp_path / "user", tmp_path / "run")
    before = load_trust(tmp_path / "run")
    assert copied == lists_in(tmp_path / "run")
    assert folder_digest(tmp_path / "user") == folder_digest(tmp_path / "run")
    add(tmp_path / "user", "a", OTHER)
    assert load_trust(tmp_path / "run") == before


def test_a_file_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "a.pem").write_bytes(OTHER)
    with pytest.raises(TrustError, match=r"a\.pem: is not the file that was imported as a"):
        load_trust(tmp_path)
    with pytest.raises(TrustError, match=r"a\.pem"):
        copy_lists(tmp_path, tmp_path / "run")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "a.pem").unlink()
    with pytest.raises(TrustError, match="import the list a again"):
        load_trust(tmp_path)


@pytest.mark.parametrize(
    "index",
    [
        "",
        "[]",
        "{}",
        '{"lists": [{"name": "a"}]}',
        '{"lists": 5}',
        json.dumps(
            {
                "lists": [
                    {
                        "name": "../../etc/passwd",
                        "kind": "anchors",
                        "tier": "other",
                        "capture": False,
                        "issued": None,
                        "retrieved": "2026-11-20",
                        "source": "x",
                        "sha256": "0",
                        "entries": 1,
                    }
                ]
            }
        ),
    ],
)
def test_a_damaged_index_is_refused(tmp_path: Path, index: str) -> None:
    (tmp_path / "lists.json").write_text(index)
    with pytest.raises(TrustError, match=r"lists\.json"):
        lists_in(tmp_path)


def test_rows_record_a_list_by_name_and_digest(tmp_path: Path) -> None:
    add(tmp_path, "mine")
    content = (tmp_path / "mine.pem").read_bytes()
    assert load_trust(tmp_path).vouchers[0].title == f"mine {hashlib.sha256(content).hexdigest()[:12]}"


def test_digests_of_signers_stand_outside_of_certificates() -> None:
    digest = hashlib.sha256(b"a signer").digest()
    text = b"# a comment\n" + base64.b64encode(digest) + b"\n" + SIGNER + b"short=\n"
    assert allowed_digests(text) == {digest.hex(), from_pem(SIGNER)[0][0].sha256}


def test_the_users_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_folder() == tmp_path / "lowbackground" / "trust"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_folder() == tmp_path / ".local" / "share" / "lowbackground" / "trust"

"""The statement of a run: stable, plain, and able to tell whether a folder is still what was stated."""

import hashlib
import random
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson
import pytest

from lowbackground.manifests.digest import canonical_json
from lowbackground.manifests.statement import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    Difference,
    StatementError,
    statement,
    verify,
)


class Tier(StrEnum):
    C2PA = "c2pa"


PARTS: dict[str, Any] = {
    "inputs": [
        {"source": "b.warc.gz", "fingerprint": "2", "unit": "1"},
        {"source": "a.warc.gz", "fingerprint": "1", "unit": "0"},
    ],
    "configuration": {"program": "0.1.0", "digest": "d", "policy": {"name": "standard", "digest": "p"}},
    "detectors": [{"name": "era", "version": "1"}, {"name": "content_credentials", "version": "1"}],
    "trust": [{"name": "c2pa", "tier": Tier.C2PA, "sha256": "f", "dates": ("2026-01-01",)}],
    "counts": {"read": 2, "kept": 1},
}


def stated(folder: Path, **changes: Any) -> dict[str, Any]:
    subjects = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in ("kept", "rejected", "_run/c2pa")
        for path in (folder / name).iterdir()
    }
    return statement(**{"subjects": subjects, **PARTS, **changes})


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for name in ("kept/part-1.parquet", "rejected/part-1.parquet", "_run/c2pa/part-1.parquet", "_run/plan.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_is_an_in_toto_statement_over_the_output_files(out: Path) -> None:
    document = stated(out)
    assert (document["_type"], document["predicateType"]) == (STATEMENT_TYPE, PREDICATE_TYPE)
    names = ["_run/c2pa/part-1.parquet", "kept/part-1.parquet", "rejected/part-1.parquet"]
    assert document["subject"] == [
        {"name": name, "digest": {"sha256": hashlib.sha256(name.encode()).hexdigest()}} for name in names
    ]
    assert document["predicate"]["counts"] == {"read": 2, "kept": 1}


def test_does_not_depend_on_the_order_in_which_things_were_handed_over(out: Path) -> None:
    shuffled = {name: random.sample(part, len(part)) for name, part in PARTS.items() if isinstance(part, list)}
    assert canonical_json(stated(out)) == canonical_json(stated(out, **shuffled))


def test_is_what_a_reader_of_its_json_sees(out: Path) -> None:
    document = stated(out)
    assert orjson.loads(canonical_json(document)) == document
    assert document["predicate"]["trust"][0] == {
        "name": "c2pa",
        "tier": "c2pa",
        "sha256": "f",
        "dates": ["2026-01-01"],
    }


def test_an_untouched_folder_has_no_differences(out: Path) -> None:
    assert verify(stated(out), out) == []


def test_says_what_was_changed_removed_and_added(out: Path) -> None:
    document = stated(out)
    digests = {entry["name"]: entry["digest"]["sha256"] for entry in document["subject"]}
    (out / "kept/part-1.parquet").write_bytes(b"other")
    (out / "rejected/part-1.parquet").unlink()
    (out / "_run/c2pa/part-2.parquet").write_bytes(b"new")
    (out / "notes.txt").write_bytes(b"new")
    other, new = hashlib.sha256(b"other").hexdigest(), hashlib.sha256(b"new").hexdigest()
    assert verify(document, out) == [
        Difference("extra", "_run/c2pa/part-2.parquet", None, new),
        Difference("mismatching", "kept/part-1.parquet", digests["kept/part-1.parquet"], other),
        Difference("extra", "notes.txt", None, new),
        Difference("missing", "rejected/part-1.parquet", digests["rejected/part-1.parquet"]),
    ]


def test_the_runs_own_records_may_change(out: Path) -> None:
    document = stated(out)
    (out / "_run/plan.jsonl").write_bytes(b"more")
    (out / "_run/units").mkdir()
    (out / "_run/units/0.json").write_bytes(b"{}")
    assert verify(document, out) == []


def test_a_folder_that_is_gone_misses_every_file(out: Path, tmp_path: Path) -> None:
    kinds = {difference.kind for difference in verify(stated(out), tmp_path / "elsewhere")}
    assert kinds == {"missing"}


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("../kept/part-1.parquet", "0" * 64),
        ("/etc/passwd", "0" * 64),
        ("", "0" * 64),
        ("a\0b", "0" * 64),
        ("kept/part-1.parquet", "0" * 63),
        ("kept/part-1.parquet", "G" * 64),
        ("kept/part-1.parquet", "0" * 64 + "\n"),
    ],
)
def test_refuses_a_subject_outside_the_folder_or_without_a_digest(name: str, sha256: str) -> None:
    with pytest.raises(StatementError, match="subject"):
        statement(subjects={name: sha256}, **PARTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "https://slsa.dev/provenance/v1"},
        {"subject": None},
        {"subject": ["kept/part-1.parquet"]},
        {"subject": [{"name": "kept/x", "digest": {"sha1": "0"}}]},
        {"subject": [{"name": 7, "digest": {"sha256": "0" * 64}}]},
        {"subject": [{"name": "x", "digest": {"sha256": "0" * 64}}] * 2},
    ],
)
def test_refuses_a_document_that_is_no_statement_of_a_run(out: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(StatementError):
        verify(stated(out) | changes, out)

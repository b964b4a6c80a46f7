"""Loose files: what is a record, what belongs to it, and what cannot be read."""

import io
import zipfile
from pathlib import Path

import pytest

from lowbackground.manifests.media_types import SHEET, SLIDES, WORD
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.readers import files
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS
from lowbackground.pipeline.units import Format, InputFile
from tests.archives import JPEG, PNG
from tests.metadata_files import office
from tests.reading import input_file, seen, without_permission

PAGE = (
    b"<!doctype html><html><title>A title</title><body><p>Some prose that stands in a paragraph of its own.</p></html>"
)


def made(folder: Path, name: str, data: bytes) -> InputFile:
    (folder / name).write_bytes(data)
    return input_file(folder / name, f"pictures/{name}")


def test_a_file_is_a_record_with_its_bytes(tmp_path: Path) -> None:
    names = {"a.jpg": JPEG, "b": PNG, "c.pdf": b"%PDF-1.7 ...", "d.txt": "Grüße".encode(), "e.html": PAGE}
    found = seen(Format.FILE, [made(tmp_path, name, data) for name, data in names.items()])

    assert list(names) == found.column("id")
    assert [f"pictures/{name}" for name in names] == found.column("source")
    assert found.column("offset") == [0] * 5
    assert list(names.values()) == found.column("raw")
    assert found.column("media_type") == ["image/jpeg", "image/png", "application/pdf", "text/plain", "text/html"]
    assert found.column("text")[:4] == [None, None, None, "Grüße"]
    assert "Some prose" in found.column("text")[4]
    assert found.own[4]["title"] == "A title"
    assert [own["raw"] for own in found.own] == [JPEG, PNG, b"%PDF-1.7 ...", None, None]
    assert found.column("captured_at") == [None] * 5


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jpg", b"", "empty"),
        ("a.zip", b"PK\x03\x04 an archive", "unknown-type"),
        ("a", b"\0\1\2\3 no type", "unknown-type"),
        ("a.css", b"body { color: red }", "css"),
        ("a.js", b"let a = 1", "javascript"),
        ("a.json", b'{"a": 1}', "structured-data"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "structured-data"),
        ("a.csv", b"text,label\nA quiet harbour.,human\n", "structured-data"),
        ("a.tsv", b"text\tlabel\nA quiet harbour.\thuman\n", "structured-data"),
    ],
)
def test_what_is_no_record_is_skipped_by_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    found = seen(Format.FILE, [made(tmp_path, name, data), made(tmp_path, "z.txt", b"text")])

    assert {reason: 1} == found.skipped
    assert found.column("id") == ["z.txt"]


def test_an_office_document_is_a_record_wherever_its_parts_stand(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("media.bin", bytes(10_000))  # the head of the file names no part
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", "<document/>")
    files = [made(tmp_path, name, office({"AIGC": "here"}, name[2:])) for name in ("a.docx", "b.xlsx", "c.pptx")]
    found = seen(Format.FILE, [*files, made(tmp_path, "d.docx", out.getvalue())])

    assert found.column("media_type") == [WORD, SHEET, SLIDES, WORD]
    assert found.column("text") == [None] * 4
    assert found.own[3]["raw"] == out.getvalue()


def test_the_sidecar_of_media_is_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.c2pa").write_bytes(b"store")
    sidecar = str(tmp_path / "a.c2pa")
    plain = [made(tmp_path, "a.jpg", JPEG), made(tmp_path, "a.txt", b"text")]
    loose = [InputFile(file.uri, file.source, file.size, "", sidecar, file.id) for file in plain]

    assert seen(Format.FILE, loose).column("sidecar") == [b"store", None]


def test_a_sidecar_that_cannot_be_read_is_noted(tmp_path: Path) -> None:
    (tmp_path / "big.c2pa").write_bytes(b"x" * 2000)
    file = made(tmp_path, "a.jpg", JPEG)
    loose = [
        InputFile(file.uri, file.source, file.size, "", str(tmp_path / name), file.id)
        for name in ("gone.c2pa", "big.c2pa")
    ]
    found = seen(Format.FILE, loose, Read(max_media_bytes=1024))

    assert found.column("sidecar") == [None, None]
    assert found.column("notes") == [["sidecar-unreadable"]] * 2


def test_a_file_that_cannot_be_read_costs_itself(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    gone, folder = input_file(tmp_path / "gone.jpg"), input_file(tmp_path / "folder.jpg")
    large, good = made(tmp_path, "large.jpg", JPEG + bytes(2000)), made(tmp_path, "good.jpg", JPEG)
    found = seen(Format.FILE, [gone, folder, large, good], Read(max_media_bytes=1024))

    assert [(row.id, row.reason) for row in found.unreadable] == [
        ("gone.jpg", "vanished"),
        ("folder.jpg", "cannot-be-read"),
        ("large.jpg", "too-large"),
    ]
    assert found.column("id") == ["good.jpg"]
    assert (found.read, found.broken) == (4, None)


def test_a_file_without_permission_costs_itself(open_folder: Path) -> None:
    closed, good = made(open_folder, "closed.jpg", JPEG), made(open_folder, "good.jpg", JPEG)
    with without_permission(open_folder / "closed.jpg"):
        found = seen(Format.FILE, [closed, good])

    assert [(row.id, row.reason) for row in found.unreadable] == [("closed.jpg", "permission-denied")]
    assert found.column("id") == ["good.jpg"]


def test_a_long_page_is_cut_and_says_so(tmp_path: Path) -> None:
    page = PAGE.replace(b"</p>", b"</p>" + b"<p>More of it, and more.</p>" * 500)
    found = seen(Format.FILE, made(tmp_path, "a.html", page), Read(max_html_bytes=1024))

    assert (found.column("truncated"), found.column("notes")) == ([True], [["truncated"]])
    assert len(found.column("raw")[0]) == 1024


def test_a_file_is_never_cut_and_has_the_columns_of_documents(tmp_path: Path) -> None:
    file = made(tmp_path, "a.jpg", JPEG)

    assert files.slices(file, 1) == [(0, -1)]
    assert DOCUMENT_COLUMNS.equals(files.schema(file, Read()))

"""WebDataset archives: which members make a record, where it is, and what is passed over."""

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.readers import tar
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS
from lowbackground.pipeline.units import Format
from tests.archives import JPEG, PNG, Member, archive, special
from tests.reading import Seen, in_slices, input_file, seen


def read(path: Path, members: list[Member], settings: Read | None = None, pack: Any = bytes) -> Seen:
    (path / "a.tar").write_bytes(pack(archive(members)))
    return seen(Format.TAR, input_file(path / "a.tar"), settings)


def test_a_sample_with_one_picture_is_one_record_with_its_caption(tmp_path: Path) -> None:
    facts = json.dumps({"url": "https://a/", "caption": "unused"}).encode()
    found = read(tmp_path, [("x/01.jpg", JPEG), ("x/01.txt", b"a caption"), ("x/01.json", facts), ("x/01.c2pa", b"s")])
    expected = {
        "id": "x/01",
        "source": "a.tar",
        "offset": 0,
        "raw": JPEG,
        "media_type": "image/jpeg",
        "text": "a caption",
        "url": "https://a/",
        "sidecar": b"s",
        "captured_at": None,
        "notes": [],
    }

    assert [expected] == [{name: row[name] for name in expected} for row in found.rows]
    assert {"id": "x/01", "text": "a caption", "raw": JPEG, "media_type": "image/jpeg"}.items() <= found.own[0].items()
    assert found.read == 1


def test_a_sample_with_several_media_is_a_record_each(tmp_path: Path) -> None:
    members: list[Member] = [
        ("01.left.jpg", JPEG),
        ("01.right.png", PNG),
        ("01.txt", b"both"),
        ("01.left.c2pa", b"of left"),
        ("01.right.png.c2pa", b"of right"),
    ]
    found = read(tmp_path, members)

    assert found.column("id") == ["01#left.jpg", "01#right.png"]
    assert found.column("offset") == [0, 1024]
    assert found.column("text") == ["both", "both"]
    assert found.column("sidecar") == [b"of left", b"of right"]


def test_the_sidecar_of_the_stem_goes_before_that_of_the_name(tmp_path: Path) -> None:
    found = read(tmp_path, [("01.jpg", JPEG), ("01.jpg.c2pa", b"name"), ("01.c2pa", b"stem"), ("02.c2pa", b"alone")])

    assert found.column("sidecar") == [b"stem"]
    assert found.skipped == {"sidecar-without-content": 1}


def test_texts_without_media_are_a_record_each(tmp_path: Path) -> None:
    page = b"<!doctype html><title>A title</title><body><p>Some prose that stands in a paragraph of its own.</p>"
    found = read(tmp_path, [("01.txt", b"one"), ("02.txt", b"two"), ("02.html", page), ("03.cls", b"7")])

    assert sorted(found.column("id"), key=lambda id_: id_.replace("html", "z")) == ["01", "02#txt", "02#html"]
    assert {"one", "two"} < set(found.column("text"))
    assert "A title" in [own["title"] for own in found.own]
    assert {"text/plain", "text/html"} == set(found.column("media_type"))
    assert found.skipped == {"unknown-type": 1}


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ([("1.jpg", JPEG), ("1.caption", b"c"), ("1.txt", b"t")], "t"),
        ([("1.jpg", JPEG), ("1.text", b"x"), ("1.caption", b"c")], "c"),
        ([("1.jpg", JPEG), ("1.json", b'{"caption": "j", "text": "k"}')], "j"),
        ([("1.jpg", JPEG), ("1.json", b'{"text": "k"}')], "k"),
        ([("1.jpg", JPEG), ("1.json", b'{"text": 5}')], None),
        ([("1.jpg", JPEG), ("1.txt.gz", gzip.compress(b"packed"))], "packed"),
        ([("1.jpg", JPEG), ("1.json.gz", gzip.compress(b'{"text": "packed"}'))], "packed"),
        ([("1.jpg", JPEG), ("1.TXT", "grüß".encode())], "grüß"),
        ([("1.jpg", JPEG), ("1.txt", b"")], None),
    ],
)
def test_the_caption_is_the_plainest_text_there_is(tmp_path: Path, members: list[Member], text: str | None) -> None:
    found = read(tmp_path, members)

    assert [text] == found.column("text")
    assert found.column("raw") == [JPEG]


def test_metadata_alone_is_a_record_if_it_holds_a_text(tmp_path: Path) -> None:
    found = read(tmp_path, [("1.json", b'{"text": "a"}'), ("2.json", b'{"n": 1}'), ("3.json", b"nothing")])

    assert [(row["id"], row["text"]) for row in found.rows] == [("1", "a")]
    assert found.reasons == [(2048, "invalid-json")]
    assert found.skipped == {"unused-part": 1}


def test_what_a_tool_says_of_encoding_anew_is_noted(tmp_path: Path) -> None:
    facts = {"key": "1", "status": "success", "original_width": 10, "original_height": 9}
    kept = {**facts, "original_width": None}
    found = read(
        tmp_path,
        [
            ("1.jpg", JPEG),
            ("1.json", json.dumps(facts).encode()),
            ("2.jpg", JPEG),
            ("2.json", json.dumps(kept).encode()),
            ("3.jpg", JPEG),
            ("3.json", b"no object"),
        ],
    )

    assert found.column("notes") == [["reencoded"], [], ["metadata-unreadable"]]


def test_content_tells_media_and_not_the_extension(tmp_path: Path) -> None:
    found = read(
        tmp_path, [("1.bin", JPEG), ("2", PNG), ("3.jpg", b"\0\1\2 no picture"), ("4.npy", b"\x93NUMPY" + bytes(99))]
    )

    assert [(row["id"], row["media_type"]) for row in found.rows] == [("1", "image/jpeg"), ("2", "image/png")]
    assert found.skipped == {"unknown-type": 2}


def test_a_caption_of_lost_media_is_no_record(tmp_path: Path) -> None:
    found = read(tmp_path, [("1.jpg", b"\0\1\2 no picture"), ("1.txt", b"caption"), ("2.txt", b"text")])

    assert found.column("text") == ["text"]
    assert found.skipped == {"unknown-type": 1, "unused-part": 1}


def test_links_devices_and_hidden_names_are_skipped_and_folders_are_nothing(tmp_path: Path) -> None:
    members: list[Member] = [
        special("folder", tarfile.DIRTYPE),
        special("folder/1.txt", tarfile.SYMTYPE, "/etc/passwd"),
        special("folder/2.txt", tarfile.LNKTYPE, "/etc/passwd"),
        special("folder/3.txt", tarfile.CHRTYPE),
        special("folder/4.txt", tarfile.FIFOTYPE),
        ("folder/._5.txt", b"x"),
        ("folder/6.txt", b"text"),
    ]
    found = read(tmp_path, members)

    assert found.column("id") == ["folder/6"]
    assert found.skipped == {"not-a-file": 4, "hidden-file": 1}


def test_names_are_strings_and_never_paths(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    found = read(
        tmp_path, [("../../x.txt", b"a"), ("/etc/passwd.txt", b"b"), (str(outside), b"c"), ("a/../b.txt", b"d")]
    )

    assert ["../../x", "/etc/passwd", str(outside).removesuffix(".txt"), "a/../b"] == found.column("id")
    assert not outside.exists()


def test_parts_beyond_a_cap_go_to_unreadable_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members: list[Member] = [
        ("1.jpg", JPEG + b"x" * 5000),
        ("1.txt", b"a caption"),
        ("2.txt.gz", gzip.compress(bytes(100_000))),
        ("3.txt.gz", gzip.compress(b"x" * 500)[:-12]),
        ("4.jpg", JPEG),
    ]
    found = read(tmp_path, members, Read(max_media_bytes=1024))

    assert found.column("id") == ["4"]
    assert [row.reason for row in found.unreadable] == ["too-large", "too-large", "invalid-encoding"]
    assert [row.id for row in found.unreadable] == ["1#jpg", "2#txt.gz", "3#txt.gz"]
    assert found.skipped == {"unused-part": 1}

    monkeypatch.setattr(tar, "MAX_PARTS", 3)
    found = read(tmp_path, [(f"1.{number}.png", PNG) for number in range(5)])
    assert len(found.rows) == 3
    assert found.reasons == [(3072, "too-many-parts"), (4096, "too-many-parts")]
    found = read(tmp_path, [(f"1.{number}.png", PNG + bytes(900)) for number in range(5)], Read(max_media_bytes=1024))
    assert (len(found.rows), len(found.unreadable)) == (2, 3)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_compressed_archive_has_the_rows_of_the_plain_one(tmp_path: Path, pack: Any) -> None:
    members: list[Member] = [(f"{number}.txt", b"%d" % number) for number in range(50)]
    plain, packed = read(tmp_path, members), read(tmp_path, members, pack=pack)

    assert plain.rows == packed.rows
    assert [number * 1024 for number in range(50)] == packed.column("offset")
    assert tar.slices(input_file(tmp_path / "a.tar"), 10) == [(0, -1)]


def test_a_plain_archive_is_cut_between_samples(tmp_path: Path) -> None:
    members: list[Member] = []
    for number in range(20):
        members += [(f"{number}.jpg", JPEG), (f"{number}.txt", b"%d" % number), (f"{number}.json", b"{}")]
    whole = read(tmp_path, members)
    file = input_file(tmp_path / "a.tar")
    cuts = tar.slices(file, 4000)

    assert cuts[:2] == [(0, 6144), (6144, 12288)]
    assert file.size == cuts[-1][1]
    for unit_bytes in (1, 1000, 4000, 50_000):
        assert whole.rows == in_slices(Format.TAR, file, unit_bytes).rows
    assert tar.slices(file, file.size) == [(0, -1)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_truncated_archive_gives_its_whole_samples_and_says_where(tmp_path: Path, pack: Any) -> None:
    members: list[Member] = [(f"{number}.txt", b"%d" % number * 600) for number in range(10)]
    (tmp_path / "a.tar").write_bytes(pack(archive(members)[: 1536 * 7 + 700]))
    found = seen(Format.TAR, input_file(tmp_path / "a.tar"))

    assert [str(number) for number in range(7)] == found.column("id")
    assert found.reasons == [(1536 * 7, "truncated")]
    assert found.broken is not None
    assert found.broken.startswith("a.tar: ")


def test_a_declared_size_of_100_gb_costs_nothing_and_loses_what_comes_before_it_not(tmp_path: Path) -> None:
    info = tarfile.TarInfo("2.jpg")
    info.size = 100 << 30
    data = archive([("1.txt", b"one")])[:1024] + info.tobuf(tarfile.GNU_FORMAT) + JPEG
    (tmp_path / "a.tar").write_bytes(data)
    found = seen(Format.TAR, input_file(tmp_path / "a.tar"))

    assert found.column("id") == ["1"]
    assert found.reasons == [(1024, "too-large")]
    assert found.broken is not None
    assert "too early" in found.broken


def test_a_damaged_header_breaks_the_unit_after_what_came_before(tmp_path: Path) -> None:
    data = bytearray(archive([("1.txt", b"one"), ("2.txt", b"two"), ("3.txt", b"three")]))
    data[2048 + 3] ^= 1
    (tmp_path / "a.tar").write_bytes(data)
    file = input_file(tmp_path / "a.tar")
    found = seen(Format.TAR, file)

    assert found.column("id") == ["1"]
    assert found.reasons == [(1024, "truncated")]
    assert found.broken is not None
    assert "no tar header, at byte 2048" in found.broken
    assert found.rows == in_slices(Format.TAR, file, 512).rows


@pytest.mark.parametrize("data", [b"", bytes(10240)])
def test_an_empty_archive_is_no_fault(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    found = seen(Format.TAR, input_file(tmp_path / "a.tar"))

    assert (found.read, found.broken) == (0, None)


def test_the_columns_are_those_of_documents(tmp_path: Path) -> None:
    assert DOCUMENT_COLUMNS.equals(tar.schema(input_file(tmp_path / "gone.tar"), Read()))

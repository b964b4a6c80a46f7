"""Every real WARC file: the rows are the records that somebody else's reader selects, and their bytes are the same."""

from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from lowbackground.manifests.sniff import sniff
from lowbackground.pipeline.readers.payload import is_record
from tests.warcs import Result, read

pytestmark = pytest.mark.real

FILES = (
    "aut/example.docs.warc.gz",
    "aut/example.pdf.warc.gz",
    "aut/example.txt.warc.gz",
    "aut/example.warc.gz",
    "aut/issue-493.warc",
    "aut/issue-514.warc",
    "jwarc/cc.warc.gz",
    "jwarc/gzip_extra_sl.warc.gz",
    "resiliparse/block-sized-records.warc",
    "resiliparse/block-sized-records.warc.gz",
    "resiliparse/block-sized-records.warc.lz4",
    "resiliparse/clueweb-quirk.warc.gz",
    "resiliparse/warcfile.warc",
    "resiliparse/warcfile.warc.gz",
    "resiliparse/warcfile.warc.lz4",
    "whirlwind/whirlwind.warc",
    "whirlwind/whirlwind.warc.gz",
    "whirlwind/whirlwind.warc.wat",
    "whirlwind/whirlwind.warc.wat.gz",
    "whirlwind/whirlwind.warc.wet",
    "whirlwind/whirlwind.warc.wet.gz",
)
CLIPPED = "resiliparse/clipped.warc.gz"  # stands among the broken ones below


def selected(path: Path) -> list[tuple[str, bytes]]:
    """Id and payload of every record that should be a row, by warcio and the words of the documentation."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            payload = record.content_stream().read()
            if payload and _is_wanted(record) and is_record(_media_type(record, payload)):
                found.append((record.rec_headers.get_header("WARC-Record-ID").strip("<>"), payload))
    return found


def _is_wanted(record: Any) -> bool:
    if record.rec_type == "response":
        return record.http_headers is not None and record.http_headers.get_statuscode() == "200"
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    return record.rec_type in {"resource", "conversion"} and not url.startswith("metadata:")


def _media_type(record: Any, payload: bytes) -> str | None:
    headers = record.http_headers if record.rec_type == "response" else record.rec_headers
    return sniff(payload, headers.get_header("Content-Type"))


@pytest.mark.parametrize("name", FILES)
def test_rows_are_the_selected_records(shared: Path, name: str) -> None:
    path = shared / "warc/real" / name
    twin = path.with_suffix(".gz") if path.suffix == ".lz4" else path
    result = read(path)
    assert (result.unreadable, result.failure) == ([], None)
    assert [(row["id"], row["raw"]) for row in result.rows] == selected(twin)


def test_no_real_file_is_left_out(shared: Path) -> None:
    folder = shared / "warc/real"
    there = {str(path.relative_to(folder)) for path in folder.glob("*/*.warc*")}
    assert there == {*FILES, CLIPPED}


@pytest.mark.parametrize("twin", ["gz", "lz4"])
@pytest.mark.parametrize("name", ["resiliparse/warcfile.warc", "resiliparse/block-sized-records.warc"])
def test_a_codec_changes_nothing_but_places(shared: Path, name: str, twin: str) -> None:
    def unplaced(result: Result) -> list[dict[str, Any]]:
        return [row | {"source": "", "offset": 0} for row in result.rows]

    plain, packed = (read(shared / f"warc/real/{name}{suffix}") for suffix in ("", f".{twin}"))
    assert unplaced(plain) == unplaced(packed)
    assert plain.skipped == packed.skipped


def test_common_crawl_is_known_for_an_archive(shared: Path) -> None:
    for name in ("whirlwind.warc.gz", "whirlwind.warc.wet.gz"):
        rows = read(shared / "warc/real/whirlwind" / name).rows
        assert [str(row["captured_at"]) for row in rows] == ["2024-05-18 01:58:10+00:00"]
    assert all(row["captured_at"] is None for row in read(shared / "warc/real/aut/example.warc.gz").rows)


def test_common_crawl_and_its_own_extract_are_of_one_page(shared: Path) -> None:
    page, extract = (read(shared / f"warc/real/whirlwind/whirlwind.warc{kind}.gz").rows[0] for kind in ("", ".wet"))
    assert page["url"] == extract["url"]
    assert page["own"]["title"] == "Escopete - Biquipedia, a enciclopedia libre"
    assert "Escopete" in page["text"]
    assert extract["text"].startswith("Escopete - Biquipedia")


BROKEN: dict[str, tuple[int, list[str], dict[str, int], bool]] = {
    # rows, why others are unreadable, what is skipped, and whether the rest of the file could not be read
    CLIPPED: (0, ["truncated"], {}, True),
    # All records in one gzip member: readable from end to end, only not from the middle.
    "example-bad-non-chunked.warc.gz": (1, [], {"warcinfo": 2, "request": 2, "revisit": 1}, False),
    "example-bad.warc.gz.bad": (1, [], {"warcinfo": 1, "request": 2, "revisit": 1, "redirect": 1}, False),
    # Wrong payload digests, but of requests.
    "example-digest.warc": (0, [], {"request": 4}, False),
    "example-iana.org-chunked.warc": (1, [], {"warcinfo": 1, "request": 1}, False),
    "example-resource.warc.gz": (1, [], {"warcinfo": 2}, False),
    "example-space-in-target-uri.warc.gz": (1, [], {"warcinfo": 1}, False),
    # Two bytes of a body became zeros behind its Content-Length: the digest tells, and the leftover is no record.
    "example-trunc.warc": (0, ["wrong-digest", "invalid-record"], {"warcinfo": 2, "request": 1}, False),
    "example-wget-bad-target-uri.warc.gz": (1, [], {"warcinfo": 1, "request": 1, "metadata": 3}, False),
    # The response lies in two members and lacks its last byte; its payload digest is of the bytes that are there.
    "example-wrong-chunks.warc.gz": (0, ["short-body"], {"request": 1}, False),
    "example.warc": (1, [], {"warcinfo": 2, "request": 2, "revisit": 1}, False),
    "example.warc.gz": (1, [], {"warcinfo": 2, "request": 2, "revisit": 1}, False),
    "post-test.warc.gz": (0, [], {"request": 3, "structured-data": 3}, False),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_come_to_what_a_user_would_want(shared: Path, name: str) -> None:
    folder = "real" if name == CLIPPED else "broken"
    rows, reasons, skipped, fails = BROKEN[name]
    result = read(shared / "warc" / folder / name)
    assert (len(result.rows), result.reasons, dict(result.skipped)) == (rows, reasons, skipped)
    assert (result.failure is not None) is fails


def test_no_broken_file_is_left_out(shared: Path) -> None:
    there = {path.name for path in (shared / "warc/broken").iterdir() if path.name != "LICENSE"}
    assert there == set(BROKEN) - {CLIPPED}


def test_a_target_in_angle_brackets_or_with_spaces_is_a_url(shared: Path) -> None:
    broken = shared / "warc/broken"
    assert read(broken / "example-wget-bad-target-uri.warc.gz").rows[0]["url"] == "http://example.com/"
    assert read(broken / "example-space-in-target-uri.warc.gz").rows[0]["url"] == "file:///example with spaces.png"


def test_pages_of_the_benchmark_are_all_rows(shared: Path) -> None:
    result = read(shared / "warc/bench/part-00000.warc.gz")
    assert (len(result.rows), result.unreadable, result.failure) == (600, [], None)

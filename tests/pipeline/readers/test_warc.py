"""What a WARC record comes to: its columns, the reasons why it is none, and what it is not made to say."""

import gzip
import struct
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import zstandard

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import StorageError
from lowbackground.pipeline.readers import warc
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS
from lowbackground.pipeline.readers.reasons import NOTES, SKIPPED, UNREADABLE
from lowbackground.pipeline.readers.warc_info import names_an_archive
from lowbackground.pipeline.units import Format, Unit
from tests.reading import input_file
from tests.warcs import CODECS, PROSE, members, page, read, record, response, sha1, warcinfo, write

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WHEN = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)


def one(tmp_path: Path, *records: bytes, **settings: object) -> dict[str, object]:
    result = read(write(tmp_path, members(records)), **settings)
    assert (result.unreadable, result.failure) == ([], None)
    assert len(result.rows) == 1
    return result.rows[0]


@pytest.mark.parametrize("codec", CODECS)
def test_a_response_becomes_a_row(tmp_path: Path, codec: str) -> None:
    row = read(write(tmp_path, members([response(id_="r1", X_Robots_Tag="noai")], codec))).rows[0]
    assert row["id"] == "urn:uuid:r1"
    assert (row["source"], row["offset"]) == ("a.warc.gz", 0)
    assert row["url"] == "https://example.org/r1"
    assert row["media_type"] == "text/html"
    assert row["text"] == PROSE.strip()
    assert row["language"] == "en"
    assert row["raw"] == page()
    assert {"name": "x-robots-tag", "value": "noai"} in row["headers"]
    assert (row["sidecar"], row["truncated"], row["notes"], row["captured_at"]) == (None, False, [], None)
    own = row["own"]
    assert (own["title"], own["date"], own["raw"]) == ("A title", WHEN, None)


@pytest.mark.parametrize("codec", CODECS)
def test_offsets_are_where_members_start(tmp_path: Path, codec: str) -> None:
    stored = members([warcinfo(software="x"), *(response(id_=f"r{n}") for n in range(4))], codec)
    starts = [sum(map(len, stored[:at])) for at in range(1, 5)]
    assert [row["offset"] for row in read(write(tmp_path, stored)).rows] == starts


def test_records_in_one_member_are_numbered_from_its_start(tmp_path: Path) -> None:
    stored = [*members([response(id_="a")]), gzip.compress(response(id_="b") + response(id_="c"))]
    first = len(stored[0])
    result = read(write(tmp_path, stored))
    assert [(row["id"], row["offset"]) for row in result.rows] == [
        ("urn:uuid:a", 0),
        ("urn:uuid:b", first),
        ("urn:uuid:c", first + 1),
    ]


def test_a_resource_is_told_by_its_content_and_has_no_headers(tmp_path: Path) -> None:
    row = one(tmp_path, record("resource", PNG, WARC_Target_URI="https://example.org/a.png", Content_Type="image/jpeg"))
    assert (row["media_type"], row["headers"], row["text"]) == ("image/png", None, None)
    assert row["own"]["raw"] == PNG


def test_a_conversion_is_the_text_that_it_says_it_is(tmp_path: Path) -> None:
    text = f"<html> is how this text about markup begins. {PROSE}"
    row = one(tmp_path, record("conversion", text.encode(), Content_Type="text/plain"))
    assert (row["media_type"], row["text"], row["own"]["title"]) == ("text/plain", text, None)


def test_keep_raw_writes_the_page_too(tmp_path: Path) -> None:
    assert one(tmp_path, response(), keep_raw=True)["own"]["raw"] == page()


@pytest.mark.parametrize(
    "reason, stored",
    [
        ("warcinfo", warcinfo(software="x")),
        ("request", record("request", b"GET / HTTP/1.1\r\n\r\n")),
        ("metadata", record("metadata", b"via: x")),
        (
            "metadata",
            record("resource", b"wget log", WARC_Target_URI="<metadata://gnu.org/software/wget/warc/wget.log>"),
        ),
        ("revisit", record("revisit", b"HTTP/1.1 200 OK\r\n\r\n")),
        ("continuation", record("continuation", b"abc")),
        ("unknown-record", record("novelty", b"abc")),
        ("not-http", response(warc={"Content-Type": "text/dns"})),
        ("redirect", response(status="301 Moved")),
        ("http-status", response(status="404 Not Found")),
        ("empty", response(b"")),
        ("empty", response(b"", Content_Length="500")),
        ("css", response(b"a { color: red }", content_type="text/css")),
        ("javascript", response(b"var a = 1;", content_type="text/javascript; charset=utf-8")),
        ("font", response(b"wOF2" + bytes(50), content_type="font/woff2")),
        ("structured-data", response(b'{"a": 1}', content_type="application/json")),
        ("structured-data", response(b"<?xml version='1.0'?><rss></rss>", content_type="application/rss+xml")),
        ("structured-data", response(b"day,rain\n1,2\n", content_type="text/csv; charset=utf-8")),
        ("unknown-type", response(bytes(range(256)), content_type="application/octet-stream")),
    ],
)
def test_what_is_no_document_is_skipped_by_reason(tmp_path: Path, reason: str, stored: bytes) -> None:
    result = read(write(tmp_path, members([stored])))
    assert (result.rows, result.unreadable, dict(result.skipped)) == ([], [], {reason: 1})
    assert reason in SKIPPED


@pytest.mark.parametrize(
    "reason, stored",
    [
        ("invalid-http", response(warc={}) .replace(b"HTTP/1.1 200", b"NOHTTP  2000")),
        ("invalid-encoding", response(gzip.compress(page())[:40] + b"\xff" * 200, Content_Encoding="gzip")),
        ("decompression-bomb", response(gzip.compress(b"a" * (40 << 20)), Content_Encoding="gzip")),
        ("short-body", response(Content_Length="9999")),
        ("wrong-digest", response(warc={"WARC-Block-Digest": sha1(b"x")})),
        ("wrong-digest", response(warc={"WARC-Payload-Digest": sha1(b"x")})),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_a_reason_and_costs_nothing_else(tmp_path: Path, reason: str, stored: bytes) -> None:
    result = read(write(tmp_path, members([response(id_="before"), stored, response(id_="after")])))
    assert result.ids == ["before", "after"]
    assert result.reasons == [reason]
    assert result.unreadable[0].id == "urn:uuid:r0"
    assert (result.failure, reason in UNREADABLE) == (None, True)


def test_a_record_without_id_is_named_by_its_place(tmp_path: Path) -> None:
    stored = members([response(id_="a"), response(warc={"WARC-Record-ID": None})])
    assert read(write(tmp_path, stored)).rows[1]["id"] == f"a.warc.gz#{len(stored[0])}"


def test_statuses_that_count_can_be_chosen(tmp_path: Path) -> None:
    assert one(tmp_path, response(status="404 Not Found"), statuses=(200, 404))["text"]


def test_the_body_is_free_of_its_codings_and_else_unaltered(tmp_path: Path) -> None:
    body = page()
    encoded = gzip.compress(body)
    stored = b"".join(b"%x\r\n%s\r\n" % (1, encoded[at : at + 1]) for at in range(len(encoded))) + b"0\r\n\r\n"
    row = one(tmp_path, response(stored, Transfer_Encoding="chunked", Content_Encoding="gzip"))
    assert (row["raw"], row["text"]) == (body, PROSE.strip())


def test_right_digests_of_any_kind_pass(tmp_path: Path) -> None:
    plain = response(warc={"WARC-Payload-Digest": sha1(page())})
    block = plain.partition(b"\r\n\r\n")[2][:-4]
    encoded = gzip.compress(page())
    records = [
        plain,
        response(warc={"WARC-Block-Digest": sha1(block)}),
        response(encoded, Content_Encoding="gzip", warc={"WARC-Payload-Digest": sha1(encoded)}),
        response(encoded, Content_Encoding="gzip", warc={"WARC-Payload-Digest": sha1(page())}),
    ]
    assert len(read(write(tmp_path, members(records))).rows) == 4


def test_a_digest_of_bytes_that_are_gone_is_not_held_against_the_record(tmp_path: Path) -> None:
    """A crawler that decodes before it stores, and digests before it decodes, as ClueWeb's did."""
    digest = sha1(gzip.compress(page()))
    assert one(
        tmp_path, response(Content_Encoding="gzip", warc={"WARC-Payload-Digest": digest, "WARC-Block-Digest": digest})
    )


def test_what_the_crawler_cut_is_a_row_that_says_so(tmp_path: Path) -> None:
    row = one(tmp_path, response(Content_Length="9999", warc={"WARC-Truncated": "length"}))
    assert (row["truncated"], row["notes"]) == (True, ["truncated"])


def test_a_coding_that_ends_early_is_a_row_that_says_so(tmp_path: Path) -> None:
    noise = Random(7).randbytes(20_000).hex().encode()
    row = one(tmp_path, response(gzip.compress(b"<html><body>" + noise)[:-5000], Content_Encoding="gzip"))
    assert (row["truncated"], row["notes"]) == (True, ["truncated"])


@pytest.mark.parametrize("coding", [None, "gzip"])
def test_a_page_beyond_the_cap_is_cut_and_media_beyond_theirs_are_unreadable(
    tmp_path: Path, coding: str | None
) -> None:
    def sent(body: bytes, id_: str, content_type: str) -> bytes:
        headers = {"Content_Encoding": coding} if coding else {}
        return response(gzip.compress(body) if coding else body, id_=id_, content_type=content_type, **headers)

    noise = b"<p>" + Random(7).randbytes(15_000).hex().encode()
    stored = [
        sent(b"<html><body>" + noise, "page", "text/html"),
        sent(PNG + noise[:10_000], "small", "image/png"),
        sent(PNG + noise, "large", "image/png"),
        sent(noise[3:].replace(b"<", b" "), "text", "text/plain"),
    ]
    result = read(write(tmp_path, members(stored)), max_html_bytes=2000, max_media_bytes=15_000)
    assert result.ids == ["page", "small"]
    assert [len(row["raw"]) for row in result.rows] == [2000, 10_000 + len(PNG)]
    assert [row["truncated"] for row in result.rows] == [True, False]
    assert result.reasons == ["too-large", "too-large"]


@pytest.mark.parametrize(
    "info, archive, captured",
    [
        ({"publisher": "Common Crawl"}, None, WHEN),
        ({"operator": "Internet Archive"}, None, WHEN),
        ({"software": "my crawler"}, None, None),
        ({"software": "my crawler"}, True, WHEN),
        ({"publisher": "Common Crawl"}, False, None),
    ],
)
def test_warc_date_is_a_time_of_capture_in_archives_alone(
    tmp_path: Path, info: dict[str, str], archive: bool | None, captured: datetime | None
) -> None:
    row = one(tmp_path, warcinfo(**info), response(), archive=archive)
    assert (row["captured_at"], row["own"]["date"]) == (captured, WHEN)


@pytest.mark.parametrize(
    "info",
    [
        "isPartOf: CC-MAIN-2024-22\r\n",
        "isPartOf: CC-NEWS\r\n",
        "OPERATOR: Common Crawl Admin (info@commoncrawl.org)\r\n",
        "hostname: crawling08.us.archive.org\r\n",
    ],
)
def test_the_two_archives_are_known_by_what_they_write(info: str) -> None:
    assert names_an_archive("software: x\r\n" + info)


@pytest.mark.parametrize(
    "info",
    [
        "software: Heritrix/3.4 http://crawler.archive.org",
        "Software-Info: ia-web-commons.1.1.10",
        "robots: checked via crawler-commons (https://github.com/crawler-commons/crawler-commons)",
        "isPartOf: archive.org-shallow",
        "description: like Common Crawl",
        "hostname: archive.org.evil.example",
        "",
        "publisher",
    ],
)
def test_their_software_in_other_hands_is_not_taken_for_them(info: str) -> None:
    assert not names_an_archive(info)


def test_a_slice_knows_the_archive_from_the_head_of_its_file(tmp_path: Path) -> None:
    stored = members([warcinfo(publisher="Common Crawl"), response(id_="a"), response(id_="b")])
    result = read(write(tmp_path, stored), start=len(stored[0]) + 1)
    assert result.ids == ["b"]
    assert result.rows[0]["captured_at"] == WHEN


def test_a_date_that_is_none_is_null(tmp_path: Path) -> None:
    row = one(tmp_path, response(warc={"WARC-Date": "2008-10-294T05:21:46-0700"}), archive=True)
    assert (row["captured_at"], row["own"]["date"]) == (None, None)


def test_files_of_a_unit_follow_one_another_and_a_missing_one_leaves_it_undone(tmp_path: Path) -> None:
    first = write(tmp_path, members([response(id_="a")]), "a.warc.gz")
    second = write(tmp_path, members([response(id_="b")]), "b.warc.gz")
    third = write(tmp_path, members([response(id_="c")]), "c.warc.gz")
    files = tuple(map(input_file, (first, second, third)))
    batches = list(warc.read(Unit("u", Format.WARC, files), Read()))
    assert [batch.records.column("id").to_pylist() for batch in batches] == [["urn:uuid:a", "urn:uuid:b", "urn:uuid:c"]]
    second.unlink()
    with pytest.raises(StorageError, match=r"b\.warc\.gz: cannot be opened .No such file"):
        list(warc.read(Unit("u", Format.WARC, files), Read()))


def test_the_schema_is_known_before_anything_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"")
    assert warc.schema(input_file(path), Read()) == DOCUMENT_COLUMNS
    assert read(path).rows == []


def test_notes_are_listed(tmp_path: Path) -> None:
    result = read(write(tmp_path, members([response("é".encode("cp1252") * 50, content_type="text/plain")])))
    assert result.rows[0]["notes"] == ["charset-guessed"]
    assert {"charset-guessed", "unicode-replaced", "truncated", "main-content-skipped"} <= set(NOTES)


def test_zstd_with_a_dictionary_in_front_is_read_as_a_whole(tmp_path: Path) -> None:
    records = [response(page(f"{number} {PROSE}"), id_=f"r{number}") for number in range(100)]
    dictionary = zstandard.train_dictionary(4096, records)
    frame = struct.pack("<II", 0x184D2A5D, len(dictionary.as_bytes())) + dictionary.as_bytes()  # IIPC's WARC-zstd draft
    compress = zstandard.ZstdCompressor(dict_data=dictionary).compress
    path = write(tmp_path, [frame, *map(compress, records)], "a.warc.zst")
    assert len(read(path).rows) == 100
    assert warc.slices(input_file(path), 2000) == [(0, -1)]

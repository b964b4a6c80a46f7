"""JSON Lines: what becomes of the keys, what of lines that are no rows, and where each row is."""

import base64
import bz2
import gzip
import json
import lzma
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lz4.frame
import pyarrow as pa
import pytest
import zstandard

from lowbackground.pipeline.config import Mapping, Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.readers import jsonl
from lowbackground.pipeline.units import Format
from tests.reading import Seen, in_slices, input_file, seen


def read(path: Path, data: bytes | str, settings: Read | None = None, name: str = "a.jsonl") -> Seen:
    file = path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return seen(Format.JSONL, input_file(file), settings)


def one(path: Path, line: str | bytes, **columns: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record and the user's columns of a line that is a row."""
    found = read(path, line, Read(columns=Mapping(**columns)))
    assert not found.unreadable
    return found.rows[0], found.own[0]


def test_mapped_keys_are_typed_columns_and_the_others_one_object(tmp_path: Path) -> None:
    raw = base64.b64encode(b"\xff\xd8\xff\xe0 a picture").decode()
    values = {"text": "Grüße", "url": "https://a/", "id": "x1", "raw": raw, "b": [1, {"c": None}], "a": 1.5}
    row, own = one(tmp_path, json.dumps(values))

    assert {"id": "x1", "source": "a.jsonl", "offset": 0, "url": "https://a/", "text": "Grüße"}.items() <= row.items()
    assert (row["raw"], row["media_type"]) == (b"\xff\xd8\xff\xe0 a picture", "image/jpeg")
    assert own["extra"] == '{"a":1.5,"b":[1,{"c":null}]}'
    assert {
        "text": "Grüße",
        "url": "https://a/",
        "id": "x1",
        "raw": b"\xff\xd8\xff\xe0 a picture",
    }.items() <= own.items()


def test_the_schema_is_told_without_reading(tmp_path: Path) -> None:
    settings = Read(columns=Mapping(text="content", captured_at="when", captured_at_kind="captured"))
    expected = pa.schema(
        [
            ("content", pa.large_string()),
            ("raw", pa.large_binary()),
            ("url", pa.large_string()),
            ("id", pa.large_string()),
            ("extra", pa.large_string()),
            ("when", pa.timestamp("ms", tz="UTC")),
        ]
    )

    assert expected.equals(jsonl.schema(input_file(tmp_path / "is not there.jsonl"), settings))


def test_absent_and_null_keys_are_null_and_the_id_is_the_place(tmp_path: Path) -> None:
    found = read(tmp_path, '{"text": null}\n{}\n{"id": ""}\n')

    assert found.column("text") == [None] * 3
    assert found.column("id") == ["a.jsonl#0", "a.jsonl#15", "a.jsonl#18"]
    assert [own["extra"] for own in found.own] == [None] * 3


@pytest.mark.parametrize(("value", "expected"), [("7", "7"), ("1.5", "1.5"), ('"a"', "a"), ("9" * 30, "9" * 30)])
def test_an_id_may_be_a_number(tmp_path: Path, value: str, expected: str) -> None:
    assert expected == one(tmp_path, f'{{"id": {value}, "big": {"8" * 30}}}')[0]["id"]


@pytest.mark.parametrize("key", ["text", "url", "id", "raw"])
@pytest.mark.parametrize("value", ["[1]", '{"a": 1}', "true"])
def test_a_mapped_key_of_the_wrong_type_costs_its_line(tmp_path: Path, key: str, value: str) -> None:
    found = read(tmp_path, f'{{"{key}": {value}}}\n{{"text": "good"}}\n')

    assert found.reasons == [(0, "wrong-type")]
    assert f"key '{key}': expected a string, found " in found.unreadable[0].detail
    assert found.column("text") == ["good"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"no json", "invalid-json"),
        (b'{"text": "a\0b"}', "invalid-json"),
        (b"\0" * 100, "invalid-json"),
        (b'{"text": "a"} {}', "invalid-json"),
        (b'{"text": "a"', "invalid-json"),
        (b"[1, 2]", "not-an-object"),
        (b'"text"', "not-an-object"),
        (b"null", "not-an-object"),
        (b"12345678901234567890123", "not-an-object"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too-deep"),
        (b'{"raw": "a picture"}', "invalid-base64"),
        ('{"raw": "ü"}'.encode(), "invalid-base64"),
        (b'{"text": 1}', "wrong-type"),
    ],
)
def test_a_line_that_is_no_row_goes_to_unreadable_and_the_next_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    found = read(tmp_path, line + b'\n{"text": "good"}\n')

    assert [(0, reason)] == found.reasons
    assert found.unreadable[0].id == "a.jsonl#0"
    assert found.column("text") == ["good"]
    assert len(found.unreadable[0].detail) < 300


@pytest.mark.parametrize(
    ("line", "text", "extra", "note"),
    [
        (b'{"text": "a \xff b"}', "a � b", None, "unicode-replaced"),
        (b'{"text": "a \\ud800 b"}', "a � b", None, "unicode-replaced"),
        (b'{"text": "a", "\\udfff": ["\\ud800"]}', "a", '{"�":["�"]}', "unicode-replaced"),
        (b'{"text": "a", "n": NaN, "i": [-Infinity]}', "a", '{"i":[null],"n":null}', "non-finite-replaced"),
    ],
)
def test_what_can_be_mended_is_a_row_with_a_note(
    tmp_path: Path, line: bytes, text: str, extra: str | None, note: str
) -> None:
    row, own = one(tmp_path, line)

    assert (text, extra, [note]) == (row["text"], own["extra"], row["notes"])
    assert text == own["text"]


def test_nul_and_pairs_of_surrogates_in_escapes_are_characters(tmp_path: Path) -> None:
    row, _ = one(tmp_path, r'{"text": "a\u0000b \ud83d\ude00"}')

    assert (row["text"], row["notes"]) == ("a\0b 😀", [])


@pytest.mark.parametrize("number", ["123456789012345678901234567890", "-18446744073709551616", "1e400", "1.5e300"])
def test_numbers_that_do_not_fit_keep_their_digits(tmp_path: Path, number: str) -> None:
    _, own = one(tmp_path, f'{{"text": "a", "b": {{"n": {number}}}, "a": [true, null, "x"]}}')

    assert f'{{"a":[true,null,"x"],"b":{{"n":{number}}}}}' == own["extra"]


@pytest.mark.parametrize(
    "raw", [b"", b"\xfb\xff\xfe", b"%PDF-1.7", bytes(range(256))], ids=["empty", "url-safe", "text", "all"]
)
def test_base64_is_taken_in_every_common_spelling(tmp_path: Path, raw: bytes) -> None:
    plain = base64.b64encode(raw).decode()
    spellings = [plain, plain.rstrip("="), base64.urlsafe_b64encode(raw).decode(), f"data:image/png;base64,{plain}"]
    spellings.append("\n".join(plain[start : start + 76] for start in range(0, len(plain), 76)))
    found = read(tmp_path, "".join(json.dumps({"raw": spelling}) + "\n" for spelling in spellings))

    assert [raw] * 5 == found.column("raw")


def test_a_column_declared_as_capture_time_becomes_a_time(tmp_path: Path) -> None:
    lines = [
        '"2021-03-04T05:06:07Z"',
        '"20210304050607"',
        '"2021-03-04T06:06:07+01:00"',
        "1614834367",
        '"last week"',
        "null",
    ]
    settings = Read(columns=Mapping(captured_at="when", captured_at_kind="captured"))
    found = read(tmp_path, "".join(f'{{"when": {line}, "k": 1}}\n' for line in lines), settings)
    expected = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)

    assert [expected] * 3 + [None] * 3 == found.column("captured_at")
    assert found.column("notes") == [[]] * 3 + [["time-unreadable"]] * 2 + [[]]
    assert [own["extra"] for own in found.own[:5]] == ['{"k":1}'] * 3 + [
        '{"k":1,"when":1614834367}',
        '{"k":1,"when":"last week"}',
    ]


def test_a_time_counts_only_when_somebody_else_took_it(tmp_path: Path) -> None:
    file = input_file(tmp_path / "a.jsonl")
    with pytest.raises(ConfigError, match="captured_at_kind: captured"):
        jsonl.schema(file, Read(columns=Mapping(captured_at="when")))
    with pytest.raises(ConfigError, match="it can be but one"):
        jsonl.schema(file, Read(columns=Mapping(text="a", raw="a")))
    with pytest.raises(ConfigError, match="'extra'"):
        jsonl.schema(file, Read(columns=Mapping(text="extra")))


def test_one_key_may_be_url_and_id(tmp_path: Path) -> None:
    row, own = one(tmp_path, '{"link": "https://a/", "k": 1}', url="link", id="link")

    assert (row["url"], row["id"]) == ("https://a/", "https://a/")
    assert own == {"text": None, "raw": None, "link": "https://a/", "extra": '{"k":1}'}


def test_metadata_of_a_tool_that_encodes_anew_is_noted(tmp_path: Path) -> None:
    facts = {"key": "1", "status": "success", "original_width": 10, "original_height": 9}
    kept = {**facts, "original_width": None, "original_height": None}

    assert one(tmp_path, json.dumps(facts))[0]["notes"] == ["reencoded"]
    assert one(tmp_path, json.dumps(kept))[0]["notes"] == []


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.compress, bz2.compress, lzma.compress, lz4.frame.compress]
)
def test_offsets_are_where_the_line_is_in_the_decompressed_stream(tmp_path: Path, pack: Any) -> None:
    data = b'\xef\xbb\xbf{"text": "first"}\r\n\n   \n{"text": "second"}\nbroken\n{"text": "last"}'
    found = read(tmp_path, pack(data))

    assert found.column("text") == ["first", "second", "last"]
    for row in found.rows:
        line = data[row["offset"] :].split(b"\n")[0].removeprefix(b"\xef\xbb\xbf")
        assert row["text"] == json.loads(line)["text"]
    assert [(data.index(b"broken"), "invalid-json")] == found.reasons


def test_batches_end_at_rows_or_bytes(tmp_path: Path) -> None:
    data = "".join(json.dumps({"text": "x" * 500}) + "\n" for _ in range(25))

    assert read(tmp_path, data, Read(batch_rows=10)).sizes == [10, 10, 5]
    assert read(tmp_path, data, Read(batch_bytes=1024)).sizes == [2] * 12 + [1]


def test_a_plain_file_is_cut_and_a_compressed_one_is_not(tmp_path: Path) -> None:
    data = b"".join(b'{"text": "%d"}\n' % number for number in range(1000))
    (tmp_path / "a.jsonl").write_bytes(data)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(data, 0))
    plain, packed = input_file(tmp_path / "a.jsonl"), input_file(tmp_path / "a.jsonl.gz")

    assert [(0, 6000), (6000, 12000), (12000, len(data))] == jsonl.slices(plain, 6000)
    assert jsonl.slices(packed, 6000) == [(0, -1)]
    assert jsonl.slices(plain, len(data)) == [(0, -1)]
    assert seen(Format.JSONL, plain).rows == in_slices(Format.JSONL, plain, 999).rows


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lambda data: bz2.compress(data, 1), lzma.compress])
def test_a_broken_stream_gives_its_good_lines_then_says_where(tmp_path: Path, pack: Any) -> None:
    data = b"".join(b'{"text": "%030d"}\n' % (number * 7919) for number in range(15_000))
    found = read(tmp_path, pack(data)[:-2000])
    lost = found.unreadable[-1]

    assert len(found.rows) > 20
    assert [{"text": f"{number * 7919:030d}"} for number in range(len(found.rows))] == [
        {"text": row["text"]} for row in found.rows
    ]
    assert lost.reason == "truncated"
    assert found.broken is not None
    assert found.broken.startswith("a.jsonl: ")
    assert "--redo-changed" in found.broken


def test_a_file_that_ends_inside_a_line_says_truncated(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"text": "a"}\n{"text": "b')

    assert found.reasons == [(14, "truncated")]
    assert found.broken is None


@pytest.mark.parametrize("data", [b"", b"\n\n \n"])
def test_a_file_without_lines_has_no_rows_and_is_no_fault(tmp_path: Path, data: bytes) -> None:
    found = read(tmp_path, data)

    assert (found.read, found.broken) == (0, None)

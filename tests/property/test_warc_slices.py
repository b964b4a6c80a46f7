"""Slices that meet make up the whole file: nothing twice, nothing lost, whatever is damaged between them."""

import gzip
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowbackground.pipeline.readers import warc
from tests.reading import input_file
from tests.warcs import CODECS, members, read, response, warcinfo, write

# In a plain file junk that begins like a record would be its header: what a record is then lies with the reader.
JUNK = st.binary(max_size=40).filter(lambda junk: b"WARC" not in junk)
JUNK |= st.sampled_from([b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", bytes(100)])
SOME = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def stored(count: int, codec: str, seed: int) -> list[bytes]:
    random = Random(seed)
    bodies = [f"<p>{random.randbytes(random.randrange(1, 400)).hex()}</p>".encode() for _ in range(count)]
    records = [warcinfo(publisher="Common Crawl"), *(response(body, id_=f"r{n}") for n, body in enumerate(bodies))]
    return members(records, codec)


def everything(path: Path, start: int = 0, end: int = -1) -> tuple[list[object], list[object], dict[str, int]]:
    result = read(path, start=start, end=end)
    return result.rows, list(result.unreadable), dict(result.skipped)


@SOME
@given(codec=st.sampled_from(CODECS), count=st.integers(1, 8), seed=st.integers(0, 99), data=st.data())
def test_any_cuts_make_up_the_whole(tmp_path: Path, codec: str, count: int, seed: int, data: st.DataObject) -> None:
    pieces = stored(count, codec, seed)
    damaged_at = data.draw(st.integers(1, len(pieces)))
    pieces.insert(damaged_at, data.draw(JUNK | st.just(b"")))
    path = write(tmp_path, pieces)
    size = path.stat().st_size
    cuts = sorted(data.draw(st.lists(st.integers(1, size), max_size=5, unique=True)))
    parts = [everything(path, start, end) for start, end in zip([0, *cuts], [*cuts, -1], strict=True)]
    rows, unreadable, skipped = everything(path)
    assert [row for part in parts for row in part[0]] == rows
    assert [each for part in parts for each in part[1]] == unreadable
    counts = [part[2] for part in parts]
    assert {name: sum(count.get(name, 0) for count in counts) for name in skipped} == skipped


@SOME
@given(count=st.integers(1, 12), unit_bytes=st.integers(200, 5000), codec=st.sampled_from(CODECS))
def test_planned_slices_meet_and_make_up_the_whole(tmp_path: Path, count: int, unit_bytes: int, codec: str) -> None:
    path = write(tmp_path, stored(count, codec, count))
    slices = warc.slices(input_file(path), unit_bytes)
    assert slices[0][0] == 0
    assert slices[-1][1] == -1
    assert all(first[1] == second[0] for first, second in pairwise(slices))
    assert [row for start, end in slices for row in read(path, start=start, end=end).rows] == read(path).rows


@pytest.mark.parametrize("codec", CODECS)
def test_a_large_file_is_cut_into_units_of_about_the_size_asked_for(tmp_path: Path, codec: str) -> None:
    path = write(tmp_path, stored(30, codec, 1))
    size = path.stat().st_size
    slices = warc.slices(input_file(path), size // 4)
    assert len(slices) in {4, 5}
    assert warc.slices(input_file(path), size) == [(0, -1)]


def test_files_that_cannot_be_cut_are_one_unit(tmp_path: Path) -> None:
    one_member = write(tmp_path, gzip.compress(b"".join(stored(20, "plain", 1))), "one.warc.gz")
    garbage = write(tmp_path, b"\x1f\x8b" + bytes(5000), "bad.warc.gz")
    for path in (one_member, garbage):
        assert warc.slices(input_file(path), 100) == [(0, -1)]


def hostile_pieces(codec: str) -> list[bytes]:
    """A response whose body holds whole records, stored and plain, with a date of their own."""
    forged = response(b"<p>forged</p>" * 30, id_="forged", warc={"WARC-Date": "2010-01-01T00:00:00Z"})
    inner = b"".join(members([forged], codec))
    noise = Random(7).randbytes
    body = (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0"
        + b"".join(noise(40_000) + each for each in (inner, b"\n" + forged, inner))
        + noise(40_000)
    )
    picture = response(body, id_="picture", content_type="image/jpeg")
    return members([warcinfo(publisher="Common Crawl"), response(id_="a"), picture, response(id_="b")], codec)


@pytest.mark.parametrize("codec", CODECS)
def test_a_cut_inside_a_body_that_holds_records_finds_none_of_them(tmp_path: Path, codec: str) -> None:
    path = write(tmp_path, hostile_pieces(codec))
    whole = everything(path)
    assert {row["id"] for row in whole[0]} == {"urn:uuid:a", "urn:uuid:picture", "urn:uuid:b"}
    size = path.stat().st_size
    for cut in range(500, size, size // 40):
        parts = [everything(path, 0, cut), everything(path, cut, -1)]
        assert [row for part in parts for row in part[0]] == whole[0]


@pytest.mark.parametrize("codec", CODECS)
def test_records_found_again_after_damage_have_no_capture_date_until_they_have_proven_sound(
    tmp_path: Path, codec: str
) -> None:
    pieces = hostile_pieces(codec)
    path = write(tmp_path, [pieces[0], b"damage" * 9, *pieces[1:]])
    result = read(path)
    assert result.unreadable
    assert {row["id"] for row in result.rows} >= {"urn:uuid:a", "urn:uuid:b"}
    for row in result.rows:
        assert row["captured_at"] is None
        assert "place-guessed" in row["notes"]

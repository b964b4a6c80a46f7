"""Times of capture: what is read as one, and what no calendar holds."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lowbackground.pipeline.readers.times import parse_time, times_of


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-04T05:06:07Z",
        "2021-03-04T05:06:07",
        "2021-03-04 05:06:07 UTC",
        "2021-03-04T05:06:07+00:00",
        "2021-03-04T07:06:07+02:00",
        " 20210304050607 ",
        "20210304T050607Z",
    ],
)
def test_common_spellings_of_an_instant_are_read(text: str) -> None:
    assert datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC) == parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021",
        "2021-03",
        "yesterday",
        "20211304050607",
        "٢٠٢١٠٣٠٤٠٥٠٦٠٧",
        "0001-01-01T00:00:00+14:00",
        "1614834367",
        "9" * 5000,
    ],
)
def test_what_is_no_full_date_is_none(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_every_instant_that_comes_out_is_one_that_python_can_hold(unit: str, zone: str | None) -> None:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    edges = [-62135596800, 253402300799]  # the first second of year 1 and the last of year 9999
    counts = [edge * per_second + step for edge in edges for step in (-1, 0, per_second)] + [2**62, -(2**62), 0, -1]
    counts = [count for count in counts if -(2**63) <= count < 2**63]
    notes = [set[str]() for _ in counts]
    found = times_of(pa.array(counts, pa.timestamp(unit, tz=zone)), notes)

    for count, time, noted in zip(counts, found.to_pylist(), notes, strict=True):
        inside = edges[0] * per_second <= count < (edges[1] + 1) * per_second
        assert inside == (time is not None)
        assert (set() if inside else {"time-unreadable"}) == noted

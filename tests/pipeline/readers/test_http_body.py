"""HTTP codings: undone where they are, left where they are not, and never at a cost without bound."""

import gzip
import zlib
from contextlib import suppress
from random import Random

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.readers.http_body import Body, BodyError, dechunked, decode_body

MIB = 1 << 20
TEXT = b"<html><p>The same sentence again and again.</p></html>" * 50
ENCODE = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-15)
    return encoder.compress(data) + encoder.flush()


def chunked(data: bytes, size: int = 100, ending: bytes = b"0\r\n\r\n") -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + ending


@pytest.mark.parametrize("coding", ENCODE)
def test_every_coding_is_undone(coding: str) -> None:
    assert decode_body(ENCODE[coding](TEXT), None, coding.upper(), MIB) == Body(TEXT)


def test_deflate_without_its_zlib_header_is_undone_too() -> None:
    assert decode_body(raw_deflate(TEXT), None, "deflate", MIB) == Body(TEXT)


@given(
    data=st.binary(max_size=500),
    codings=st.lists(st.sampled_from(["gzip", "deflate", "br", "zstd"]), max_size=3),
    size=st.integers(1, 99),
)
def test_codings_are_undone_in_the_reverse_of_their_order(data: bytes, codings: list[str], size: int) -> None:
    body = data
    for coding in codings:
        body = ENCODE[coding](body)
    assert decode_body(chunked(body, size), "chunked", ", ".join(codings), MIB).data == data


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "deflate", "utf-8", "none", "", "identity", "aws-chunked"])
def test_what_was_decoded_before_it_was_stored_stays_as_it_is(coding: str) -> None:
    assert decode_body(TEXT, None, coding, MIB).data == TEXT


def test_a_coding_that_is_not_in_the_bytes_is_told() -> None:
    assert decode_body(TEXT, None, "gzip", MIB).undone
    assert decode_body(TEXT, "chunked", None, MIB).undone
    assert not decode_body(gzip.compress(TEXT), None, "gzip", MIB).undone


def test_members_and_frames_one_after_another_are_one_body() -> None:
    assert decode_body(gzip.compress(b"a") + gzip.compress(b"b"), None, "gzip", MIB).data == b"ab"
    assert decode_body(zstandard.compress(b"a") + zstandard.compress(b"b"), None, "zstd", MIB).data == b"ab"


def test_padding_after_a_member_is_no_content() -> None:
    assert decode_body(gzip.compress(TEXT) + bytes(100), None, "gzip", MIB) == Body(TEXT)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_ends_early_keeps_what_it_has(coding: str) -> None:
    random = Random(7).randbytes(100_000)
    encoded = ENCODE[coding](random)
    found = decode_body(encoded[: len(encoded) // 2], None, coding, MIB)
    assert found.cut
    assert 0 < len(found.data) < len(random)
    assert random.startswith(found.data)


def test_a_corrupt_body_is_an_error() -> None:
    broken = bytearray(gzip.compress(TEXT))
    broken[20] ^= 0xFF
    with pytest.raises(BodyError, match="gzip is corrupt") as error:
        decode_body(bytes(broken), None, "gzip", MIB)
    assert error.value.reason == "invalid-encoding"


@given(
    size=st.integers(1, 60),
    ending=st.sampled_from([b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"0;ext=1\r\n\r\n", b"000\r\n\r\n"]),
)
def test_chunks_make_up_the_body(size: int, ending: bytes) -> None:
    assert dechunked(chunked(TEXT, size, ending)) == Body(TEXT)


def test_chunk_extensions_are_passed_over() -> None:
    assert dechunked(b'3;name="v"\r\nabc\r\n0\r\n\r\n') == Body(b"abc")


def test_a_chunked_body_that_ends_early_keeps_what_it_has() -> None:
    assert dechunked(chunked(TEXT)[:-300]).cut
    assert dechunked(b"5\r\nabc") == Body(b"abc", cut=True)


@pytest.mark.parametrize(
    "body", [b"", b"face it, this is prose\n", b"beef\nis what a text may begin with", b"\r\n", b"-5\r\nabc"]
)
def test_a_body_that_is_not_chunked_stays_as_it_is(body: bytes) -> None:
    assert dechunked(body).data == body


@pytest.mark.parametrize("coding", ENCODE)
def test_no_more_than_the_cap_is_made(coding: str) -> None:
    noise = Random(7).randbytes(50_000) * 40
    found = decode_body(ENCODE[coding](noise), None, coding, 1000)
    assert found.data == noise[:1000]
    assert found.more


@pytest.mark.parametrize("coding", ENCODE)
def test_a_bomb_is_stopped_early(coding: str) -> None:
    with pytest.raises(BodyError) as error:
        decode_body(ENCODE[coding](bytes(8 * MIB)), None, coding, 512 * MIB)
    assert error.value.reason == "decompression-bomb"


def test_a_bomb_within_a_bomb_is_stopped_at_the_first() -> None:
    inner = gzip.compress(gzip.compress(bytes(8 * MIB)))
    with pytest.raises(BodyError) as error:
        decode_body(inner, None, "gzip, gzip", 512 * MIB)
    assert error.value.reason == "decompression-bomb"


def test_too_many_codings_are_refused() -> None:
    with pytest.raises(BodyError, match="5 codings"):
        decode_body(TEXT, "chunked", "gzip, gzip, gzip, gzip", MIB)


@given(
    body=st.binary(max_size=300),
    transfer=st.sampled_from([None, "chunked", "gzip, chunked"]),
    content=st.sampled_from([None, *ENCODE]),
)
def test_any_bytes_give_a_body_or_a_body_error(body: bytes, transfer: str | None, content: str | None) -> None:
    with suppress(BodyError):
        assert len(decode_body(body, transfer, content, 1000).data) <= 1000

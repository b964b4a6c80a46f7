"""Decompression: every codec, what precedes a fault, and a bound on memory and work."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from io import BytesIO

import lz4.frame
import pytest
import zstandard

from lowbackground.pipeline.readers import streams
from lowbackground.pipeline.readers.streams import Stream, StreamError, codec_of, decompressed

CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lambda data: lz4.frame.compress(data, content_checksum=True),
}
DATA = b"".join(b"line %d of some text\n" % number for number in range(20_000))


def drain(data: bytes) -> tuple[bytes, StreamError | None]:
    """What a compressed file gives, and its fault."""
    found = bytearray()
    try:
        for piece in decompressed(BytesIO(data)):
            found += piece
    except StreamError as error:
        return bytes(found), error
    return bytes(found), None


@pytest.mark.parametrize("codec", CODECS)
def test_members_follow_one_another(codec: str) -> None:
    packed = CODECS[codec](DATA)

    assert codec == codec_of(packed)
    assert drain(packed * 3) == (DATA * 3, None)


@pytest.mark.parametrize("codec", CODECS)
def test_zeros_after_the_last_member_are_padding(codec: str) -> None:
    assert drain(CODECS[codec](DATA) + bytes(100_000)) == (DATA, None)


def test_bytes_of_no_codec_are_taken_as_they_are() -> None:
    assert drain(DATA) == (DATA, None)
    assert drain(b"") == (b"", None)


def test_skippable_frames_of_zstd_are_skipped() -> None:
    frame = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"

    assert drain(frame + CODECS["zstd"](DATA) + frame) == (DATA, None)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("lost", [1, 9, 1000])
def test_a_truncated_stream_gives_its_good_prefix_and_says_so(codec: str, lost: int) -> None:
    found, fault = drain(CODECS[codec](DATA)[:-lost])

    assert fault is not None
    assert fault.reason == "truncated"
    assert DATA.startswith(found)
    assert lost > 100 or len(found) > len(DATA) // 2


@pytest.mark.parametrize("codec", CODECS)
def test_a_damaged_stream_gives_its_good_prefix_and_says_so(codec: str) -> None:
    good, bad = CODECS[codec](DATA), bytearray(CODECS[codec](DATA))
    bad[len(bad) // 2] ^= 0xFF
    bad[len(bad) // 2 + 1] ^= 0xFF
    found, fault = drain(good + bytes(bad))

    assert fault is not None
    assert fault.reason == "corrupt"
    assert found.startswith(DATA)


def test_a_wrong_checksum_of_gzip_costs_almost_nothing_of_what_came_before() -> None:
    packed = bytearray(gzip.compress(DATA))
    packed[-8] ^= 1
    found, fault = drain(bytes(packed))

    assert fault is not None
    assert len(found) > len(DATA) - 70_000
    assert DATA.startswith(found)


@pytest.mark.parametrize("codec", CODECS)
def test_something_else_after_the_last_member_is_a_fault(codec: str) -> None:
    found, fault = drain(CODECS[codec](DATA) + b"something else")

    assert found == DATA
    assert fault is not None
    assert "followed by something else" in str(fault)


@pytest.mark.parametrize("codec", CODECS)
def test_a_bomb_is_given_out_in_pieces_and_stopped(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_FREE", 1 << 20)
    monkeypatch.setattr(streams, "MAX_RATIO", 100)
    bomb = CODECS[codec](bytes(40 << 20))
    sizes: list[int] = []
    with pytest.raises(StreamError) as caught:
        sizes.extend(len(piece) for piece in decompressed(BytesIO(bomb)))

    assert caught.value.reason == "bomb"
    assert max(sizes, default=0) <= 32 << 20
    assert sum(sizes) < 36 << 20


def test_reading_forward_counts_decompressed_bytes() -> None:
    stream = Stream(BytesIO(gzip.compress(DATA)))

    assert DATA[:10] == stream.read(10)
    assert stream.skip(90) == 90
    assert (100, DATA[100:200_000]) == (stream.position, stream.read(199_900))
    assert len(DATA) - 200_000 == stream.skip(10**9)
    assert stream.read(1) == b""


def test_an_error_of_the_store_is_no_fault_of_the_stream() -> None:
    class Broken(BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError("the connection is gone")

    with pytest.raises(OSError, match="the connection is gone"):
        list(decompressed(Broken()))

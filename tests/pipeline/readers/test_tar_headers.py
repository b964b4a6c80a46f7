"""The walk over tar headers agrees with the standard library, and takes nothing on trust."""

import tarfile
from io import BytesIO

import pytest

from lowbackground.pipeline.readers.tar_headers import MAX_NAME, Member, PlainSource, TarError, TarWalk, is_header
from tests.archives import Member as Entry
from tests.archives import archive, special

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def walked(data: bytes, start: int = 0) -> list[Member]:
    return list(TarWalk(PlainSource(BytesIO(data), start, len(data)), start))


def facts(data: bytes) -> list[tuple[int, str, int, bool]]:
    return [(member.offset, member.name.rstrip("/"), member.size, member.kind == "file") for member in walked(data)]


def by_the_standard_library(data: bytes) -> list[tuple[int, str, int, bool]]:
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        return [(member.offset, member.name, member.size, member.isreg()) for member in tar]


@pytest.mark.parametrize("format_", FORMATS)
def test_entries_are_those_of_the_standard_library(format_: int) -> None:
    entries: list[Entry] = [
        ("a.txt", b"one"),
        special("folder", tarfile.DIRTYPE),
        (f"{'folder/' * 20}b.jpg", b"x" * 512),
        special("link", tarfile.SYMTYPE, "a.txt"),
        special("hard", tarfile.LNKTYPE, "a.txt"),
        special("pipe", tarfile.FIFOTYPE),
        ("../../etc/passwd", b"y" * 513),
        ("empty", b""),
        ("last.txt", b"z"),
    ]
    if format_ != tarfile.USTAR_FORMAT:
        entries += [(f"{'long' * 100}.txt", b"1"), special("far", tarfile.SYMTYPE, "t" * 300), ("ü" * 80, b"2")]
    data = archive(entries, format_)

    assert by_the_standard_library(data) == facts(data)


def test_content_is_read_and_what_is_left_is_passed_over() -> None:
    data = archive([("a", b"0123456789"), ("b", b"x" * 2000), ("c", b"end")])
    walk = TarWalk(PlainSource(BytesIO(data), 0, len(data)))
    found = {member.name: (walk.read(4), walk.read(3)) for member in walk}

    assert found == {"a": (b"0123", b"456"), "b": (b"xxxx", b"xxx"), "c": (b"end", b"")}


def test_sizes_beyond_octal_are_read() -> None:
    info = tarfile.TarInfo("huge")
    info.size = 100 << 30
    (member,) = walked_until_fault(info.tobuf(tarfile.GNU_FORMAT))

    assert member.size == 100 << 30


def test_a_size_in_an_extended_header_counts() -> None:
    info = tarfile.TarInfo("a")
    info.pax_headers = {"size": "7"}
    header = info.tobuf(tarfile.PAX_FORMAT)
    data = header + b"content".ljust(512, b"\0") + archive([("b", b"x")])

    assert [(member.name, member.size) for member in walked(data)] == [("a", 7), ("b", 1)]


def walked_until_fault(data: bytes) -> list[Member]:
    found = []
    with pytest.raises(TarError) as caught:
        found.extend(TarWalk(PlainSource(BytesIO(data), 0, len(data))))
    assert caught.value.truncated
    return found


@pytest.mark.parametrize("cut", [25, 600, 1024 + 100])
def test_an_archive_that_is_cut_off_gives_what_is_whole(cut: int) -> None:
    data = archive([("a", b"x" * 1000), ("b", b"y" * 1000)])[: 2 * 1536]

    assert ["a", "b"][: 1 if cut > 1024 else 2] == [member.name for member in walked_until_fault(data[:-cut])]


def test_an_archive_without_end_blocks_is_whole() -> None:
    data = archive([("a", b"x" * 1000), ("b", b"y" * 10)])

    assert [member.name for member in walked(data[: 1536 + 512 + 512])] == ["a", "b"]
    assert [member.name for member in walked(data[: 1536 + 512 + 10])] == ["a", "b"]
    assert walked(b"") == []


def test_a_damaged_header_is_a_fault_at_its_place() -> None:
    data = bytearray(archive([("a", b"x"), ("b", b"y")]))
    data[1024 + 10] ^= 1
    found = []
    with pytest.raises(TarError, match="no tar header") as caught:
        found.extend(TarWalk(PlainSource(BytesIO(bytes(data)), 0, len(data))))

    assert [member.name for member in found] == ["a"]
    assert caught.value.offset == 1024


def with_checksum(block: bytes) -> bytes:
    summed = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(summed) + block[156:]


@pytest.mark.parametrize("size", [b"-0000000001\0", b"no number..\0", b"\xff" * 12])
def test_a_size_that_is_none_is_a_fault(size: bytes) -> None:
    block = archive([("a", b"x")])[:512]
    data = with_checksum(block[:124] + size + block[136:])

    assert is_header(data)
    with pytest.raises(TarError, match="the size in the header is no number"):
        walked(data)


def test_a_checksum_of_signed_characters_is_one() -> None:
    block = archive([("ü.txt", b"")])[:512]
    summed = block[:148] + b" " * 8 + block[156:]
    signed = sum(byte - 256 if byte > 127 else byte for byte in summed)

    assert is_header(block[:148] + b"%06o\0 " % signed + block[156:])


def test_extended_headers_of_any_length_cost_little_and_say_nothing() -> None:
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type = tarfile.GNUTYPE_LONGNAME
    long_name.size = 8 << 20
    data = long_name.tobuf(tarfile.GNU_FORMAT) + b"n" * (8 << 20) + archive([("a", b"x")])

    assert [(member.offset, member.name, member.size) for member in walked(data)] == [(0, "a", 1)]


def test_a_name_is_no_longer_than_a_path() -> None:
    (member,) = walked(archive([("n" * 100_000, b"x")], tarfile.GNU_FORMAT))

    assert len(member.name) == MAX_NAME


@pytest.mark.parametrize(
    "records",
    [b"", b"9999999 path=x\n", b"x path=y\n", b"0 path=x\n", b"-5 path=x\n", b"7 path\n", b" =\n", b"3 =" * 99],
)
def test_malformed_extended_records_are_no_fault(records: bytes) -> None:
    header = tarfile.TarInfo("pax")
    header.type = tarfile.XHDTYPE
    header.size = len(records)
    data = header.tobuf() + records.ljust(-(-len(records) // 512) * 512, b"\0") + archive([("a", b"x")])

    assert [(member.offset, member.name, member.size) for member in walked(data)] == [(0, "a", 1)]


def test_sparse_files_are_passed_over_with_their_maps() -> None:
    sparse = tarfile.TarInfo("sparse")
    sparse.type = tarfile.GNUTYPE_SPARSE
    sparse.size = 5
    block = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    block[482] = 1
    more = bytearray(512)
    more[504] = 1
    data = with_checksum(bytes(block)) + bytes(more) + bytes(512) + b"12345".ljust(512, b"\0") + archive([("a", b"x")])

    assert [(member.name, member.kind) for member in walked(data)] == [("sparse", "other"), ("a", "file")]


def test_names_that_are_no_utf8_stay_apart() -> None:
    info = tarfile.TarInfo("x")
    blocks = [info.tobuf(tarfile.USTAR_FORMAT, "latin-1") for info.name in ("\xe9", "\xe8")]

    assert [member.name for member in walked(b"".join(blocks))] == ["\\xe9", "\\xe8"]

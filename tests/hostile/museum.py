"""Builds a folder of broken inputs, one defect a file, beside good ones that must not suffer from them."""

import gzip
import io
import json
import struct
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lowbackground.pipeline.demo.warc_file import response, warcinfo
from tests.assets import box, tiny

WHEN = datetime(2025, 3, 1, tzinfo=UTC)
PROSE = "The bridge was built of stone, and it carried the road over the river for three hundred years. " * 6
PAGE = f"<html><head><title>Bridges</title></head><body><article><p>{PROSE}</p></article></body></html>".encode()

EXHIBITS: dict[str, Callable[[], bytes]] = {}


def exhibit(name: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """A file of the museum."""

    def register(make: Callable[[], bytes]) -> Callable[[], bytes]:
        EXHIBITS[name] = make
        return make

    return register


def lines(*rows: object) -> bytes:
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def warc(*bodies: bytes, **headers: str) -> bytes:
    records = [response(f"https://bridges.example/{n}", WHEN, body, headers=headers) for n, body in enumerate(bodies)]
    return b"".join([warcinfo(WHEN, {"software": "museum"}), *records])


def tar(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@exhibit("good.jsonl")
def _() -> bytes:
    return lines(*({"id": f"good-{n}", "text": PROSE} for n in range(5)))


@exhibit("good.warc.gz")
def _() -> bytes:
    return warc(PAGE, PAGE)


@exhibit("good.jpg")
def _() -> bytes:
    return tiny("image/jpeg")


@exhibit("empty.jsonl")
def _() -> bytes:
    return b""


@exhibit("lines.jsonl")
def _() -> bytes:
    good, schema_change = {"id": "kept-first", "text": PROSE}, {"id": "kept-other-keys", "body": {"nested": [1]}}
    return lines(
        good,
        b"{broken\n",
        b"[1, 2]\n",
        b'{"id": "kept-utf8", "text": "caf\xe9"}\n',
        b'{"id": "kept-surrogate", "text": "\\ud800"}\n',
        {"id": "kept-nul", "text": "a\0b"},
        {"id": "wrong-type", "text": 7},
        {"id": "kept-null", "text": None},
        schema_change,
        {"prov_label": "human", "id": "kept-prov", "text": PROSE},
    )


@exhibit("cut.jsonl.gz")
def _() -> bytes:
    packed = gzip.compress(lines(*({"id": f"cut-{n}", "text": f"{n} {PROSE}"} for n in range(3000))), mtime=0)
    return packed[: len(packed) // 2]


@exhibit("cut.warc.gz")
def _() -> bytes:
    whole = warc(PAGE, PAGE, PAGE)
    return whole[: len(whole) - 200]


@exhibit("bomb.warc.gz")
def _() -> bytes:
    bomb = gzip.compress(b"\0" * (600 << 20), compresslevel=9, mtime=0)
    return warc(bomb, **{"Content-Encoding": "gzip"}) + warc(PAGE)


@exhibit("deep.html")
def _() -> bytes:
    return b"<html><body>" + b"<div>" * 100_000 + PROSE.encode() + b"</body></html>"


@exhibit("no-rows.parquet")
def _() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), stream)
    return stream.getvalue()


@exhibit("paths.tar")
def _() -> bytes:
    return tar(("../../escape.txt", PROSE.encode()), ("/etc/passwd.txt", PROSE.encode()), ("fine.txt", PROSE.encode()))


@exhibit("huge-member.tar")
def _() -> bytes:
    whole = bytearray(tar(("small.txt", PROSE.encode()), ("huge.jpg", b"x")))
    header = 512 * (1 + -(-len(PROSE.encode()) // 512))
    assert whole[header : header + 8] == b"huge.jpg"
    whole[header + 124 : header + 136] = b"\x80" + (100 << 30).to_bytes(11, "big")  # size in base 256, GNU tar
    whole[header + 148 : header + 156] = b" " * 8
    whole[header + 148 : header + 156] = b"%06o\0 " % sum(whole[header : header + 512])
    return bytes(whole)


@exhibit("boxes.mp4")
def _() -> bytes:
    return box(b"ftyp", b"isom\0\0\0\0isom") + box(b"free") * 100_000


@exhibit("chunks.png")
def _() -> bytes:
    whole = tiny("image/png")
    return whole[:-12] + struct.pack(">I4sI", 0, b"tEXt", 0) * 200_000 + whole[-12:]


@exhibit("blob.bin")
def _() -> bytes:
    return bytes(range(256)) * 10


def build(folder: Path) -> Path:
    """Write every exhibit into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in EXHIBITS.items():
        (folder / name).write_bytes(make())
    return folder

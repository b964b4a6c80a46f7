"""Tells the format of a file by its first bytes, decompressed where they are compressed; the name only breaks ties."""

from collections.abc import Callable
from io import BytesIO
from itertools import islice

import orjson

from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.sniff import UNKNOWN, sniff
from lowbackground.pipeline.readers.streams import MAX_MAGIC, StreamError, codec_of, decompressed
from lowbackground.pipeline.readers.tar_headers import is_header
from lowbackground.pipeline.units import Format

HEAD = 4096  # enough for every signature; text and compressed files are looked at further
LONG_HEAD = 1 << 16  # enough for two lines of most JSON Lines files, and for a first block of any codec

ARC = "arc"  # a format that is recognised in order to be refused

_COMPRESSED = (".gz", ".zst", ".zstd", ".bz2", ".xz", ".lz4")
_NAMES = {
    "jsonl": Format.JSONL,
    "jsonlines": Format.JSONL,
    "ndjson": Format.JSONL,
    "parquet": Format.PARQUET,
    "pq": Format.PARQUET,
    "tar": Format.TAR,
    "tgz": Format.TAR,
    "warc": Format.WARC,
    "wat": Format.WARC,
    "wet": Format.WARC,
}
_SHARD_TYPES = frozenset(("application/vnd.apache.parquet", "application/x-tar"))


def format_of(read: Callable[[int], bytes], name: str) -> Format | str:
    """The format of a file; `Format.FILE` for whatever is no shard, `ARC` for what is known and not read.

    `read(n)` gives up to `n` first bytes and may be asked again for more.
    """
    head = read(HEAD)
    if codec_of(head) is not None:
        found = _of_shard(_first_block(read(LONG_HEAD)), name)
        return found or _of_name(name) or Format.FILE
    if head.startswith((b"PAR1", b"PARE")):  # the second is a file with an encrypted footer
        return Format.PARQUET
    found = _of_shard(head, name)
    if found:
        return found
    media_type = sniff(head)
    if media_type in {"application/json", "text/plain"} and head.lstrip()[:1] == b"{":
        found = _of_shard(read(LONG_HEAD), name)
    undecided = media_type in {None, UNKNOWN} or media_type in _SHARD_TYPES or is_textual(media_type or "")
    return found or (_of_name(name) if undecided else None) or Format.FILE


def _of_shard(head: bytes, name: str) -> Format | str | None:
    """The format that uncompressed first bytes show by themselves."""
    if head.startswith(b"WARC/"):
        return Format.WARC
    if head.startswith(
        b"filedesc://"
    ):  # the version block of an ARC file, archive.org/web/researcher/ArcFileFormat.php
        return ARC
    if is_header(head[:512]):
        return Format.TAR
    return Format.JSONL if _is_json_lines(head, name) else None


def _is_json_lines(head: bytes, name: str) -> bool:
    """Whether the first line is a JSON object by itself and what follows looks like another one.

    A single object on a single line is JSON as much as JSON Lines: there the name decides.
    """
    first, newline, rest = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not first.startswith(b"{") or not newline:
        return False
    try:
        is_object = isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        return False
    second = rest.lstrip()
    return is_object and (second.startswith(b"{") or _of_name(name) is Format.JSONL)


def _of_name(name: str) -> Format | None:
    name = name.lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    return _NAMES.get(name.rpartition(".")[2]) if "." in name else None


def _first_block(head: bytes) -> bytes:
    """What the beginning of a compressed file says; as much as is intact."""
    block = bytearray()
    try:
        for piece in islice(decompressed(BytesIO(head)), MAX_MAGIC):
            block += piece
            if len(block) >= LONG_HEAD:
                break
    except StreamError:
        return bytes(block)  # the head of a longer file ends in the middle; a broken one is the reader's to report
    return bytes(block)

"""What nobody can leave out: WARC to main text to Parquet, and nothing else; and what the reader takes beside it.

`python -m benchmarks.warc_throughput [FILE...]` times both in turn, in one process, and prints pages per CPU second.
"""

import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

BENCH = Path(__file__).parents[2] / "shared" / "data" / "warc" / "bench"
ROUNDS = 5
_COLUMNS = pa.schema([("id", pa.string()), ("url", pa.string()), ("sha256", pa.string()), ("text", pa.large_string())])
_ROWS = 512
_HTML = ("text/html", "application/xhtml+xml")


def bare_loop(paths: Sequence[str], output: Path) -> int:
    """Write id, URL, digest and main text of every HTML response with status 200; the number of pages."""
    pages = 0
    rows: list[tuple[str, str, str, str]] = []
    with pq.ParquetWriter(output, _COLUMNS, compression="zstd", compression_level=1) as writer:
        for path in paths:
            for record in ArchiveIterator(path, record_types=WarcRecordType.response):
                http = record.http_headers
                if http is None or http.status_code != 200 or record.http_content_type not in _HTML:
                    continue
                body = record.reader.read()
                try:
                    page = body.decode("utf-8")
                except UnicodeDecodeError:
                    page = bytes_to_str(body, detect_encoding(body, from_html_meta=True) or "utf-8", errors="replace")
                text = extract_plain_text(
                    page, main_content=True, alt_texts=False, list_bullets=False, comments=False, post_meta=False
                )
                url = record.headers.get("WARC-Target-URI") or ""
                rows.append((record.record_id or "", url, hashlib.sha256(body).hexdigest(), text))
                pages += 1
                if len(rows) == _ROWS:
                    _flush(writer, rows)
        if rows:
            _flush(writer, rows)
    return pages


def _flush(writer: pq.ParquetWriter, rows: list[tuple[str, str, str, str]]) -> None:
    writer.write_batch(
        pa.RecordBatch.from_arrays([pa.array(column) for column in zip(*rows, strict=True)], schema=_COLUMNS)
    )
    rows.clear()


def reader_loop(paths: Sequence[str]) -> int:
    """Read and extract as the pipeline does, and drop the batches; the number of pages."""
    from lowbackground.pipeline.config import Read
    from lowbackground.pipeline.readers import warc
    from lowbackground.pipeline.units import Format, InputFile, Unit

    files = tuple(InputFile(path, path, Path(path).stat().st_size, "") for path in paths)
    return sum(batch.records.num_rows for batch in warc.read(Unit("bench", Format.WARC, files), Read()))


def main(arguments: list[str]) -> None:
    """Print the median of `ROUNDS` interleaved rounds."""
    paths = arguments or [str(path) for path in sorted(BENCH.glob("*.warc.gz"))]
    pa.set_cpu_count(1)
    print(", ".join(f"{name} {version(name)}" for name in ("fastwarc", "resiliparse", "pyarrow")))
    with tempfile.TemporaryDirectory() as folder:
        loops = {
            "bare loop": lambda: bare_loop(paths, Path(folder) / "bare.parquet"),
            "reader": lambda: reader_loop(paths),
        }
        seconds: dict[str, list[float]] = {name: [] for name in loops}
        pages = {name: loop() for name, loop in loops.items()}  # a first round to warm caches
        for _ in range(ROUNDS):
            for name, loop in loops.items():
                seconds[name].append(_cpu(loop))
    bare = statistics.median(seconds["bare loop"])
    for name, times in seconds.items():
        median = statistics.median(times)
        print(
            f"{name:10} {pages[name]} pages, {median:.2f} s CPU, {pages[name] / median:.0f} pages/s, {median / bare:.3f} x bare"
        )


def _cpu(loop: Callable[[], int]) -> float:
    start = time.process_time()
    loop()
    return time.process_time() - start


if __name__ == "__main__":
    main(sys.argv[1:])

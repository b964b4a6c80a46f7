"""What reading metadata costs: `python -m benchmarks.declared_metadata [FOLDER] [--libraries]`.

Each file is given to the detector by itself, walk, rules and the look for hidden payloads included; the fastest of
several rounds counts. The bar is 1 ms at the median over all files. `--libraries` adds the same files read by the
libraries that could have been used instead (Pillow, mutagen, pikepdf, Exiv2), where these are installed and read them.
"""

import io
import platform
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from timeit import Timer

import pyarrow as pa

from lowbackground.detectors.contract import RECORDS
from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.metadata.read import container_of
from lowbackground.manifests.sniff import sniff

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data" / "c2pa"
ROUNDS, CALLS = 5, 5
BAR_US = 1000  # median over all files


def _batch(data: bytes, media_type: str) -> pa.RecordBatch:
    row = {
        "id": "a",
        "source": "b",
        "offset": 0,
        "raw": data,
        "media_type": media_type,
        "truncated": False,
        "notes": [],
    }
    row["captured_at"] = datetime(2026, 1, 1, tzinfo=UTC)
    return pa.RecordBatch.from_pylist([row], schema=RECORDS)


def cost_us(call: Callable[[], object]) -> float:
    """Microseconds of one call."""
    return min(Timer(call).repeat(ROUNDS, CALLS)) / CALLS * 1e6


def files(folder: Path) -> dict[str, list[bytes]]:
    """The files below `folder` that a walk reads, by container."""
    found = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            media_type = sniff(data) or ""
            container = (
                container_of(data, media_type) if media_type == "image/svg+xml" or not is_textual(media_type) else None
            )
            if container:
                found[container[0]].append(data)
    return dict(sorted(found.items()))


def _pillow(data: bytes) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        image.getexif().get_ifd(0x8769)
        image.getxmp()


def _mutagen(data: bytes) -> None:
    import mutagen

    if mutagen.File(io.BytesIO(data)) is None:
        raise ValueError("not a format of mutagen's")


def _pikepdf(data: bytes) -> None:
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as document:
        str(document.docinfo), str(document.open_metadata())


def _exiv2(data: bytes) -> None:
    import pyexiv2

    pyexiv2.set_log_level(4)
    with pyexiv2.ImageData(data) as image:
        image.read_exif(), image.read_xmp(), image.read_iptc()


LIBRARIES: Mapping[str, Callable[[bytes], None]] = {
    "pillow": _pillow,
    "mutagen": _mutagen,
    "pikepdf": _pikepdf,
    "pyexiv2": _exiv2,
}


def by_libraries(data: list[bytes]) -> str:
    """Median microseconds and how many files each library reads."""
    told = []
    for name, read in LIBRARIES.items():
        costs = []
        for each in data:
            try:
                read(each)
            except Exception:  # what it cannot read is what is counted
                continue
            costs.append(cost_us(lambda read=read, each=each: read(each)))
        if costs:
            told.append(f"{name} {median(costs):.0f} us ({len(costs)} of {len(data)})")
    return ", ".join(told)


def main(arguments: list[str]) -> bool:
    """Print the table; true where the bar is kept."""
    folder = next((Path(each) for each in arguments if not each.startswith("-")), DEFAULT_FOLDER)
    detector = declared_metadata()
    print(f"declared_metadata {detector.version}, {folder.name}; Python {platform.python_version()}", end=", ")
    print(f"lowbackground {version('lowbackground')}")
    print(f"{'container':10} {'files':>5} {'median us':>10} {'slowest us':>10}")
    every = []
    for container, found in files(folder).items():
        batches = [_batch(data, sniff(data) or "") for data in found]
        costs = [cost_us(lambda batch=batch: detector(batch)) for batch in batches]
        every += costs
        line = f"{container:10} {len(costs):5} {median(costs):10.1f} {max(costs):10.1f}"
        print(line, by_libraries(found) if "--libraries" in arguments else "")
    print(f"{'all':10} {len(every):5} {median(every):10.1f} {max(every):10.1f}  bar {BAR_US}")
    return median(every) <= BAR_US


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(0 if main(sys.argv[1:]) else 1)

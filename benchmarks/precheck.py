"""What the C2PA pre-check costs alone, per media format: `python -m benchmarks.precheck [FOLDER]`.

Each file is timed by itself (the fastest of several rounds: the cost without the noise of other processes); printed
are the median and the slowest over the files of a format, and the bar that the median must keep.
"""

import platform
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from timeit import Timer

from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.precheck import precheck
from lowbackground.manifests.sniff import sniff

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data" / "c2pa"
ROUNDS, CALLS = 5, 20
BARS_US = {  # median, in microseconds
    "image/jpeg": 20,
    "image/png": 20,
    "image/webp": 20,
    "image/heic": 20,
    "image/gif": 1500,
    "image/tiff": 1500,
    "image/svg+xml": 1500,
    "application/pdf": 1500,
}


def cost_us(data: bytes, media_type: str) -> float:
    """Microseconds of one pre-check of these bytes."""
    return min(Timer(lambda: precheck(data, media_type)).repeat(ROUNDS, CALLS)) / CALLS * 1e6


def measure(folder: Path) -> dict[str, list[float]]:
    """The cost of every file of a binary format below `folder`, by media type."""
    costs = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            media_type = sniff(data)
            if media_type and (media_type == "image/svg+xml" or not is_textual(media_type)):
                costs[media_type].append(cost_us(data, media_type))
    return dict(costs)


def main(folder: Path = DEFAULT_FOLDER) -> bool:
    """Print the table; true where every bar is kept."""
    print(
        f"pre-check alone, {folder.name}; Python {platform.python_version()}, lowbackground {version('lowbackground')}"
    )
    print(f"{'media type':24} {'files':>5} {'median us':>10} {'slowest us':>10} {'bar us':>7}")
    kept = True
    for media_type, costs in sorted(measure(folder).items()):
        middle, bar = median(costs), BARS_US.get(media_type)
        kept = kept and (bar is None or middle <= bar)
        print(f"{media_type:24} {len(costs):5} {middle:10.1f} {max(costs):10.1f} {bar or '-':>7}")
    return kept


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:2])) else 1)

"""What a record costs `content_credentials`: files without a manifest, and files that carry one."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import pyarrow as pa

from lowbackground.detectors.content_credentials import content_credentials
from lowbackground.detectors.contract import RECORDS, RunFacts
from lowbackground.manifests.sniff import sniff
from lowbackground.manifests.trust import Tier, TrustError
from lowbackground.manifests.trust_import import import_list

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data"


def one(data: bytes, name: str) -> pa.RecordBatch:
    """A batch of one file."""
    row = dict.fromkeys(RECORDS.names)
    row |= {
        "id": name,
        "source": name,
        "offset": 0,
        "raw": data,
        "media_type": sniff(data),
        "truncated": False,
        "notes": [],
    }
    return pa.RecordBatch.from_pylist([row], schema=RECORDS)


def main(folder: Path = DEFAULT_FOLDER) -> None:
    """Print CPU milliseconds a file, medians, over the C2PA test files with all trust lists of `folder`."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with TemporaryDirectory() as name:
        trust = Path(name)
        for number, path in enumerate(sorted((folder / "trust").iterdir())):
            try:
                import_list(
                    trust,
                    path.read_bytes(),
                    name=f"list-{number}",
                    source=path.name,
                    today=date(2026, 11, 20),
                    tier=Tier.C2PA,
                )
            except TrustError as error:
                print(f"left out: {error}")
        detector = content_credentials(run=RunFacts(datetime(2026, 11, 20, tzinfo=UTC), trust))
        for path in sorted((folder / "c2pa").rglob("*")):
            if path.is_file() and path.suffix not in {".json", ".md", ".yml", ".yaml"}:
                batch = one(path.read_bytes(), path.name)
                rounds = []
                for _ in range(3):
                    start = process_time()
                    found = detector(batch)
                    rounds.append((process_time() - start) * 1000)
                times[found.columns["prov_c2pa"][0].is_valid].append(median(rounds))
    for has_manifest, measured in times.items():
        what = "with a manifest" if has_manifest else "without one"
        print(f"{len(measured)} files {what}: median {median(measured):.3f} ms, slowest {max(measured):.1f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER)

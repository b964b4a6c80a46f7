"""A package somebody else wrote: a detector that holds a model, and one that looks at the process that it is in.

`installed_at` copies this file into a folder of its own and makes a distribution of it, for runs in real processes.
"""

import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from lowbackground.detectors.contract import Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Signal, Strength

REASONS = {
    "heavy.machine": "The numbers say machine.",
    "heavy.quiet": "The numbers say nothing.",
    "witness.there": "It was there.",
}
NO_COLUMNS = pa.schema([])
COLUMN = pa.schema([pa.field("prov_heavy_pid", pa.int64())])


class OutOfMemoryError(RuntimeError):
    """Named as that of torch."""


@dataclass
class Heavy:
    """Keeps a diary in `folder`: a file a process that loaded it, with a line for each call."""

    folder: Path
    broken: str
    name: str = "heavy"
    version: str = "1"
    basis: Basis = Basis.CLASSIFIER
    needs: Needs = field(default_factory=lambda: Needs(("text",)))
    columns: pa.Schema = COLUMN
    exact: bool = True
    weights: np.ndarray | None = None

    @property
    def diary(self) -> Path:
        return self.folder / f"{os.getpid()}.diary"

    def load(self) -> None:
        if self.weights is not None:
            return
        self.diary.touch()
        if self.broken == "load":
            raise ValueError("weights.npy: holds 7 numbers, and 256 were expected; bring the model again")
        while self.broken == "hang-on-load":
            signal.pause()
        if self.broken == "die-on-load":
            os.kill(os.getpid(), signal.SIGKILL)
        self.weights = np.arange(256) % 7 / 7

    def __call__(self, records: pa.RecordBatch) -> Findings:
        self.load()
        texts = records.column("text").to_pylist()
        with self.diary.open("a", encoding="utf-8") as file:
            file.write(
                f"{len(texts)} {records.column('id').null_count} {sorted(set(records.column('id').to_pylist()))}\n"
            )
        evidence = [self.observe(text) for text in texts]
        return Findings(evidence, {"prov_heavy_pid": pa.array([os.getpid()] * len(texts), pa.int64())})

    def observe(self, text: str) -> Evidence:
        assert self.weights is not None
        if "DIE ALWAYS" in text or ("DIE ONCE" in text and self.first_time("died")):
            os.kill(os.getpid(), signal.SIGKILL)
        while "HANG ONCE" in text and self.first_time("hung"):
            signal.pause()
        if "LOST" in text and self.first_time("lost"):
            raise RuntimeError("CUDA error: device-side assert triggered\nwords with advice")
        if "RAISE" in text:
            raise RuntimeError("words with content")
        if "EAT" in text:
            raise OutOfMemoryError("CUDA out of memory")
        score = float(self.weights[np.frombuffer(text.encode(), np.uint8)].mean())
        if "machine" in text:
            return Evidence(Signal.SYNTHETIC, "heavy.machine", Strength.STRONG, score=score, fpr=0.001, llr=4.0)
        return Evidence(Signal.SILENT, "heavy.quiet", score=score)

    def first_time(self, what: str) -> bool:
        marker = self.folder / what
        seen = marker.exists()
        marker.touch()
        return not seen


def heavy(*, folder: str, broken: str = "") -> Heavy:
    """Does what the text says, with a model."""
    if not Path(folder).is_dir():
        raise ValueError(f"{folder}: no such folder; bring the model first")
    return Heavy(Path(folder), broken)


@dataclass
class Witness:
    """Notes the processes that it is in, and whether torch is there: a file for each in `folder`."""

    folder: Path
    name: str = "witness"
    version: str = "1"
    basis: Basis = Basis.CONTEXT
    needs: Needs = field(default_factory=lambda: Needs(("id",)))
    columns: pa.Schema = NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch) -> Findings:
        (self.folder / f"{os.getpid()}.worker").write_text("torch" if "torch" in sys.modules else "light")
        return Findings([Evidence(Signal.SILENT, "witness.there")] * records.num_rows)


def witness(*, folder: str) -> Witness:
    """Looks at its process."""
    return Witness(Path(folder))


def installed_at(site: Path) -> Path:
    """A folder that holds this package as importlib.metadata sees an installed one."""
    info = site / "heavy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: heavy\nVersion: 1.0\n")
    entries = "heavy = heavy_detector:heavy\nwitness = heavy_detector:witness\n"
    (info / "entry_points.txt").write_text(f"[lowbackground.detectors]\n{entries}")
    shutil.copy(__file__, site / "heavy_detector.py")
    return site

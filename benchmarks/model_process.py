"""What it costs to have a model in a process of its own: a batch there and back, and a run with one and two workers.

The model here does nothing (`idle`), or waits as for an accelerator: a fixed time a call and a time a text. So all that
shows is the way there and back, and what answering the questions of several workers together gains. The best of the
rounds is given.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep

import pyarrow as pa

from benchmarks.records import text_records
from lowbackground.detectors.contract import Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Signal
from lowbackground.detectors.registry import default_names
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.engines.model_client import ModelClient, remote_detectors
from lowbackground.pipeline.engines.model_host import model_host
from lowbackground.pipeline.judge import judge
from lowbackground.pipeline.runs.plan import make_plan
from lowbackground.pipeline.runs.run import run
from lowbackground.pipeline.stand_ins import loaded_on_use

REASONS = {"waiting.score": "A score that says nothing."}
ROOT = Path(__file__).parents[1]
TEXT_BYTES = 6_000  # the main text of a page, on average
NEEDS, NO_COLUMNS = Needs(("text",)), pa.schema([])


@dataclass(frozen=True)
class Waiting:
    """A model that waits: seconds a call and a text."""

    call: float
    text: float
    name: str = "waiting"
    version: str = "1"
    basis: Basis = Basis.CLASSIFIER
    needs: Needs = NEEDS
    columns: pa.Schema = NO_COLUMNS
    exact: bool = False

    def load(self) -> None:
        """Nothing."""

    def __call__(self, records: pa.RecordBatch) -> Findings:
        """A score a text, each another, as a real model gives them."""
        if self.call or self.text:
            sleep(self.call + self.text * records.num_rows)
        return Findings([Evidence(Signal.SILENT, "waiting.score", score=n / 7) for n in range(records.num_rows)])


def waiting(*, call: float = 0.0, text: float = 0.0) -> Waiting:
    """Waits."""
    return Waiting(call, text)


def installed(folder: Path) -> None:
    """Make a distribution of this module, for this process and those that it starts."""
    info = folder / "site" / "waiting-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: waiting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lowbackground.detectors]\nwaiting = benchmarks.model_process:waiting\n")
    places = [str(info.parent), str(ROOT)]
    sys.path.extend(places)
    os.environ["PYTHONPATH"] = os.pathsep.join([*places, os.environ.get("PYTHONPATH", "")])


def texts(number: int) -> list[str]:
    """Texts of about `TEXT_BYTES`, the same at every call."""
    dice = random.Random(20261120)
    words = ["".join(dice.choices("etaoinshrdlu", k=dice.randint(2, 9))) for _ in range(5_000)]
    return [" ".join(dice.choices(words, k=TEXT_BYTES * 2 // 13)) for _ in range(number)]


def config(folder: Path, options: dict[str, float] | None, **values: object) -> Config:
    """A run over the corpus, with the model or without."""
    sections: dict[str, dict[str, object]] = {name: {"enabled": False} for name in default_names()}
    sections |= {"era": {}} | ({} if options is None else {"waiting": dict(options)})
    return Config.model_validate(
        {
            "inputs": [str(folder / "corpus")],
            "out": tempfile.mkdtemp(dir=folder),
            "as_of": datetime(2026, 11, 20, tzinfo=UTC),
            "trust_folder": str(folder / "trust"),
            "detectors": sections,
            **values,
        }
    )


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The shortest time of a call: what else a machine does can only lengthen it."""
    taken = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        taken.append((perf_counter() - start) * 1000)
    return min(taken)


def one_batch(folder: Path, rounds: int) -> None:
    """Print what a batch costs here and there."""
    batch = text_records(texts(512), "made")
    plan = make_plan(config(folder, {})).run
    here = loaded_on_use(plan.setup.build_detectors({"waiting"}))
    with model_host(plan, lambda _line: None) as host:
        there = remote_detectors(plan.setup, host.address)
        print(f"{'texts':>6} {'kB':>6} {'here ms':>8} {'there ms':>9}")
        for size in (1, 32, 512):
            part = batch.slice(0, size)
            figures = [milliseconds(lambda at=at, part=part: judge(part, at), rounds) for at in (here, there)]  # type: ignore[misc]
            kilobytes = part.column("text").slice(0).nbytes / 1000
            print(f"{size:>6} {kilobytes:>6.0f} {figures[0]:>8.2f} {figures[1]:>9.2f}")


def many_workers(folder: Path, questions: int) -> None:
    """Print what one model answers to several that ask, each with work of its own between its questions."""
    options = {"call": 0.005, "text": 0.0002}
    columns = pa.record_batch({"text": pa.array(texts(64), pa.large_string())})

    def ask(address: str) -> None:
        client = ModelClient(address)
        for _ in range(questions):
            client.ask("waiting", columns)
            sleep(0.01)  # reading and judging the next 64 texts

    print("5 ms a call and 0.2 ms a text, 64 texts a question, 10 ms between questions: texts/s by workers")
    with model_host(make_plan(config(folder, options)).run, lambda _line: None) as host:
        for workers in (1, 2, 4, 8):
            with ThreadPoolExecutor(workers) as threads:
                start = perf_counter()
                list(threads.map(ask, [host.address] * workers))
                print(f"{workers:>6} {workers * questions * 64 / (perf_counter() - start):>8.0f}", flush=True)


def whole_runs(folder: Path, records: int, rounds: int) -> None:
    """Print what runs reach, start-up of all processes included."""
    print(f"{'model':<34} {'workers':>7} {'records/s':>10}")
    models: dict[str, dict[str, float] | None] = {
        "none": None,
        "idle": {},
        "5 ms a call, 0.2 ms a text": {"call": 0.005, "text": 0.0002},
    }
    for name, options in models.items():
        for workers in (1, 2):
            rates = []
            for _ in range(rounds):
                start = perf_counter()
                result = run(config(folder, options, workers=workers, read={"batch_rows": 64}))
                assert result.tally.records == records, "a record is missing"
                rates.append(records / (perf_counter() - start))
            print(f"{name:<34} {workers:>7} {max(rates):>10.0f}", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installed(folder)
        (folder / "corpus").mkdir()
        shards = 8
        lines = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts(options.records))]
        for shard in range(shards):
            (folder / "corpus" / f"{shard}.jsonl").write_text("\n".join(lines[shard::shards]) + "\n")
        one_batch(folder, 20 * options.rounds)
        many_workers(folder, 20 * options.rounds)
        whole_runs(folder, options.records, options.rounds)


if __name__ == "__main__":
    main()

"""The whole pipeline against a bare loop over the same files, in the same run, start-up excluded.

`basic` runs the three detectors that need neither a model nor a key nor a table of marks, `marks` every one that runs by
default but the text classifier, `all` that one too. The bare loop reads WARC, finds charsets, extracts main content, digests, and writes Parquet: what nobody can leave
out. What the pipeline needs beyond it is the price of judging, deciding and accounting.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Collection
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

BASIC = ("content_credentials", "era", "text_credentials")  # what needs neither a model nor a key nor a table of marks
CLASSIFIER = "ai_text"
LIBRARIES = ("fastwarc", "resiliparse", "pyarrow", "c2pa-python")


def chosen(kind: str) -> Collection[str]:
    """The detectors of a kind of run."""
    from lowbackground.detectors.registry import default_names

    if kind == "basic":
        return BASIC
    return [name for name in default_names() if kind == "all" or name != CLASSIFIER]


def child(kind: str, folder: Path, paths: list[str]) -> None:
    """Set up, say ready, wait for the word, measure, and print one line of JSON."""
    if kind == "bare":
        from benchmarks.warc_throughput import bare_loop

        def work() -> int:
            return bare_loop(paths, folder / f"bare-{os.getpid()}.parquet")

    else:
        import pyarrow as pa

        from lowbackground.detectors.registry import default_names
        from lowbackground.pipeline.config import Config
        from lowbackground.pipeline.runs.plan import make_plan, publish
        from lowbackground.pipeline.runs.run_unit import Workbench, run_unit

        pa.set_cpu_count(1)
        config = Config(
            detectors={name: {"enabled": name in chosen(kind)} for name in default_names()},
            inputs=tuple(paths),
            out=str(folder / f"out-{os.getpid()}"),
            as_of=datetime(2026, 11, 20, tzinfo=UTC),
            trust_folder=str(folder / "trust"),
        )
        planned = publish(make_plan(config))
        bench = Workbench.of(planned.run)

        def work() -> int:
            commits = [run_unit(unit, bench, lambda _tally: None) for unit in planned.todo]
            return sum(commit.tally.kept + commit.tally.rejected for commit in commits)

    print("ready", flush=True)
    sys.stdin.readline()
    start, cpu = perf_counter(), os.times()
    pages = work()
    seconds, used = perf_counter() - start, os.times()
    print(
        json.dumps(
            {
                "pages": pages,
                "seconds": seconds,
                "cpu": used.user + used.system - cpu.user - cpu.system,
                "rss_mib": peak_rss_mib(),
            }
        )
    )


def peak_rss_mib() -> float:
    """The most memory that this process ever had resident, in MiB (VmHWM: unlike ru_maxrss it starts at exec)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(kind: str, folder: Path, shares: list[list[str]]) -> dict[str, float]:
    """Run one child a share at the same time; wall time is that of the slowest."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.pipeline", "--child", kind, str(folder), *share],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    for process in children:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", f"the {kind} child did not start"
    for process in children:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [json.loads(process.communicate()[0]) for process in children]
    for left in [*folder.glob("out-*"), *folder.glob("bare-*")]:
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    return {
        "pages": sum(result["pages"] for result in results),
        "seconds": max(result["seconds"] for result in results),
        "cpu": sum(result["cpu"] for result in results),
        "rss_mib": max(result["rss_mib"] for result in results),
    }


def main(arguments: list[str] | None = None) -> None:
    """Print medians over the rounds, and the ratios that the docs state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", help="a folder of .warc.gz files")
    parser.add_argument(
        "--copies", type=int, default=10, help="times that the shards are read; the bare loop should take 20 s"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    shards = sorted(Path(options.shards).glob("*.warc.gz"))
    kinds = [("bare", 1), ("basic", 1), ("marks", 1), ("all", 1), ("bare", 2), ("basic", 2)]
    rounds: dict[tuple[str, int], list[dict[str, float]]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = []
        for copy in range(options.copies):
            for shard in shards:
                link = folder / f"{copy:03d}-{shard.name}"
                shutil.copyfile(shard, link)  # a link would be known for the same input
                paths.append(str(link))
        for _ in range(options.rounds):
            for kind, workers in kinds:
                rounds[kind, workers].append(measure(kind, folder, [paths[share::workers] for share in range(workers)]))
    report(rounds)


def report(rounds: dict[tuple[str, int], list[dict[str, float]]]) -> None:
    """A table of medians, then the ratios of each round's pairs."""

    def median(kind: tuple[str, int], field: str) -> float:
        return statistics.median(result[field] for result in rounds[kind])

    def ratio(field: str, over: tuple[str, int], under: tuple[str, int]) -> float:
        pairs = zip(rounds[over], rounds[under], strict=True)
        return statistics.median(a[field] / b[field] for a, b in pairs)

    print(f"python {sys.version.split()[0]}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print(f"{'':<16} {'workers':>7} {'pages':>7} {'wall s':>7} {'cpu s':>7} {'pages/s':>8} {'MiB':>5}")
    for kind in rounds:
        seconds, pages = median(kind, "seconds"), median(kind, "pages")
        print(
            f"{kind[0]:<16} {kind[1]:>7} {pages:>7.0f} {seconds:>7.2f} {median(kind, 'cpu'):>7.2f} "
            f"{pages / seconds:>8.0f} {median(kind, 'rss_mib'):>5.0f}"
        )
    bare, ours, marks, every = ("bare", 1), ("basic", 1), ("marks", 1), ("all", 1)
    print(
        f"three detectors over the bare loop, one worker: {ratio('seconds', ours, bare):.3f} wall, {ratio('cpu', ours, bare):.3f} cpu (bar 1.25)"
    )
    print(
        f"detectors of marks over those three: {ratio('seconds', marks, ours):.3f} wall, {ratio('cpu', marks, ours):.3f} cpu (bar 1.20)"
    )
    spent = (median(every, "cpu") - median(marks, "cpu")) / median(every, "pages")
    print(f"{CLASSIFIER} over those: {ratio('cpu', every, marks):.3f} cpu, {spent * 1e3:.2f} ms a page (bar 0.50)")
    speedup = {kind: ratio("seconds", (kind, 1), (kind, 2)) for kind in ("bare", "basic")}
    print(
        f"speed-up of the second worker: {speedup['basic']:.3f}, of the bare loop {speedup['bare']:.3f}: "
        f"{speedup['basic'] / speedup['bare']:.3f} of it (bar 0.97)"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
    else:
        main()

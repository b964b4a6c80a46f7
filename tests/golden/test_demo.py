"""The demo as its user sees it: the screen, the commands that it offers, and the folder that it leaves."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import lowbackground
from lowbackground.pipeline.cli.app import main
from lowbackground.pipeline.config import load_config

GOLDEN = Path(__file__).parent
VOLATILE = (  # keys and dates are new each time
    (re.compile(r"urn:c2pa:[0-9a-f-]{36}"), "urn:c2pa:…"),
    (re.compile(r"c2pa-python [0-9.]+, encypher-c2pa [0-9.]+"), "c2pa-python …, encypher-c2pa …"),
    (re.compile(r"encypher-c2pa [0-9.]+\)"), "encypher-c2pa …)"),
    (re.compile(r"\bdemo [0-9a-f]{12}\b"), "demo …"),
    (re.compile(r"model [0-9a-f]{12}, calibration [0-9a-f]{12}"), "model …, calibration …"),  # with each training
    (
        re.compile(r"score -?[0-9.]+, fpr [0-9.e-]+, llr -?[0-9.]+, adds [+-]?[0-9.]+ to"),
        "score …, fpr …, llr …, adds … to",
    ),
    (re.compile(r"score -?[0-9]+\.[0-9]+$", re.MULTILINE), "score …"),
    (re.compile(r"^( +classifier +)[+-]?[0-9.]+(\n +sum +)-?[0-9.]+ +p [0-9.]+", re.MULTILINE), r"\1…\2…   p …"),
    (re.compile(r"(decided by era .*P\(synthetic\)) [0-9.]+"), r"\1 …"),  # the classifier moves it
    (re.compile(r"\d+\.\d s, [\d,]+ records/s"), "… s, … records/s"),
)


@dataclass(frozen=True)
class Shown:
    """Where the demo stands, how it ended and what it printed."""

    home: Path
    code: int
    out: str
    err: str


def call(home: Path, *words: str) -> Shown:
    """Run the program as a user would, in `home`, with a data folder of its own."""
    env = {**os.environ, "XDG_DATA_HOME": str(home / "data"), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "lowbackground", *words],
        cwd=home,
        env=env,
        capture_output=True,
        check=False,
    )
    return Shown(home, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return call(tmp_path_factory.mktemp("demo"), "demo")


def settled(text: str) -> str:
    """A screen without what differs from one time to the next."""
    for pattern, instead in VOLATILE:
        text = pattern.sub(instead, text)
    return text


def check(name: str, text: str, update: bool) -> None:
    path = GOLDEN / name
    if update:
        path.write_text(settled(text), encoding="utf-8")
    assert settled(text) == path.read_text(encoding="utf-8")


def offered(demo: Shown) -> list[str]:
    return [line.strip() for line in demo.out.partition("Where to look next")[2].splitlines() if line.strip()]


def test_it_ends_well_and_shows_all_three_labels(demo: Shown, update_golden: bool) -> None:
    assert (demo.code, demo.err) == (0, "")
    table = demo.out.partition("What it is, and what came of it\n\n")[2].partition("\nWhere to look next")[0]
    assert {"human", "synthetic", "unknown"} <= set(table.split())
    check("demo.txt", table, update_golden)


def test_the_accounts_balance_on_the_screen(demo: Shown) -> None:
    numbers = {
        name: int(re.search(rf"^  {name} +(\d+)", demo.out, re.MULTILINE)[1])  # type: ignore[index]
        for name in ("kept", "rejected", "unreadable", "skipped")
    }
    read = int(re.search(r"^(\d+) records read", demo.out, re.MULTILINE)[1])  # type: ignore[index]
    assert sum(numbers.values()) == read
    assert all(numbers.values())  # the demo has one of each


def test_what_it_offers_works_when_pasted(demo: Shown) -> None:
    *commands, own = offered(demo)
    assert own.endswith("run YOUR.warc.gz -o OUT")
    assert len(commands) == 4
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=demo.home, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), command
        assert done.stdout.strip()


def test_nothing_but_its_folder_is_touched(demo: Shown) -> None:
    assert [path.name for path in demo.home.iterdir()] == ["lowbackground-demo"]


def test_it_may_be_run_again(demo: Shown) -> None:
    (demo.home / "lowbackground-demo" / "mine.txt").write_text("a note of the user")
    again = call(demo.home, "demo")
    assert (again.code, again.err) == (0, "")
    assert settled(again.out) == settled(demo.out)
    assert (demo.home / "lowbackground-demo" / "mine.txt").read_text() == "a note of the user"


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    refused = call(tmp_path, "demo", "-o", "work")
    assert refused.code == 2
    assert refused.err.startswith("lowbackground: work: holds files that no demo made")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("name", "what", "record"),
    [
        ("inspect-edited-photo.txt", "crawl/pictures/balloon.jpg", None),
        ("inspect-tampered-photo.txt", "out", "tampered.jpg"),
        ("inspect-text.txt", "crawl/texts.jsonl", "story"),
        ("inspect-old-page.txt", "out", "urn:uuid:399fe6c5-68b6-5a52-8813-b2c9fdda9217"),
    ],
)
def test_inspect_explains(
    demo: Shown, name: str, what: str, record: str | None, update_golden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo.home)  # paths of the demo's configuration begin above its folder
    folder = "lowbackground-demo"
    config = None if what == "out" else load_config(f"{folder}/demo.yaml")
    check(name, f"{lowbackground.inspect(f'{folder}/{what}', config, id=record)}\n", update_golden)


@pytest.fixture
def inspect(
    demo: Shown, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`lowbackground inspect` in this process, beside the demo: exit code, stdout, stderr."""
    monkeypatch.chdir(demo.home)
    monkeypatch.setenv("XDG_DATA_HOME", str(demo.home / "data"))

    def called(*words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lowbackground", "inspect", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return called


def test_inspect_prints_json_for_machines(inspect: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = inspect("lowbackground-demo/out", "--id", "night.jpg", "--json")
    assert (code, err) == (0, "")
    explained = json.loads(out)
    assert explained["verdict"]["label"] == "human"
    assert explained["verdict"]["reject_reason"] == "opt-out"
    assert explained["chain"]["signer"] == "Demo Camera Works / Demo Camera One"


def test_inspect_reads_standard_input(inspect: Callable[..., tuple[int, str, str]]) -> None:
    line = Path("lowbackground-demo/crawl/texts.jsonl").read_text("utf-8").splitlines()[1]
    code, out, err = inspect("-", "--policy", "strict", stdin=json.loads(line)["text"].encode())
    assert (code, err) == (0, "")
    assert out.startswith("standard input\n")
    assert "synthetic  decided by signed-synthetic" in out
    assert "rules of strict" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lowbackground-demo/out", "--id", "nobody"], "holds no row 'nobody'"),
        (["lowbackground-demo/out", "--id", "\x1b[2J"], "holds no row '\\x1b[2J'"),
        (["lowbackground-demo/out", "--id", "x", "--as-of", "2020-01-01"], "--as-of judges the media anew"),
        (["lowbackground-demo/crawl/samples.tar#9"], "there are lowbackground-demo/crawl/samples.tar#000001, "),
        (["no-such-file"], "no-such-file"),
        (["-"], "standard input: is no record: empty"),
    ],
)
def test_inspect_says_what_is_wrong(
    inspect: Callable[..., tuple[int, str, str]], words: list[str], message: str
) -> None:
    code, out, err = inspect(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1

"""What a command line names: in which order, told by what, shown how, and what is no input."""

import gzip
import os
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.inputs.discover import Discovered, discover
from lowbackground.pipeline.units import Format
from tests.archives import JPEG, archive
from tests.reading import without_permission

LINES = b'{"text": "a"}\n{"text": "b"}\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of every test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, data: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)


def told(found: Discovered) -> list[tuple[str, str]]:
    return [(format_.value, file.source) for format_, file in found.files]


def found(*inputs: str, **settings: object) -> list[tuple[str, str]]:
    return told(discover(inputs, Read.model_validate(settings)))


def test_everything_below_a_folder_is_found_in_order_and_told_by_content() -> None:
    pq.write_table(pa.table({"text": ["a"]}), "table")
    put("d/b/one.bin", Path("table").read_bytes())
    put("d/b/two.txt", LINES)
    put("d/a.jsonl", gzip.compress(LINES))
    put("d/c.dat", archive([("1.jpg", JPEG)]))
    put("d/crawl", b"WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n")
    put("d/photo.jsonl", JPEG)
    put("d/unknown.xyz", b"\0\1\2\3")

    assert found("d") == [
        ("jsonl", "d/a.jsonl"),
        ("parquet", "d/b/one.bin"),
        ("jsonl", "d/b/two.txt"),
        ("tar", "d/c.dat"),
        ("warc", "d/crawl"),
        ("file", "d/photo.jsonl"),
        ("file", "d/unknown.xyz"),
    ]


@pytest.mark.parametrize("typed", ["d", "d/", "./d", "../{name}/d", "{absolute}/d"])
def test_a_source_is_what_was_typed_joined_with_the_path_below_it(here: Path, typed: str) -> None:
    put("d/e/a.jpg", JPEG)
    typed = typed.format(name=here.name, absolute=here)
    (_, file), *_ = discover([typed], Read()).files

    assert f"{typed.rstrip('/')}/e/a.jpg" == file.source
    assert file.id == "e/a.jpg"
    assert Path(file.uri).read_bytes() == JPEG


def test_inputs_come_in_the_order_in_which_they_are_named() -> None:
    for name in ("z.jsonl", "a.jsonl", "m.jsonl"):
        put(name, LINES)

    assert [source for _, source in found("z.jsonl", "a.jsonl", "m.jsonl")] == ["z.jsonl", "a.jsonl", "m.jsonl"]


def test_patterns_that_the_shell_did_not_expand_are_expanded() -> None:
    for name in ("b/2.jsonl", "b/1.jsonl", "b/c/3.jsonl", "x.jsonl", "b/[odd].jsonl"):
        put(name, LINES)

    assert [source for _, source in found("b/[0-9].jsonl")] == ["b/1.jsonl", "b/2.jsonl"]
    assert sorted(source for _, source in found("**/*.jsonl")) == [
        "b/1.jsonl",
        "b/2.jsonl",
        "b/[odd].jsonl",
        "b/c/3.jsonl",
        "x.jsonl",
    ]
    assert found("b/[odd].jsonl") == [("jsonl", "b/[odd].jsonl")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lists_name_an_input_a_line_with_a_prefix(pack: object) -> None:
    put("data/one.jsonl", LINES)
    put("data/two/a.jpg", JPEG)
    put("paths.txt", pack(b"# ours\r\none.jsonl\r\n\n  two  \n #two\n"))  # type: ignore[operator]

    assert found("@paths.txt", list_prefix="data/") == [("jsonl", "data/one.jsonl"), ("file", "data/two/a.jpg")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"# nothing\n\n", "is empty"),
        (b"\n@other.txt\n", "@paths.txt:2: a list cannot name another list"),
        (b"# ours\n\ngone.jsonl\n", "^@paths.txt:3: gone.jsonl: no such file.*leave out the @"),
        (b"memory://gone/a.jsonl\n", "^@paths.txt:1: memory://gone/a.jsonl: there is no such file"),
        (b"\x28\xb5\x2f\x00 no text", "^@paths.txt:1: is no text"),
    ],
)
def test_a_list_that_names_nothing_stops_the_run(content: bytes, words: str) -> None:
    put("paths.txt", content)
    with pytest.raises(ConfigError, match=words):
        discover(["@paths.txt"], Read())


@pytest.mark.parametrize("line", [b'{"text": "%s"}', b'{"text": "*%s"}', b"memory://%s", b"<%s", b"x://%s"])
def test_data_taken_for_a_list_is_not_spread_over_the_screen(line: bytes) -> None:
    put("a.jsonl", line % (b"secret " * 1000) + b"\n")
    with pytest.raises(ConfigError, match=r"^@a.jsonl:1: .*leave out the @") as raised:
        discover(["@a.jsonl"], Read())
    assert len(str(raised.value)) < 700


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("gone.jsonl", "gone.jsonl: no such file or directory"),
        ("@gone.txt", "@gone.txt: the list cannot be read"),
        ("*.gone", r"\*.gone: the pattern matches nothing"),
        ("ftp://host/a", "ftp://host/a: URLs of the scheme 'ftp' are not read; use one of file, gs, hf"),
        ("zip://a::file:///b", "the scheme 'zip' are not read"),
        ("file://host/a", "names the machine 'host'"),
        ("memory://gone/a.jsonl", "memory://gone/a.jsonl: there is no such file"),
        ("memory://gone/*.jsonl", "holds no file"),
        ("http://127.0.0.1:9/a.jsonl", r"^http://127.0.0.1:9/a.jsonl: cannot be reached \(.*check the address"),
    ],
)
def test_a_missing_input_stops_the_run_and_is_named(typed: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        discover([typed], Read())


def test_the_same_input_is_read_once() -> None:
    put("d/a.jsonl", LINES)
    Path("link.jsonl").symlink_to("d/a.jsonl")
    seen = discover(["d", "d/a.jsonl", "./d/a.jsonl", "link.jsonl"], Read())

    assert told(seen) == [("jsonl", "d/a.jsonl")]
    assert seen.skipped == {"duplicate-input": 3}


def sidecars(seen: Discovered) -> list[str | None]:
    """The sidecars of the files, relative to the folder in which they were looked for."""
    return [file.sidecar and str(Path(file.sidecar).relative_to(Path.cwd())) for _, file in seen.files]


def test_sidecars_belong_to_their_file_and_are_no_input() -> None:
    for name in ("d/a.jpg", "d/b.jpg", "d/c.jpg", "d/e"):
        put(name, JPEG)
    for name in ("d/a.c2pa", "d/a.jpg.c2pa", "d/b.jpg.c2pa", "d/e.c2pa", "d/lone.c2pa"):
        put(name, b"store")
    seen = discover(["d"], Read())

    assert sidecars(seen) == ["d/a.c2pa", "d/b.jpg.c2pa", None, "d/e.c2pa"]
    assert seen.skipped == {"sidecar-without-content": 2}


def test_the_sidecar_of_a_named_file_is_looked_for_beside_it() -> None:
    put("d/a.jpg", JPEG)
    put("d/a.c2pa", b"store")

    assert sidecars(discover(["d/a.jpg"], Read())) == ["d/a.c2pa"]
    assert sidecars(discover(["d/a.jpg", "d/a.c2pa"], Read())) == ["d/a.c2pa"]


def test_what_is_no_file_is_counted_and_never_opened() -> None:
    put("d/a.jsonl", LINES)
    put("d/.hidden", b"x")
    put("d/.git/config", b"x")
    put("d/old.arc", b"filedesc://IA-001102.arc 0 19960923142103 text/plain 76\n")
    os.mkfifo("d/pipe")
    Path("d/broken").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("d/socket")
        seen = discover(["d", "d/pipe"], Read())

    assert told(seen) == [("jsonl", "d/a.jsonl")]
    assert seen.skipped == {"arc": 1, "hidden-file": 2, "not-a-file": 4}


def test_links_to_folders_are_followed_and_circles_are_not() -> None:
    put("data/a.jsonl", LINES)
    put("d/b.jsonl", LINES)
    Path("d/linked").symlink_to("../data")
    Path("data/up").symlink_to("..")

    assert found("d")[:2] == [("jsonl", "d/b.jsonl"), ("jsonl", "d/linked/a.jsonl")]
    assert len(found("d")) == 2


def test_the_format_can_be_said() -> None:
    put("d/a.txt", LINES)
    put("d/b.jpg", JPEG)

    assert found("d", format="tar") == [("tar", "d/a.txt"), ("tar", "d/b.jpg")]


def test_an_empty_folder_holds_nothing() -> None:
    Path("d").mkdir()

    assert found("d") == []


def test_a_fingerprint_changes_with_the_file() -> None:
    put("a.jsonl", LINES)
    os.utime("a.jsonl", ns=(1, 1))
    (_, first), *_ = discover(["a.jsonl"], Read()).files
    (_, again), *_ = discover(["a.jsonl"], Read()).files
    os.utime("a.jsonl", ns=(2, 2))
    (_, touched), *_ = discover(["a.jsonl"], Read()).files

    assert first == again
    assert first.fingerprint != touched.fingerprint
    assert len(LINES) == first.size


def test_names_that_are_no_utf8_can_be_planned_and_opened() -> None:
    name = os.fsdecode(b"d/\xff.jpg")
    put(name, JPEG)
    ((_, file),) = discover(["d"], Read()).files

    assert (file.source, file.id) == ("d/\\xff.jpg", "\\xff.jpg")
    file.uri.encode()
    ((format_, again),) = discover([file.uri], Read()).files
    assert (Format.FILE, file.size) == (format_, again.size)


@pytest.fixture
def stored() -> Iterator[None]:
    """A store that fsspec opens."""
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/d/a.jsonl", LINES)
    store.pipe("/bucket/d/b/c.jpg", JPEG)
    store.pipe("/bucket/d/b/c.c2pa", b"store")
    store.pipe("/bucket/d/.hidden", b"x")
    store.pipe("/bucket/paths.txt", b"a.jsonl\n")
    yield
    store.rm("/bucket", recursive=True)


@pytest.mark.usefixtures("stored")
def test_stores_are_read_like_folders() -> None:
    seen = discover(["memory://bucket/d"], Read())

    assert told(seen) == [("jsonl", "memory://bucket/d/a.jsonl"), ("file", "memory://bucket/d/b/c.jpg")]
    assert seen.skipped == {"hidden-file": 1}
    assert [file.sidecar for _, file in seen.files] == [None, "memory:///bucket/d/b/c.c2pa"]
    assert [file.id for _, file in seen.files] == ["a.jsonl", "b/c.jpg"]
    assert len({file.fingerprint for _, file in seen.files}) == 2


@pytest.mark.usefixtures("stored")
def test_stores_know_files_patterns_and_lists() -> None:
    assert found("memory://bucket/d/a.jsonl") == [("jsonl", "memory://bucket/d/a.jsonl")]
    assert found("memory://bucket/d/*.jsonl") == [("jsonl", "memory:///bucket/d/a.jsonl")]
    assert found("@memory://bucket/paths.txt", list_prefix="memory://bucket/d/") == [
        ("jsonl", "memory://bucket/d/a.jsonl")
    ]
    ((_, file),) = discover(["memory://bucket/d/b/c.jpg"], Read()).files
    assert file.sidecar == "memory://bucket/d/b/c.c2pa"


def test_a_folder_without_permission_stops_the_run_and_says_what_to_do(open_folder: Path) -> None:
    put(f"{open_folder}/d/closed/a.jsonl", LINES)
    put(f"{open_folder}/secret.jsonl", LINES)
    with without_permission(open_folder / "d" / "closed", open_folder / "secret.jsonl"):
        with pytest.raises(ConfigError, match=r"d/closed/: permission denied; grant read and execute permission"):
            discover([f"{open_folder}/d"], Read())
        assert [format_ for format_, _ in discover([f"{open_folder}/secret.jsonl"], Read()).files] == [Format.JSONL]


@pytest.mark.parametrize(
    ("status", "words"), [(403, "refused it with status 403"), (503, "with status 503"), (404, "no such file")]
)
def test_what_a_web_server_answers_is_told_and_no_signature(status: int, words: str) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(status)

        do_GET = do_HEAD  # noqa: N815 (the name that http.server calls)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ConfigError, match=words) as raised:
            discover([f"http://127.0.0.1:{server.server_port}/a.jsonl?X-Amz-Signature=hidden"], Read())
        server.shutdown()
    assert "hidden" not in str(raised.value)

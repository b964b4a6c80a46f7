"""The demo's crawl is what its specimens say, told by readers that are not ours."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from lowbackground.pipeline.demo.crawl import PAGES, PICTURES, SAMPLES, TEXTS, Crawl, build_crawl


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Crawl]:
    folder = tmp_path_factory.mktemp("crawl")
    return folder, build_crawl(folder)


def validation(data: bytes, crawl: Crawl) -> tuple[str, list[str]]:
    """State and failures by c2pa-rs, with the crawl's own root as the only one trusted."""
    from c2pa import C2paError, Context, Reader

    settings = {
        "trust": {"trust_anchors": crawl.trusted.pem},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    try:
        with Context.from_dict(settings) as context, Reader("image/jpeg", io.BytesIO(data), context=context) as reader:
            found = json.loads(reader.json())
    except C2paError.ManifestNotFound:
        return "none", []
    return found["validation_state"], [status["code"] for status in found.get("validation_status", [])]


def test_specimens_are_distinct_and_name_what_is_there(built: tuple[Path, Crawl]) -> None:
    folder, crawl = built
    ids = [specimen.id for specimen in crawl.specimens]
    assert len(set(ids)) == len(ids)
    assert {path.name for path in crawl.inputs} == {path.name for path in folder.iterdir()}
    for specimen in crawl.specimens:
        assert (folder / specimen.place).exists()


def test_pages_are_a_warc_whose_digests_hold(built: tuple[Path, Crawl]) -> None:
    from warcio.archiveiterator import ArchiveIterator

    with (built[0] / PAGES).open("rb") as file:
        kinds, ids = [], set()
        for record in ArchiveIterator(file, check_digests="raise"):
            record.raw_stream.read()
            kinds.append(record.rec_type)
            ids.add(record.rec_headers["WARC-Record-ID"].strip("<>"))
    assert kinds == ["warcinfo", "request", *["response"] * 6]
    assert {specimen.id for specimen in built[1].specimens if specimen.place == PAGES} <= ids


@pytest.mark.parametrize(
    ("name", "state", "failures"),
    [
        ("hills.jpg", "Trusted", []),
        ("swirl.png", "Trusted", []),
        ("balloon.jpg", "Trusted", []),
        ("night.jpg", "Trusted", []),
        ("tampered.jpg", "Invalid", ["assertion.dataHash.mismatch"]),
        ("lookalike.jpg", "Valid", ["signingCredential.untrusted"]),
        ("stripped.png", "none", []),
        ("fog.jpg", "none", []),
    ],
)
def test_pictures_validate_as_their_names_say(
    built: tuple[Path, Crawl], name: str, state: str, failures: list[str]
) -> None:
    data = (built[0] / PICTURES / name).read_bytes()
    assert validation(data, built[1]) == (state, failures)


def test_pictures_differ_at_a_glance(built: tuple[Path, Crawl]) -> None:
    from PIL import Image

    seen = {}
    for path in (built[0] / PICTURES).iterdir():
        with Image.open(path) as image:
            seen[path.name] = image.convert("RGB").tobytes()
    same = {frozenset((a, b)) for a in seen for b in seen if a < b and seen[a] == seen[b]}
    assert same == {frozenset(("swirl.png", "stripped.png"))}  # one picture, with and without its manifest


def test_texts_verify_until_they_are_changed(built: tuple[Path, Crawl]) -> None:
    import encypher_c2pa

    lines = [json.loads(line) for line in (built[0] / TEXTS).read_text("utf-8").splitlines()]
    texts = {line["id"]: line["text"].encode() for line in lines}

    def state(name: str) -> str:
        found = encypher_c2pa.verify(
            texts[name], "text/plain", trust_pem=built[1].trusted.pem, no_default_trust=True, telemetry=False
        )
        return str(found["validation_state"]) if found["present"] else "none"

    assert {name: state(name) for name in texts} == {
        "letter": "none",
        "story": "Trusted",
        "story-edited": "Invalid",
        "note": "none",
    }


def test_samples_are_a_webdataset_shard(built: tuple[Path, Crawl]) -> None:
    with tarfile.open(built[0] / SAMPLES) as archive:
        assert archive.getnames() == ["000001.jpg", "000001.txt", "000002.png", "000002.txt"]


def test_only_what_keys_touch_differs_between_two_builds(built: tuple[Path, Crawl], tmp_path: Path) -> None:
    again = build_crawl(tmp_path)
    assert again.specimens == built[1].specimens
    assert again.trusted.pem != built[1].trusted.pem
    for name in ("stripped.png", "fog.jpg"):
        assert (tmp_path / PICTURES / name).read_bytes() == (built[0] / PICTURES / name).read_bytes()

"""Builds a small crawl in a folder, and knows what every part of it is."""

import io
import json
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lowbackground.pipeline.demo.authority import Authority, Identity, new_authority, new_identity
from lowbackground.pipeline.demo.drawings import DUSK, FOG, landscape, swirl
from lowbackground.pipeline.demo.pages import BREAD, KITCHENS, LETTER, NOTE, STORY, TIDES, page, paragraphs
from lowbackground.pipeline.demo.pictures import Picture, ai_made, pictures
from lowbackground.pipeline.demo.signing import manifest, sign_media, sign_page, sign_text
from lowbackground.pipeline.demo.warc_file import record_id, request, response, warcinfo

SITE = "https://demo.example"  # a name that RFC 2606 keeps free
PAGES, SAMPLES, TEXTS, PICTURES = "pages.warc.gz", "samples.tar", "texts.jsonl", "pictures"


@dataclass(frozen=True, slots=True)
class Specimen:
    """A record of note: its `prov_id`, the part of the crawl that holds it, its name there, and what it is."""

    id: str
    place: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Crawl:
    """What was built: the inputs of the run, the root that its trust list shall hold, and the records of note."""

    inputs: tuple[Path, ...]
    trusted: Authority
    specimens: tuple[Specimen, ...]


def build_crawl(folder: Path) -> Crawl:
    """Write the crawl into an empty folder. Only keys, and what they sign, differ from one time to the next."""
    trusted = new_authority("lowbackground demo", "Demo Camera Root")
    drawn = pictures(trusted, new_authority("nobody", "Root That Nobody Lists"))
    model = new_identity(trusted, "Demo Models", "Demo Text Model")
    specimens = [
        *_write_pages(folder / PAGES, model),
        *_write_texts(folder / TEXTS, model),
        *_write_pictures(folder / PICTURES, drawn),
        *_write_samples(folder / SAMPLES, new_identity(trusted, "Demo Camera Works", "Demo Camera Two"), model),
    ]
    inputs = tuple(folder / name for name in (PAGES, TEXTS, PICTURES, SAMPLES))
    return Crawl(inputs, trusted, tuple(specimens))


def _write_pages(path: Path, model: Identity) -> list[Specimen]:
    """Pages from before and after the cut-off of text, and what else a crawl brings home."""
    long_ago, last_year = datetime(2014, 5, 3, 9, 30, tzinfo=UTC), datetime(2025, 2, 11, 16, 5, tzinfo=UTC)
    signed = sign_page(page("Ten ideas for your kitchen", KITCHENS), ai_made("kitchens"), model)
    shown = [
        ("2014/bread", long_ago, page("Friday bread", BREAD), "page, crawled in 2014"),
        ("2014/fog.jpg", long_ago, landscape(FOG), "photo without any mark, crawled in 2014"),
        ("2025/tides", last_year, page("The harbour gauge", TIDES), "page without any mark, crawled in 2025"),
        ("2025/kitchens", last_year, signed, "page with a manifest: AI-made"),
    ]
    moved, broken = f"{SITE}/2025/moved", f"{SITE}/2025/broken"
    records = [
        warcinfo(long_ago, {"software": "lowbackground demo", "format": "WARC File Format 1.1"}),
        request(f"{SITE}/2014/bread", long_ago),
        *(response(f"{SITE}/{name}", when, body, _media_type(name)) for name, when, body, _ in shown),
        response(moved, last_year, b"", status="301 Moved Permanently", headers={"Location": f"{SITE}/2025/tides"}),
        response(broken, last_year, b"\x1f\x8b no gzip at all", headers={"Content-Encoding": "gzip"}),
    ]
    path.write_bytes(b"".join(records))
    return [Specimen(record_id(f"{SITE}/{name}"), PAGES, name, what) for name, _, _, what in shown]


def _media_type(name: str) -> str:
    return "image/jpeg" if name.endswith(".jpg") else "text/html; charset=utf-8"


def _write_texts(path: Path, model: Identity) -> list[Specimen]:
    """A table of texts; its column `crawled` says when somebody else captured them."""
    letter, plain = paragraphs(LETTER)[0], paragraphs(STORY)[0]
    story = sign_text(plain, ai_made("story"), model)
    rows = [
        ("letter", letter, "2018-09-30", "text, crawled in 2018"),
        ("story", story, "2025-06-01", "text with an invisible manifest: AI-made"),
        ("story-edited", story.replace("thirty", "forty"), "2025-06-01", "that text, changed after signing"),
        ("note", NOTE, "2025-06-01", "short text, crawled in 2025"),
    ]
    lines = [{"id": id_, "text": text, "crawled": crawled} for id_, text, crawled, _ in rows]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return [Specimen(id_, TEXTS, id_, what) for id_, _, _, what in rows]


def _write_pictures(folder: Path, drawn: list[Picture]) -> list[Specimen]:
    """Loose files."""
    folder.mkdir()
    for picture in drawn:
        (folder / picture.name).write_bytes(picture.data)
    return [Specimen(picture.name, PICTURES, picture.name, picture.what) for picture in drawn]


def _write_samples(path: Path, camera: Identity, model: Identity) -> list[Specimen]:
    """A WebDataset shard: pictures with their captions."""
    dusk = sign_media(landscape(DUSK, balloon=True), "image/jpeg", manifest(title="dusk.jpg"), camera).asset
    made = sign_media(swirl(arms=7), "image/png", ai_made("arms.png"), model).asset
    samples = [
        ("000001", "jpg", dusk, "A balloon over the hills at dusk.", "photo with caption, signed by a camera"),
        ("000002", "png", made, "Seven arms, turning.", "generated picture with caption, signed"),
    ]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for key, extension, data, caption, _ in samples:
            for name, content in ((f"{key}.{extension}", data), (f"{key}.txt", caption.encode())):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return [Specimen(key, SAMPLES, key, what) for key, _, _, _, what in samples]

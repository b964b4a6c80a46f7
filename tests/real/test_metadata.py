"""Real files: what Exiv2 and mutagen read in them, the walks read too; no rule calls any of them generated."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.detectors.evidence import Signal
from lowbackground.manifests.metadata.read import read_metadata
from lowbackground.manifests.sniff import sniff
from tests.factories import records

pytestmark = pytest.mark.real

NAMES = {  # Exiv2's names of what rules ask for
    "Exif.Image.Make": "exif:Make",
    "Exif.Image.Model": "exif:Model",
    "Exif.Image.Software": "exif:Software",
    "Exif.Image.Artist": "exif:Artist",
    "Exif.Image.ImageDescription": "exif:ImageDescription",
    "Exif.Image.DateTime": "exif:DateTime",
    "Exif.Photo.DateTimeOriginal": "exif:DateTimeOriginal",
    "Exif.Photo.ExposureTime": "exif:ExposureTime",
    "Exif.Photo.FNumber": "exif:FNumber",
    "Exif.Photo.FocalLength": "exif:FocalLength",
    "Exif.Photo.ISOSpeedRatings": "exif:ISO",
    "Xmp.xmp.CreatorTool": "xmp:http://ns.adobe.com/xap/1.0/CreatorTool",
    "Xmp.photoshop.Credit": "xmp:http://ns.adobe.com/photoshop/1.0/Credit",
    "Xmp.dcterms.provenance": "xmp:http://purl.org/dc/terms/provenance",
    "Xmp.iptcExt.DigitalSourceType": "xmp:http://iptc.org/std/Iptc4xmpExt/2008-02-29/DigitalSourceType",
    "Iptc.Application2.Credit": "iptc:Credit",
    "Iptc.Application2.Byline": "iptc:By-line",
    "Iptc.Application2.Caption": "iptc:Caption",
}


def pictures(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if (sniff(data) or "").startswith("image/"):
                yield path, data


def by_exiv2(data: bytes) -> Mapping[str, str] | None:
    """What Exiv2 reads, by our names; null where it does not read the file."""
    import pyexiv2

    pyexiv2.set_log_level(4)
    try:
        with pyexiv2.ImageData(data) as image:
            found = {**image.read_exif(), **image.read_xmp(), **image.read_iptc()}
    except (RuntimeError, UnicodeDecodeError):
        return None
    return {
        NAMES[name]: value
        for name, value in found.items()
        if name in NAMES and isinstance(value, str) and value.strip()
    }


def test_what_exiv2_reads_in_pictures_the_walks_read_too(shared: Path) -> None:
    compared = 0
    for path, data in pictures(shared / "c2pa"):
        expected = by_exiv2(data)
        if not expected:
            continue
        found: dict[str, set[str]] = {}
        for field in read_metadata(data).fields:
            found.setdefault(field.key, set()).add(field.value.strip().rstrip("\0"))
        for key, value in expected.items():
            assert value.strip().rstrip("\0") in found.get(key, set()), (path.name, key, value, found.get(key))
            compared += 1
    assert compared > 200


def test_no_file_that_people_made_is_called_generated(shared: Path) -> None:
    rows = [(path, data) for path, data in pictures(shared / "c2pa") if len(data) < 4 << 20]
    answers = declared_metadata()(records([{"raw": data} for _, data in rows])).evidence
    loud = {
        path.name: answer.detail
        for (path, _), answer in zip(rows, answers, strict=True)
        if answer.signal in {Signal.SYNTHETIC, Signal.MIXED, Signal.FAILED}
    }
    assert not loud

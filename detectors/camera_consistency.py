"""How far the EXIF of a picture agrees with itself, as a camera's does.

Anybody can copy EXIF from one file into another, so agreement is a hint and no more. Programs that paste a maker's
name to look like a camera rarely write exposure, maker's notes and a thumbnail that fit together.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from lowbackground.manifests.metadata.fields import Field, Metadata

KEY = "computed:camera-agreement"

# How the maker's notes of each maker begin (lib/Image/ExifTool/MakerNotes.pm); an empty head is a directory at once,
# whose first two bytes count its entries.
_MAKERS: Mapping[str, tuple[str, ...]] = {
    "canon": ("",),
    "nikon": ("Nikon\0",),
    "sony": ("SONY DSC ", "SONY CAM ", "SONY MOBILE", "SONY PI", "PREMI", ""),
    "fujifilm": ("FUJIFILM",),
    "panasonic": ("Panasonic\0",),
    "olympus": ("OLYMP\0", "OLYMPUS\0"),
    "om digital": ("OM SYSTEM\0",),
    "pentax": ("AOC\0", "PENTAX \0"),
    "ricoh": ("AOC\0", "RICOH\0", "Ricoh", "RICOH", "Rv", "Rev"),
    "leica": ("LEICA", "Panasonic\0"),
    "hasselblad": ("",),
    "sigma": ("SIGMA\0", "FOVEON\0"),
    "apple": ("Apple iOS\0",),
    "samsung": ("",),
    "google": ("HDRP", ""),
    "casio": ("QVC\0", ""),
    "kodak": ("KDK", "Kodak", "EASTMAN", ""),
    "minolta": ("MLT0", ""),
    "konica": ("MLT0", "MMM", "KC", ""),
    "gopro": ("",),
    "dji": ("",),
    "huawei": ("",),
    "xiaomi": ("",),
    "oneplus": ("",),
    "oppo": ("",),
    "vivo": ("",),
    "motorola": ("MOT\0", ""),
    "lg electronics": ("",),
    "htc": ("",),
    "nokia": ("",),
    "realme": ("",),
    "nothing": ("",),
    "honor": ("",),
}
_DATE = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d\Z")
_RANGES = {  # beyond what cameras and phones were built for
    "ExposureTime": (1e-6, 7200.0),
    "FNumber": (0.5, 128.0),
    "ISO": (1.0, 5_000_000.0),
    "FocalLength": (0.1, 5000.0),
}
_FIRST_YEAR = 1990
_CLASSIC_THUMBNAIL = (160, 120)  # of every DCF file, with bars where the picture is not 4:3 (DCF 2.0, 3.3.4)
_TOLERANCE = 0.04  # of a thumbnail's shape, rounded to whole pixels


def camera_agreement(metadata: Metadata) -> Field | None:
    """How many of eight facts agree, as a field for the rules; null where no maker is named.

    A known maker and a model; exposure time, aperture, sensitivity and focal length in the range of cameras; a date
    that exists; notes of that maker; a thumbnail of the picture's shape.
    """
    fields: dict[str, Field] = {}
    for field in metadata.fields:
        if field.key.startswith("exif:"):
            fields.setdefault(field.key[5:], field)
    if "Make" not in fields:
        return None
    values = {name: field.value.strip() for name, field in fields.items()}
    heads = next((heads for maker, heads in _MAKERS.items() if values["Make"].lower().startswith(maker)), None)
    facts = [
        heads is not None and bool(values.get("Model")),
        *(_within(values.get(name), *_RANGES[name]) for name in _RANGES),
        _dated(values.get("DateTimeOriginal"), values.get("DateTime")),
        heads is not None and "MakerNote" in fields and _noted(fields["MakerNote"].value, heads),
        _shaped(values, metadata.size),
    ]
    make = fields["Make"]
    return Field(KEY, str(sum(facts)), make.place, make.offset)


def _number(value: str | None) -> float | None:
    top, _, bottom = (value or "").split(" ")[0].partition("/")
    try:
        return float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return None


def _within(value: str | None, low: float, high: float) -> bool:
    number = _number(value)
    return number is not None and low <= number <= high


def _dated(taken: str | None, changed: str | None) -> bool:
    """Whether the moment of capture exists, and is not after the last change."""
    moments = [_moment(each) for each in (taken, changed or taken)]
    first, last = moments
    return first is not None and last is not None and first.year >= _FIRST_YEAR and first <= last


def _moment(value: str | None) -> datetime | None:
    if value is None or not _DATE.match(value):
        return None
    try:
        return datetime.strptime(value, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  EXIF has no time zone here
    except ValueError:
        return None


def _noted(note: str, heads: tuple[str, ...]) -> bool:
    if note.startswith(tuple(head for head in heads if head)):
        return True
    raw = note.encode("latin-1")[:2]
    counts = int.from_bytes(raw, "little"), int.from_bytes(raw, "big")
    return "" in heads and len(note) >= 14 and any(0 < count < 256 for count in counts)  # a directory of plain size


def _shaped(values: Mapping[str, str], size: tuple[int, int] | None) -> bool:
    """Whether the thumbnail has the shape of the picture, or the classic one."""
    width, _, height = values.get("ThumbnailSize", "").partition("x")
    stated = [_number(values.get(name)) for name in ("PixelXDimension", "PixelYDimension")]
    whole = (stated[0], stated[1]) if stated[0] and stated[1] else size
    if not (width.isdigit() and height.isdigit() and whole and all(whole) and int(width) and int(height)):
        return False
    small = int(width) / int(height)
    large = (whole[0] or 1) / (whole[1] or 1)
    if (int(width), int(height)) in {_CLASSIC_THUMBNAIL, _CLASSIC_THUMBNAIL[::-1]}:
        return True
    return any(abs(small / shape - 1) <= _TOLERANCE for shape in (large, 1 / large))

"""What a file says about itself: the walk for its container, chosen by its bytes."""

from collections.abc import Callable

from lowbackground.manifests.media_types import OFFICE
from lowbackground.manifests.metadata import bmff, flv, gif, id3, jpeg, matroska, office, pdf, png, riff, vorbis
from lowbackground.manifests.metadata.exif import read_tiff
from lowbackground.manifests.metadata.fields import CapReached, Data, Gathering, Metadata
from lowbackground.manifests.metadata.xmp import read_xmp
from lowbackground.manifests.sniff import sniff

__all__ = ["CONTAINERS", "container_of", "read_metadata"]

_Walk = Callable[[Data, Gathering], str | None]


def _tiff(data: Data, out: Gathering) -> None:
    read_tiff(data, 0, len(data), out, "TIFF", whole=True)


def _svg(data: Data, out: Gathering) -> None:
    if b"http://www.w3.org/1999/02/22-rdf-syntax-ns#" in bytes(data):  # a drawing without RDF has no properties
        read_xmp(data, out, "SVG metadata", 0)


CONTAINERS: dict[str, tuple[str, _Walk]] = {  # media type: container, walk
    "image/jpeg": ("jpeg", jpeg.walk),
    "image/png": ("png", png.walk),
    "image/webp": ("webp", riff.walk),
    "image/gif": ("gif", gif.walk),
    "image/tiff": ("tiff", _tiff),
    "image/x-canon-cr2": ("tiff", _tiff),
    "image/heic": ("heif", bmff.walk),
    "image/heif": ("heif", bmff.walk),
    "image/avif": ("heif", bmff.walk),
    "image/jxl": ("jxl", bmff.walk_jxl),
    "image/svg+xml": ("svg", _svg),
    "video/mp4": ("mp4", bmff.walk),
    "video/quicktime": ("mp4", bmff.walk),
    "video/3gpp": ("mp4", bmff.walk),
    "audio/mp4": ("mp4", bmff.walk),
    "video/x-matroska": ("matroska", matroska.walk),
    "audio/x-matroska": ("matroska", matroska.walk),
    "video/webm": ("matroska", matroska.walk),
    "audio/webm": ("matroska", matroska.walk),
    "video/x-msvideo": ("avi", riff.walk),
    "video/x-flv": ("flv", flv.walk),
    "audio/wav": ("wav", riff.walk),
    "audio/mpeg": ("mp3", id3.walk),
    "audio/flac": ("flac", vorbis.walk_flac),
    "audio/ogg": ("ogg", vorbis.walk_ogg),
    "video/ogg": ("ogg", vorbis.walk_ogg),
    "application/ogg": ("ogg", vorbis.walk_ogg),
    "application/pdf": ("pdf", pdf.walk),
    **dict.fromkeys(OFFICE, ("office", office.walk)),
}
_TIFF_MARKS = frozenset((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"IIU\0", b"IIRO", b"IIRS"))


def container_of(data: Data, media_type: str | None = None) -> tuple[str, _Walk] | None:
    """The container of these bytes and its walk; null where no walk reads it. `media_type` is a hint."""
    head = bytes(data[:4])
    if head in _TIFF_MARKS:  # raw formats of cameras are TIFF under many names
        return CONTAINERS["image/tiff"]
    if head[:3] == b"ID3":
        return CONTAINERS["audio/mpeg"]
    known = CONTAINERS.get(sniff(data, media_type) or "")
    return known if known is None or head[:2] != b"\xff\x0a" else None  # a bare codestream


def read_metadata(data: Data, media_type: str | None = None) -> Metadata:
    """The metadata of a file: what its walk gathered until the structure, or a cap, ended it."""
    found = container_of(data, media_type)
    if found is None:
        return Metadata(None)
    container, walk = found
    out = Gathering()
    over_limit = None
    try:
        with out.damage():
            container = walk(data, out) or container
    except CapReached as cap:
        over_limit = cap.what
    return Metadata(container, tuple(out.fields), out.size, out.irregular, over_limit)

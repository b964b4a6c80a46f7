"""Whether a C2PA manifest that c2pa-rs would see can be in some bytes: a structural walk, in microseconds.

One file in five hundred carries a manifest, and asking c2pa-rs costs 50 to 320 us even where there is none, so this
walk decides the cost of a run. It errs to one side only: what c2pa-rs can read, it calls possible.
"""

from collections.abc import Callable

from lowbackground.manifests.carriers import archive, bmff, gif, id3, jpeg, pdf, png, riff, svg, tiff
from lowbackground.manifests.carriers.presence import MAX_STORE_BYTES, Data, Presence, found
from lowbackground.manifests.jumbf import literal_stores, measure
from lowbackground.manifests.media_types import canonical_media_type
from lowbackground.manifests.sniff import sniff

__all__ = ["READER_FORMAT", "Presence", "precheck", "refusal", "store_of"]

_Walk = Callable[[Data], Presence]


def _lone_store(data: Data) -> Presence:
    """A manifest store by itself, as a sidecar holds it."""
    return found("store", [(0, len(data))])


_BY_SIGNATURE: dict[bytes, _Walk] = {  # c2pa-rs lets these bytes overrule what it is told
    b"\x89PNG": png.walk,
    b"RIFF": riff.walk,
    b"GIF8": gif.walk,
    b"II*\0": tiff.walk,
    b"MM\0*": tiff.walk,
    b"II+\0": tiff.walk,
    b"MM\0+": tiff.walk,
    b"fLaC": id3.walk,
    b"%PDF": pdf.walk,
    b"PK\x03\x04": archive.walk,
}
_JXL = b"\0\0\0\x0cJXL \r\n\x87\n"
_BY_MEDIA_TYPE: dict[str, _Walk] = {  # formats that no byte at a fixed place gives away
    "image/svg+xml": svg.walk,
    "application/c2pa": _lone_store,
    "application/pdf": pdf.walk,  # something may stand before the header
    "application/zip": archive.walk,  # something may stand before the archive
    "application/epub+zip": archive.walk,
    "image/gif": gif.walk,
    "video/quicktime": bmff.walk,  # before 2001 without `ftyp`
    "video/mp4": bmff.walk,
    "audio/mp4": bmff.walk,
    "image/heic": bmff.walk,
    "image/heif": bmff.walk,
    "image/avif": bmff.walk,
    "audio/mpeg": id3.walk,
    "audio/flac": id3.walk,
}

READER_FORMAT = {  # the format to name to c2pa-rs for each container; only svg, zip and c2pa are not overruled by bytes
    "jpeg": "image/jpeg",
    "png": "image/png",
    "riff": "image/webp",
    "bmff": "video/mp4",
    "jxl": "image/jxl",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "gif": "image/gif",
    "tiff": "image/tiff",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "zip": "zip",
    "store": "application/c2pa",
}


def precheck(data: Data, media_type_hint: str | None = None) -> Presence:
    """Whether a manifest, or a link to a remote one, can be in `data`.

    The bytes choose the walk; the hint (a media type) counts only where they do not, above all for SVG. Content that
    c2pa-rs does not read has no container and no manifest.
    """
    walk = _walk_for(data, media_type_hint)
    return walk(data) if walk else _NOTHING


_NOTHING = Presence(None)


def _walk_for(data: Data, hint: str | None) -> _Walk | None:
    head = bytes(data[:12])
    walk = _BY_SIGNATURE.get(head[:4])
    if walk:
        return walk
    if head[:2] == b"\xff\xd8":
        return jpeg.walk
    if head[4:8] == b"ftyp":
        return bmff.walk
    if head == _JXL:
        return bmff.walk_jxl
    if head[:3] == b"ID3":
        return id3.walk
    if head[4:8] == b"jumb":
        return _lone_store
    return _BY_MEDIA_TYPE.get(canonical_media_type(hint) or sniff(data) or "")


_DECODERS = {"gif": gif.decode, "svg": svg.decode}


def store_of(data: Data, presence: Presence) -> bytes | None:
    """The manifest store that `precheck` found, decoded as its container encodes it.

    Where the walk saw none but could not rule one out, stores that stand unencoded anywhere in the file. Null where
    there is none, or where it exceeds the cap.
    """
    if presence.manifest == "absent" or presence.over_limit:
        return None
    spans = presence.spans
    if not spans:
        spans = tuple(literal_stores(data if isinstance(data, bytes) else bytes(data)))
    if not spans or sum(end - start for start, end in spans) > 2 * MAX_STORE_BYTES:  # base64 takes four bytes for three
        return None
    raw = b"".join([bytes(data[start:end]) for start, end in spans])
    decode = _DECODERS.get(presence.container or "") if presence.spans else None
    return decode(raw) if decode else raw


def refusal(data: Data, presence: Presence) -> str | None:
    """Why this file must not be given to c2pa-rs: the cap that its container or its store exceeds; null where none."""
    if presence.over_limit:
        return presence.over_limit
    store = store_of(data, presence)
    return measure(store).over_limit if store else None

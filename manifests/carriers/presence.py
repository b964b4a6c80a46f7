"""The answer of a walk: whether a manifest that c2pa-rs would see can be there, and where its bytes lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Data = bytes | memoryview
Answer = Literal["absent", "possible"]
Span = tuple[int, int]

MAX_PARTS = 1 << 17  # boxes, chunks, segments: 30 ms of walking; a film in fragments of 2 s has 15,000 in two hours
MAX_STORE_BYTES = 16 << 20  # ten times the largest seen: 1.56 MB, seven ingredients with thumbnails (public-testfiles)
LINK = b"dcterms:provenance"  # the only XMP property that c2pa-rs follows, spelled so (xmp_inmemory_utils.rs)


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a manifest, or a link to one, can be there.

    `container`: jpeg, png, riff, bmff, jxl, mp3, flac, gif, tiff, svg, pdf, zip, store; null where c2pa-rs reads none.
    `absent` is certain: c2pa-rs finds nothing there; `possible` means that only c2pa-rs can tell.
    `store_bytes` is the size of what the walk found; null where it found none, so that `possible` with null says
    "irregular, nothing seen". `irregular`: the container is damaged or of a form that the walk does not follow.
    `over_limit`: `parts` or `store-bytes`, the cap that ended the walk; such a file is not given to c2pa-rs.
    `spans` are the ranges (start, end) of the file that hold the store, encoded as the container encodes it.
    """

    container: str | None
    manifest: Answer = "absent"
    remote: Answer = "absent"
    store_bytes: int | None = None
    irregular: bool = False
    over_limit: str | None = None
    spans: tuple[Span, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether the file is worth a reader's time."""
        return self.manifest == "possible" or self.remote == "possible"


def found(
    container: str,
    spans: Sequence[Span] = (),
    *,
    remote: bool = False,
    irregular: bool = False,
    store_bytes: int | None = None,
) -> Presence:
    """The answer of a walk that ended; an irregular one leaves everything possible."""
    total = store_bytes if store_bytes is not None else sum(end - start for start, end in spans) if spans else None
    return Presence(
        container,
        "possible" if spans or irregular else "absent",
        "possible" if remote or irregular else "absent",
        total,
        irregular,
        "store-bytes" if total is not None and total > MAX_STORE_BYTES else None,
        tuple(spans),
    )


def too_many(container: str) -> Presence:
    """The answer of a walk that its cap ended."""
    return Presence(container, "possible", "possible", over_limit="parts")


def has_link(data: Data, start: int, end: int) -> bool:
    """Whether the XMP packet in this range may point to a remote manifest."""
    return LINK in bytes(data[start:end])

"""Finds the watermark that Stable Diffusion and its relatives write into pixels ("dwtDct" of imwatermark).

- Programs write a constant, and nobody needs a key: a mark says that this encoder ran, and anybody may run it.
- It lives in small differences of colour. It survives PNG, lossless WebP and JPEG of high quality; scaling, a crop
  off the grid of eight pixels, and most re-encoding remove it. Its absence says nothing.
- What cannot carry it is told by the header, and never decoded.
"""

from dataclasses import dataclass, field

import pyarrow as pa

from lowbackground.detectors.contract import Detector, Findings, Needs
from lowbackground.detectors.dwt_dct_null import Null, measured_null
from lowbackground.detectors.dwt_dct_score import MIN_AREA, Reading, read_mark
from lowbackground.detectors.dwt_dct_votes import SIDE, block_votes
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.pixels import (
    Data,
    PictureHeader,
    TooManyPixelsError,
    UndecodableError,
    can_be_decoded,
    picture_header,
    rgb_pixels,
)

REASONS: dict[str, str] = {
    "dwt-dct.marked": "The pixels carry the watermark of a generator; the detail names it.",
    "dwt-dct.part-marked": "A part of the picture carries the watermark of a generator, and the whole does not.",
    "dwt-dct.none": "No watermark of the list stands out, which says nothing about the origin.",
    "dwt-dct.not-a-picture": "Not a PNG, JPEG or WebP; other formats are not decoded.",
    "dwt-dct.no-colour": "Grey, palette or CMYK; the watermark needs full colour.",
    "dwt-dct.lossy": "Compressed so strongly that the watermark would be lost.",
    "dwt-dct.too-small": "Smaller than the encoder accepts, or too narrow for its blocks.",
    "dwt-dct.undecodable": "A truncated or damaged picture.",
    "dwt-dct.over-limit": "More pixels than may be decoded.",
}

_NEEDS = Needs(("raw",))
_NO_COLUMNS = pa.schema([])
_COLOUR = frozenset({"RGB", "RGBA", "RGBX"})  # Pillow's modes
_NOT_A_PICTURE = Evidence(Signal.SKIPPED, "dwt-dct.not-a-picture")
_NO_COLOUR = Evidence(Signal.SKIPPED, "dwt-dct.no-colour")
_LOSSY = Evidence(Signal.SKIPPED, "dwt-dct.lossy")
_TOO_SMALL = Evidence(Signal.SKIPPED, "dwt-dct.too-small")
_UNDECODABLE = Evidence(Signal.SKIPPED, "dwt-dct.undecodable")
_OVER_LIMIT = Evidence(Signal.FAILED, "dwt-dct.over-limit")


def dwt_dct(*, max_megapixels: int = 40, min_quality: int = 90, min_quality_full_chroma: int = 75) -> Detector:
    """Finds the invisible watermark of Stable Diffusion, SDXL, FLUX, InvokeAI and relatives in pixels.

    `max_megapixels` caps what is decoded. A JPEG is decoded from quality `min_quality` up, one that keeps its chroma
    in full from `min_quality_full_chroma`; below, hardly a mark survives.
    """
    return _DwtDct(measured_null(), max_megapixels * 1_000_000, min_quality, min_quality_full_chroma)


def _version() -> str:
    return f"1 (null {measured_null().version})"


@dataclass(frozen=True)
class _DwtDct:
    """`null` is what unmarked pictures score."""

    null: Null
    max_pixels: int
    min_quality: int
    min_quality_full_chroma: int
    name: str = "dwt_dct"
    version: str = field(default_factory=_version)
    basis: Basis = Basis.WATERMARK
    needs: Needs = _NEEDS
    columns: pa.Schema = _NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Read each picture by itself."""
        raws, truncated = records.column("raw"), records.column("truncated")
        evidence = []
        for row, media_type in enumerate(records.column("media_type").to_pylist()):
            if media_type is None or not can_be_decoded(media_type):
                evidence.append(_NOT_A_PICTURE)
            elif truncated[row].as_py() or not raws[row].is_valid:
                evidence.append(_UNDECODABLE)
            else:
                evidence.append(self._record(memoryview(raws[row].as_buffer()), media_type))
        return Findings(evidence)

    def _record(self, data: Data, media_type: str) -> Evidence:
        try:
            header = picture_header(data, media_type)
            ruled_out = self._ruled_out(header)
            if ruled_out:
                return ruled_out
            pixels = rgb_pixels(data, media_type, self.max_pixels)
        except TooManyPixelsError:
            return _OVER_LIMIT
        except UndecodableError:
            return _UNDECODABLE
        height, width, _ = pixels.shape
        return self._evidence(read_mark(block_votes(pixels, header.halved), width, height), header)

    def _ruled_out(self, header: PictureHeader) -> Evidence | None:
        """Why a picture cannot carry the mark, as far as its header says."""
        if header.mode not in _COLOUR:
            return _NO_COLOUR
        least = self.min_quality if any(header.halved) else self.min_quality_full_chroma
        if header.quality is not None and header.quality < least:
            return _LOSSY
        if header.width * header.height < MIN_AREA or min(header.width, header.height) < SIDE:
            return _TOO_SMALL
        return None

    def _evidence(self, reading: Reading | None, header: PictureHeader) -> Evidence:
        if reading is None:
            return _TOO_SMALL
        whole, best = reading.whole, reading.best
        score, fpr = best.score, self.null.fpr(best.score)
        if score <= self.null.strong:
            return Evidence(Signal.SILENT, "dwt-dct.none", score=score, fpr=fpr)
        in_whole = whole.score > self.null.strong and whole.payload == best.payload
        return Evidence(
            Signal.SYNTHETIC if in_whole else Signal.MIXED,
            "dwt-dct.marked" if in_whole else "dwt-dct.part-marked",
            Strength.NEAR_CERTAIN if score > self.null.near_certain else Strength.STRONG,
            Kind.GENERATED if in_whole else Kind.COMPOSITE,
            score=score,
            fpr=fpr,
            detail=detail(
                payload=best.payload.name,
                generators=best.payload.generators,
                mode=best.mode,
                place="pixels",
                whole=whole.score,
                part=None if in_whole else "{}+{} {}x{}".format(*best.part.box),
                quality=header.quality,
            ),
        )

"""Reads TrustMark out of pictures, with the decoder network that the operator brings (adobe/trustmark).

- A TrustMark is an identifier, mostly the link to Content Credentials that were stripped: anybody may put one into any
  picture, and it says nothing about a machine. It is reported, and labels nothing.
- Payloads that the operator names as those of generators are another matter: they are compared bit by bit.
- The weights are a file with a pinned digest; the network is written here, and no code comes with them.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lowbackground.detectors.contract import Detector, Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.models.decodable import PICTURE, AbstainError, picture_of, reasons_of
from lowbackground.detectors.models.loading import chosen_device, require_torch
from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.models.state_dict import WeightsFile, fill, find_weights, read_state
from lowbackground.detectors.pixels import Pixels
from lowbackground.detectors.watermarks.keyed_detector import NEAR_CERTAIN, STRONG
from lowbackground.detectors.watermarks.trustmark_payload import (
    SCHEMAS,
    Payload,
    Schema,
    agreement,
    agreement_fpr,
    decoded,
)

if TYPE_CHECKING:
    from torch.nn import Module

REASONS: dict[str, str] = {
    "trustmark.known-payload": "The bits read are those of a payload that the configuration names as a generator's.",
    "trustmark.marked": "A payload was read, and again after slight compression; it says nothing about the origin.",
    "trustmark.unconfirmed": "A payload was read once, and not again after slight compression.",
    "trustmark.none": "No payload that chance would not give, which says nothing about the origin.",
    **reasons_of("trustmark", PICTURE),
}

Variant = Literal["Q", "B", "P", "C"]
COLUMN = "prov_trustmark"
MIN_SIDE = 150  # pixels of the shorter side: adobe/trustmark, FAQ, "image resolution limits"
_SIDE = {"Q": 245, "B": 245, "C": 245, "P": 224}  # model_resolution_dec of python/trustmark/trustmark.py
_SQUARE_BEYOND = {"Q": 2.0, "B": 2.0, "C": 2.0, "P": 0.0}  # aspect_ratio_lim: then the square in the middle is read
_DEPTH = {"Q": 50, "B": 50, "P": 50, "C": 18}
_SECOND_LOOK = 95  # JPEG quality; a payload that is there survives it, one that chance put together does not
_RULES = "1"

_NEEDS = Needs(("raw",), also=("media_type", "truncated"), kinds=("picture",))
_COLUMNS = pa.schema([pa.field(COLUMN, pa.string())])
_NONE = Evidence(Signal.SILENT, "trustmark.none")
_UNCONFIRMED = Evidence(Signal.SILENT, "trustmark.unconfirmed")

Bits = int  # a hundred, the first highest
View = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Known:
    """A payload of a generator."""

    name: str
    data: int
    schema: Schema


def trustmark(
    *,
    weights: str,
    digest: str,
    variant: Variant = "Q",
    payloads: Mapping[str, str] | None = None,
    min_side: int = MIN_SIDE,
    max_megapixels: int = 40,
    batch_size: int = 16,
    device: str = "auto",
) -> Detector:
    """Reads TrustMark identifiers out of pictures, with the decoder network that you bring.

    `weights` is a local file (safetensors, or a PyTorch state dict), `digest` its SHA-256, `variant` the one it was
    published as. `payloads` names payloads that your generators write: 40, 61, 68 or 75 zeros and ones each, by a name
    that the evidence gives. A picture that carries one is synthetic; every other payload labels nothing.

    Raises:
        ModelError: the file is not there or another one, or an option leaves nothing to read.
    """
    if min_side < 1 or batch_size < 1:
        raise ModelError(f"min_side {min_side}, batch_size {batch_size}: expected 1 or more")
    require_torch()
    known = tuple(_known(name, text) for name, text in sorted((payloads or {}).items()))
    file = find_weights(weights, digest)
    return _TrustMark(file, variant, known, min_side, max_megapixels * 1_000_000, batch_size, device)


def _known(name: str, text: str) -> _Known:
    schema = next((each for each in SCHEMAS if each.data_bits == len(text)), None)
    if schema is None or set(text) - {"0", "1"} or "1" not in text:
        lengths = ", ".join(str(each.data_bits) for each in SCHEMAS)
        raise ModelError(
            f"payloads: {name[:80]}: expected zeros and ones, {lengths} of them, as the tools of TrustMark write"
        )
    return _Known(name, int(text, 2), schema)


@dataclass(frozen=True)
class _TrustMark:
    """`known` are payloads of generators."""

    file: WeightsFile
    variant: Variant
    known: tuple[_Known, ...]
    min_side: int
    max_pixels: int
    batch_size: int
    device: str
    name: str = "trustmark"
    basis: Basis = Basis.WATERMARK
    needs: Needs = _NEEDS
    columns: pa.Schema = field(default=_COLUMNS, repr=False)
    exact: bool = False

    @property
    def version(self) -> str:
        """Of the rules, the weights and the payloads."""
        import hashlib

        named = "\n".join(f"{each.name} {each.schema.name} {each.data:x}" for each in self.known)
        payloads = f", payloads {hashlib.sha256(named.encode()).hexdigest()[:12]}" if self.known else ""
        return f"{_RULES} (variant {self.variant}, weights {self.file.digest[:12]}{payloads})"

    def load(self) -> None:
        """Read the weights into memory, once.

        Raises:
            ModelError: they are not those of this variant.
        """
        self._loaded  # noqa: B018 - a cached property

    @cached_property
    def _loaded(self) -> tuple["Module", str]:
        from lowbackground.detectors.watermarks.trustmark_network import TrustMarkNetwork, bare_names, depth_of

        what = f"weights {self.file.path}"
        state = bare_names(read_state(self.file))
        depth = depth_of(state, what)
        if depth != _DEPTH[self.variant]:
            raise ModelError(f"{what}: is a ResNet-{depth}; variant {self.variant} has a ResNet-{_DEPTH[self.variant]}")
        place = chosen_device(self.device)
        return fill(TrustMarkNetwork(depth), state, what).to(place), place

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: all but the network."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Read each picture by itself, the network many at once."""
        said: dict[int, Evidence] = {}
        rows: list[int] = []
        read = list(self._bits(self._views(records, said, rows)))
        column: list[str | None] = [None] * records.num_rows
        for row, bits in zip(rows, read, strict=True):
            said[row], payload = self._evidence(bits, records, row)
            column[row] = None if payload is None else f"{payload.schema.name} {payload.text}"
        return Findings([said[row] for row in range(records.num_rows)], {COLUMN: pa.array(column, pa.string())})

    def _views(self, records: pa.RecordBatch, said: dict[int, Evidence], rows: list[int]) -> Iterator[View]:
        """What the network is shown of pictures; fills `rows` with which these are, and `said` with why others are not."""
        for row in range(records.num_rows):
            try:
                pixels = self._pixels(records, row)
            except AbstainError as abstained:
                said[row] = abstained.evidence
            else:
                rows.append(row)
                yield _view(pixels, self.variant)

    def _pixels(self, records: pa.RecordBatch, row: int) -> Pixels:
        raw = records.column("raw")[row]
        return picture_of(
            memoryview(raw.as_buffer()) if raw.is_valid else b"",
            records.column("media_type")[row].as_py(),
            turned=False,
            truncated=records.column("truncated")[row].as_py(),
            min_side=self.min_side,
            max_pixels=self.max_pixels,
            prefix="trustmark",
        )

    def _bits(self, views: Iterable[View]) -> Iterator[Bits]:
        import torch

        shown = iter(views)
        while batch := list(islice(shown, self.batch_size)):
            network, device = self._loaded
            with torch.inference_mode():
                logits = network(torch.from_numpy(np.stack(batch)).to(device))
            found = np.asarray(logits.cpu())
            if not np.isfinite(found).all():  # which would look like zeros, and like no mark
                raise FloatingPointError("the network gives what is no number")
            for row in found > 0:
                yield int("".join("1" if bit else "0" for bit in row), 2)

    def _evidence(self, bits: Bits, records: pa.RecordBatch, row: int) -> tuple[Evidence, Payload | None]:
        """What the bits say, and the payload where there is one."""
        hit = self._known_payload(bits)
        payload = decoded(bits)
        if hit is not None:
            return hit, payload
        if payload is None or payload.fpr > STRONG:
            return _NONE, None
        if self._second_look(records, row) != (payload.schema, payload.data):
            return _UNCONFIRMED, None
        told = detail(schema=payload.schema.name, payload=payload.text, errors=payload.errors, variant=self.variant)
        return Evidence(Signal.SILENT, "trustmark.marked", fpr=_rounded(payload.fpr), detail=told), payload

    def _known_payload(self, bits: Bits) -> Evidence | None:
        if not self.known:
            return None
        agreeing = [agreement(bits, each.data, each.schema) for each in self.known]
        tails = [
            agreement_fpr(count, each.schema, len(self.known)) for count, each in zip(agreeing, self.known, strict=True)
        ]
        best = min(range(len(tails)), key=tails.__getitem__)
        if tails[best] > STRONG:
            return None
        each = self.known[best]
        return Evidence(
            Signal.SYNTHETIC,
            "trustmark.known-payload",
            Strength.NEAR_CERTAIN if tails[best] <= NEAR_CERTAIN else Strength.STRONG,
            Kind.GENERATED,
            score=float(agreeing[best]),
            fpr=_rounded(tails[best]),
            detail=detail(payload=each.name, schema=each.schema.name, bits=each.schema.data_bits, variant=self.variant),
        )

    def _second_look(self, records: pa.RecordBatch, row: int) -> tuple[Schema, int] | None:
        """Schema and data that are read after slight compression."""
        from PIL import Image

        pixels = self._pixels(records, row)
        out = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=_SECOND_LOOK)
        with Image.open(out) as again:
            (bits,) = self._bits([_view(np.asarray(again), self.variant)])
        payload = decoded(bits)
        return None if payload is None else (payload.schema, payload.data)


def _rounded(fpr: float) -> float:
    return float(f"{fpr:.3g}")


def _view(pixels: Pixels, variant: Variant) -> View:
    """What the network sees: 3 x side x side, -1 to 1; of a long picture, the square in its middle."""
    from PIL import Image

    height, width, _ = pixels.shape
    square = min(height, width)
    if max(height, width) / square > _SQUARE_BEYOND[variant]:
        top, left = (height - square) // 2, (width - square) // 2
        pixels = pixels[top : top + square, left : left + square]
    side = _SIDE[variant]
    seen = Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(seen, np.float32).transpose(2, 0, 1) / 127.5 - 1

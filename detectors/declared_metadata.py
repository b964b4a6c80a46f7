"""Finds what files declare about themselves in metadata: generators, AI edits, labels, source types, cameras.

- A walk over the container gathers fields; a table of rules (`declared_metadata_rules.yaml`) says what they mean.
- Marks are unsigned and forgeable. Those that speak for AI are against interest; those that speak for a camera are
  hints. Absence says nothing: most sites strip metadata.
- No pixel is decoded, except where a payload hidden in pixels was found or NovelAI's signature is to be verified.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from lowbackground.detectors.camera_consistency import camera_agreement
from lowbackground.detectors.contract import Detector, Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Signal, detail
from lowbackground.detectors.hidden_payload import hidden_payload
from lowbackground.detectors.licences import COLUMN, COLUMNS, listed
from lowbackground.detectors.metadata_permissions import Permission
from lowbackground.detectors.metadata_rules import Hit, Table, rule_table
from lowbackground.detectors.novelai_signature import KEY as SIGNATURE
from lowbackground.detectors.novelai_signature import novelai_signature
from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.metadata.fields import Data, Field, Metadata
from lowbackground.manifests.metadata.read import read_metadata

REASONS: dict[str, str] = {
    "metadata.signed-generator": "NovelAI's signature over pixels and settings holds.",
    "metadata.hidden-payload": "Settings of a generator are hidden in the lowest bits of the pixels.",
    "metadata.generator": "A field that a generator of pictures, film or sound writes.",
    "metadata.ai-edit": "A field that an editor or a phone writes where AI changed or added a part.",
    "metadata.aigc-label": "China's label for generated content (TC260, GB 45438-2025).",
    "metadata.source-type": "An IPTC or C2PA digital source type, unsigned.",
    "metadata.source-type-open": "A digital source type that leaves open where the content comes from.",
    "metadata.procedural": "A digital source type that says computed by rules: charts, renderings.",
    "metadata.ai-fields": "The fields of IPTC 2025.1 for the AI system and its prompt are filled.",
    "metadata.sensor-data": "Raw data of a camera's sensor.",
    "metadata.camera": "The EXIF of a camera agrees with itself; a hint, for it can be copied.",
    "metadata.none": "No field of the table, which says nothing about the origin.",
    "metadata.not-media": "Text or a page; other detectors look at those.",
    "metadata.container-unread": "A container that no walk reads.",
    "metadata.over-limit": "More metadata than any real file has; the detail names the cap.",
    "metadata.failed": "Reading broke on this record in a way that nobody foresaw; the detail names the error.",
}

_NEEDS = Needs(("raw",))
_NONE = Evidence(Signal.SILENT, "metadata.none")
_NOT_MEDIA = Evidence(Signal.SKIPPED, "metadata.not-media")
_UNREAD = Evidence(Signal.SKIPPED, "metadata.container-unread")
_SVG = "image/svg+xml"  # written in characters, and a picture
_BUGS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, struct.error)
MAX_OTHERS = 10  # further rules that the detail names


def _is_text(media_type: str | None) -> bool:
    return media_type is not None and is_textual(media_type) and media_type != _SVG


def _places(found: Sequence[Permission]) -> list[str] | None:
    return [f"{each.said} at {each.field.offset}, {each.field.place[:60]}" for each in found[:MAX_OTHERS]] or None


def declared_metadata(*, hidden_payloads: bool = True, content: bool = False) -> Detector:
    """Finds generator marks, AI-edit marks, AIGC labels and source types in the metadata of media files and PDF.

    `hidden_payloads` also looks at the lowest bits of the pixels of PNG and lossless WebP; `content` puts the value of
    the deciding field into the detail, which may hold prompts and names.
    """
    return _DeclaredMetadata(rule_table(), hidden_payloads, content)


def _version() -> str:
    return f"1 (table {rule_table().version})"


@dataclass(frozen=True)
class _DeclaredMetadata:
    """`table` is the table of rules."""

    table: Table
    hidden_payloads: bool
    content: bool
    name: str = "declared_metadata"
    version: str = field(default_factory=_version)
    basis: Basis = Basis.DECLARED
    needs: Needs = _NEEDS
    columns: pa.Schema = COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Read each record by itself."""
        raws = records.column("raw")
        evidence, licences = [], []
        for row, media_type in enumerate(records.column("media_type").to_pylist()):
            said, licence = (
                (_NOT_MEDIA, None) if _is_text(media_type) else self._record(raws[row].as_buffer(), media_type)
            )
            evidence.append(said)
            licences.append(licence)
        return Findings(evidence, {COLUMN: pa.array(licences, COLUMNS.field(COLUMN).type)})

    def _record(self, raw: pa.Buffer | None, media_type: str | None) -> tuple[Evidence, list[str] | None]:
        """The evidence of a record, and the licences that it names."""
        if raw is None:
            return _NOT_MEDIA, None
        data = memoryview(raw)
        try:
            metadata = self._gathered(data, read_metadata(data, media_type))
            licences = self.table.permissions.licences_of(metadata.fields)
            return self._evidence(metadata, licences), listed([each.said for each in licences])
        except _BUGS as error:  # one record's, not the batch's
            return Evidence(Signal.FAILED, "metadata.failed", detail=detail(error=type(error).__name__)), None

    def _gathered(self, data: Data, metadata: Metadata) -> Metadata:
        """The metadata with what follows from several fields, or from pixels."""
        if metadata.container is None:
            return metadata
        more = [Field("computed:container", metadata.container, "file", 0)]
        payload = hidden_payload(data, metadata.container) if self.hidden_payloads else None
        if payload:
            more.append(payload)
        metadata = replace(metadata, fields=(*metadata.fields, *more))
        computed = [camera_agreement(metadata), novelai_signature(data, metadata)]
        return replace(metadata, fields=(*metadata.fields, *(each for each in computed if each)))

    def _evidence(self, metadata: Metadata, licences: Sequence[Permission]) -> Evidence:
        if metadata.container is None:
            return _UNREAD
        hits = self.table.hits(metadata.fields)
        opt_outs = self.table.permissions.opt_outs_of(metadata.fields)
        opt_out = tuple(each.said for each in opt_outs)
        permissions = {"opt_outs": _places(opt_outs), "licences": _places(licences)}
        speaking = bool(hits) and hits[0].rule.strength is not None
        if metadata.over_limit and not speaking:
            facts = detail(container=metadata.container, cap=metadata.over_limit)
            return Evidence(Signal.FAILED, "metadata.over-limit", opt_out=opt_out, detail=facts)
        if not hits:
            where = detail(container=metadata.container, **permissions)
            return replace(_NONE, opt_out=opt_out, detail=where) if opt_outs or licences else _NONE
        rule = hits[0].rule
        score = float(hits[0].field.value) if rule.reason == "metadata.camera" else None
        return Evidence(
            rule.signal,
            rule.reason,
            rule.strength,
            rule.kind,
            score=score,
            opt_out=opt_out,
            detail=self._detail(metadata, hits, permissions),
        )

    def _detail(
        self, metadata: Metadata, hits: Sequence[Hit], permissions: Mapping[str, list[str] | None]
    ) -> str | None:
        """Rule, field and place; further rules, opt-outs and licences with theirs."""
        first, others = hits[0], hits[1 : 1 + MAX_OTHERS]
        signatures = [each.value for each in metadata.fields if each.key == SIGNATURE]
        return detail(
            rule=first.rule.name,
            tool=first.rule.tool,
            container=metadata.container,
            field=first.field.key,
            place=first.field.place[:120],
            offset=first.field.offset,
            table=self.table.version,
            signature=signatures[0] if signatures else None,
            others=[f"{hit.rule.name} at {hit.field.offset}" for hit in others] or None,
            value=first.field.value if self.content else None,
            **permissions,
        )

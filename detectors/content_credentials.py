"""Finds C2PA manifests in pictures, sound, film and documents, and in sidecars, and verifies them.

- A walk over the bytes decides in microseconds; only what may hold a manifest is given to the Rust reader.
- Integrity, trust and claim are separate facts of the column `prov_c2pa`; the evidence follows from them.
- Nothing is fetched, and expiry is judged at the run's `as_of`, so the same file gives the same answer on any day.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from lowbackground.detectors import credential_evidence
from lowbackground.detectors.contract import Detector, Exhibit, Findings, Needs, RunFacts
from lowbackground.detectors.credential_evidence import NO_MANIFEST, evidence_of
from lowbackground.detectors.evidence import Basis, Evidence, Signal, detail
from lowbackground.manifests.c2pa import validator
from lowbackground.manifests.carriers.presence import Presence
from lowbackground.manifests.certificates import to_pem
from lowbackground.manifests.credential import CREDENTIAL_TYPE, Credential
from lowbackground.manifests.digest import canonical_json
from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.precheck import precheck
from lowbackground.manifests.trust import Trust, load_trust
from lowbackground.manifests.verify import MIB, Limits, Verified, Verifier

REASONS: dict[str, str] = {
    **credential_evidence.REASONS,
    "c2pa.not-media": "Text or a page; `text_credentials` looks at those.",
    "c2pa.failed": "Verification broke on this record in a way that nobody foresaw; the detail names the error.",
}

_NEEDS = Needs(("raw", "sidecar"))
_NOT_MEDIA = Evidence(Signal.SKIPPED, "c2pa.not-media")
_AUDITED = detail(audit="the pre-check had ruled this manifest out")
_SVG = "image/svg+xml"  # written in characters, and a picture
_COLUMN = "prov_c2pa"
_COLUMNS = pa.schema([pa.field(_COLUMN, CREDENTIAL_TYPE)])
_DROPPED = frozenset({"validationTime", "ocspVals"})  # the clock, and kilobytes of responses that nobody reads again
_POSSIBLE = Presence(None, "possible", "possible", irregular=True)


def content_credentials(
    *,
    run: RunFacts,
    max_loaded_mib: int = 64,
    max_streamed_mib: int = 512,
    deadline_seconds: float = 10,
    exhibits: bool = True,
    max_crjson_kib: int = 1024,
    audit_one_in: int = 0,
) -> Detector:
    """Finds and verifies C2PA manifests in image, video, audio, PDF and sidecars.

    `max_loaded_mib` caps formats that the reader loads as a whole (JPEG, GIF, SVG, PDF, ZIP), `max_streamed_mib` all
    others; `deadline_seconds` ends the reading of one record. `exhibits` keeps manifest store, conformance JSON (up to
    `max_crjson_kib`) and certificate chain of signed rows. `audit_one_in` gives one in so many of the records that the
    pre-check rejects to the reader all the same, chosen by their bytes; 0 gives none.

    Raises:
        TrustError: the folder of trust lists is damaged.
    """
    limits = Limits(max_loaded_mib * MIB, max_streamed_mib * MIB, deadline_seconds)
    return _ContentCredentials(
        load_trust(run.trust), run.as_of, limits, max_crjson_kib << 10 if exhibits else None, audit_one_in
    )


def _version() -> str:
    return f"1 (c2pa-python {version('c2pa-python')}, encypher-c2pa {version('encypher-c2pa')})"


@dataclass(frozen=True)
class _ContentCredentials:
    """`max_crjson` is null where no exhibits are wanted."""

    trust: Trust
    as_of: datetime
    limits: Limits
    max_crjson: int | None
    audit_one_in: int
    name: str = "content_credentials"
    version: str = field(default_factory=_version)
    basis: Basis = Basis.SIGNED
    needs: Needs = _NEEDS
    columns: pa.Schema = _COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Pre-check every record that has bytes; verify those that may hold a manifest."""
        evidence: list[Evidence] = []
        credentials: list[dict[str, Any] | None] = []
        kept: list[Exhibit] = []
        raws, sidecars = records.column("raw"), records.column("sidecar")
        no_sidecars = sidecars.null_count == len(sidecars)
        media_types = records.column("media_type").to_pylist()
        truncated = records.column("truncated")
        for row, media_type in enumerate(media_types):
            sidecar = None if no_sidecars else sidecars[row].as_py()
            if sidecar is None and media_type is not None and is_textual(media_type) and media_type != _SVG:
                evidence.append(_NOT_MEDIA)
                credentials.append(None)
                continue
            found, answer = self._record(raws[row].as_buffer(), media_type, sidecar, truncated[row])
            evidence.append(answer)
            credentials.append(None if found is None else _struct(found.credential))
            if found is not None and self.max_crjson is not None:
                kept.extend(_exhibits(row, found, self.max_crjson))
        return Findings(evidence, {_COLUMN: _column(credentials)}, exhibits=kept)

    def _record(
        self, raw: pa.Buffer | None, media_type: str | None, sidecar: bytes | None, truncated: pa.BooleanScalar
    ) -> tuple[Verified | None, Evidence]:
        """One record: what was verified, null without a manifest, and what it says."""
        data = memoryview(raw) if raw is not None else b""
        presence = precheck(data, media_type)
        audited = not presence.possible and sidecar is None and self._is_audited(data)
        if not (presence.possible or sidecar is not None or audited):
            return None, NO_MANIFEST
        try:
            verifier = Verifier(validator(self.trust), self.as_of, self.limits)
            found = verifier.asset(
                data, media_type, _POSSIBLE if audited else presence, sidecar, truncated=truncated.as_py()
            )
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:  # a bug; one record's
            return None, Evidence(Signal.FAILED, "c2pa.failed", detail=detail(error=type(error).__name__))
        if found is None or (audited and found.credential.status not in {"embedded", "remote"}):
            return None, NO_MANIFEST
        answer = evidence_of(found.credential, found.message)
        return found, replace(answer, detail=_AUDITED) if audited else answer

    def _is_audited(self, data: memoryview | bytes) -> bool:
        return self.audit_one_in > 0 and zlib.crc32(bytes(data[-4096:])) % self.audit_one_in == 0


def _struct(credential: Credential) -> dict[str, Any]:
    return {name: getattr(credential, name) for name in Credential.__annotations__}


def _column(credentials: list[dict[str, Any] | None]) -> pa.Array:
    if not any(credentials):
        return pa.nulls(len(credentials), CREDENTIAL_TYPE)
    return pa.array(credentials, CREDENTIAL_TYPE)


def _exhibits(row: int, found: Verified, max_crjson: int) -> Iterator[Exhibit]:
    """What a later run needs to decide again without the media."""
    if found.store:
        yield Exhibit(row, "manifest_store", found.store)
    if found.crjson and len(crjson := canonical_json(_without_clock(found.crjson))) <= max_crjson:
        yield Exhibit(row, "crjson", crjson)
    if found.chain:
        yield Exhibit(row, "chain", to_pem(found.chain))


def _without_clock(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_clock(inner) for key, inner in value.items() if key not in _DROPPED}
    if isinstance(value, list):
        return [_without_clock(inner) for inner in value]
    return value

"""Finds C2PA manifests in pictures, sound, film and documents, and in sidecars, and verifies them.

- A walk over the bytes decides in microseconds; only what may hold a manifest is given to the Rust reader.
- Integrity, trust and claim are separate facts of the column `prov_c2pa`; the evidence follows from them.
- Nothing is fetched, and expiry is judged at the run's `as_of`, so the same file gives the same answer on any day.
"""

import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from lowbackground.detectors import credential_evidence
from lowbackground.detectors.contract import Detector, Exhibit, Findings, Needs, RunFacts
from lowbackground.detectors.credential_columns import COLUMN, COLUMNS, credential_column, exhibits_of, verifiers
from lowbackground.detectors.credential_evidence import NO_MANIFEST, UNFORESEEN, evidence_of, failure_evidence
from lowbackground.detectors.evidence import Basis, Evidence, Signal, detail
from lowbackground.manifests.c2pa import validator
from lowbackground.manifests.carriers.presence import Presence
from lowbackground.manifests.credential import Credential
from lowbackground.manifests.media_types import is_textual
from lowbackground.manifests.precheck import precheck
from lowbackground.manifests.trust import Trust, load_trust
from lowbackground.manifests.verify import MIB, Limits, Verified, Verifier

REASONS: dict[str, str] = {
    **credential_evidence.REASONS,
    "c2pa.not-media": "Text or a page; `text_credentials` looks at those.",
}

_NEEDS = Needs(("raw", "sidecar"))
_NOT_MEDIA = Evidence(Signal.SKIPPED, "c2pa.not-media")
_AUDITED = detail(audit="the pre-check had ruled this manifest out")
_SVG = "image/svg+xml"  # written in characters, and a picture
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

    `max_loaded_mib` caps formats that the reader loads as a whole (JPEG, SVG, PDF), `max_streamed_mib` all
    others; `deadline_seconds` ends the reading of one record. `exhibits` keeps manifest store, conformance JSON (up to
    `max_crjson_kib`) and certificate chain of signed rows. `audit_one_in` gives one in so many of the records that the
    pre-check rejects to the reader all the same, chosen by their bytes; 0 gives none.

    Raises:
        TrustError: the folder of trust lists is damaged.
        SettingsError: c2pa-rs does not follow its settings, so nothing that it says would count.
    """
    limits = Limits(max_loaded_mib * MIB, max_streamed_mib * MIB, deadline_seconds)
    trust = load_trust(run.trust)
    validator(trust)  # tried out now: raised in a call, its error would be evidence about a record
    return _ContentCredentials(trust, run.as_of, limits, max_crjson_kib << 10 if exhibits else None, audit_one_in)


@dataclass(frozen=True)
class _ContentCredentials:
    """`max_crjson` is null where no exhibits are wanted."""

    trust: Trust
    as_of: datetime
    limits: Limits
    max_crjson: int | None
    audit_one_in: int
    name: str = "content_credentials"
    version: str = field(default_factory=lambda: f"1 ({verifiers()})")
    basis: Basis = Basis.SIGNED
    needs: Needs = _NEEDS
    columns: pa.Schema = COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Pre-check every record that has bytes; verify those that may hold a manifest."""
        evidence: list[Evidence] = []
        credentials: list[Credential | None] = []
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
            credentials.append(None if found is None else found.credential)
            if found is not None and self.max_crjson is not None:
                kept.extend(exhibits_of(row, found, self.max_crjson))
        return Findings(evidence, {COLUMN: credential_column(credentials)}, exhibits=kept)

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
        except UNFORESEEN as error:
            return None, failure_evidence(error)
        if found is None or (audited and found.credential.status not in {"embedded", "remote"}):
            return None, NO_MANIFEST
        answer = evidence_of(found.credential, found.message)
        return found, replace(answer, detail=_AUDITED) if audited else answer

    def _is_audited(self, data: memoryview | bytes) -> bool:
        return self.audit_one_in > 0 and zlib.crc32(bytes(data[-4096:])) % self.audit_one_in == 0

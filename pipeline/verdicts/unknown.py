"""Why a record stays unknown: one reason of a closed list, told from its case alone."""

from collections.abc import Mapping, Sequence

from lowbackground.detectors.evidence import Basis, Finding, Kind, Signal
from lowbackground.manifests.credential import Claim, Integrity
from lowbackground.pipeline.verdicts.case import SPEAKING, Case

UNKNOWN_REASONS: Mapping[str, str] = {  # the first that applies is given: a weaker one would hide what is known
    "conflict": "evidence for both sides; look at the record, and at who vouches for what",
    "mixed": "made by people and by AI; a policy of your own can take a side (strict takes synthetic)",
    "procedural": "computed, such as a chart or a rendering; neither side claims it",
    "check-failed": "a check broke on it; prov_evidence says which, and why",
    "evidence-lost": "re-encoded, cut, or changed after signing; the original file may still carry evidence",
    "no-calibration": "no calibrated classifier covers its language, length or kind; bring one, or calibrate one that scores it",
    "inconclusive": "evidence below the bar of every rule; a trusted credential, a capture date or a better detector",
    "no-content": "neither text nor media where it was looked for; map the column that holds it (--text, read.columns.raw)",
    "too-short": "too little text, sound or film for any detector; a longer excerpt, or a capture date",
    "not-prose": "no running text; a detector for its kind, or a capture date",
    "no-evidence": "nothing was found; a capture date, a credential, or more detectors",
}

MIN_CHARS = 300  # about 50 words; below, all detectors in an independent audit drop (Jabarian and Imas, 2025)
_TEXTUAL = frozenset({"text", "code", "document"})
_LOSSES = frozenset({"reencoded", "truncated"})  # notes of readers
_CHANGED = frozenset({Integrity.MODIFIED, Integrity.FORGED, Integrity.MALFORMED})
_SILENT_REASONS = ("too-short", "not-prose", "no-calibration")  # endings of detectors' slugs: `text.too-short`


def unknown_reason(case: Case) -> str:
    """One of `UNKNOWN_REASONS`."""
    own = [finding for finding in case.findings if finding.evidence.part is None]
    speaking = [finding for finding in own if finding.evidence.signal in SPEAKING]
    firm = {finding.evidence.signal for finding in speaking if finding.basis is not Basis.CLASSIFIER}
    if Signal.SYNTHETIC in firm and (Signal.HUMAN in firm or case.captured_before_cutoff):
        return "conflict"
    if any(finding.evidence.signal is Signal.MIXED for finding in speaking):
        return "mixed"
    if is_procedural(case):
        return "procedural"
    if any(finding.evidence.signal is Signal.FAILED for finding in own):
        return "check-failed"
    if case.credential is not None and case.credential["integrity"] in _CHANGED:
        return "evidence-lost"
    if speaking:
        return "no-calibration" if not any(map(_weighs, speaking)) else "inconclusive"
    return _reason_of_silence(case, own)


def _reason_of_silence(case: Case, own: Sequence[Finding]) -> str:
    if case.media in {"text", "code"} and case.text_length is None:
        return "no-content"
    if not _LOSSES.isdisjoint(case.notes):
        return "evidence-lost"
    if case.media in _TEXTUAL and case.text_length is not None and case.text_length < MIN_CHARS:
        return "too-short"
    if any(finding.basis is Basis.CLASSIFIER and _weighs(finding) for finding in own):
        return "inconclusive"  # one classifier judged it: why another could not is not why it stays unknown
    for ending in _SILENT_REASONS:
        if any(finding.evidence.reason.endswith(ending) for finding in own):
            return ending
    if case.credential is not None or any(finding.evidence.llr is not None for finding in own):
        return "inconclusive"
    return "no-evidence"


def is_procedural(case: Case) -> bool:
    """Whether the credential, or a finding about the record itself, says that it was computed."""
    if case.credential is not None and case.credential["claim"] == Claim.PROCEDURAL:
        return True
    return any(
        finding.evidence.kind is Kind.PROCEDURAL
        and finding.evidence.part is None
        and finding.evidence.signal not in {Signal.FAILED, Signal.SKIPPED}
        for finding in case.findings
    )


def _weighs(finding: Finding) -> bool:
    """Whether it can be weighed: by its basis, or, of a classifier, by a calibration."""
    evidence = finding.evidence
    return finding.basis is not Basis.CLASSIFIER or evidence.fpr is not None or evidence.llr is not None

"""Tells text by language models from text by people, from the words alone: English prose, Chinese if weights know it.

- Normalise, then gates for language, length and kind of text, each with a reason of its own; what passes is scored, and a
  calibration turns the score into a rate of false positives and a log-likelihood ratio, also below the threshold.
- It sees unedited output of instruction-tuned models up to the date in the model card; edited, translated and paraphrased
  text is out of its reach. A low score is no proof of a human hand.
- Whole numbers are summed, in a fixed order: the same score on every machine and in every batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.detectors.calibration.scale import Scale, version_of
from lowbackground.detectors.calibration.scored import scored, scored_reasons
from lowbackground.detectors.carried_manifests import is_caption
from lowbackground.detectors.contract import Detector, Findings, Needs, RunFacts, media_kind
from lowbackground.detectors.evidence import Basis, Evidence, Signal
from lowbackground.detectors.text_classifier.classify import OTHER_LANGUAGE, Classifier, Outcome, Text, classifier
from lowbackground.detectors.text_classifier.gates import GATES
from lowbackground.detectors.text_classifier.weights import read_weights, shipped, shipped_calibration

REASONS = {
    **{f"ai-text.{gate}": words for gate, words in GATES.items()},
    f"ai-text.{OTHER_LANGUAGE}": "In a language that the weights do not know, or in none that can be told.",
    **scored_reasons("ai-text"),
}

SCORE_VERSION = (
    "1"  # changes with the normaliser, the gates and the features: with whatever makes other scores of the same weights
)

_NEEDS = Needs(("text",))
_NO_COLUMNS = pa.schema([])
_PROGRAM = "code.not-prose"


def ai_text(*, weights: str | None = None, calibration: str | None = None, run: RunFacts) -> Detector:
    """Tells prose written by language models from prose by people: English, and Chinese if the weights know it.

    `weights` is a folder that `lowbackground train text` wrote, or the card in it; null takes those that are shipped.
    `calibration` is a file made with `lowbackground calibrate`; null takes the shipped one with the shipped weights, and
    `calibration.json` of a folder that has one: without any there are scores and no more.

    Raises:
        WeightsError: a file of weights is missing, damaged or of another kind.
        CalibrationError: the calibration is, or it is for other weights.
    """
    card = _card(weights)
    read = read_weights(card)
    scale = Scale("ai_text", f"{SCORE_VERSION}.{read.card.version}", model=read.digest)
    path = Path(calibration) if calibration is not None else _beside(weights)
    found = None if path is None else read_calibration(path, scale)
    version = version_of(scale, None if found is None else found.digest)
    return _AiText(classifier(read), scale, found, run.as_of, version)


def _card(weights: str | None) -> Path:
    if weights is None:
        return shipped()
    path = Path(weights)
    return path / shipped().name if path.is_dir() else path


def _beside(weights: str | None) -> Path | None:
    """The calibration that goes with weights by itself, if there is one."""
    if weights is None:
        return shipped_calibration()
    path = Path(weights) / "calibration.json"
    return path if path.is_file() else None


@dataclass(frozen=True)
class _AiText:
    """`scale` is what a score means; `as_of` decides whether the calibration has expired."""

    classify: Classifier
    scale: Scale
    calibration: Calibration | None
    as_of: datetime
    version: str
    name: str = "ai_text"
    basis: Basis = Basis.CLASSIFIER
    needs: Needs = _NEEDS
    columns: pa.Schema = _NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Score the texts of a batch together."""
        types = records.column("media_type").to_pylist()
        sizes = _sizes(records.column("text"))
        has_raw = records.column("raw").is_valid().to_pylist()
        outcomes = self.classify(self._texts(records))
        return Findings(
            [
                self._evidence(outcome, type_, "text" if has and is_caption(type_) else None, size)
                for outcome, type_, has, size in zip(outcomes, types, has_raw, sizes, strict=True)
            ]
        )

    def _texts(self, records: pa.RecordBatch) -> Sequence[Text]:
        """The beginning of each text, without a copy of the rest."""
        buffers = (value.as_buffer() for value in records.column("text"))
        languages = records.column("language").to_pylist()
        return [
            Text(b"" if buffer is None else bytes(memoryview(buffer)[: self.classify.raw_bytes]), language)
            for buffer, language in zip(buffers, languages, strict=True)
        ]

    def _evidence(self, outcome: Outcome, media_type: str | None, part: str | None, size: int) -> Evidence:
        if part is None and media_kind(media_type) == "code":
            return _STOPPED[_PROGRAM, None]
        if outcome.score is None:
            return _STOPPED[outcome.gate or OTHER_LANGUAGE, part]
        group = outcome.language or "und"
        facts = {"beginning_of_bytes": size} if outcome.cut or size > self.classify.raw_bytes else {}
        return scored(
            outcome.score,
            group,
            outcome.words,
            self.calibration,
            self.as_of,
            prefix="ai-text",
            part=part,
            facts=facts,
        )


def _sizes(texts: pa.Array) -> list[int]:
    """How many bytes of UTF-8 each text has, 0 where there is none."""
    import pyarrow.compute as pc

    sizes: list[int] = pc.fill_null(pc.binary_length(texts), 0).to_pylist()
    return sizes


_STOPPED = {
    (gate, part): Evidence(Signal.SKIPPED, f"ai-text.{gate}", part=part)
    for gate in (*GATES, OTHER_LANGUAGE)
    for part in (None, "text")
}

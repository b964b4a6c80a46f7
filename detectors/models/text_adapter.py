"""A detector around a model that scores texts: tokens, batches, scores back in order, evidence.

What differs between models is a `Scorer`; what a score means is its calibration's to say.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from math import isfinite
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.detectors.calibration.scale import Orientation, Scale, version_of
from lowbackground.detectors.calibration.scored import place_of, scored, scored_reasons
from lowbackground.detectors.contract import Findings, Needs, RunFacts
from lowbackground.detectors.evidence import Basis, Evidence, Signal
from lowbackground.detectors.models.loading import DType, Precision, precision
from lowbackground.detectors.models.model_folder import ModelError, ModelFolder
from lowbackground.detectors.models.text_tokens import TextTokenizer, Windows, check_tokenizer, load_tokenizer
from lowbackground.detectors.models.token_batches import Scores, TokenBatch, batch_of, scores_of

PREFIX = "text-model"
REASONS: dict[str, str] = {
    **scored_reasons(PREFIX),
    "text-model.too-short": "Too few tokens for the model to tell.",
    "text-model.no-value": "The formula has no value for this text, such as where each token was the model's first guess.",
}

MIN_TOKENS = 64  # MINIMUM_TOKENS of Binoculars' own app.py; classifiers fail below 50 to 100 words
MAX_TOKENS = 512  # Binoculars' max_token_observed, and what RoBERTa and DeBERTa read
BATCH_TOKENS = {"cpu": 2048}  # a CPU gains nothing by more
BATCH_TOKENS_ACCELERATOR = 16_384

_PLAIN = "The boats lay where the tide had left them, and nobody was in a hurry. " * 4
_NEEDS = Needs(("text",), also=("language", "media_type"), kinds=("text",))
_NO_COLUMNS = pa.schema([])
_TOO_SHORT = Evidence(Signal.SKIPPED, "text-model.too-short")
_NO_VALUE = Evidence(Signal.SILENT, "text-model.no-value")


@dataclass(frozen=True, slots=True)
class LoadedScorer:
    """A model in memory: `score` gives a number for each text of a batch, or null where its formula has none.

    `pad` is the id of padding; `most_tokens` limits a batch where the model needs much memory for a token.
    """

    device: str
    pad: int
    score: Callable[[TokenBatch], Scores]
    most_tokens: int | None = None


class Scorer(Protocol):
    """What is needed to load a model and to score with it; it can be sent to another process, the model cannot."""

    @property
    def tokenizer(self) -> ModelFolder:
        """The folder whose tokenizer is used."""

    @property
    def decimals(self) -> int:
        """To which scores are rounded, so that neither neighbours nor padding show."""

    def load(self) -> LoadedScorer:
        """Read the weights.

        Raises:
            ModelError: they cannot be used.
        """


@dataclass(frozen=True)
class TextAdapter:
    """`name` is that of its section, `scale` says what the scores mean, `as_of` whether the calibration is still valid.

    Of a text up to `max_windows` windows of `max_tokens` tokens are scored, from its beginning, and those of fewer than
    `min_tokens` are not; the score is the mean over them. `batch_tokens` null chooses by the device.
    """

    name: str
    scale: Scale
    scorer: Scorer
    calibration: Calibration | None
    as_of: datetime
    min_tokens: int = MIN_TOKENS
    max_tokens: int = MAX_TOKENS
    max_windows: int = 1
    batch_tokens: int | None = None
    basis: Basis = Basis.CLASSIFIER
    needs: Needs = _NEEDS
    columns: pa.Schema = field(default=_NO_COLUMNS, repr=False)
    exact: bool = False

    def __post_init__(self) -> None:
        """Refuse lengths that leave nothing to score."""
        if not 2 <= self.min_tokens <= self.max_tokens:
            raise ModelError(f"min_tokens {self.min_tokens}: expected 2 to max_tokens, which is {self.max_tokens}")
        if self.batch_tokens is not None and self.batch_tokens < 1:
            raise ModelError(f"batch_tokens {self.batch_tokens}: expected 1 or more")
        if self.max_windows < 1:
            raise ModelError(f"max_windows {self.max_windows}: expected 1 or more")

    @property
    def version(self) -> str:
        """Of the score, the weights and the calibration."""
        return version_of(self.scale, None if self.calibration is None else self.calibration.digest)

    def load(self) -> None:
        """Read tokenizer and weights into memory, once.

        Raises:
            ModelError: they cannot be used.
        """
        self.loaded  # noqa: B018 - a cached property

    @cached_property
    def loaded(self) -> tuple[TextTokenizer, LoadedScorer]:
        """Tokenizer and model in memory, tried on a text: what fails on plain words must not fail once a row."""
        tokenizer = load_tokenizer(self.scorer.tokenizer, self.max_tokens, self.max_windows)
        scorer = self.scorer.load()
        try:
            (plain,) = tokenizer.windows([_PLAIN])
            (score,) = scorer.score(batch_of(plain.ids[:1], scorer.pad))
        except Exception as error:  # each architecture has errors of its own
            told = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            raise ModelError(
                f"model {self.scorer.tokenizer.name}: fails on plain words on {scorer.device}: {told}"
            ) from error
        if score is not None and not isfinite(score):
            raise ModelError(
                f"model {self.scorer.tokenizer.name}: gives {score} for plain words on {scorer.device}; its weights are damaged, "
                "or overflow in this dtype"
            )
        return tokenizer, scorer

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: all but the model."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Score the windows of all texts that are long enough, in batches, and say of each text what they come to."""
        tokenizer, scorer = self.loaded
        heads = pc.utf8_slice_codeunits(records.column("text"), 0, tokenizer.max_chars + 1)  # one more tells a cut
        read = tokenizer.windows([text or "" for text in heads.to_pylist()])
        places = [(row, ids) for row, each in enumerate(read) for ids in each.ids if len(ids) >= self.min_tokens]
        scores = scores_of([ids for _, ids in places], self._budget(scorer), scorer.pad, scorer.score)
        found: dict[int, list[tuple[int, float | None]]] = {}
        for (row, ids), score in zip(places, scores, strict=True):
            found.setdefault(row, []).append((len(ids), score))
        evidence = [_TOO_SHORT] * records.num_rows
        for row, windows in found.items():
            evidence[row] = self._evidence(records, row, read[row], windows)
        return Findings(evidence)

    def _budget(self, scorer: LoadedScorer) -> int:
        wanted = self.batch_tokens or BATCH_TOKENS.get(scorer.device, BATCH_TOKENS_ACCELERATOR)
        return wanted if scorer.most_tokens is None else min(wanted, scorer.most_tokens)

    def _evidence(
        self, records: pa.RecordBatch, row: int, read: Windows, found: Sequence[tuple[int, float | None]]
    ) -> Evidence:
        """Of the tokens and the score of each window; those in which the formula has no value do not count."""
        decimals = self.scorer.decimals
        scores = [round(score, decimals) for _, score in found if score is not None]
        if not scores:
            return _NO_VALUE
        group, words = place_of(records, row)
        told = " ".join(f"{score:g}" for score in scores)
        facts: dict[str, str | float | bool | None] = {
            "tokens": sum(tokens for tokens, _ in found),
            "cut": read.cut or len(found) < len(read.ids) or None,  # the last window may be too short to score
            "windows": len(scores) if self.max_windows > 1 else None,
            "scores": told if self.max_windows > 1 else None,
        }
        mean = round(sum(scores) / len(scores), decimals)
        return scored(mean, group, words, self.calibration, self.as_of, prefix=PREFIX, facts=facts, keep_detail=True)


@dataclass(frozen=True, slots=True)
class TextOptions:
    """The options that all detectors of texts have, as the operator gave them."""

    calibration: str | None
    min_tokens: int
    max_tokens: int
    max_windows: int
    batch_tokens: int | None
    device: str
    dtype: DType
    run: RunFacts

    @property
    def precision(self) -> Precision:
        """In which the model runs.

        Raises:
            ModelError: torch does not work here.
        """
        return precision(self.device, self.dtype)

    def adapter(
        self,
        detector: str,
        rules: str,
        folders: Sequence[ModelFolder],
        scorer: Scorer,
        orientation: Orientation = "higher",
    ) -> TextAdapter:
        """The detector; `rules` names what else changes a score, `folders` are the models that it takes.

        Raises:
            ModelError: a model's tokenizer does not fit it, or the lengths leave nothing to score.
            CalibrationError: the calibration is damaged, or of other models.
        """
        for folder in folders:
            check_tokenizer(folder, self.max_tokens)
        windows = f" in {self.max_windows} windows of {self.min_tokens} or more" if self.max_windows > 1 else ""
        version = f"{rules}, {self.max_tokens} tokens{windows}, {self.precision}"
        scale = Scale(detector, version, orientation, digest_of_all(folders))
        read = read_calibration(self.calibration, scale) if self.calibration else None
        lengths = (self.min_tokens, self.max_tokens, self.max_windows, self.batch_tokens)
        return TextAdapter(detector, scale, scorer, read, self.run.as_of, *lengths)


def digest_of_all(folders: Sequence[ModelFolder]) -> str:
    """One digest for the models of a score: that of the only one, else of all in their order."""
    if len(folders) == 1:
        return folders[0].digest
    return hashlib.sha256("\n".join(folder.digest for folder in folders).encode()).hexdigest()

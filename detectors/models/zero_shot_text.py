"""Scores texts by how a language model that the operator brings would have gone on: five zero-shot methods.

Each method is a detector of its own: they differ in orientation, in the models that they need, and in what is known of
their errors, a calibration is for one of them, and several can run side by side. Models of one folder are in memory once.

Thresholds and parameters that papers publish (Binoculars 0.9015 and 0.8536 for the pair of Falcon-7B, Gaussians of
Fast-DetectGPT for three pairs at even odds) are not applied: they hold for those weights alone, on the papers' data.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.models import text_adapter
from lowbackground.detectors.models.loading import DType, Precision, load_model, require_torch
from lowbackground.detectors.models.model_folder import ModelError, ModelFolder, find_model
from lowbackground.detectors.models.model_task import check_task
from lowbackground.detectors.models.text_adapter import (
    MAX_TOKENS,
    MIN_TOKENS,
    LoadedScorer,
    TextOptions,
)
from lowbackground.detectors.models.text_tokens import check_same_tokenizer, text_config
from lowbackground.detectors.models.token_batches import Scores, TokenBatch
from lowbackground.detectors.models.zero_shot_formulas import METHODS, token_values

REASONS = text_adapter.REASONS
AUTO_CLASS = "AutoModelForCausalLM"
DECIMALS = 4  # see docs/models.md for the measured spread
_RULES = "1"
_LOGITS_BYTES = 1 << 30  # of one batch and model, in float32: a vocabulary of 152,000 leaves 1,766 tokens


def binoculars(
    *,
    observer: str,
    performer: str,
    observer_revision: str | None = None,
    observer_digest: str | None = None,
    performer_revision: str | None = None,
    performer_digest: str | None = None,
    calibration: str | None = None,
    max_tokens: int = MAX_TOKENS,
    min_tokens: int = MIN_TOKENS,
    max_windows: int = 1,
    batch_tokens: int | None = None,
    device: str = "auto",
    dtype: DType = "auto",
    run: RunFacts,
) -> Detector:
    """Scores texts by Binoculars: how surprising a text is to one model, over how surprising another finds that model.

    `observer` and `performer` are language models of one family, as local folders or hub names with commits as
    revisions. The lower the score, the more like a machine.

    Raises:
        ModelError: a model cannot be used, the two have different tokenizers, or they are one and the same.
        CalibrationError: the calibration is damaged, or of other models.
    """
    require_torch()
    scoring = find_model(performer, revision=performer_revision, digest=performer_digest)
    reference = find_model(observer, revision=observer_revision, digest=observer_digest)
    if scoring.digest == reference.digest:
        raise ModelError(
            f"observer {reference.name} and performer {scoring.name} are the same weights, and the score compares two models: "
            "name a base model as observer and what was tuned from it as performer. fast_detect_gpt needs one model alone"
        )
    options = TextOptions(calibration, min_tokens, max_tokens, max_windows, batch_tokens, device, dtype, run)
    return _adapter("binoculars", scoring, reference, options)


def fast_detect_gpt(
    *,
    model: str,
    revision: str | None = None,
    digest: str | None = None,
    reference: str | None = None,
    reference_revision: str | None = None,
    reference_digest: str | None = None,
    calibration: str | None = None,
    max_tokens: int = MAX_TOKENS,
    min_tokens: int = MIN_TOKENS,
    max_windows: int = 1,
    batch_tokens: int | None = None,
    device: str = "auto",
    dtype: DType = "auto",
    run: RunFacts,
) -> Detector:
    """Scores texts by Fast-DetectGPT: how far a text is likelier than what the model would have drawn (analytic form).

    `model` scores; `reference`, where given, is the model that would have drawn (the sampling model of the paper).
    Both are local folders or hub names with commits as revisions. The higher the score, the more like a machine.

    Raises:
        ModelError: a model cannot be used, or the two have different tokenizers.
        CalibrationError: the calibration is damaged, or of other models.
    """
    require_torch()
    scoring = find_model(model, revision=revision, digest=digest)
    other = scoring
    if reference is not None:
        other = find_model(reference, revision=reference_revision, digest=reference_digest)
    options = TextOptions(calibration, min_tokens, max_tokens, max_windows, batch_tokens, device, dtype, run)
    return _adapter("fast_detect_gpt", scoring, other, options)


def _of_one_model(name: str, summary: str) -> Callable[..., Detector]:
    """The factory of a method that needs a single model."""

    def factory(
        *,
        model: str,
        revision: str | None = None,
        digest: str | None = None,
        calibration: str | None = None,
        max_tokens: int = MAX_TOKENS,
        min_tokens: int = MIN_TOKENS,
        max_windows: int = 1,
        batch_tokens: int | None = None,
        device: str = "auto",
        dtype: DType = "auto",
        run: RunFacts,
    ) -> Detector:
        require_torch()
        folder = find_model(model, revision=revision, digest=digest)
        options = TextOptions(calibration, min_tokens, max_tokens, max_windows, batch_tokens, device, dtype, run)
        return _adapter(name, folder, folder, options)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"""{summary}

    `model` is a language model: a local folder, or a hub name with a commit as `revision`; `digest` pins its files. The
    higher the score, the more like a machine.

    Raises:
        ModelError: the model cannot be used.
        CalibrationError: the calibration is damaged, or of another model.
    """
    return factory


log_likelihood = _of_one_model(
    "log_likelihood", "Scores texts by the mean log-likelihood of their tokens under a language model."
)
log_rank = _of_one_model(
    "log_rank", "Scores texts by the mean logarithm of the rank of their tokens under a language model, negated."
)
detectllm_lrr = _of_one_model(
    "detectllm_lrr",
    "Scores texts by DetectLLM-LRR: the log-likelihood of their tokens over the logarithm of their ranks.",
)


def _adapter(name: str, scoring: ModelFolder, reference: ModelFolder, options: TextOptions) -> Detector:
    folders = [scoring] if reference.digest == scoring.digest else [scoring, reference]
    for folder in folders:
        check_task(folder, "language model")
    if len(folders) > 1:
        check_same_tokenizer(reference, scoring)
    scorer = ZeroShotScorer(name, scoring, reference, options.device, options.precision)
    return options.adapter(name, _RULES, folders, scorer, METHODS[name].orientation)


@dataclass(frozen=True)
class ZeroShotScorer:
    """`tokenizer` is the folder of the scoring model, `reference` that of the other, or the same one again."""

    method: str
    tokenizer: ModelFolder
    reference: ModelFolder
    device: str
    dtype: Precision
    decimals: int = DECIMALS

    def load(self) -> LoadedScorer:
        """Read the weights of one model, or of both.

        Raises:
            ModelError: they cannot be used.
        """
        import torch

        method = METHODS[self.method]
        scoring = load_model(self.tokenizer, AUTO_CLASS, device=self.device, dtype=self.dtype)
        reference = load_model(self.reference, AUTO_CLASS, device=self.device, dtype=self.dtype)

        def score(batch: TokenBatch) -> Scores:
            ids, mask = torch.from_numpy(batch.ids).to(scoring.device), torch.from_numpy(batch.mask).to(scoring.device)
            with torch.inference_mode():
                ours = scoring.model(input_ids=ids, attention_mask=mask, use_cache=False).logits
                others = None
                if reference is not scoring:
                    others = reference.model(input_ids=ids, attention_mask=mask, use_cache=False).logits
                return [
                    method.combine(
                        token_values(method, ours[row, :n], None if others is None else others[row, :n], ids[row, :n])
                    )
                    for row, n in enumerate(batch.lengths)
                ]

        vocabulary = int(text_config(self.tokenizer.config)["vocab_size"])
        return LoadedScorer(scoring.device, 0, score, max(1, _LOGITS_BYTES // (4 * vocabulary)))

"""Scores texts with a classifier that the operator brings: how far the class "made by a machine" leads.

Any model of transformers with a head for sequence classification will do; RoBERTa and DeBERTa are what published
detectors are made of.
"""

from dataclasses import dataclass

import numpy as np

from lowbackground.detectors.contract import Detector, RunFacts
from lowbackground.detectors.models import machine_label as labels
from lowbackground.detectors.models import text_adapter
from lowbackground.detectors.models.loading import DType, Precision, load_model, require_torch
from lowbackground.detectors.models.model_folder import ModelFolder, find_model
from lowbackground.detectors.models.model_task import check_task
from lowbackground.detectors.models.text_adapter import MAX_TOKENS, MIN_TOKENS, LoadedScorer, TextOptions
from lowbackground.detectors.models.text_tokens import most_tokens, text_config
from lowbackground.detectors.models.token_batches import Scores, TokenBatch

REASONS = text_adapter.REASONS
AUTO_CLASS = "AutoModelForSequenceClassification"
DECIMALS = 3  # of log-odds, in nats; see docs/models.md for the measured spread
_RULES = "1"


def text_model(
    *,
    model: str,
    revision: str | None = None,
    digest: str | None = None,
    machine_label: str | int | None = None,
    calibration: str | None = None,
    max_tokens: int | None = None,
    min_tokens: int = MIN_TOKENS,
    max_windows: int = 1,
    batch_tokens: int | None = None,
    device: str = "auto",
    dtype: DType = "auto",
    run: RunFacts,
) -> Detector:
    """Scores texts with a classifier of your own (RoBERTa, DeBERTa and other encoders of transformers).

    `model` is a local folder, or a hub name with a commit as `revision`; `digest` pins its files. `machine_label` names
    the class "made by a machine" where the model's labels do not. The score is the log-odds of that class, in nats.

    Raises:
        ModelError: the model cannot be used, or its labels leave open which one means a machine.
        CalibrationError: the calibration is damaged, or of another model.
    """
    require_torch()
    folder = find_model(model, revision=revision, digest=digest)
    check_task(folder, "text classifier")
    machine = labels.machine_label(folder.config, machine_label)
    tokens = min(MAX_TOKENS, most_tokens(folder.config) or MAX_TOKENS) if max_tokens is None else max_tokens
    options = TextOptions(calibration, min_tokens, tokens, max_windows, batch_tokens, device, dtype, run)
    scorer = ClassifierScorer(folder, machine, device, options.precision)
    return options.adapter("text_model", f"{_RULES}, label {machine}", [folder], scorer)


@dataclass(frozen=True)
class ClassifierScorer:
    """`machine` is the index of the class "made by a machine"."""

    tokenizer: ModelFolder
    machine: int
    device: str
    dtype: Precision
    decimals: int = DECIMALS

    def load(self) -> LoadedScorer:
        """Read the weights.

        Raises:
            ModelError: they cannot be used.
        """
        import torch

        loaded = load_model(self.tokenizer, AUTO_CLASS, device=self.device, dtype=self.dtype)
        pad = text_config(self.tokenizer.config).get("pad_token_id")

        def score(batch: TokenBatch) -> Scores:
            with torch.inference_mode():
                logits = loaded.model(
                    input_ids=torch.from_numpy(batch.ids).to(loaded.device),
                    attention_mask=torch.from_numpy(batch.mask).to(loaded.device),
                ).logits
                return np.asarray(labels.log_odds(logits, self.machine).cpu(), np.float64).tolist()  # type: ignore[no-any-return]

        if not isinstance(pad, int):  # without one, a decoder takes the last of the padding for the end of the text
            return LoadedScorer(loaded.device, 0, score, most_tokens=1)
        return LoadedScorer(loaded.device, pad, score)

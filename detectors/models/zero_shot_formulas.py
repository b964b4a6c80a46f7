"""What language models say of a text, as one number: the formulas of the zero-shot methods.

Each is a function of the logits alone. Written out in the tests a second time, in numpy, from the papers:

- log-likelihood and log-rank: GLTR, Gehrmann et al. 2019 (arXiv 1906.04043); as baselines in DetectGPT (2301.11305)
- DetectLLM-LRR: Su et al. 2023 (2306.05540), section 3.1
- Fast-DetectGPT: Bao et al. 2024 (2310.05130), the analytic form of equations 3 to 6
- Binoculars: Hans et al. 2024 (2401.12070), equations 3 and 4; over which positions the means go, from its code
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Values = NDArray[np.float64]
_CHUNK = 1 << 24  # logits taken to float32 at once: 64 MiB, of which some five copies live at a time


@dataclass(frozen=True)
class Method:
    """A score of a text by one or two language models.

    `per_token` maps the log-probabilities of the scoring model, float32 (positions, tokens), those of the reference
    model, and the token that follows each position to rows of float32 (rows, positions). The last position has no
    token after it: what depends on one is meaningless there. `combine` makes the score of those rows: null where the
    formula has no value, NaN where a model gave no number, and the two are never taken for each other.
    """

    name: str
    orientation: Literal["higher", "lower"]
    per_token: Callable[["Tensor", "Tensor", "Tensor"], "Tensor"]
    combine: Callable[[Values], float | None]


def token_values(method: Method, scoring: "Tensor", reference: "Tensor | None", ids: "Tensor") -> Values:
    """The rows of a method for one text: logits (positions, vocabulary) of both models, ids (positions,).

    `reference` null is the scoring model itself.

    Models of one family may pad their vocabularies differently; what both have counts, as in Fast-DetectGPT's code.
    """
    import torch

    vocabulary = min(each.shape[-1] for each in (scoring, reference) if each is not None)
    following = torch.cat([ids[1:], ids[:1]])
    step = max(1, _CHUNK // vocabulary)
    rows = []
    for start in range(0, len(ids), step):
        logp = _log_probabilities(scoring[start : start + step, :vocabulary])
        other = logp if reference is None else _log_probabilities(reference[start : start + step, :vocabulary])
        rows.append(method.per_token(logp, other, following[start : start + step]).cpu().numpy())
    return np.concatenate(rows, axis=1).astype(np.float64)


def _log_probabilities(logits: "Tensor") -> "Tensor":
    import torch

    return torch.log_softmax(logits.float(), dim=-1)


def _likelihood(logp: "Tensor", following: "Tensor") -> "Tensor":
    return logp.gather(-1, following[:, None])[:, 0]


def _log_rank(logp: "Tensor", following: "Tensor") -> "Tensor":
    """Ranks begin at 1; of tokens that are exactly as likely each has the best rank.

    Nothing is likelier than what is no number: that would rank first, and stays no number.
    """
    import torch

    own = logp.gather(-1, following[:, None])
    ranks = ((logp > own).sum(-1) + 1).log()
    return torch.where(own[:, 0].isnan(), own[:, 0], ranks)


def _likelihoods(logp: "Tensor", _reference: "Tensor", following: "Tensor") -> "Tensor":
    return _likelihood(logp, following)[None]


def _ranks(logp: "Tensor", _reference: "Tensor", following: "Tensor") -> "Tensor":
    return _log_rank(logp, following)[None]


def _likelihoods_and_ranks(logp: "Tensor", _reference: "Tensor", following: "Tensor") -> "Tensor":
    import torch

    return torch.stack([_likelihood(logp, following), _log_rank(logp, following)])


def _moments(logp: "Tensor", reference: "Tensor", following: "Tensor") -> "Tensor":
    """Log-likelihood, and its mean and variance under the reference model's distribution over the next token."""
    import torch

    chances = reference.exp()
    mean = (chances * logp).sum(-1)
    variance = (chances * (logp - mean[:, None]).square()).sum(-1)
    return torch.stack([_likelihood(logp, following), mean, variance])


def _cross_entropies(logp: "Tensor", reference: "Tensor", following: "Tensor") -> "Tensor":
    """Log-likelihood under the performer, and the cross-entropy of the performer's under the observer's distribution."""
    import torch

    return torch.stack([_likelihood(logp, following), -(reference.exp() * logp).sum(-1)])


def _mean_likelihood(values: Values) -> float | None:
    return float(values[0, :-1].mean())


def _mean_log_rank(values: Values) -> float | None:
    return -float(values[0, :-1].mean())


def _ratio(values: Values) -> float | None:
    likelihood, log_rank = values[:, :-1].sum(axis=1)
    return None if log_rank == 0 else float(-likelihood / log_rank)


def _discrepancy(values: Values) -> float | None:
    likelihood, mean, variance = values[:, :-1].sum(axis=1)
    return None if variance <= 0 else float((likelihood - mean) / np.sqrt(variance))


def _binoculars(values: Values) -> float | None:
    cross_entropy = values[1].mean()
    return None if cross_entropy == 0 else float(-values[0, :-1].mean() / cross_entropy)


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method("log_likelihood", "higher", _likelihoods, _mean_likelihood),
        Method("log_rank", "higher", _ranks, _mean_log_rank),
        Method("detectllm_lrr", "higher", _likelihoods_and_ranks, _ratio),
        Method("fast_detect_gpt", "higher", _moments, _discrepancy),
        Method("binoculars", "lower", _cross_entropies, _binoculars),
    )
}

"""Marked texts that are found, by how freely the generator chooses: `python -m benchmarks.watermark_power`, some ten minutes.

A mark lives on choice: where a model is sure of its next token, there is nothing to mark. The toy generator's
probabilities fall as a power of the rank, with an exponent that differs from step to step (`tests/marked_text.py`);
its entropy, and what the 40 likeliest tokens and the likeliest one hold, are measured and printed beside what is found.
The processors are those of transformers; its `selfhash` favours only the 40 likeliest tokens, so their share decides.

For comparison, bits a token by published perplexities on WikiText-2: 4.0 of GPT-2 large (16.44; the transformers docs,
"Perplexity of fixed-length models"), 2.5 of LLaMA-7B (5.67, in 16 bits, as tables of quantisation give it). Models that
were tuned to chat choose less freely.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.green_list import MAX_TOKENS
from lowbackground.detectors.watermarks.early_stop import count_green
from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.synthid_scheme import SynthIDKeys, scored_states
from lowbackground.detectors.watermarks.window_seeds import Seeding
from tests.marked_text import generated, ranked_logits

TOKENS, VOCAB, P = 200, 1000, 1e-6
BATCH = 50  # texts that are made at a time
BAR, BAR_TEXTS = 0.99, 300
BAR_EXPONENT = 1.8  # 3.6 bits a token, 0.86 on the 40 likeliest, 0.52 on the likeliest: between the models above
EXPONENTS = (None, 1.4, BAR_EXPONENT, 2.0, 2.5, 3.0)  # null: normal logits, freer than any model

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A processor of transformers, made anew for every batch since it remembers contexts, and the p-value of a text."""

    name: str
    processor: Callable[[], Any]
    p_value: Callable[[Ids], float]


def synthid_p(keys: SynthIDKeys, ids: Ids) -> float:
    """As the detector has it."""
    states = scored_states(ids, keys.ngram_len)
    return keys.null.tail(len(states), keys.total(states)).p


def green_p(key: GreenKey, ids: Ids, vocab_size: int) -> float:
    """As the detector has it, with its early stop: a text that is given up is not found."""
    counted = count_green(key, key.pairs(ids), vocab_size, MAX_TOKENS)
    return 1.0 if counted.green is None else key.null(vocab_size).tail(counted.tokens, counted.green).p


def schemes() -> Iterator[Scheme]:
    """SynthID-Text with 9 and 30 layers; lefthash and selfhash with the bias 2, which is the default."""
    import torch
    from transformers import SynthIDTextWatermarkLogitsProcessor, WatermarkLogitsProcessor

    keys = tuple(np.random.default_rng(5).integers(1, 2**40, 30).tolist())
    for layers in (9, 30):
        own = SynthIDKeys("own", keys[:layers])
        marker = partial(SynthIDTextWatermarkLogitsProcessor, 5, list(own.keys), 1 << 16, 0, 1024, torch.device("cpu"))
        yield Scheme(f"synthid, {layers} layers", marker, partial(synthid_p, own))
    for seeding, width in (("lefthash", 1), ("selfhash", 4)):
        green = GreenKey("own", 15485863, Seeding(seeding), context_width=width)
        marker = partial(WatermarkLogitsProcessor, VOCAB, "cpu", seeding_scheme=seeding, context_width=width)
        yield Scheme(f"{seeding}, width {width}", marker, lambda ids, key=green: green_p(key, ids, VOCAB))


def p_values(scheme: Scheme, exponent: float | None, texts: int) -> NDArray[np.float64]:
    """Of so many marked texts: float64, (texts,)."""
    found = []
    for seed in range(texts // BATCH):
        processor = scheme.processor()

        def marked(ids: Any, scores: Any, processor: Any = processor) -> Any:
            try:
                return processor(ids, scores)
            except IndexError:  # transformers 5.23 in selfhash, where none of its 40 candidates is green
                return scores

        batch = generated(marked, TOKENS, VOCAB, batch=BATCH, seed=seed, exponent=exponent)
        found += [scheme.p_value(ids) for ids in batch]
    return np.array(found)


def freedom(exponent: float | None) -> tuple[float, float, float]:
    """Of the unmarked generator, means over steps: bits a token, share of the 40 likeliest, share of the likeliest."""
    import torch

    source = torch.Generator().manual_seed(0)
    logits = torch.randn((4000, VOCAB), generator=source)
    if exponent is not None:
        logits = ranked_logits(logits, exponent, source)
    chances = torch.softmax(logits.double(), dim=-1)
    bits = -(chances * torch.log2(chances.clamp_min(1e-300))).sum(dim=-1)
    top = chances.topk(40, dim=-1).values
    return float(bits.mean()), float(top.sum(dim=-1).mean()), float(top[:, 0].mean())


def main() -> bool:
    """Print the table; true where every scheme keeps the bar."""
    if find_spec("torch") is None:
        print("NOT MEASURED: transformers marks texts with torch, which is not installed; pip install '.[torch]'")
        return False
    print(f"torch {version('torch')}, transformers {version('transformers')}, on a CPU; vocabulary of {VOCAB}")
    kept = True
    for exponent in EXPONENTS:
        barred = exponent == BAR_EXPONENT
        bits, top_40, top_1 = freedom(exponent)
        print(
            f"{'normal logits' if exponent is None else f'exponent {exponent}'}: {bits:.1f} bits a token, 40 likeliest "
            f"{top_40:.2f}, likeliest {top_1:.2f}; {BAR_TEXTS if barred else BATCH} texts of {TOKENS} tokens"
        )
        for scheme in schemes():
            p = p_values(scheme, exponent, BAR_TEXTS if barred else BATCH)
            found = float((p < P).mean())
            kept &= found > BAR or not barred
            bar = f"  bar {BAR}" if barred else ""
            print(f"  {scheme.name:20} found {found:6.3f} at p < {P:g}, median p {np.median(p):8.2g}{bar}", flush=True)
    return kept


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

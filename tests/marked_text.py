"""Texts with and without keyed marks: a tokenizer whose tokens are words, and a generator around marking processors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lowbackground.detectors.contract import RECORDS

GOLDEN = Path(__file__).parent / "detectors" / "watermarks" / "transformers_vectors.json"


def golden() -> dict[str, Any]:
    """What torch and transformers gave; `test_against_transformers.py` holds the file to them."""
    vectors: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8"))
    return vectors


def word_tokenizer(folder: Path, vocab_size: int = 1000, *, config: bool = True) -> Path:
    """A folder with a `tokenizer.json` in which the word `w7` is the token 7, and a model's `config.json`."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(WordLevel({f"w{number}": number for number in range(vocab_size)}, unk_token="w0"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    if config:
        (folder / "config.json").write_text(json.dumps({"vocab_size": vocab_size}), "utf-8")
    return folder


def as_text(ids: Any) -> str:
    """The text that `word_tokenizer` reads as these ids."""
    return " ".join(f"w{number}" for number in np.asarray(ids).ravel().tolist())


def unmarked_ids(count: int, vocab_size: int = 1000, seed: int = 0) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Ids that know of no key: int64, (count,), from 1 on."""
    return np.random.default_rng(seed).integers(1, vocab_size, count)


def records(*texts: str | None, **columns: list[Any]) -> pa.RecordBatch:
    """A batch with these texts."""
    rows = [
        {"id": f"row-{index}", "source": "made.jsonl", "offset": index, "truncated": False, "notes": [], "text": text}
        | {name: values[index] for name, values in columns.items()}
        for index, text in enumerate(texts)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORDS)


def generated(
    processor: Any,
    count: int,
    vocab_size: int,
    *,
    batch: int = 1,
    seed: int = 0,
    prompt: int = 8,
    exponent: float | None = None,
) -> Any:
    """Ids sampled from logits that a processor of transformers marks: int64, (batch, count); needs torch.

    `exponent` makes the logits those of `ranked_logits`; null: normal ones, nearly flat, by which words are chosen
    far more freely than by any model.
    """
    import torch

    source = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, vocab_size, (batch, prompt), generator=source)
    for _ in range(count):
        logits = torch.randn((batch, vocab_size), generator=source)
        if exponent is not None:
            logits = ranked_logits(logits, exponent, source)
        chances = torch.softmax(processor(ids, logits), dim=-1)
        ids = torch.cat([ids, torch.multinomial(chances, 1, generator=source)], dim=1)
    return ids[:, prompt:].numpy()


SPREAD = 0.5  # of the logarithm of the exponent: between near certainty and a free choice, as steps of real models are


def ranked_logits(order: Any, exponent: float, source: Any) -> Any:
    """Logits by which a token's probability falls as a power of its rank, with an exponent of its own at each step.

    `order`, (batch, vocabulary), gives the ranks; the exponents are log-normal around `exponent`, drawn from `source`.
    """
    import torch

    ranks = order.argsort(dim=-1, descending=True).argsort(dim=-1) + 1.0
    steps = exponent * torch.exp(SPREAD * torch.randn((len(order), 1), generator=source))
    return -steps * torch.log(ranks)

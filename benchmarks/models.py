"""Models that users bring: throughput, memory, and how far batches show in scores: `python -m benchmarks.models [125M] [1B] [--texts N]`.

Random weights of real shapes, made here: what a model costs does not depend on what it learned. Each case has a process
of its own, on the best device there is; on a CPU, figures are by the second of one core. Texts have 512 tokens, or lengths spread evenly from 64 to 512. Not part of
`make bench`, since a model of a billion parameters takes minutes on a CPU.
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.records import text_records
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.models.text_adapter import TextAdapter
from lowbackground.detectors.registry import build

RUN = RunFacts(datetime(2026, 11, 20, tzinfo=UTC))
VOCAB = 50_257  # GPT-2's, and about RoBERTa's
CAUSAL_1B = {"hidden_size": 2048, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "intermediate_size": 5632}  # TinyLlama's  # fmt: skip
# name -> size, configuration, class, changes, factory of the options, given the folder of a model
CASES: dict[str, tuple[str, str, str, dict[str, Any], Callable[[str], dict[str, dict[str, Any]]]]] = {
    "text_model": (
        "125M",
        "RobertaConfig",
        "RobertaForSequenceClassification",
        {"max_position_embeddings": 514, "id2label": {0: "human", 1: "machine"}},
        lambda folder: {"text_model": {"model": folder}},
    ),
    "log_likelihood": ("125M", "GPT2Config", "GPT2LMHeadModel", {}, lambda folder: {"log_likelihood": {"model": folder}}),
    "fast_detect_gpt": ("125M", "GPT2Config", "GPT2LMHeadModel", {}, lambda folder: {"fast_detect_gpt": {"model": folder}}),
    "binoculars": (
        "125M",
        "GPT2Config",
        "GPT2LMHeadModel",
        {},
        lambda folder: {"binoculars": {"observer": folder, "performer": f"{folder}-2"}},
    ),
    "text_model, 1B": (
        "1B",
        "LlamaConfig",
        "LlamaForSequenceClassification",
        {**CAUSAL_1B, "id2label": {0: "human", 1: "machine"}},
        lambda folder: {"text_model": {"model": folder}},
    ),
    "fast_detect_gpt, 1B": ("1B", "LlamaConfig", "LlamaForCausalLM", CAUSAL_1B, lambda folder: {"fast_detect_gpt": {"model": folder}}),
    "binoculars, 1B": (
        "1B",
        "LlamaConfig",
        "LlamaForCausalLM",
        CAUSAL_1B,
        lambda folder: {"binoculars": {"observer": folder, "performer": f"{folder}-2"}},
    ),
}  # fmt: skip


def make_folder(name: str, folder: Path, seed: int) -> None:
    """A folder with a model of this case's shape, its weights random, and a tokenizer of whole words."""
    import torch
    import transformers
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    transformers.utils.logging.disable_progress_bar()
    size, config_class, model_class, changes, _ = CASES[name]
    config = getattr(transformers, config_class)(
        vocab_size=VOCAB, bos_token_id=0, pad_token_id=1, eos_token_id=2, **changes
    )
    torch.manual_seed(seed)
    if size == "1B":
        torch.set_default_dtype(torch.bfloat16)  # half the disk; a CPU computes in float32 all the same
    getattr(transformers, model_class)(config).save_pretrained(folder)
    torch.set_default_dtype(torch.float32)
    tokenizer = Tokenizer(WordLevel({f"w{number}": number for number in range(VOCAB)}, unk_token="w3"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))


def texts_of(lengths: list[int]) -> pa.RecordBatch:
    """Texts of so many random tokens each."""
    source = random.Random(0)
    texts = [" ".join(f"w{source.randrange(5, VOCAB)}" for _ in range(length)) for length in lengths]
    return text_records(texts, "made", languages="en")


def case(name: str, count: int) -> dict[str, Any]:
    """What one detector costs, in this process."""
    import torch

    with tempfile.TemporaryDirectory() as scratch:
        folders = [f"{scratch}/m", f"{scratch}/m-2"] if "binoculars" in name else [f"{scratch}/m"]
        for seed, folder in enumerate(folders):
            subprocess.run([sys.executable, "-m", "benchmarks.models", "--make", name, folder, str(seed)], check=True)
        start = time.perf_counter()
        (detector,) = build(CASES[name][4](folders[0]), RUN)
        assert isinstance(detector, TextAdapter)
        checked = time.perf_counter() - start
        detector.load()
        loaded = time.perf_counter() - start - checked
        device = detector.loaded[1].device
        full, spread = texts_of([512] * count), texts_of([64 + 448 * at // count for at in range(count)])
        detector(full.slice(0, min(count, 64)))  # warm
        rates = {}
        for kind, batch in (("full", full), ("spread", spread)):
            rates[kind] = batch.num_rows / seconds(device, lambda batch=batch: detector(batch))
        return {
            "name": name,
            "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
            "check and digest s": round(checked, 2),
            "load s": round(loaded, 2),
            "texts/s, 512 tokens": round(rates["full"], 1),
            "tokens/s": round(512 * rates["full"]),
            "texts/s, 64 to 512": round(rates["spread"], 1),
            "memory of device GiB": round(torch.cuda.max_memory_allocated() / 2**30, 2)
            if device.startswith("cuda")
            else None,
            "memory of process GiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
            "largest effect of a batch": drift(detector, spread.slice(0, min(count, 48))),
        }


def seconds(device: str, work: Callable[[], object]) -> float:
    """On a CPU the seconds of all cores together, so that neighbours do not show; on an accelerator those of the clock."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    work()  # whose scores have left the device, so it is done
    return clock() - start


def drift(detector: TextAdapter, batch: pa.RecordBatch) -> float:
    """How far the unrounded score of a text moves between a batch of its own and one with others."""
    tokenizer, scorer = detector.loaded
    from lowbackground.detectors.models.token_batches import scores_of

    ids = [each.ids[0] for each in tokenizer.windows(batch.column("text").to_pylist())]
    alone = scores_of(ids, 1, scorer.pad, scorer.score)
    together = scores_of(ids, 16_384, scorer.pad, scorer.score)
    return max(
        abs(one - other) for one, other in zip(alone, together, strict=True) if one is not None and other is not None
    )


def main() -> None:
    """Print a line of figures a case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", default=["125M"])
    parser.add_argument("--texts", type=int, default=512, help="8 are enough for a CPU")
    parser.add_argument("--make", nargs=3)
    parser.add_argument("--case")
    told = parser.parse_args()
    if told.make:
        make_folder(told.make[0], Path(told.make[1]), int(told.make[2]))
    elif told.case:
        print(json.dumps(case(told.case, told.texts)))
    else:
        print(
            f"Python {platform.python_version()}, torch {version('torch')}, transformers {version('transformers')}, "
            f"{os.environ.get('OMP_NUM_THREADS', os.cpu_count())} threads"
        )
        for name, (size, *_) in CASES.items():
            if size in told.sizes:
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.models", "--case", name, "--texts", str(told.texts)], check=True
                )


if __name__ == "__main__":
    main()

"""Keyed text watermarks: what they cost, and whether p-values hold on human text: `python -m benchmarks.text_watermarks [FOLDER]`.

- Calibration: chunks of 500 tokens of the human texts, each with fresh keys. p-values are exact sums over the tokens
  that count; the counts of small ones must stay within what chance allows, and the randomised ones must be uniform.
  The tokenizer is a byte-level BPE trained on a part of the same texts, as every tokenizer is on its like.
- Speed: one core, whole texts, the fastest of several rounds.

What share of marked texts is found is measured by `benchmarks/watermark_power.py`.
"""

import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from math import exp, sqrt
from pathlib import Path
from timeit import Timer
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tokenizers import ByteLevelBPETokenizer

from benchmarks.watermark_power import green_p
from lowbackground.detectors.watermarks.exact_tail import Tail, binomial
from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.synthid_scheme import SynthIDKeys, scored_states
from lowbackground.detectors.watermarks.window_seeds import Implementation, Seeding

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data" / "text"
VOCAB = 8000
CHUNK, CHUNKS = 500, 2400
TRAINING_BYTES = 4_000_000
LEVELS = (0.1, 0.01, 0.001)
CHANCE = 0.001  # of a count above its limit, or of a KS statistic above its own, where p-values hold
BAR_TOKENS = 10e6  # of SynthID-Text a second, one key set
LMW = Implementation.LM_WATERMARKING

Ids = NDArray[np.int64]
FreshTail = Callable[[Ids, np.random.Generator], Tail]


def human_texts(folder: Path) -> list[str]:
    """Every text of the files that hold nothing but human text, in order."""
    paths = sorted(folder.glob("human_*.parquet"))
    return [text for path in paths for text in pq.read_table(path, columns=["text"]).column("text").to_pylist()]


def tokenizer_of(texts: Sequence[str]) -> ByteLevelBPETokenizer:
    """A BPE trained on every so-many-th text, up to `TRAINING_BYTES`."""
    step = max(1, sum(map(len, texts)) // TRAINING_BYTES)
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(texts[::step], vocab_size=VOCAB, show_progress=False)
    return trained


def chunks(texts: Sequence[str], tokenizer: ByteLevelBPETokenizer) -> list[Ids]:
    """`CHUNKS` chunks of `CHUNK` tokens, spread evenly over the texts."""
    found = list(_chunks(texts, tokenizer))
    return [found[at] for at in np.linspace(0, len(found) - 1, CHUNKS).astype(int)] if len(found) > CHUNKS else found


def _chunks(texts: Sequence[str], tokenizer: ByteLevelBPETokenizer) -> Iterator[Ids]:
    for text in texts:
        ids = np.array(tokenizer.encode(text[:60_000]).ids, np.int64)
        yield from (ids[at : at + CHUNK] for at in range(0, len(ids) - CHUNK + 1, CHUNK))


def fresh_synthid(layers: int) -> FreshTail:
    """The tail of a text under a key set of `layers` random keys."""

    def tail(ids: Ids, source: np.random.Generator) -> Tail:
        keys = SynthIDKeys("fresh", tuple(source.integers(-(2**63), 2**63, layers).tolist()))
        kept = scored_states(ids, keys.ngram_len)
        return keys.null.tail(len(kept), keys.total(kept))

    return tail


def fresh_green(scheme: GreenKey) -> FreshTail:
    """The tail of a text under a random key of this scheme, over all pairs."""

    def tail(ids: Ids, source: np.random.Generator) -> Tail:
        key = replace(scheme, key=int(source.integers(1, 2**62)))
        pairs = key.pairs(ids)
        return key.null(VOCAB).tail(len(pairs), int(key.green(pairs, VOCAB).sum()))

    return tail


SCHEMES: dict[str, FreshTail] = {
    "synthid, 9 layers": fresh_synthid(9),
    "synthid, 30 layers": fresh_synthid(30),
    "lefthash": fresh_green(GreenKey("", 1)),
    "lefthash, half green": fresh_green(GreenKey("", 1, ratio=0.5)),
    # with the table of lm-watermarking, which does not depend on the key; transformers differs in nothing else
    "selfhash, width 1": fresh_green(GreenKey("", 1, Seeding.SELFHASH, LMW, 1)),
    "selfhash, width 4": fresh_green(GreenKey("", 1, Seeding.SELFHASH, LMW, 4)),
    "minhash, width 4": fresh_green(GreenKey("", 1, Seeding.MINHASH, LMW, 4)),
    "skipgram, width 5": fresh_green(GreenKey("", 1, Seeding.SKIPGRAM, LMW, 5)),
    # some of the free schemes
    "ff-position_prf-3": fresh_green(GreenKey("", 1, Seeding.POSITION, LMW, 3)),
    "ff-noncomm_prf-3": fresh_green(GreenKey("", 1, Seeding.NONCOMMUTATIVE, LMW, 3)),
    "ff-minfunc_prf-4": fresh_green(GreenKey("", 1, Seeding.MINFUNC, LMW, 4)),
    "ff-minskipgram_prf-4, salted": fresh_green(GreenKey("", 1, Seeding.MINSKIPGRAM, LMW, 4, self_salt=True)),
}


def limit(count: int, level: float) -> int:
    """The largest count of p-values at most `level` that `CHANCE` allows."""
    return next(k for k in range(count + 1) if binomial(level).tail(count, k + 1).p <= CHANCE)


def kolmogorov_smirnov(values: NDArray[np.float64]) -> float:
    """The p-value of the two-sided test for uniformity (asymptotic series; Stephens 1970 for finite samples)."""
    ordered, count = np.sort(values), len(values)
    steps = np.arange(1, count + 1) / count
    distance = max(float((steps - ordered).max()), float((ordered - steps + 1 / count).max()))
    scaled = (sqrt(count) + 0.12 + 0.11 / sqrt(count)) * distance
    return min(1.0, max(0.0, 2 * sum((-1) ** (k - 1) * exp(-2 * (k * scaled) ** 2) for k in range(1, 101))))


def calibration(folder: Path) -> bool:
    """Whether the p-values of every scheme hold on human text."""
    texts = human_texts(folder)
    pieces = chunks(texts, tokenizer_of(texts))
    limits = [limit(len(pieces), level) for level in LEVELS]
    print(f"{len(pieces)} chunks of {CHUNK} tokens of {len(texts)} human texts, a fresh key each")
    most = dict(zip(LEVELS, limits, strict=True))
    heads = [f"p<={level:g} (at most {most[level]})" for level in LEVELS]
    print(f"{'scheme':28}", *(f"{head:>22}" for head in heads), f"{'KS p':>8} {'least p':>9}")
    kept = True
    for number, (name, tail_of) in enumerate(SCHEMES.items()):
        source = np.random.default_rng([2026, number])
        tails = [tail_of(ids, source) for ids in pieces]
        p = np.array([tail.p for tail in tails])
        randomised = np.array([tail.above for tail in tails]) + source.random(len(p)) * [t.equal for t in tails]
        counts = [int((p <= level).sum()) for level in LEVELS]
        ks = kolmogorov_smirnov(randomised)
        kept &= ks > CHANCE and all(count <= allowed for count, allowed in zip(counts, limits, strict=True))
        print(f"{name:28}", *(f"{count:22}" for count in counts), f"{ks:8.3f} {p.min():9.2g}", flush=True)
    return kept


def speed() -> bool:
    """Whether SynthID-Text is scored at the speed that is asked for."""
    source = np.random.default_rng(0)
    key_sets = [SynthIDKeys("x", tuple(source.integers(1, 1000, 30).tolist())) for _ in range(20)]
    for keys in key_sets:
        keys.scores  # noqa: B018 - made once a run, not once a text
    kept = True
    for length in (500, 4000, 40_000):
        ids = source.integers(0, 50257, length)
        states = scored_states(ids, 5)
        shared = _seconds(lambda ids=ids: scored_states(ids, 5))
        each = _seconds(lambda states=states: [keys.total(states) for keys in key_sets]) / len(key_sets)
        rate = length / (shared + each)
        kept &= length < 4000 or rate >= BAR_TOKENS
        print(
            f"synthid, {length:6} tokens: {rate / 1e6:6.1f} M tokens/s with one key set (bar {BAR_TOKENS / 1e6:g} from 4000 on), "
            f"{length / each / 1e6:7.0f} M tokens/s for each further one"
        )
    for vocab_size in (32_000, 50_257, 151_936, 256_000):
        ids = source.zipf(1.3, 600) % (vocab_size - 1) + 1
        text = _seconds(partial(green_p, GreenKey("x", 15485863), ids, vocab_size))
        print(f"lefthash, vocabulary of {vocab_size:6}: {text * 1e3:6.1f} ms an unmarked text of 600 tokens and key")
    return kept


def _seconds(work: Callable[[], Any]) -> float:
    """The fastest of several rounds."""
    calls, _ = Timer(work).autorange()
    return min(Timer(work).repeat(5, max(1, calls // 4))) / max(1, calls // 4)


def main(folder: Path = DEFAULT_FOLDER) -> bool:
    """Print both; true where every bar is kept."""
    print(f"Python {platform.python_version()}, numpy {version('numpy')}, lowbackground {version('lowbackground')}")
    return all([speed(), calibration(folder)])


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:2])) else 1)

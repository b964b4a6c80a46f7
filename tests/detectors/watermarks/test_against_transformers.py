"""Our numbers are those of torch and transformers, and the committed vectors are theirs."""

import hashlib
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    SynthIDTextWatermarkLogitsProcessor,
    WatermarkDetector,
    WatermarkingConfig,
    WatermarkLogitsProcessor,
)

from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.synthid_scheme import (
    SynthIDKeys,
    context_hashes,
    fresh,
    layer_bits,
    states,
)
from lowbackground.detectors.watermarks.torch_cpu_random import coin_flips, permutation
from lowbackground.detectors.watermarks.window_seeds import Implementation, Seeding
from tests.marked_text import GOLDEN, generated, golden, unmarked_ids

EXAMPLE = (654, 400, 836, 123, 340, 443, 597, 160, 57)
VOCAB = 1000


def synthid(keys: tuple[int, ...] = EXAMPLE, ngram_len: int = 5, table_seed: int = 0) -> Any:
    return SynthIDTextWatermarkLogitsProcessor(
        ngram_len=ngram_len,
        keys=list(keys),
        sampling_table_size=1 << 16,
        sampling_table_seed=table_seed,
        context_history_size=1024,
        device=torch.device("cpu"),
    )


def green(seeding: str, width: int = 1, vocab: int = VOCAB, key: int = 15485863, ratio: float = 0.25) -> Any:
    return WatermarkLogitsProcessor(
        vocab, "cpu", greenlist_ratio=ratio, hashing_key=key, seeding_scheme=seeding, context_width=width
    )


def repetitive_ids(count: int, vocab: int = VOCAB, seed: int = 0) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Ids as unevenly spread as words, with a passage that comes again."""
    ids = np.random.default_rng(seed).zipf(1.3, count) % (vocab - 1) + 1
    ids[count // 2 : count // 2 + count // 8] = ids[: count // 8]
    return ids


@pytest.mark.parametrize("seed", [0, 15485863, 2**40 + 7, 2**64 - 2])
def test_permutations_and_coin_flips_are_those_of_torch(seed: int) -> None:
    for size in (2, 1000, 50257):
        theirs = torch.randperm(size, generator=torch.Generator().manual_seed(seed))
        assert np.array_equal(permutation(seed, size), theirs.numpy())
    flips = torch.randint(0, 2, (1 << 16,), generator=torch.Generator().manual_seed(seed))
    assert np.array_equal(coin_flips(seed, 1 << 16), flips.numpy())


@pytest.mark.parametrize("ratio", [0.25, 0.5])
def test_legacy_lists_are_the_tail_of_torchs_permutation(ratio: float) -> None:
    key = GreenKey("x", 15485863, Seeding.MINHASH, Implementation.LM_WATERMARKING, 4, ratio, from_tail=True)
    pairs = key.pairs(unmarked_ids(60, VOCAB))
    expected = []
    for pair in pairs.tolist():
        order = torch.randperm(VOCAB, generator=torch.Generator().manual_seed(pair >> 32))
        expected.append((pair & 0xFFFFFFFF) in order[VOCAB - int(VOCAB * ratio) :])
    assert key.green(pairs, VOCAB).tolist() == expected
    assert len(set(expected)) == 2


@pytest.mark.parametrize(
    ("keys", "ngram_len", "table_seed"), [(EXAMPLE, 5, 0), ((7,), 2, 3), (tuple(range(-5, 60)), 9, 1)]
)
def test_g_values_and_repetition_masks_are_those_of_transformers(
    keys: tuple[int, ...], ngram_len: int, table_seed: int
) -> None:
    processor = synthid(keys, ngram_len, table_seed)
    for ids in (unmarked_ids(300), repetitive_ids(1000), repetitive_ids(400, 5)):
        batch = torch.tensor(ids)[None]
        contexts = context_hashes(ids, ngram_len)
        ours = layer_bits(keys, SynthIDKeys("x", keys, ngram_len, table_seed).sampling_table)
        assert np.array_equal(
            ours[states(contexts, ids[ngram_len - 1 :])], processor.compute_g_values(batch)[0].numpy()
        )
        mask = processor.compute_context_repetition_mask(batch)[0].numpy()
        assert np.array_equal(fresh(contexts) & (contexts != 0), mask)


@pytest.mark.parametrize(
    ("seeding", "width"), [("lefthash", 1), ("lefthash", 3), *[("selfhash", n) for n in (1, 2, 4)]]
)
@pytest.mark.parametrize("vocab", [VOCAB, 32000])
@pytest.mark.parametrize("key", [15485863, 2**61 + 3])
def test_green_tokens_are_those_of_the_detector_of_transformers(seeding: str, width: int, vocab: int, key: int) -> None:
    ids = repetitive_ids(150, vocab)
    config = WatermarkingConfig(hashing_key=key, seeding_scheme=seeding, context_width=width)
    model = SimpleNamespace(vocab_size=vocab, bos_token_id=-1, is_encoder_decoder=False)
    detector = WatermarkDetector(model, "cpu", config, ignore_repeated_ngrams=True)
    ours = GreenKey("x", key, Seeding(seeding), context_width=width)
    salted = seeding == "selfhash"
    length = width + 1 - salted
    windows = {tuple(ids[at : at + length].tolist()) for at in range(len(ids) - length + 1)}
    for window in sorted(windows):
        theirs = detector._get_ngram_score_cached(torch.tensor(window if salted else window[:-1]), window[-1])
        (pair,) = ours.pairs(np.array(window))
        assert ours.green(np.array([pair]), vocab)[0] == bool(theirs)
    if seeding == "lefthash" and width == 1:  # where their rule for repetitions is ours
        said = detector(torch.tensor(ids)[None], return_dict=True)
        pairs = ours.pairs(ids)
        assert len(pairs) == said.num_tokens_scored[0]
        assert ours.green(pairs, vocab).sum() == said.num_green_tokens[0]
        assert ours.null(vocab).z(len(pairs), int(said.num_green_tokens[0])) == pytest.approx(said.z_score[0])


def vectors() -> dict[str, Any]:
    """What torch and transformers give for a few inputs."""
    ids = repetitive_ids(60)
    batch = torch.tensor(ids)[None]
    g_values = synthid().compute_g_values(batch)[0].numpy().astype(np.uint8)
    masks = {}
    for seeding, width in (("lefthash", 1), ("selfhash", 1), ("selfhash", 2), ("selfhash", 4)):
        processor = green(seeding, width)
        length = width + (seeding == "lefthash")
        windows = np.lib.stride_tricks.sliding_window_view(ids, length)
        prefixes = windows if seeding == "selfhash" else windows[:, :-1]
        found = [
            int(window[-1] in processor._get_greenlist_ids(torch.tensor(prefix)).numpy())
            for window, prefix in zip(windows, prefixes, strict=True)
        ]
        masks[f"{seeding}-{width}"] = "".join(map(str, found))
    return {
        "made_by": "torch and transformers on a CPU; test_against_transformers.py --update-golden writes this file",
        "randperm_20_seed_7": torch.randperm(20, generator=torch.Generator().manual_seed(7)).tolist(),
        "randperm_1000003_seed_2971215073_sha256": _sha256(
            torch.randperm(1_000_003, generator=torch.Generator().manual_seed(2971215073))
        ),
        "synthid_table_seed_0_sha256": _sha256(synthid().sampling_table),
        "ids": ids.tolist(),
        "g_values": ["".join(map(str, row)) for row in g_values.tolist()],
        "repetition_mask": "".join(
            str(int(each)) for each in synthid().compute_context_repetition_mask(batch)[0].tolist()
        ),
        "green": masks,
        "marked": {
            "synthid": generated(synthid(), 200, VOCAB)[0].tolist(),
            "lefthash": generated(green("lefthash"), 200, VOCAB)[0].tolist(),
            "selfhash-4": generated(green("selfhash", 4), 200, VOCAB)[0].tolist(),
        },
    }


def _sha256(values: Any) -> str:
    return hashlib.sha256(values.numpy().astype("<i8").tobytes()).hexdigest()


def test_the_committed_vectors_are_those_of_transformers(*, update_golden: bool) -> None:
    made = vectors()
    if update_golden:
        kept = golden() if GOLDEN.exists() else {}
        GOLDEN.write_text(json.dumps(kept | made) + "\n", "utf-8")
    committed = golden()
    sampled = committed.pop("marked"), made.pop("marked")  # floating point decides these; other builds may differ
    assert {name: committed[name] for name in made} == made
    assert {name: len(ids) for name, ids in sampled[0].items()} == {name: len(ids) for name, ids in sampled[1].items()}

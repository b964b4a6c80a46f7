"""Folders of tiny models with random weights, as operators bring large ones: a tokenizer, a `config.json`, safetensors."""

import functools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

VOCAB = 320
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
PROSE = (
    "The harbour was quiet in the morning, and the boats lay where the tide had left them. "
    "Nobody had told the old man that the ferry no longer ran on Sundays, so he waited, as he had every week, "
    "with a paper bag of bread and the patience of someone who has never owned a watch. "
    "Gulls argued over something silver; a child counted them aloud and lost count at eleven. "
)


def text_folder(folder: Path, family: str = "gpt2", *, seed: int = 0, vocab: int = VOCAB, **changes: Any) -> Path:
    """A folder with a tiny model: `gpt2` or `llama` go on with texts, `roberta`, `deberta-v2`, `bert` and `llama-classifier` class them.

    `changes` go into the model's configuration. The same arguments give the same files.
    """
    shutil.copytree(_built(family, seed, vocab, json.dumps(changes)), folder, dirs_exist_ok=True)
    return folder


@functools.cache
def _built(family: str, seed: int, vocab: int, changes: str) -> Path:
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    config_class, model_class, shape = _FAMILIES[family]
    ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    config = getattr(transformers, config_class)(vocab_size=vocab, **{**ids, **shape, **json.loads(changes)})
    folder = Path(tempfile.mkdtemp(prefix="tiny-model-"))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, model_class)(config)
        for weights in model.parameters():  # as drawn, they say nearly the same of every token
            torch.nn.init.normal_(weights, std=0.3) if weights.ndim > 1 else None
    model.save_pretrained(folder)
    _tokenizer(folder, framed=family in {"roberta", "deberta-v2", "bert"})
    return folder


_SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
_LABELS = {"id2label": {0: "human", 1: "machine"}, "label2id": {"human": 0, "machine": 1}}
_FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": ("GPT2Config", "GPT2LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 512}),
    "llama": ("LlamaConfig", "LlamaForCausalLM", {**_SMALL, "max_position_embeddings": 512}),
    "roberta": (
        "RobertaConfig",
        "RobertaForSequenceClassification",
        {**_SMALL, **_LABELS, "max_position_embeddings": 514},
    ),
    "deberta-v2": (
        "DebertaV2Config",
        "DebertaV2ForSequenceClassification",
        {
            **_SMALL,
            **_LABELS,
            "max_position_embeddings": 512,
            "relative_attention": True,
            "position_buckets": 32,
            "pos_att_type": ["p2c", "c2p"],
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "position_biased_input": False,
            "type_vocab_size": 0,
        },
    ),
    "llama-classifier": (
        "LlamaConfig",
        "LlamaForSequenceClassification",
        {**_SMALL, **_LABELS, "max_position_embeddings": 512},
    ),
    "bert": ("BertConfig", "BertForSequenceClassification", {**_SMALL, **_LABELS, "max_position_embeddings": 512}),
}


def _tokenizer(folder: Path, *, framed: bool) -> None:
    """A byte-level BPE with a few merges; `framed` puts `<s>` and `</s>` around a text."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=VOCAB, special_tokens=SPECIAL, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([PROSE], trainer)
    if framed:
        tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))

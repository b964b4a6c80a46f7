"""Folders of tiny models for pictures and sound, with random weights."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PICTURE_LABELS = ("human", "artificial")
SOUND_LABELS = ("bonafide", "spoof")
SIDE = 32  # of what the picture models see
SHARPER = 20.0  # times what transformers draws for a head, so that inputs score apart


def _saved(folder: Path, model: Any, processor: Any) -> Path:
    import torch

    from lowbackground.detectors.models.loading import quiet_transformers

    with quiet_transformers(), torch.no_grad():
        for name, weights in model.named_parameters():
            if "classifier" in name:
                weights.mul_(SHARPER)
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return folder


def _labels(names: Sequence[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}


def picture_model(folder: Path, kind: str = "vit", labels: Sequence[str] = PICTURE_LABELS, seed: int = 0) -> Path:
    """A ViT or a ConvNeXT."""
    import torch
    import transformers

    torch.manual_seed(seed)
    if kind == "vit":
        config = transformers.ViTConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            image_size=SIDE,
            patch_size=8,
            **_labels(labels),
        )
        model: Any = transformers.ViTForImageClassification(config)
    else:
        shape = {"hidden_sizes": [8, 8, 8, 8], "depths": [1, 1, 1, 1]}
        model = transformers.ConvNextForImageClassification(transformers.ConvNextConfig(**shape, **_labels(labels)))
    processor = transformers.ViTImageProcessorPil(size={"height": SIDE, "width": SIDE})
    return _saved(folder, model, processor)


def sound_model(folder: Path, labels: Sequence[str] = SOUND_LABELS, seed: int = 0, rate: int = 16_000) -> Path:
    """A Wav2Vec2 with a head for whole recordings."""
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8),
        conv_stride=(5, 4),
        conv_kernel=(10, 8),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
        **_labels(labels),
    )
    model = transformers.Wav2Vec2ForSequenceClassification(config)
    return _saved(folder, model, transformers.Wav2Vec2FeatureExtractor(sampling_rate=rate))


def without(folder: Path, key: str, file: str = "config.json") -> None:
    """Take a key out of a JSON file of a folder."""
    path = folder / file
    config = json.loads(path.read_text())
    config.pop(key, None)
    path.write_text(json.dumps(config))

"""A run with models of pictures, sound and film, and with a watermark network: each sees its kind, in one process."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from lowbackground.detectors.registry import default_names
from lowbackground.detectors.watermarks.trustmark_payload import SCHEMAS, encoded
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.runs.run import run
from tests.factories import AS_OF
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.tiny_media_models import picture_model, sound_model
from tests.watermark_networks import digest_of, published_trustmark, saved, trustmark_network

DATA = 0b1011011110011000111111000000011111011111011100000110110110111


def picture() -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (10, 13, 3), dtype=np.uint8).repeat(20, 0).repeat(20, 1)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_each_model_sees_its_kind_of_record_and_damage_stays_with_its_record(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    film = film_file(grey_frames(12))
    files = {
        "good.png": picture(),
        "cut.png": picture()[:900],
        "good.wav": sound_file(tone(2)),
        "cut.wav": sound_file(tone(4))[:70_000],
        "good.mp4": film,
        "cut.mp4": film[: film.index(b"moov") - 4],
        "page.txt": b"The harbour was quiet in the morning. " * 20,
    }
    for name, data in files.items():
        (corpus / name).write_bytes(data)
    weights = saved(tmp_path / "decoder_C.ckpt", published_trustmark(trustmark_network(18, encoded(DATA, SCHEMAS[1]))))
    pictures, sounds = picture_model(tmp_path / "vit"), sound_model(tmp_path / "wav2vec2")
    sections: dict[str, dict[str, Any]] = {name: {"enabled": False} for name in default_names()}
    sections |= {
        "image_model": {"model": str(pictures)},
        "video_model": {"model": str(pictures), "frames": 3},
        "audio_model": {"model": str(sounds), "window_seconds": 1.0},
        "trustmark": {
            "weights": str(weights),
            "digest": digest_of(weights),
            "variant": "C",
            "payloads": {"ours": f"{DATA:061b}"},
        },
    }
    config = Config.model_validate(
        {
            "inputs": [str(corpus)],
            "out": str(tmp_path / "out"),
            "as_of": AS_OF,
            "workers": 1,
            "keep": ["human", "unknown", "synthetic"],
            "trust_folder": str(tmp_path / "trust"),
            "detectors": sections,
        }
    )
    assert run(config).exit_code == 0
    rows = {
        row["prov_id"]: row for part in (tmp_path / "out" / "kept").iterdir() for row in pq.read_table(part).to_pylist()
    }
    assert set(rows) == set(files)
    said = {
        name: {each["detector"]: each for each in row["prov_evidence"] if each["reason"] != "not-applicable"}
        for name, row in rows.items()
    }
    assert {name: sorted(each) for name, each in said.items()} == {
        "good.png": ["image_model", "trustmark"],
        "cut.png": ["image_model", "trustmark"],
        "good.wav": ["audio_model"],
        "cut.wav": ["audio_model"],
        "good.mp4": ["video_model"],
        "cut.mp4": ["video_model"],
        "page.txt": [],
    }
    for name, detector in (("good.png", "image"), ("good.wav", "audio"), ("cut.wav", "audio"), ("good.mp4", "video")):
        evidence = said[name][f"{detector}_model"]
        assert evidence["reason"] == f"{detector}-model.no-calibration"
        assert evidence["score"] is not None
        told = json.loads(evidence["detail"])  # silent, and still says what was looked at
        assert ("scores" in told) == (detector != "image")
    assert said["cut.png"]["image_model"]["reason"] == "image-model.undecodable"
    assert said["cut.mp4"]["video_model"]["reason"] == "video-model.undecodable"
    known = said["good.png"]["trustmark"]
    assert (known["reason"], known["strength"]) == ("trustmark.known-payload", "near_certain")
    assert json.loads(known["detail"])["payload"] == "ours"
    assert rows["good.png"]["prov_trustmark"] == f"BCH_5 {DATA:061b}"
    assert rows["good.png"]["prov_label"] == "synthetic"
    assert rows["cut.png"]["prov_trustmark"] is None

"""A run with models of text, pictures, sound and film, and with a watermark network: each sees its kind, in one process."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lowbackground import annotate
from lowbackground.detectors.registry import default_names
from lowbackground.detectors.watermarks.trustmark_payload import SCHEMAS, encoded
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.runs.run import run
from tests.factories import AS_OF
from tests.heavy_runs import installed_model
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.tiny_media_models import picture_model, sound_model
from tests.tiny_models import PROSE, text_folder
from tests.watermark_networks import digest_of, published_trustmark, saved, trustmark_network

DATA = 0b1011011110011000111111000000011111011111011100000110110110111
TOLERANCE = 2e-3  # twice the last digit that is kept of a text: batches are put together otherwise than here
TEXTS = {f"{number}.txt": f"{PROSE[40 * number :]} {PROSE * (1 + number % 3)}" for number in range(9)}

Row = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A run: its rows by id, its configuration, and what the witness noted of the processes that it was in."""

    rows: dict[str, Row]
    config: Config
    outside_identity: int
    processes: set[str]

    def said(self, name: str) -> dict[str, Row]:
        """What each detector says of a record that it can judge."""
        row = self.rows[name]
        return {each["detector"]: each for each in row["prov_evidence"] if each["reason"] != "not-applicable"}


def picture() -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (10, 13, 3), dtype=np.uint8).repeat(20, 0).repeat(20, 1)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def files() -> dict[str, bytes]:
    film = film_file(grey_frames(12))
    return {
        "good.png": picture(),
        "cut.png": picture()[:900],
        "good.wav": sound_file(tone(2)),
        "cut.wav": sound_file(tone(4))[:70_000],
        "good.mp4": film,
        "cut.mp4": film[: film.index(b"moov") - 4],
        **{name: text.encode() for name, text in TEXTS.items()},
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("run")
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, data in files().items():
        (corpus / name).write_bytes(data)
    mark = published_trustmark(trustmark_network(18, encoded(DATA, SCHEMAS[1])))
    weights, pictures = saved(folder / "decoder_C.ckpt", mark), str(picture_model(folder / "vit"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        witness = installed_model(folder, monkeypatch)
        sections: dict[str, dict[str, Any]] = {name: {"enabled": False} for name in default_names()}
        sections |= {
            "witness": {"folder": str(witness)},
            "text_model": {"model": str(text_folder(folder / "roberta", "roberta")), "device": "cpu"},
            "image_model": {"model": pictures},
            "video_model": {"model": pictures, "frames": 3},
            "audio_model": {"model": str(sound_model(folder / "wav2vec2")), "window_seconds": 1.0},
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
                "out": str(folder / "out"),
                "as_of": AS_OF,
                "workers": 2,
                "unit_bytes": 64 << 10,
                "keep": ["human", "unknown", "synthetic"],
                "trust_folder": str(folder / "trust"),
                "detectors": sections,
            }
        )
        result = run(config)
    assert result.exit_code == 0
    rows = {
        row["prov_id"]: row for part in Path(config.out, "kept").iterdir() for row in pq.read_table(part).to_pylist()
    }
    return Finished(
        rows, config, result.tally.outside_identity, {path.read_text() for path in witness.glob("*.worker")}
    )


def test_no_worker_imports_torch_and_what_a_model_scored_is_counted(finished: Finished) -> None:
    assert finished.processes == {"light"}
    assert set(finished.rows) == set(files())
    assert finished.outside_identity == len(finished.rows) - len(["cut.png", "cut.mp4"])


def test_texts_have_the_scores_of_the_model_in_this_process(finished: Finished) -> None:
    found = {name: finished.said(name)["text_model"]["score"] for name in TEXTS}
    sections = {name: each for name, each in finished.config.detectors.items() if name != "witness"}
    here = annotate(
        pa.table({"id": list(TEXTS), "text": list(TEXTS.values())}), finished.config.with_values(detectors=sections)
    )
    expected = {
        row["id"]: next(each["score"] for each in row["prov_evidence"] if each["detector"] == "text_model")
        for row in here.to_pylist()
    }
    assert found == pytest.approx(expected, abs=TOLERANCE)
    assert len(set(found.values())) > 6


def test_each_model_sees_its_kind_of_record_and_damage_stays_with_its_record(finished: Finished) -> None:
    assert {name: sorted(finished.said(name)) for name in finished.rows} == {
        "good.png": ["image_model", "trustmark", "witness"],
        "cut.png": ["image_model", "trustmark", "witness"],
        "good.wav": ["audio_model", "witness"],
        "cut.wav": ["audio_model", "witness"],
        "good.mp4": ["video_model", "witness"],
        "cut.mp4": ["video_model", "witness"],
        **{name: ["text_model", "witness"] for name in TEXTS},
    }
    for name, detector in (("good.png", "image"), ("good.wav", "audio"), ("cut.wav", "audio"), ("good.mp4", "video")):
        evidence = finished.said(name)[f"{detector}_model"]
        assert evidence["reason"] == f"{detector}-model.no-calibration"
        assert evidence["score"] is not None
        told = json.loads(evidence["detail"])  # silent, and still says what was looked at
        assert ("scores" in told) == (detector != "image")
    assert finished.said("cut.png")["image_model"]["reason"] == "image-model.undecodable"
    assert finished.said("cut.mp4")["video_model"]["reason"] == "video-model.undecodable"


def test_a_watermark_that_a_network_reads_decides(finished: Finished) -> None:
    known = finished.said("good.png")["trustmark"]
    assert (known["reason"], known["strength"]) == ("trustmark.known-payload", "near_certain")
    assert json.loads(known["detail"])["payload"] == "ours"
    assert finished.rows["good.png"]["prov_trustmark"] == f"BCH_5 {DATA:061b}"
    assert finished.rows["good.png"]["prov_label"] == "synthetic"
    assert finished.rows["cut.png"]["prov_trustmark"] is None

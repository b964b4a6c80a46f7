"""The detector: what it says about marked, unmarked and unfit pictures."""

import io
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image

from benchmarks.unmarked_pictures import clouds, drawn
from lowbackground.detectors import dwt_dct as module
from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Findings
from lowbackground.detectors.dwt_dct import dwt_dct
from lowbackground.detectors.dwt_dct_null import measured_null
from lowbackground.detectors.dwt_dct_payloads import PAYLOADS, Payload
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from tests.dwt_dct_encoder import marked
from tests.factories import records

GOLDEN = Path(__file__).parents[1] / "golden" / "dwt_dct"
BY_PACKAGE = sorted(path for path in GOLDEN.glob("*-*-*.webp") if "half" not in path.name)
DETECTOR = dwt_dct()


def scene(seed: int = 1, width: int = 384, height: int = 384) -> np.ndarray:
    return clouds(np.random.default_rng(seed), width, height)


def saved(pixels: np.ndarray, format_: str = "PNG", **options: object) -> dict[str, object]:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format_, **options)
    return {"raw": out.getvalue(), "media_type": f"image/{format_.lower()}"}


def ask(*rows: dict[str, object], detector: module.Detector = DETECTOR) -> Findings:
    return detector(records(rows))


def one(row: dict[str, object], detector: module.Detector = DETECTOR) -> Evidence:
    (evidence,) = ask(row, detector=detector).evidence
    return evidence


def bits_of(name: str) -> str:
    return next(payload.bits for payload in PAYLOADS if payload.name == name)


def test_it_keeps_the_contract() -> None:
    rows = [
        saved(scene()),
        saved(marked(scene(), bits_of("SDXL"))),
        {"text": "no picture"},
        saved(scene(2), "JPEG", quality=50),
    ]
    check_detector(DETECTOR)
    check_detector(DETECTOR, [records(rows)])


@pytest.mark.parametrize("path", BY_PACKAGE, ids=[path.stem for path in BY_PACKAGE])
def test_pictures_that_the_package_marked_are_near_certain(path: Path) -> None:
    evidence = one({"raw": path.read_bytes(), "media_type": "image/webp"})
    assert (evidence.signal, evidence.reason) == (Signal.SYNTHETIC, "dwt-dct.marked")
    assert (evidence.strength, evidence.kind) == (Strength.NEAR_CERTAIN, Kind.GENERATED)
    assert evidence.score is not None
    assert evidence.score > measured_null().near_certain
    assert evidence.fpr == 1 / (measured_null().pictures + 1)
    family = {"sd1": "StableDiffusionV1", "sd2": "SDV2", "sdxl": "SDXL", "flux": "FLUX", "invokeai": "InvokeAI"}
    assert orjson.loads(evidence.detail or "")["payload"].startswith(family[path.stem.split("-")[0]])


def test_a_marked_half_of_a_picture_is_mixed_and_located() -> None:
    evidence = one({"raw": (GOLDEN / "sdxl-right-half.webp").read_bytes(), "media_type": "image/webp"})
    assert (evidence.signal, evidence.kind) == (Signal.MIXED, Kind.COMPOSITE)
    assert (evidence.reason, evidence.strength) == ("dwt-dct.part-marked", Strength.NEAR_CERTAIN)
    assert orjson.loads(evidence.detail or "")["part"] == "256+0 256x256"


@pytest.mark.parametrize("order", ["bgr", "rgb"])
@pytest.mark.parametrize("path", ["float", "bytes"])
@pytest.mark.parametrize("payload", PAYLOADS, ids=[each.name for each in PAYLOADS])
def test_every_payload_is_found_in_every_mode_where_nothing_was_lost(payload: Payload, path: str, order: str) -> None:
    evidence = one(saved(marked(scene(4, 512, 512), payload.bits, order=order, path=path)))
    assert evidence.reason == "dwt-dct.marked"
    assert orjson.loads(evidence.detail or "")["payload"] == payload.name


@pytest.mark.parametrize("options", [{"quality": 85, "subsampling": 0}, {"quality": 98, "subsampling": 2}])
def test_a_mark_survives_jpeg_that_keeps_most_of_the_chroma(options: dict[str, int]) -> None:
    pixels = marked(scene(5, 512, 512), bits_of("SDXL"))
    assert one(saved(pixels, "JPEG", **options)).reason == "dwt-dct.marked"


def test_a_mark_is_found_beside_alpha() -> None:
    pixels = marked(scene(6), bits_of("SDV2"), path="bytes")
    alpha = np.random.default_rng(1).integers(0, 256, (*pixels.shape[:2], 1), dtype=np.uint8)
    assert one(saved(np.concatenate([pixels, alpha], -1))).reason == "dwt-dct.marked"


@pytest.mark.parametrize("seed", range(27))
def test_unmarked_pictures_are_silent_with_a_score_and_no_detail(seed: int) -> None:
    evidence = one(saved(drawn(1_000_000 + seed)[1]))
    assert (evidence.signal, evidence.reason, evidence.detail) == (Signal.SILENT, "dwt-dct.none", None)
    assert evidence.score is not None
    assert evidence.fpr is not None
    assert evidence.fpr > 1 / (measured_null().pictures + 1)


def test_near_misses_are_silent() -> None:
    for text in (b"test", b"ABCD", b"wtvn", b"OAYEJRLO", b"quhapeqiwn"):  # of this encoder, and of nobody we know
        other = "".join(f"{byte:08b}" for byte in text)
        assert one(saved(marked(scene(7), other, path="bytes"))).signal == Signal.SILENT
    pixels = marked(scene(7), bits_of("SDV2"), path="bytes")
    assert one(saved(pixels[3:, 5:])).signal == Signal.SILENT  # cropped off the grid
    smaller = np.asarray(Image.fromarray(pixels).resize((300, 300)))
    assert one(saved(smaller)).signal == Signal.SILENT


def test_what_cannot_carry_the_mark_is_ruled_out_undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rgb_pixels", lambda *_: pytest.fail("decoded"))
    pixels = scene()
    grey, palette = Image.fromarray(pixels).convert("L"), Image.fromarray(pixels).convert("P")
    cases = {
        "dwt-dct.not-a-picture": [{"raw": b"<html>", "media_type": "text/html"}, {"raw": b"x"}, saved(pixels, "GIF")],
        "dwt-dct.no-colour": [saved(np.asarray(grey)), saved(np.asarray(grey), "JPEG", quality=98)],
        "dwt-dct.lossy": [
            saved(pixels, "JPEG", quality=85, subsampling=2),
            saved(pixels, "JPEG", quality=70, subsampling=0),
            saved(pixels, "WEBP", quality=95),
        ],
        "dwt-dct.too-small": [saved(pixels[:200, :200]), saved(np.zeros((1, 1, 3), np.uint8))],
        "dwt-dct.undecodable": [saved(pixels) | {"truncated": True}, {"raw": b"", "media_type": "image/png"}],
    }
    out = io.BytesIO()
    palette.save(out, "PNG")
    cases["dwt-dct.no-colour"].append({"raw": out.getvalue(), "media_type": "image/png"})
    for reason, rows in cases.items():
        for evidence in ask(*rows).evidence:
            assert (evidence.signal, evidence.reason) == (Signal.SKIPPED, reason)


def test_more_pixels_than_allowed_is_a_failure() -> None:
    evidence = one(saved(np.zeros((1001, 1000, 3), np.uint8)), detector=dwt_dct(max_megapixels=1))
    assert (evidence.signal, evidence.reason) == (Signal.FAILED, "dwt-dct.over-limit")


def test_the_null_is_sound() -> None:
    null = measured_null()
    assert null.pictures > 3000
    assert null.at_least[0] == null.pictures
    assert list(null.at_least) == sorted(null.at_least, reverse=True)
    assert null.fpr(null.strong) == 1 / (null.pictures + 1)
    assert null.fpr(0) == 1
    assert null.strong <= null.near_certain
    rates = [null.fpr(score / 10) for score in range(-10, 200)]
    assert rates == sorted(rates, reverse=True)

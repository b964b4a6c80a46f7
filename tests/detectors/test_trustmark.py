"""trustmark: the bits of a network become a payload, a payload labels nothing unless it is known, damage has reasons."""

import io
import pickle
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from PIL import Image

from lowbackground.detectors import trustmark as module
from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Detector, HoldsModel
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength
from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.trustmark import trustmark
from lowbackground.detectors.watermarks.trustmark_payload import BITS, SCHEMAS, decoded, encoded
from tests.factories import records
from tests.watermark_networks import digest_of, published_trustmark, saved, trustmark_network

BCH_5 = SCHEMAS[1]
DATA = 0b1011011110011000111111000000011111011111011100000110110110111
TEXT = f"{DATA:061b}"


def weights(folder: Path, bits: int | None, name: str = "decoder_C.ckpt") -> dict[str, Any]:
    path = saved(folder / name, published_trustmark(trustmark_network(18, bits)))
    return {"weights": str(path), "digest": digest_of(path), "variant": "C"}


@pytest.fixture(scope="module")
def whatever(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return weights(tmp_path_factory.mktemp("random"), None)


@pytest.fixture(scope="module")
def marking(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Weights that read the same packet, with two wrong bits, in every picture."""
    return weights(tmp_path_factory.mktemp("marking"), encoded(DATA, BCH_5) ^ 1 << 60 ^ 1 << 70)


def noise(seed: int, height: int = 200, width: int = 260) -> NDArray[np.uint8]:
    small = np.random.default_rng(seed).integers(0, 256, (height // 20 + 1, width // 20 + 1, 3), dtype=np.uint8)
    return small.repeat(20, 0).repeat(20, 1)[:height, :width]


def picture(pixels: NDArray[np.uint8], format_: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format_)
    return out.getvalue()


def observe(detector: Detector, data: bytes, media_type: str = "image/png", **row: Any) -> tuple[Evidence, str | None]:
    found = detector(records([{"raw": data, "media_type": media_type, **row}]))
    return found.evidence[0], found.columns[module.COLUMN][0].as_py()


def test_a_mark_is_reported_and_labels_nothing(marking: dict[str, Any]) -> None:
    evidence, column = observe(trustmark(**marking), picture(noise(1)))
    assert (evidence.signal, evidence.reason) == (Signal.SILENT, "trustmark.marked")
    assert evidence.strength is None
    assert evidence.llr is None
    assert evidence.fpr == pytest.approx(decoded(encoded(DATA, BCH_5) ^ 3 << 60).fpr, rel=0.01)  # type: ignore[union-attr]
    assert column == f"BCH_5 {TEXT}"
    assert evidence.detail is not None
    assert TEXT in evidence.detail
    assert '"errors":2' in evidence.detail


def test_a_payload_of_a_generator_makes_a_picture_synthetic(marking: dict[str, Any]) -> None:
    others = {f"other-{seed}": f"{Random(seed).getrandbits(61):061b}" for seed in range(9)}
    detector = trustmark(**marking, payloads={"our-model": TEXT, **others})
    evidence, column = observe(detector, picture(noise(1)))
    assert (evidence.signal, evidence.reason) == (Signal.SYNTHETIC, "trustmark.known-payload")
    assert (evidence.strength, evidence.kind) == (Strength.NEAR_CERTAIN, Kind.GENERATED)
    assert evidence.score == 59  # both wrong bits are among the data
    assert evidence.fpr is not None
    assert evidence.fpr < 1e-13
    assert "our-model" in (evidence.detail or "")
    assert column == f"BCH_5 {TEXT}"


@pytest.mark.parametrize(
    "wrong, reason, strength",
    [
        (0, "known-payload", Strength.NEAR_CERTAIN),
        (7, "known-payload", Strength.NEAR_CERTAIN),  # more than the code corrects
        (11, "known-payload", Strength.STRONG),
        (15, "none", None),
        (30, "none", None),
    ],
)
def test_how_far_bits_may_be_off_is_set_by_chance_alone(
    tmp_path: Path, wrong: int, reason: str, strength: Strength | None
) -> None:
    bits = encoded(DATA, BCH_5) ^ sum(1 << place for place in Random(3).sample(range(39, BITS), wrong))
    evidence, _ = observe(trustmark(**weights(tmp_path, bits), payloads={"ours": TEXT}), picture(noise(1)))
    assert (evidence.reason, evidence.strength) == (f"trustmark.{reason}", strength)


@pytest.mark.parametrize("other", [0, (1 << 100) - 1, 0b0001, Random(1).getrandbits(100)])
def test_bits_that_are_no_payload_are_none(tmp_path: Path, other: int) -> None:
    evidence, column = observe(trustmark(**weights(tmp_path, other)), picture(noise(1)))
    assert (evidence.signal, evidence.reason, column) == (Signal.SILENT, "trustmark.none", None)


def test_a_payload_as_rare_as_chance_makes_it_is_none(tmp_path: Path) -> None:
    schema = SCHEMAS[3]  # corrects three, and one word in fourteen is within three bits of a code word
    packet = encoded(12345, schema) ^ 0b111 << 40
    assert decoded(packet) is not None
    assert observe(trustmark(**weights(tmp_path, packet)), picture(noise(1)))[0].reason == "trustmark.none"


def test_a_payload_that_slight_compression_changes_is_unconfirmed(
    marking: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = trustmark(**marking)
    monkeypatch.setattr(module._TrustMark, "_second_look", lambda *_: None)
    evidence, column = observe(detector, picture(noise(1)))
    assert (evidence.signal, evidence.reason, column) == (Signal.SILENT, "trustmark.unconfirmed", None)


def test_the_second_look_is_at_the_picture_as_a_jpeg(whatever: dict[str, Any]) -> None:
    """With a network of random weights both looks differ in some bit, so they are two."""
    detector: Any = trustmark(**whatever)
    batch = records([{"raw": picture(noise(4)), "media_type": "image/png"}])
    seen = []
    original = detector._bits
    object.__setattr__(
        detector, "_bits", lambda views: [seen.append(np.stack(views)) or next(iter(original(seen[-1])))]
    )
    assert detector._second_look(batch, 0) is None
    again = Image.open(io.BytesIO(as_jpeg(noise(4))))
    assert np.array_equal(seen[0][0], module._view(np.asarray(again), "C"))


def as_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.mark.parametrize(
    "variant, height, width, box",
    [
        ("Q", 200, 260, (0, 0, 260, 200)),
        ("Q", 200, 400, (0, 0, 400, 200)),
        ("Q", 200, 402, (101, 0, 301, 200)),
        ("C", 500, 200, (0, 150, 200, 350)),
        ("P", 200, 260, (30, 0, 230, 200)),
        ("B", 300, 300, (0, 0, 300, 300)),
    ],
)
def test_the_network_is_shown_what_the_published_reader_shows_it(
    variant: Any, height: int, width: int, box: tuple[int, int, int, int]
) -> None:
    side = 224 if variant == "P" else 245
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    wanted = Image.fromarray(pixels).crop(box).resize((side, side), Image.Resampling.BILINEAR)
    view = module._view(pixels, variant)
    assert view.shape == (3, side, side)
    assert view.dtype == np.float32
    assert np.allclose(view, (np.asarray(wanted).transpose(2, 0, 1) / 255) * 2 - 1, atol=1e-6)


def test_bits_are_the_signs_of_the_logits_in_their_order(whatever: dict[str, Any]) -> None:
    import torch

    detector: Any = trustmark(**whatever)
    views = [module._view(noise(seed), "C") for seed in range(3)]
    network, _ = detector._loaded
    logits = network(torch.from_numpy(np.stack(views)))
    expected = [int("".join(str(int(each > 0)) for each in row), 2) for row in logits.tolist()]
    assert list(detector._bits(views)) == expected
    assert len(set(expected)) > 1


def test_pictures_that_are_not_read_say_why(marking: dict[str, Any]) -> None:
    detector = trustmark(**marking, max_megapixels=1)
    good = picture(noise(1))
    for data, media_type, truncated, reason in (
        (good[:300], "image/png", False, "undecodable"),
        (b"", "image/webp", False, "undecodable"),
        (good, "image/png", True, "undecodable"),
        (good, "image/gif", False, "not-decoded"),
        (picture(noise(1, 149, 400)), "image/png", False, "too-small"),
        (picture(np.zeros((1100, 1100, 3), np.uint8)), "image/png", False, "over-limit"),
    ):
        evidence, column = observe(detector, data, media_type, truncated=truncated)
        assert evidence.reason == f"trustmark.{reason}"
        assert evidence.signal == (Signal.FAILED if reason == "over-limit" else Signal.SKIPPED)
        assert column is None


def test_the_contract_is_kept(whatever: dict[str, Any], marking: dict[str, Any]) -> None:
    rows = [{"raw": picture(noise(seed)), "media_type": "image/png"} for seed in range(2)]
    rows.insert(1, {"raw": b"none", "media_type": "image/png"})
    detector = trustmark(**whatever)
    assert isinstance(detector, HoldsModel)
    assert detector.basis == Basis.WATERMARK
    check_detector(detector)
    for options in (whatever, marking):
        check_detector(trustmark(**options, batch_size=2), [records(rows)])
    assert detector.columns == pa.schema([pa.field("prov_trustmark", pa.string())])


def test_a_detector_is_sent_without_its_network(marking: dict[str, Any]) -> None:
    detector: Any = trustmark(**marking)
    detector.load()
    sent = pickle.dumps(detector)
    assert len(sent) < 5000
    batch = records([{"raw": picture(noise(1)), "media_type": "image/png"}])
    assert pickle.loads(sent)(batch).evidence == detector(batch).evidence


def test_setting_up_imports_no_torch(marking: dict[str, Any]) -> None:
    code = f"""
import sys
from lowbackground.detectors.trustmark import trustmark
trustmark(**{marking!r})
print("torch" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_what_could_change_an_answer_changes_the_version(tmp_path: Path, marking: dict[str, Any]) -> None:
    plain = trustmark(**marking).version
    others = [
        trustmark(**marking, payloads={"ours": TEXT}).version,
        trustmark(**marking, payloads={"ours": f"{1:061b}"}).version,
        trustmark(**{**marking, "variant": "Q"}).version,
        trustmark(**weights(tmp_path, 1)).version,
    ]
    assert len({plain, *others}) == 5


def test_weights_of_another_variant_are_refused(marking: dict[str, Any]) -> None:
    for variant in ("Q", "B", "P"):
        detector: Any = trustmark(**{**marking, "variant": variant})
        with pytest.raises(ModelError, match="ResNet-18; variant"):
            detector.load()


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    state = published_trustmark(trustmark_network(18))
    for name, change in (
        ("more", {"decoder.decoder.more": state["decoder.decoder.fc.bias"]}),
        ("other", {"encoder.x": state["decoder.decoder.fc.bias"]}),
    ):
        path = saved(tmp_path / f"{name}.pth", {**state, **change})
        detector: Any = trustmark(weights=str(path), digest=digest_of(path), variant="C")
        with pytest.raises(ModelError, match="does not belong"):
            detector.load()


@pytest.mark.parametrize("text", ["", "0" * 61, "1" * 60, "2" * 61, "1" * 61 + "\n", "0x1"])
def test_payloads_that_are_none_are_refused(marking: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelError, match="expected zeros and ones"):
        trustmark(**marking, payloads={"ours": text})


@pytest.mark.parametrize("options", [{"min_side": 0}, {"batch_size": 0}])
def test_options_that_leave_nothing_to_read_are_refused(marking: dict[str, Any], options: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="1 or more"):
        trustmark(**marking, **options)

"""audioseal: a score and no more without a calibration, exact chances for known messages, windows, damage."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lowbackground.detectors import audioseal as module
from lowbackground.detectors.audioseal import audioseal, jointly, message_fpr
from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import CalibrationError
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.contract import Detector, HoldsModel, RunFacts
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength
from lowbackground.detectors.models.model_folder import ModelError
from tests.factories import AS_OF, records
from tests.media_files import film_file, grey_frames, sound_file, tone
from tests.watermark_networks import audioseal_network, digest_of, published_audioseal, saved

RUN = RunFacts(AS_OF)
MESSAGE = "1011001110001011"
NEAR = MESSAGE[:-1] + "0"
SECOND = sound_file(tone(1.5), codec="pcm_f32le")


def weights(folder: Path, message: str | None, marked: float = 1.0, name: str = "detector_base.pth") -> dict[str, Any]:
    state = published_audioseal(audioseal_network(message, marked))
    path = saved(folder / name, {"model": state, "xp.cfg": {"sample_rate": 16_000}})
    return {"weights": str(path), "digest": digest_of(path), "run": RUN}


@pytest.fixture(scope="module")
def whatever(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return weights(tmp_path_factory.mktemp("random"), None)


@pytest.fixture(scope="module")
def marking(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return weights(tmp_path_factory.mktemp("marking"), MESSAGE, 2.5)


def observe(detector: Detector, data: bytes, media_type: str = "audio/wav") -> Evidence:
    (evidence,) = detector(records([{"raw": data, "media_type": media_type}])).evidence
    return evidence


def facts(evidence: Evidence) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(evidence.detail or "{}")
    return told


def test_without_a_calibration_there_is_a_score_and_no_more(marking: dict[str, Any]) -> None:
    evidence = observe(audioseal(**marking), SECOND)
    assert (evidence.signal, evidence.reason) == (Signal.SILENT, "audioseal.no-calibration")
    assert evidence.score == 2.5
    assert (evidence.fpr, evidence.llr, evidence.strength) == (None, None, None)
    assert facts(evidence) == {"media": "voice", "share": 1.0, "message": MESSAGE, "at": 0.0, "seconds": 1.5}


def test_the_score_is_that_of_the_network_on_the_window_that_says_most(
    whatever: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(module, "WINDOW", 0.5)
    monkeypatch.setattr(module, "WINDOWS", 3)
    samples = np.concatenate([tone(0.5, hertz=300), tone(0.5, hertz=1500), tone(0.5, hertz=5000, level=0.1)])
    evidence = observe(audioseal(**whatever), sound_file(samples, codec="pcm_f32le"))
    network = audioseal_network()
    scores, shares, bits = [], [], np.zeros(16)
    for start in (0, 8000, 16_000):
        with torch.no_grad():
            logits = network(torch.from_numpy(samples[start : start + 8000])[None, None])[0].double().numpy()
        scores.append((logits[1] - logits[0]).mean())
        shares.append((torch.softmax(torch.from_numpy(logits[:2]), 0)[1] > 0.5).double().mean())
        bits += logits[2:].sum(1)
    best = int(np.argmax(scores))
    assert evidence.score == pytest.approx(scores[best], abs=0.011)
    told = facts(evidence)
    assert told["at"] == best * 0.5
    assert told["share"] == pytest.approx(float(shares[best]), abs=0.002)
    assert told["message"] == "".join("1" if bit > 0 else "0" for bit in bits)


def test_a_known_message_is_a_hint_by_its_exact_chance(marking: dict[str, Any]) -> None:
    evidence = observe(audioseal(**marking, messages={"our-voice": MESSAGE, "other": "0" * 16}), SECOND)
    assert (evidence.signal, evidence.reason) == (Signal.SYNTHETIC, "audioseal.known-message")
    assert (evidence.strength, evidence.kind) == (Strength.WEAK, Kind.GENERATED)
    assert evidence.fpr == pytest.approx(2 / 2**16, rel=0.01)
    assert facts(evidence)["known"] == "our-voice"


def test_a_message_that_is_nearly_known_is_not(marking: dict[str, Any]) -> None:
    assert observe(audioseal(**marking, messages={"near": NEAR}), SECOND).reason == "audioseal.no-calibration"


def test_a_message_in_what_looks_unmarked_is_none(tmp_path: Path) -> None:
    options = weights(tmp_path, MESSAGE, -1.0)
    evidence = observe(audioseal(**options, messages={"ours": MESSAGE}), SECOND)
    assert (evidence.reason, evidence.score) == ("audioseal.no-calibration", -1.0)


def test_a_network_that_gives_no_number_heard_no_message(
    marking: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums that are no number lean to no bit, which would be a message of zeros."""
    detector = audioseal(**marking, messages={"zeros": "0" * 16})
    nothing = np.full((18, 100), np.nan)
    monkeypatch.setattr(type(detector), "_logits", lambda _self, cut: iter([nothing] * len(cut)))
    evidence = observe(detector, SECOND)
    assert (evidence.signal, evidence.reason, evidence.kind) == (Signal.FAILED, "audioseal.no-score", None)


def test_so_many_messages_that_one_would_fit_by_chance_say_nothing(marking: dict[str, Any]) -> None:
    messages = {f"m{number}": f"{number:016b}" for number in range(200)} | {"ours": MESSAGE}
    assert message_fpr(16, 16, len(messages)) > 1e-3
    assert observe(audioseal(**marking, messages=messages), SECOND).reason == "audioseal.no-calibration"


def test_with_a_calibration_a_score_becomes_evidence_and_a_message_adds_to_it(
    marking: dict[str, Any], tmp_path: Path
) -> None:
    detector: Any = audioseal(**marking)
    random = np.random.default_rng(1)
    human, machine = random.normal(-3, 0.5, 3200), random.normal(3, 0.5, 400)
    size = len(human) + len(machine)
    sample = Sample(
        np.concatenate([human, machine]), np.arange(size) >= len(human), [("voice", None)] * size, ["one"] * size
    )
    path = tmp_path / "calibration.json"
    write_calibration(calibrate(sample, detector.scale, made=AS_OF.date()), path)
    alone = observe(audioseal(**marking, calibration=str(path)), SECOND)
    assert (alone.signal, alone.reason) == (Signal.SYNTHETIC, "audioseal.above-threshold")
    assert alone.fpr is not None
    assert alone.fpr < 0.001
    both = observe(audioseal(**marking, calibration=str(path), messages={"ours": MESSAGE}), SECOND)
    assert both.reason == "audioseal.known-message"
    assert both.fpr == pytest.approx(jointly(2**-16, alone.fpr), rel=0.01)
    assert both.strength == Strength.STRONG
    assert both.llr == alone.llr
    with pytest.raises(CalibrationError):
        audioseal(**marking, calibration=str(path), causal=True)


def test_two_chances_together_are_no_smaller_than_they_are() -> None:
    random = np.random.default_rng(1)
    joint = np.array([jointly(*pair) for pair in random.random((4000, 2))])
    for level in (0.5, 0.1, 0.01):
        assert (joint <= level).mean() == pytest.approx(level, abs=3 * (level / 4000) ** 0.5)
    assert jointly(1.0, 1.0) == 1.0
    assert jointly(0.0, 0.5) == 0.0


def test_sound_that_is_not_heard_says_why(marking: dict[str, Any]) -> None:
    detector = audioseal(**marking)
    for data, media_type, reason in (
        (sound_file(tone(0.5)), "audio/wav", "too-short"),
        (sound_file(0 * tone(2)), "audio/wav", "silent"),
        (b"RIFF", "audio/wav", "undecodable"),
        (SECOND, "audio/midi", "not-decoded"),
        (film_file(grey_frames(5)), "audio/mp4", "not-decoded"),
    ):
        evidence = observe(detector, data, media_type)
        assert (evidence.signal, evidence.reason) == (Signal.SKIPPED, f"audioseal.{reason}")


def test_of_a_long_sound_the_beginning_is_heard(marking: dict[str, Any]) -> None:
    evidence = observe(audioseal(**marking, max_seconds=2.0), sound_file(tone(5)))
    assert facts(evidence)["seconds"] == 2.0
    assert facts(evidence)["cut"] is True


def test_the_contract_is_kept(whatever: dict[str, Any]) -> None:
    detector = audioseal(**whatever)
    assert isinstance(detector, HoldsModel)
    assert detector.basis == Basis.WATERMARK
    check_detector(detector)
    rows = [{"raw": data, "media_type": "audio/wav"} for data in (SECOND, b"", sound_file(tone(1.2, hertz=900)))]
    check_detector(detector, [records(rows)])


def test_a_detector_is_sent_without_its_network(marking: dict[str, Any]) -> None:
    detector: Any = audioseal(**marking)
    detector.load()
    sent = pickle.dumps(detector)
    assert len(sent) < 5000
    assert observe(pickle.loads(sent), SECOND) == observe(detector, SECOND)


def test_setting_up_imports_neither_torch_nor_av(marking: dict[str, Any]) -> None:
    options = {name: value for name, value in marking.items() if name != "run"}
    code = f"""
import sys
from datetime import datetime, UTC
from lowbackground.detectors.audioseal import audioseal
from lowbackground.detectors.contract import RunFacts
audioseal(**{options!r}, run=RunFacts(datetime(2026, 1, 1, tzinfo=UTC)))
print(sorted({{"torch", "av"}} & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_could_change_an_answer_changes_the_version(marking: dict[str, Any], whatever: dict[str, Any]) -> None:
    versions = {
        audioseal(**marking).version,
        audioseal(**whatever).version,
        audioseal(**marking, causal=True).version,
        audioseal(**marking, max_seconds=60.0).version,
        audioseal(**marking, messages={"ours": MESSAGE}).version,
        audioseal(**marking, messages={"ours": NEAR}).version,
    }
    assert len(versions) == 6


@pytest.mark.parametrize("text", ["", "12", "1" * 15 + " ", "0x12"])
def test_messages_that_are_none_are_refused(marking: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelError, match="expected zeros and ones"):
        audioseal(**marking, messages={"ours": text})


def test_a_message_of_another_length_is_refused_when_the_network_is_known(marking: dict[str, Any]) -> None:
    detector: Any = audioseal(**marking, messages={"ours": "1" * 15})
    with pytest.raises(ModelError, match="expected 16 zeros and ones"):
        detector.load()


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    state = published_audioseal(audioseal_network())
    path = saved(tmp_path / "more.pth", {**state, "detector.2.weight": state["detector.1.bias"]})
    detector: Any = audioseal(weights=str(path), digest=digest_of(path), run=RUN)
    with pytest.raises(ModelError, match="does not belong"):
        detector.load()


@pytest.mark.parametrize("options", [{"min_seconds": 0.0}, {"max_seconds": 0.5}])
def test_options_that_leave_nothing_to_hear_are_refused(marking: dict[str, Any], options: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="expected"):
        audioseal(**marking, **options)

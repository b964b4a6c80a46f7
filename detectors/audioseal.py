"""Reads AudioSeal out of sound, with the detector network that the operator brings (facebookresearch/audioseal).

- Makers of speech generators put the mark into what they make; its network is public, and anybody may put it anywhere.
- How surely a score means a mark has no exact null: it takes a calibration, and without one there is a score and no more.
- A message that the operator names has one: a message that was drawn at random agrees by chance with whatever is heard.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.detectors.calibration.scale import Scale, version_of
from lowbackground.detectors.calibration.scored import scored, scored_reasons
from lowbackground.detectors.contract import Detector, Findings, Needs, RunFacts
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.models.decodable import SOUND, AbstainError, reasons_of, sound_of
from lowbackground.detectors.models.ffmpeg import require_av
from lowbackground.detectors.models.loading import chosen_device, require_torch
from lowbackground.detectors.models.model_folder import ModelError
from lowbackground.detectors.models.sound import Samples, Sound, windows
from lowbackground.detectors.models.state_dict import WeightsFile, fill, find_weights, read_state
from lowbackground.detectors.watermarks.exact_tail import binomial
from lowbackground.detectors.watermarks.keyed_detector import NEAR_CERTAIN, STRONG

if TYPE_CHECKING:
    from torch.nn import Module

PREFIX = "audioseal"
REASONS: dict[str, str] = {
    **scored_reasons(PREFIX),
    "audioseal.known-message": "The message heard is one that the configuration names as a generator's.",
    **reasons_of(PREFIX, SOUND),
}

RATE = 16_000  # samples a second: README of facebookresearch/audioseal
WINDOW = 10.0  # seconds; the network looks at about a second around each sample, and remembers what came before
WINDOWS = 6
MAX_SECONDS = 120.0
MIN_SECONDS = 1.0
DECIMALS = 2  # of log-odds, in nats
_RULES = "1"

_NEEDS = Needs(("raw",), also=("media_type", "truncated"), kinds=("voice",))
_NO_COLUMNS = pa.schema([])


def audioseal(
    *,
    weights: str,
    digest: str,
    messages: Mapping[str, str] | None = None,
    causal: bool = False,
    calibration: str | None = None,
    max_seconds: float = MAX_SECONDS,
    min_seconds: float = MIN_SECONDS,
    device: str = "auto",
    run: RunFacts,
) -> Detector:
    """Reads AudioSeal watermarks and their messages out of sound, with the detector network that you bring.

    `weights` is a local file (safetensors, or a PyTorch state dict), `digest` its SHA-256; `causal` says that it is one
    of the checkpoints for streaming. `messages` names messages that your generators write, as zeros and ones by a name
    that the evidence gives. Up to six windows of ten seconds of the first `max_seconds` are heard.

    Raises:
        ModelError: the file is not there or another one, or an option leaves nothing to hear.
        CalibrationError: the calibration is damaged, or of other weights.
    """
    if not 0 < min_seconds <= max_seconds:
        raise ModelError(f"min_seconds {min_seconds:g}: expected more than 0 and at most max_seconds, {max_seconds:g}")
    require_torch()
    require_av()
    known = tuple(_known(name, text) for name, text in sorted((messages or {}).items()))
    file = find_weights(weights, digest)
    rules = f"{_RULES}, {'causal, ' if causal else ''}{WINDOWS} windows of {WINDOW:g} in {max_seconds:g}"
    scale = Scale("audioseal", rules, model=file.digest)
    read = read_calibration(calibration, scale) if calibration else None
    return _AudioSeal(file, known, causal, scale, read, run.as_of, max_seconds, min_seconds, device)


def _known(name: str, text: str) -> tuple[str, str]:
    if not text or set(text) - {"0", "1"}:
        raise ModelError(f"messages: {name[:80]}: expected zeros and ones, one for each bit of the message")
    return name, text


@dataclass(frozen=True, slots=True)
class Heard:
    """What the network made of a record.

    `score` is the highest log-odds, in nats, of the windows, each the mean over its samples; `share` that of samples
    that look marked; `message` the bits that the samples lean to on the whole, as zeros and ones.
    """

    score: float
    share: float
    message: str
    window: float


@dataclass(frozen=True)
class _AudioSeal:
    """`known` are messages of generators by name; lengths in seconds."""

    file: WeightsFile
    known: tuple[tuple[str, str], ...]
    causal: bool
    scale: Scale
    calibration: Calibration | None
    as_of: datetime
    longest: float
    shortest: float
    device: str
    name: str = "audioseal"
    basis: Basis = Basis.WATERMARK
    needs: Needs = _NEEDS
    columns: pa.Schema = field(default=_NO_COLUMNS, repr=False)
    exact: bool = False

    @property
    def version(self) -> str:
        """Of the score, the weights, the calibration and the messages."""
        import hashlib

        version = version_of(self.scale, self.calibration.digest if self.calibration else None)
        named = hashlib.sha256(repr(self.known).encode()).hexdigest()[:12]
        return f"{version}, messages {named}" if self.known else version

    def load(self) -> None:
        """Read the weights into memory, once.

        Raises:
            ModelError: they are not those of the network, or a message has another length than it reads.
        """
        self._loaded  # noqa: B018 - a cached property

    @cached_property
    def _loaded(self) -> tuple["Module", str]:
        from lowbackground.detectors.watermarks.audioseal_network import AudioSealNetwork, message_bits_of, own_names

        what = f"weights {self.file.path}"
        state = own_names(read_state(self.file))
        bits = message_bits_of(state, what)
        if wrong := [name for name, text in self.known if len(text) != bits]:
            raise ModelError(
                f"messages: {wrong[0][:80]}: expected {bits} zeros and ones, which is what the network reads"
            )
        place = chosen_device(self.device)
        return fill(AudioSealNetwork(bits, causal=self.causal), state, what).to(place), place

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: all but the network."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Hear each record by itself."""
        raws = records.column("raw")
        evidence = []
        for row, media_type in enumerate(records.column("media_type").to_pylist()):
            data = memoryview(raws[row].as_buffer()) if raws[row].is_valid else b""
            try:
                sound = sound_of(
                    data, media_type, rate=RATE, min_seconds=self.shortest, max_seconds=self.longest, prefix=PREFIX
                )
                evidence.append(self._sound(sound))
            except AbstainError as abstained:
                evidence.append(abstained.evidence)
        return Findings(evidence)

    def _sound(self, sound: Sound) -> Evidence:
        heard = self._heard(windows(sound, WINDOW, WINDOWS))
        facts = {
            "share": heard.share,
            "message": heard.message or None,
            "at": heard.window,
            "seconds": round(sound.seconds, 2),
            "damaged": sound.damaged or None,
            "cut": sound.cut or None,
        }
        said = scored(
            heard.score, "voice", None, self.calibration, self.as_of, prefix=PREFIX, facts=facts, keep_detail=True
        )
        return self._known_message(heard, said) or said

    def _heard(self, cut: list[tuple[float, Samples]]) -> Heard:
        scores, shares, bits, samples = [], [], None, 0
        for logits in self._logits(cut):
            marked = logits[1] - logits[0]
            scores.append(float(marked.mean()))
            shares.append(float((marked > 0).mean()))
            leaning = logits[2:].sum(1)
            bits = leaning if bits is None else bits + leaning
            samples += logits.shape[1]
        best = int(np.argmax(scores))
        message = "" if bits is None else "".join("1" if bit > 0 else "0" for bit in bits)
        return Heard(round(scores[best], DECIMALS), round(shares[best], 3), message, cut[best][0])

    def _logits(self, cut: list[tuple[float, Samples]]) -> Iterator[np.ndarray[Any, np.dtype[np.float64]]]:
        import torch

        for _, samples in cut:
            network, device = self._loaded
            with torch.inference_mode():
                logits = network(torch.from_numpy(samples.copy())[None, None].to(device))
            yield np.asarray(logits[0].cpu(), np.float64)

    def _known_message(self, heard: Heard, said: Evidence) -> Evidence | None:
        """The evidence where the message is one that is known, far enough beyond chance; `said` is that of the score."""
        agreeing = {name: sum(map(str.__eq__, text, heard.message)) for name, text in self.known}
        if not (agreeing and heard.score > 0):  # nothing is marked, as the network sees it, or it gives no number
            return None
        name = max(agreeing, key=lambda each: (agreeing[each], each))
        bits = len(heard.message)
        fpr = message_fpr(agreeing[name], bits, len(self.known))
        if agreeing[name] < bits or fpr > _WORTH_TELLING:
            return None
        if said.fpr is not None:
            fpr = jointly(fpr, said.fpr)
        strength = Strength.NEAR_CERTAIN if fpr <= NEAR_CERTAIN else Strength.STRONG if fpr <= STRONG else Strength.WEAK
        told = detail(known=name, message=heard.message, share=heard.share, at=heard.window, media="voice")
        return replace(
            said,
            signal=Signal.SYNTHETIC,
            reason="audioseal.known-message",
            strength=strength,
            kind=Kind.GENERATED,
            fpr=float(f"{fpr:.3g}"),
            detail=told,
        )


_WORTH_TELLING = 1e-3  # a share of human records that a weak hint may be wrong about


def message_fpr(agreeing: int, bits: int, messages: int) -> float:
    """How often one of so many messages that were drawn at random agrees in so many bits with whatever is heard."""
    return min(1.0, messages * binomial(0.5).tail(bits, agreeing).p)


def jointly(one: float, other: float) -> float:
    """The p-value of two independent ones together: P(U V <= x) = x (1 - ln x) for uniform U and V (Fisher 1932)."""
    product = one * other
    return min(1.0, product * (1 - log(product))) if product > 0 else 0.0

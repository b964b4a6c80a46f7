"""Tests texts for keyed watermarks, and turns what comes out into evidence.

- One hypothesis a pair of key and tokenizer; the smallest p-value, times the number of pairs (Bonferroni), is the `fpr`.
- Every pair counts, also where a text was too short for it: what was tried must not depend on what was found.
- The score is how many standard deviations the statistic lies above its mean.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lowbackground.detectors.carried_manifests import is_caption
from lowbackground.detectors.contract import Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.watermarks.exact_tail import Lattice
from lowbackground.detectors.watermarks.local_tokenizers import LocalTokenizer

REASONS: dict[str, str] = {
    "watermark.key-fits": "The choice of tokens follows a key that is known, far beyond chance.",
    "watermark.no-key-fits": "The choice of tokens follows none of the keys that were tried.",
    "watermark.too-short": "Too few tokens that count, after repetitions, for any test.",
}

NEAR_CERTAIN = 1e-9  # corrected p-value: one human text in a billion; what the standard policy asks for
STRONG = 1e-5  # corrected p-value
MIN_TOKENS = 100  # that count, after repetitions: below, tests are calibrated but find next to nothing
MAX_CHARS = 200_000  # of a text that are looked at: some 50,000 tokens
_WORTH_A_TAIL = 3.0  # standard deviations; below, no p-value is near `STRONG` with `MIN_TOKENS` terms or more

_NEEDS = Needs(("text",))
_NO_COLUMNS = pa.schema([])
_TOO_SHORT = Evidence(Signal.SKIPPED, "watermark.too-short")
_NONE_FITS = Evidence(Signal.SILENT, "watermark.no-key-fits")


@dataclass(frozen=True, slots=True)
class Counted:
    """What one key and one tokenizer make of a text: the sum of `tokens` terms whose distribution is `null`.

    `total` is null where the test was stopped, since no mark worth finding was there.
    """

    key: str
    tokenizer: str
    tokens: int
    total: int | None
    null: Lattice

    @property
    def z(self) -> float:
        """Standard deviations above the mean; minus infinity where the test was stopped."""
        return -np.inf if self.total is None else self.null.z(self.tokens, self.total)


Count = Callable[[NDArray[np.int64], LocalTokenizer], Iterable[Counted]]


@dataclass(frozen=True)
class KeyedDetector:
    """`count` tries all keys that go with a tokenizer; `tests` is the number of pairs of key and tokenizer."""

    name: str
    version: str
    tokenizers: tuple[LocalTokenizer, ...]
    count: Count
    tests: int
    max_chars: int
    basis: Basis = Basis.WATERMARK
    needs: Needs = _NEEDS
    columns: pa.Schema = _NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Test each text by itself."""
        texts, has_raw = records.column("text"), records.column("raw").is_valid().to_pylist()
        evidence = []
        for row, type_ in enumerate(records.column("media_type").to_pylist()):
            said = self._text(texts[row].as_py() or "")
            evidence.append(replace(said, part="text") if has_raw[row] and is_caption(type_) else said)
        return Findings(evidence)

    def _text(self, text: str) -> Evidence:
        if len(text) < MIN_TOKENS // 2:  # few tokenizers make two tokens of a character of running text
            return _TOO_SHORT
        counted = [
            each
            for tokenizer in self.tokenizers
            for each in self.count(tokenizer.ids(text[: self.max_chars]), tokenizer)
            if each.tokens >= MIN_TOKENS
        ]
        return verdict(counted, self.tests) if counted else _TOO_SHORT


def verdict(counted: Sequence[Counted], tests: int) -> Evidence:
    """What the most telling of the tests says, corrected for all `tests` that could have been made."""
    tails = [
        (each.null.tail(each.tokens, each.total).p, each)
        for each in counted
        if each.total is not None and each.z >= _WORTH_A_TAIL
    ]
    if not tails:
        return _NONE_FITS
    p, best = min(tails, key=lambda tail: tail[0])
    fpr = min(1.0, float(f"{p * tests:.3g}"))  # to three digits all machines agree
    if fpr > STRONG:
        return _NONE_FITS
    return Evidence(
        Signal.SYNTHETIC,
        "watermark.key-fits",
        Strength.NEAR_CERTAIN if fpr <= NEAR_CERTAIN else Strength.STRONG,
        Kind.GENERATED,
        score=round(best.z, 3),
        fpr=fpr,
        detail=detail(place="text", key=best.key, tokenizer=best.tokenizer, tokens=best.tokens, tests=tests),
    )


def version_of(rules: str, names: Iterable[str], tokenizers: Iterable[LocalTokenizer]) -> str:
    """A version that changes with the rules, the ids of the keys and the files of the tokenizers, and tells no key."""
    told = "\n".join([*sorted(names), *(f"{each.name} {each.digest} {each.vocab_size}" for each in tokenizers)])
    return f"{rules} (keys and tokenizers {hashlib.sha256(told.encode()).hexdigest()[:12]})"

"""Texts that are no texts: an answer or an abstention with a reason, in bounded memory, and never an exception."""

import random
import sys
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest

from lowbackground.detectors.ai_text import REASONS, ai_text
from lowbackground.detectors.contract import RECORDS, Detector, RunFacts
from lowbackground.detectors.evidence import Signal
from tests.detectors.text_classifier.toy import prose, toy_weights
from tests.factories import AS_OF, records

MIB = 1 << 20
ENGLISH = prose(machine=False, words=120, seed=1)
ARABIC = "كان الميناء هادئا في الصباح وكانت القوارب ترقد حيث تركها المد. "
BAD: dict[str, tuple[str, str]] = {
    "empty": ("", "too-short"),
    "one word": ("boat", "too-short"),
    "a megabyte without a space": ("a" * MIB, "language.no-calibration"),
    "a megabyte of spaces": (" " * MIB, "too-short"),
    "only emoji": ("\U0001f600\U0001f3fd\u200d\U0001f680" * 9999, "too-short"),
    "only code": ("for (int i = 0; i < n; ++i) { a[i] += b[i] * c; }\n" * 400, ""),
    "right to left": (ARABIC * 40, "language.no-calibration"),
    "right to left marks": ("\u202e" + ENGLISH + "\u202c", "no-calibration"),
    "mixed languages": ((ENGLISH[:200] + ARABIC) * 9, ""),
    "repeated lines": ("Buy the best boats in the harbour now and here.\n" * 2000, "repeated.not-prose"),
    "control characters": ("".join(map(chr, range(32))) * 500, "too-short"),
    "controls in prose": (ENGLISH.replace(" ", "\x01 \x1b"), "no-calibration"),
    "combining marks": ("a" + "\u0301" * MIB, "too-short"),
    "expanding ligatures": ("\ufdfa" * 200_000, "language.no-calibration"),
    "unclosed markup": ("<a " * 300_000, ""),
    "entities": ("&amp;" * 200_000, "too-short"),
    "open fences": ("\n```" * 200_000, "too-short"),
    "apostrophes": ("a'" * 300_000, ""),
    "marks": (".,;:!?" * 100_000, "too-short"),
    "one character lines": ("a\n" * 300_000, ""),
}


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    folder: Path = tmp_path_factory.mktemp("weights")
    toy_weights(folder, chinese=False)
    return ai_text(weights=str(folder / "card.json"), run=RunFacts(AS_OF))


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_text_is_answered(detector: Detector, name: str) -> None:
    text, ending = BAD[name]
    (evidence,) = detector(records([{"text": text}])).evidence
    assert evidence.reason in REASONS
    assert evidence.signal in {Signal.SKIPPED, Signal.SILENT}
    assert evidence.reason.endswith(ending)
    if evidence.signal is Signal.SKIPPED:
        assert evidence.llr is None


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_text_that_is_said_to_be_english_is_answered(detector: Detector, name: str) -> None:
    (evidence,) = detector(records([{"text": BAD[name][0], "language": "en"}])).evidence
    assert evidence.reason in REASONS


def test_lone_surrogates_cannot_reach_it_by_arrow_and_do_no_harm_as_bytes(detector: Detector) -> None:
    """Arrow refuses them in a string; bytes that spell them can stand in a buffer that nobody validated."""
    with pytest.raises(UnicodeEncodeError):
        pa.array(["a\ud800b"], pa.large_string())
    spelled = ENGLISH.encode().replace(b" ", b" \xed\xa0\x80", 3) + b"\xff\xfe"
    batch = records([{"text": "x"}])
    data = pa.array([spelled], pa.large_binary()).view(pa.large_string())
    batch = batch.set_column(RECORDS.get_field_index("text"), "text", data)
    (evidence,) = detector(batch).evidence
    assert evidence.reason == "ai-text.no-calibration"


def test_sixteen_megabytes_take_little_memory(detector: Detector) -> None:
    rows = [{"text": (ENGLISH * 40)[: 32 << 10], "language": "en"} for _ in range(512)]
    assert peak(detector, records(rows)) < 40 * MIB


def test_a_batch_of_the_worst_texts_takes_little_memory(detector: Detector) -> None:
    rows = [{"text": "a\u00e9 .'" * 20_000, "language": "en"} for _ in range(256)]
    assert peak(detector, records(rows)) < 80 * MIB


def peak(detector: Detector, batch: pa.RecordBatch) -> int:
    """Bytes that a call takes at its worst, beyond what it was given."""
    detector(batch.slice(0, 2))
    tracemalloc.start()
    try:
        detector(batch)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def random_text(rng: random.Random) -> str:
    kind = rng.randrange(6)
    if kind == 0:
        return "".join(
            chr(rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, sys.maxunicode))))
            for _ in range(rng.randrange(600))
        )
    if kind == 1:
        return rng.randbytes(rng.randrange(900)).decode("utf-8", "replace")
    if kind == 2:
        return "".join(
            rng.choices("ab .,'\"`*_<>[]()&;#-\n\t\u2014\u2026\u200b\u0430\u5b57\U0001f600", k=rng.randrange(900))
        )
    if kind == 3:
        words = prose(machine=rng.random() < 0.5, seed=rng.randrange(99), words=rng.randrange(200)).split(" ")
        for _ in range(rng.randrange(40)):
            words.insert(rng.randrange(len(words) + 1), chr(rng.randrange(0xD800)))
        return " ".join(words)
    if kind == 4:
        return rng.choice(list(BAD.values()))[0][: rng.randrange(2000)]
    return "".join(rng.choices("\u6e2f\u53e3\u5b89\u9759\u8239\u505c\uff0c\u3002 a1", k=rng.randrange(400)))


def fuzz(folder: Path, texts: int) -> None:
    toy_weights(folder, chinese=True)
    detector = ai_text(weights=str(folder / "card.json"), run=RunFacts(AS_OF))
    rng = random.Random(20261120)
    for start in range(0, texts, 250):
        made = [random_text(rng) for _ in range(min(250, texts - start))]
        rows = [{"text": text, "language": rng.choice((None, "en", "zh", "xx"))} for text in made]
        batch = records(rows)
        evidence = list(detector(batch).evidence)
        assert {each.reason for each in evidence} <= set(REASONS)
        place = rng.randrange(len(rows))
        assert detector(batch.slice(place, 1)).evidence[0] == evidence[place]


def test_a_thousand_random_texts(tmp_path: Path) -> None:
    fuzz(tmp_path, 1000)


@pytest.mark.soak
def test_a_hundred_thousand_random_texts(tmp_path: Path) -> None:
    fuzz(tmp_path, 100_000)

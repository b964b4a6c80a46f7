"""From texts to a language, a length, and a score or the gate that stopped each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lowbackground.detectors.text_classifier.chinese import chinese_gates, normalise_chinese
from lowbackground.detectors.text_classifier.features import SLICE, word_counts
from lowbackground.detectors.text_classifier.gates import GATES, PASSED, gates
from lowbackground.detectors.text_classifier.normalise import normalise
from lowbackground.detectors.text_classifier.score import Scorer
from lowbackground.detectors.text_classifier.spoken import MIN_LETTERS, letters, spoken
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import Weights
from lowbackground.detectors.text_classifier.windows import Windows, beginning, windowed

OTHER_LANGUAGE = "language.no-calibration"
_GATE_NAMES = (*GATES, None)
_SLICE_BYTES = 192 << 10  # of normal forms that are looked at together, if their number does not end a slice before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one text: a score, or the name of the gate that stopped it.

    `words` is the number of words in the windows, of Chinese characters for Chinese; `language` an ISO 639 code.
    """

    language: str | None
    words: int
    score: float | None
    gate: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """The beginning of a text in UTF-8, `Classifier.raw_bytes` at least if it has them, and its language if told."""

    data: bytes
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Classifier:
    """Scores texts by the weights; texts of languages that they do not know are stopped."""

    scorers: Mapping[str, Scorer]
    raw_bytes: int

    def __call__(self, texts: Sequence[Text]) -> list[Outcome]:
        """One outcome a text, in order; each depends on its own text alone."""
        outcomes: list[Outcome | None] = [None] * len(texts)
        waiting: dict[str, list[tuple[int, bytes]]] = {code: [] for code in self.scorers}
        for place, text in enumerate(texts):
            whole = normalise(beginning(text.data, self.raw_bytes))
            language = spoken(text.language, text.data, whole)
            if language in waiting:
                waiting[language].append((place, whole))
            else:
                outcomes[place] = Outcome(language, 0, None, gate_of_language(language, whole))
        for language, several in waiting.items():
            for part in _slices(several):
                found = (
                    self._english(part) if language == "en" else self._chinese([texts[place].data for place, _ in part])
                )
                for (place, _), outcome in zip(part, found, strict=True):
                    outcomes[place] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _english(self, part: Sequence[tuple[int, bytes]]) -> Iterator[Outcome]:
        scorer = self.scorers["en"]
        tokens = tokenise([windowed(whole, scorer.language.windows) for _, whole in part])
        words = word_counts(tokens)
        stopped = gates(tokens, scorer.language.min_words)
        return _outcomes("en", words.tolist(), scorer.english(tokens, words).tolist(), stopped.tolist())

    def _chinese(self, part: Sequence[bytes]) -> Iterator[Outcome]:
        scorer = self.scorers["zh"]
        windows = scorer.language.windows
        normal = [normalise_chinese(_text(data, windows))[: windows.head] for data in part]
        characters, stopped = chinese_gates(normal, scorer.language.min_words)
        return _outcomes("zh", characters.tolist(), scorer.chinese(normal, characters).tolist(), stopped.tolist())


def classifier(weights: Weights) -> Classifier:
    """The classifier that the weights describe."""
    languages = weights.card.languages
    return Classifier(
        {code: Scorer(language, weights.tables) for code, language in sorted(languages.items())},
        max(language.windows.raw for language in languages.values()),
    )


def _outcomes(
    language: str, words: Sequence[int], scores: Sequence[float], stopped: Sequence[int]
) -> Iterator[Outcome]:
    for length, score, gate in zip(words, scores, stopped, strict=True):
        yield Outcome(language, length, score if gate == PASSED else None, _GATE_NAMES[gate])


def gate_of_language(language: str | None, normal: bytes) -> str:
    """The gate for a text whose language has no scorer: without a language it may only be short."""
    return "too-short" if language is None and letters(normal) < MIN_LETTERS else OTHER_LANGUAGE


def _text(data: bytes, windows: Windows) -> str:
    return beginning(data, windows.raw).decode("utf-8", "replace")


def _slices(several: Sequence[tuple[int, bytes]]) -> Iterator[Sequence[tuple[int, bytes]]]:
    """Runs of texts that fit together into the cache."""
    start = size = 0
    for end, (_, normal) in enumerate(several):
        if end > start and (end - start == SLICE or size + len(normal) > _SLICE_BYTES):
            yield several[start:end]
            start, size = end, 0
        size += len(normal)
    if start < len(several):
        yield several[start:]

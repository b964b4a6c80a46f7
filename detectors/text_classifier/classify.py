"""From texts to a language, a length, and a score or the gate that stopped each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from lowbackground.detectors.text_classifier.chinese import chinese_gates
from lowbackground.detectors.text_classifier.features import SLICE, prepared_chinese, word_counts
from lowbackground.detectors.text_classifier.gates import GATES, OF_NO_LANGUAGE, PASSED, gates
from lowbackground.detectors.text_classifier.normalise import normalise
from lowbackground.detectors.text_classifier.score import Scorer
from lowbackground.detectors.text_classifier.spoken import MIN_LETTERS, letters, spoken
from lowbackground.detectors.text_classifier.tokens import tokenise
from lowbackground.detectors.text_classifier.weights import Weights
from lowbackground.detectors.text_classifier.windows import Windows, beginning, windowed

OTHER_LANGUAGE = "language.no-calibration"
_GATE_NAMES = (*GATES, None)
_SLICE_SIZE = 192 << 10  # characters that are looked at together, if the number of texts does not end a slice before

Normal = TypeVar("Normal", bytes, str)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one text: a score, or the name of the gate that stopped it.

    `words` is the number of words in the windows, of Chinese characters for Chinese; `language` an ISO 639 code; `cut`
    says that the text goes on behind the windows.
    """

    language: str | None
    words: int
    score: float | None
    gate: str | None
    cut: bool = False


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
        outcomes: dict[int, Outcome] = {}
        cut: set[int] = set()
        untold: list[tuple[int, bytes]] = []
        english: list[tuple[int, bytes]] = []
        chinese: list[tuple[int, str]] = []
        windows = {code: scorer.language.windows for code, scorer in self.scorers.items()}
        guessed = windows.get("en") or Windows()
        for place, text in enumerate(texts):
            normal = normalise(beginning(text.data, guessed.raw))
            language = spoken(text.language, text.data, normal)
            if language not in windows:
                outcomes[place] = Outcome(language, 0, None, gate_of_language(language, normal))
                if language is None and outcomes[place].gate == OTHER_LANGUAGE:
                    untold.append((place, windowed(normal, guessed)))
            elif language == "en":
                english.append((place, windowed(normal, guessed)))
                if len(english[-1][1]) < len(normal):
                    cut.add(place)
            else:
                chinese.append((place, prepared_chinese(text.data, windows[language])))
                if len(chinese[-1][1]) == windows[language].head:
                    cut.add(place)
        for places, normals in _slices(untold):
            outcomes.update(zip(places, _unspoken(normals), strict=True))
        for places, normals in _slices(english):
            outcomes.update(zip(places, self._english(normals), strict=True))
        for places, characters in _slices(chinese):
            outcomes.update(zip(places, self._chinese(characters), strict=True))
        for place in cut:
            outcomes[place] = replace(outcomes[place], cut=True)
        return [outcomes[place] for place in range(len(texts))]

    def _english(self, normals: Sequence[bytes]) -> Iterator[Outcome]:
        scorer = self.scorers["en"]
        tokens = tokenise(normals)
        words = word_counts(tokens)
        stopped = gates(tokens, scorer.language.min_words)
        return _outcomes("en", words.tolist(), scorer.english(tokens, words).tolist(), stopped.tolist())

    def _chinese(self, normals: Sequence[str]) -> Iterator[Outcome]:
        scorer = self.scorers["zh"]
        characters, stopped = chinese_gates(normals, scorer.language.min_words)
        return _outcomes("zh", characters.tolist(), scorer.chinese(normals, characters).tolist(), stopped.tolist())


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


def _unspoken(normals: Sequence[bytes]) -> Iterator[Outcome]:
    """Of texts in no language that can be told: code and tables are no prose in any, and that is why."""
    for gate in gates(tokenise(normals), 0).tolist():
        name = _GATE_NAMES[gate]
        yield Outcome(None, 0, None, name if name in OF_NO_LANGUAGE else OTHER_LANGUAGE)


def gate_of_language(language: str | None, normal: bytes) -> str:
    """The gate for a text whose language has no scorer: without a language it may only be short."""
    return "too-short" if language is None and letters(normal) < MIN_LETTERS else OTHER_LANGUAGE


def _slices(several: Sequence[tuple[int, Normal]]) -> Iterator[tuple[Sequence[int], Sequence[Normal]]]:
    """Runs of texts that fit together into the cache, and their places."""
    start = size = 0
    for end, (_, normal) in enumerate(several):
        if end > start and (end - start == SLICE or size + len(normal) > _SLICE_SIZE):
            yield _parted(several[start:end])
            start, size = end, 0
        size += len(normal)
    if start < len(several):
        yield _parted(several[start:])


def _parted(several: Sequence[tuple[int, Normal]]) -> tuple[Sequence[int], Sequence[Normal]]:
    return [place for place, _ in several], [normal for _, normal in several]

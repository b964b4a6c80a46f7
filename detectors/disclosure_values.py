"""What the values of disclosures mean: labels, truth values, names of generators, source types, AIGC labels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from lowbackground.detectors.evidence import Kind, Signal, Strength
from lowbackground.detectors.metadata_checks import aigc, declared_source_type
from lowbackground.manifests.source_types import SourceClass

Meaning = tuple[Signal, Strength | None, Kind | None]

_GENERATED: Meaning = (Signal.SYNTHETIC, Strength.STRONG, Kind.GENERATED)
_EDITED: Meaning = (Signal.MIXED, Strength.STRONG, Kind.EDITED)
_NOT_AI: Meaning = (Signal.HUMAN, Strength.WEAK, None)  # anybody can write it: a claim, never near certain

# draft-abaris-aicdh-01, 3: the key `mode` of the header AI-Disclosure
MODES: Mapping[str, Meaning] = {
    "none": _NOT_AI,
    "ai-modified": _EDITED,
    "ai-originated": _GENERATED,
    "machine-generated": _GENERATED,
}
# dweekly/ai-content-disclosure, and the names of the Drupal module ai_disclosure, with hyphens
_LABELS: Mapping[str, Meaning] = {
    "none": _NOT_AI,
    "ai-assisted": _EDITED,
    "ai-modified": _EDITED,
    "ai-edited": _EDITED,
    "ai-summarized": _EDITED,
    "ai-translated": (Signal.SYNTHETIC, Strength.STRONG, Kind.TRANSLATED),
    "ai-generated": (Signal.SYNTHETIC, Strength.NEAR_CERTAIN, Kind.GENERATED),
    "autonomous": (Signal.SYNTHETIC, Strength.NEAR_CERTAIN, Kind.GENERATED),
    "ai-originated": _GENERATED,
    "machine-generated": _GENERATED,
    "mixed": (Signal.MIXED, Strength.STRONG, Kind.COMPOSITE),
}
_SOURCE_TYPES: Mapping[SourceClass, Meaning] = {
    SourceClass.SYNTHETIC: _GENERATED,
    SourceClass.MIXED: _EDITED,
    SourceClass.HUMAN_CAPTURE: (Signal.HUMAN, Strength.WEAK, Kind.CAPTURED),
    SourceClass.HUMAN_MADE: _NOT_AI,
}
_AIGC: Mapping[str, Meaning] = {  # GB 45438-2025: generated, possibly, suspected
    "1": _GENERATED,
    "2": (Signal.SYNTHETIC, Strength.STRONG, Kind.GENERATED),
    "3": (Signal.SYNTHETIC, Strength.WEAK, Kind.GENERATED),
}
_TRUE = frozenset({"true", "yes", "1", "ai", "full", "fully", "generated", "ai-generated", "ai_generated", "machine"})
_MODEL = re.compile(
    r"(?:openai |google |anthropic |github )?(?:chat-?gpt|gpt-?[345o][\w.-]{0,12}"
    r"|claude(?:[ -](?:opus|sonnet|haiku|instant|code|v?\d[\w.]{0,12})){0,3}"  # a given name, too: not any second word
    r"|gemini(?:[ -](?:ultra|pro|flash|nano|lite|advanced|v?\d[\w.]{0,12})){0,3}"
    r"|copilot|llama[ -]?[\w.-]{0,12}|mistral[\w. -]{0,16}|deepseek[\w. -]{0,16}"
    r"|qwen[\w. -]{0,16}|grok[\w. -]{0,8}|(?:an? )?(?:ai|llm|large language model)|midjourney|dall-?e[ -]?\d?"
    r"|stable diffusion)",
    re.IGNORECASE,
)
_AUTHOR = re.compile(
    r"(?:openai )?chat-?gpt(?:[ -][\w.]{1,8})?|gpt-?[345o][\w.-]{0,12}|ai|artificial intelligence|ai[ -]generated|ai assistant",
    re.IGNORECASE,
)
_AUTHOR_OR_PERSON = frozenset({"claude", "gemini"})  # given names, too


@dataclass(frozen=True, slots=True)
class Declaration:
    """One statement: `part` is null where it is about the record itself, `byte` where it stands."""

    rule: str
    reason: str
    meaning: Meaning
    part: str | None
    byte: int | None

    @classmethod
    def weak(cls, rule: str, reason: str, part: str | None, byte: int | None) -> Self:
        """A hint that something was generated."""
        return cls(rule, reason, (Signal.SYNTHETIC, Strength.WEAK, Kind.GENERATED), part, byte)


def by_label(rule: str, value: str, part: str | None, byte: int | None) -> Iterator[Declaration]:
    """A value of the label vocabulary; what follows a semicolon are its settings."""
    word = value.partition(";")[0].strip().lower().replace("_", "-")
    if meaning := _LABELS.get(word):
        yield Declaration(rule, "disclosure.label", meaning, part, byte)


def by_truth(rule: str, value: str, part: str | None, byte: int | None) -> Iterator[Declaration]:
    """A value that says yes or names a generator, or an AIGC label in JSON."""
    text = value.strip()
    if label := aigc(text) if text.startswith("{") else None:
        if meaning := _AIGC.get(label):
            yield Declaration(rule, "disclosure.aigc-label", meaning, part, byte)
    elif text.lower() in _TRUE or _MODEL.fullmatch(text):
        yield Declaration(rule, "disclosure.label", _GENERATED, part, byte)


def by_author(rule: str, value: str, part: str | None, byte: int | None) -> Iterator[Declaration]:
    """An author that is a generator, by the whole value."""
    if _AUTHOR.fullmatch(value.strip()):
        yield Declaration(rule, "disclosure.author", _GENERATED, part, byte)
    elif value.strip().lower() in _AUTHOR_OR_PERSON:
        yield Declaration.weak(rule, "disclosure.author", part, byte)


def by_source_type(rule: str, value: str, part: str | None, byte: int | None) -> Iterator[Declaration]:
    """A digital source type, also as schema.org spells its members: `<Term>DigitalSource`."""
    term = value.strip().rstrip("/")
    if "iptc.org" not in term and "c2pa.org" not in term:
        term = term.rpartition("/")[2].removesuffix("DigitalSource")
    if meaning := _SOURCE_TYPES.get(declared_source_type(term).class_):
        yield Declaration(rule, "disclosure.source-type", meaning, part, byte)

"""Matches of text rules, with what stands around them: paragraph, quotation, code, topic.

Only windows around the needles are searched, and of a flood of needles the first and the last, so that no text costs
more than a few milliseconds.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lowbackground.detectors.mark_rules import Guard, Ruleset, TextRule
from lowbackground.detectors.record_parts import Found

WINDOW = 400  # bytes on either side of a needle: longer than any match
BEHIND = 40  # bytes between a needle and a match that it announces
START_BYTES, END_BYTES = 200, 400  # what counts as the beginning and the end of a text
MAX_PARAGRAPH = 4000  # bytes of a paragraph looked at on either side of a match
TOPIC_BYTES = 1 << 20  # of a text in which mentions are counted
TOPIC_RATE = 3 / 1000  # mentions a word: marks-and-watermarks.md, 4.6

_TOPIC = re.compile(
    rb"\b(?:chat-?bots?|chat ?gpt|gpt-?[2345]\w{0,3}|llms?|(?:large )?language models?|openai|anthropic|deepseek|mistral"
    rb"|generative ai|ai[- ](?:detect(?:or|ion)s?|generated|writing|chatbots?|models?|tools?|assistants?)|copilot"
    rb"|prompt (?:engineering|injection)s?|tokeni[sz]ers?|machine learning|artificial intelligence|neural networks?)\b"
    rb"|\xe4\xba\xba\xe5\xb7\xa5\xe6\x99\xba\xe8\x83\xbd|\xe8\x81\x8a\xe5\xa4\xa9\xe6\x9c\xba\xe5\x99\xa8\xe4\xba\xba",
    re.IGNORECASE,  # the last two are the Chinese words for artificial intelligence and for chatbot
)
_FENCE = re.compile(rb"^[ \t>]{0,8}(?:```|~~~)", re.MULTILINE)
_QUOTES = "\u201c\u201d \u201e\u201c \u00ab\u00bb \u2039\u203a \u300c\u300d \u300e\u300f \u2018\u2019"  # opening and closing marks
_PAIRS = tuple((pair[0].encode(), pair[1].encode()) for pair in _QUOTES.split())


@dataclass(frozen=True, slots=True)
class TextHit:
    """A match: bytes `start` to `end` of the text, its paragraph from `block_start` to `block_end`, and its guard."""

    rule: TextRule
    start: int
    end: int
    block_start: int
    block_end: int
    guard: Guard | None


def text_hits(found: Found, rules: Ruleset[TextRule]) -> list[TextHit]:
    """Every match of a text rule, in the order of places."""
    matches = sorted(_matches(found, rules), key=_by_place)
    fences = [fence.start() for fence in _FENCE.finditer(found.data)] if matches else []
    hits = [_hit(found.data, rule, start, end, fences) for rule, start, end in matches]
    counted = [hit for hit in hits if hit.guard is None and Guard.TOPIC in hit.rule.guards]
    if counted and _is_about_chatbots(found.data, hits):
        hits = [replace(hit, guard=hit.guard or Guard.TOPIC) for hit in hits]
    return hits


def paragraph_number(text: bytes, start: int) -> int:
    """The number of the paragraph that holds a place, counted from 1."""
    gap = _gap(text)
    return 1 + sum(1 for block in text[:start].split(gap)[:-1] if block.strip())


def _by_place(match: tuple[TextRule, int, int]) -> tuple[int, int, str]:
    return match[1], match[2], match[0].id


def _matches(found: Found, rules: Ruleset[TextRule]) -> set[tuple[TextRule, int, int]]:
    """Rule, start and end of every match that covers one of the rule's needles."""
    matches = set()
    for rule, places in rules.by_rule(found.places):
        for place in places:
            match = _match(rule.pattern, found.data, place)
            if match is not None and _is_in_place(rule, match.start(), match.end(), found.data):
                matches.add((rule, match.start(), match.end()))
    return matches


def _match(pattern: re.Pattern[bytes], text: bytes, place: int) -> re.Match[bytes] | None:
    """The match of a pattern around a needle, or just behind it, as some are anchored by what follows."""
    for match in pattern.finditer(text, max(0, place - WINDOW), place + WINDOW):
        if match.end() > place:
            return match if match.start() <= place + BEHIND else None
    return None


def _is_in_place(rule: TextRule, start: int, end: int, text: bytes) -> bool:
    if rule.at == "start":
        return start - (len(text) - len(text.lstrip())) <= START_BYTES
    return rule.at is None or len(text.rstrip()) - end <= END_BYTES


def _hit(text: bytes, rule: TextRule, start: int, end: int, fences: Sequence[int]) -> TextHit:
    block_start, block_end = _block(text, start, end)
    guard = None
    if Guard.CODE in rule.guards and _in_code(text, start, fences):
        guard = Guard.CODE
    elif Guard.QUOTE in rule.guards and _in_quotation(text, start, end, block_start, block_end):
        guard = Guard.QUOTE
    return TextHit(rule, start, end, block_start, block_end, guard)


def _gap(text: bytes) -> bytes:
    """What separates paragraphs: an empty line, or the end of a line in texts that have no empty ones."""
    return b"\n\n" if b"\n\n" in text else b"\n"


def _block(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The paragraph around a match."""
    gap = _gap(text)
    before, after = text.rfind(gap, 0, start), text.find(gap, end)
    return (0 if before < 0 else before + len(gap)), (len(text) if after < 0 else after)


def _line(text: bytes, place: int) -> bytes:
    """The beginning of the line that holds a place."""
    start = text.rfind(b"\n", max(0, place - MAX_PARAGRAPH), place) + 1
    return text[max(start, place - MAX_PARAGRAPH) : place]


def _in_code(text: bytes, place: int, fences: Sequence[int]) -> bool:
    """In a fenced or indented block, or between back ticks."""
    line = _line(text, place)
    if line.startswith((b"    ", b"\t")) or line.count(b"`") % 2:
        return True
    return bisect_left(fences, place) % 2 == 1


def _in_quotation(text: bytes, start: int, end: int, block_start: int, block_end: int) -> bool:
    """In a block quotation, or between quotation marks of the same paragraph."""
    if _line(text, start).lstrip(b" \t").startswith(b">"):
        return True
    before = text[max(block_start, start - MAX_PARAGRAPH) : start]
    after = text[end : min(block_end, end + MAX_PARAGRAPH)]
    if before.count(b'"') % 2 and b'"' in after:
        return True
    return any(before.rfind(opening) > before.rfind(closing) and closing in after for opening, closing in _PAIRS)


def _is_about_chatbots(text: bytes, hits: Sequence[TextHit]) -> bool:
    """Whether the text, less the matches themselves, mentions chatbots and models often."""
    text = text[:TOPIC_BYTES]
    mentions = sum(1 for _ in _mentions(text, hits))
    return mentions / max(1, text.count(b" ") + text.count(b"\n") + 1) >= TOPIC_RATE


def _mentions(text: bytes, hits: Sequence[TextHit]) -> Iterator[int]:
    """The places of mentions outside of the matches."""
    ends = 0
    for hit in hits:
        yield from (match.start() for match in _TOPIC.finditer(text, ends, hit.start))
        ends = max(ends, hit.end)
    yield from (match.start() for match in _TOPIC.finditer(text, ends))

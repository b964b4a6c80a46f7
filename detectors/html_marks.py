"""Matches of HTML rules: elements of a page that carry the mark of an interface or of a translator.

Tags are read where the search found a needle, and nowhere else; whatever stands in comments, scripts, styles and
text areas is no element.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lowbackground.detectors.mark_rules import HtmlRule, Measure, Ruleset
from lowbackground.detectors.record_parts import Found
from lowbackground.manifests.html_tags import Tag, hidden_ranges, is_hidden, tag_around

WHOLE_COUNT = 10  # elements from which a mark that only counts is taken to be on all of the text
MAX_GAP = 4  # characters between blocks of Markdown: line breaks and a list's bullet
_SHARED = frozenset(("ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"))  # under a country's name
_PARAGRAPH = re.compile(rb"<(?:p|li|h[1-6]|td)(?=[\s>])", re.IGNORECASE)
# Elements that ChatGPT writes offsets on and that stand beside each other; `strong` and `em` stand within them.
_BLOCKS = frozenset(b"p li ul ol h1 h2 h3 h4 h5 h6 blockquote pre table hr div".split())


@dataclass(frozen=True, slots=True)
class HtmlHit:
    """A rule that matched `count` elements, the first at byte `start`; `share` of the text that they are, at most 1."""

    rule: HtmlRule
    start: int
    count: int
    share: float


def html_hits(found: Found, rules: Ruleset[HtmlRule], text_chars: int | None, url: str | None) -> list[HtmlHit]:
    """Every HTML rule that matches; `text_chars` is the length of the text that was extracted from the page."""
    tags: dict[int, Tag] = {}
    hidden = None
    hits: list[HtmlHit] = []
    for rule, places in rules.by_rule(found.places):
        matched: dict[int, Tag] = {}
        for place in places:
            tag = tags.get(place) or tag_around(found.data, place)
            if tag is None or not _matches(rule, tag, url):
                continue
            tags[place] = tag
            hidden = hidden_ranges(found.data) if hidden is None else hidden
            if not is_hidden(hidden, tag.start):
                matched[tag.start] = tag
        hits += _measured(rule, list(matched.values()), found.data, text_chars)
    return hits


def _matches(rule: HtmlRule, tag: Tag, url: str | None) -> bool:
    """Whether the element carries what the rule asks for."""
    if (rule.elements and tag.name not in rule.elements) or (rule.beside and rule.beside not in tag.attributes):
        return False
    for attribute in rule.attributes:
        value = tag.value(attribute)
        if value is None:
            continue
        if rule.tokens and rule.tokens & set(value.split()):
            return True
        if rule.value and rule.value.fullmatch(value) and not (rule.foreign and _is_own(value, url)):
            return True
    return False


def _is_own(link: str, url: str | None) -> bool:
    """Whether a link leads to the page's own site, or the page was itself reached by a tagged link."""
    if url is None:
        return False
    if "utm_source=" in url or "referrer=" in url:  # pages repeat the query of their own address in links
        return True
    return _site(link) == _site(url)


def _site(url: str) -> str:
    """What a host belongs to: its last two labels, or three as in `museum.co.uk`."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    labels = host.lower().split(".")
    shared = len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in _SHARED
    return ".".join(labels[-3 if shared else -2 :])


def _measured(rule: HtmlRule, tags: Sequence[Tag], page: bytes, text_chars: int | None) -> Iterator[HtmlHit]:
    if rule.consecutive:
        tags, covered = _longest_run(tags)
    else:
        covered = sum(_offset(tag, b"data-end") or 0 for tag in tags)
    if not tags or (rule.consecutive and len(tags) < 2):
        return
    match rule.measure:
        case Measure.CHARACTERS:
            share = covered / max(1, text_chars or covered)
        case Measure.PARAGRAPHS:
            marked = sum(1 for tag in tags if _PARAGRAPH.match(page, tag.start))
            share = marked / max(1, sum(1 for _ in _PARAGRAPH.finditer(page)))
        case Measure.COUNT:
            share = len(tags) / WHOLE_COUNT
        case Measure.ROOT:
            share = 1.0 if any(tag.name in {b"html", b"body"} for tag in tags) else len(tags) / WHOLE_COUNT
        case Measure.PAGE:
            share = 1.0
    yield HtmlHit(rule, tags[0].start, len(tags), min(1.0, share))


def _longest_run(tags: Sequence[Tag]) -> tuple[list[Tag], int]:
    """The longest run of blocks whose offsets follow each other, and the characters that all runs cover."""
    best: list[Tag] = []
    run: list[Tag] = []
    end, covered = -1, 0
    for tag in tags:
        first, last = _offset(tag, b"data-start"), _offset(tag, b"data-end")
        if tag.name not in _BLOCKS or first is None or last is None or last <= first:
            continue
        if run and first < end:  # an item within its list, a paragraph within its quotation
            continue
        if not run or not 1 <= first - end <= MAX_GAP:
            run = []
        run.append(tag)
        covered += last - first
        end = last
        best = max(best, run, key=len)
    return list(best), covered


def _offset(tag: Tag, attribute: bytes) -> int | None:
    value = tag.attributes.get(attribute, b"")
    return int(value) if 0 < len(value) <= 7 and value.isdigit() else None

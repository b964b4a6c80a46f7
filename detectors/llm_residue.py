"""Finds what chat interfaces leave in pasted text and pages, traces of machine translation, and hosts of generators.

- Rules and hosts are data: `llm_residue.yaml` and `generator_hosts.yaml`, with their sources.
- A mark is located to its paragraph. Where the marked part is less than half of the text, the text is mixed: one
  answer in a forum does not condemn the page.
- A match in code or in a quotation does not count; in a text about chatbots it is weak. A mark that is older than the
  interface that leaves it is an edit, or the date is wrong: weak where only an interface writes it, else nothing.
- Pictures and links on hosts of generators say nothing about the text of a page: the evidence names the part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from lowbackground.detectors.carried_manifests import is_caption
from lowbackground.detectors.contract import Detector, Findings, Needs
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.generator_hosts import GeneratorHost, GeneratorHosts, generator_hosts, urls_at
from lowbackground.detectors.html_marks import HtmlHit, html_hits
from lowbackground.detectors.mark_rules import Guard, Rule, Rules, shipped_rules
from lowbackground.detectors.record_parts import Found, found_pages, found_texts
from lowbackground.detectors.text_marks import START_BYTES, TextHit, paragraph_number, text_hits
from lowbackground.manifests.html_tags import hidden_ranges, is_hidden, tag_around
from lowbackground.manifests.many_needles import ManyNeedles

REASONS = {
    "residue.none": "Nothing that a chat interface or a translator leaves was found.",
    "residue.guarded": "Only found in code, in a quotation, or dated before any interface that leaves it.",
    "residue.no-text": "A picture, sound or film without a caption, and not from a generator's host.",
    "residue.markup": "Markup that only a chat interface writes: citations, sandbox links, cards.",
    "residue.template": "Control tokens of a chat template.",
    "residue.tracking": "Links that a chat interface tagged as its own.",
    "residue.self-identification": "The text speaks of itself as a language model.",
    "residue.refusal": "The text declines a request, in the words of an assistant.",
    "residue.interface": "Words of a chat interface, such as the label of a button, stand in the text.",
    "residue.address": "The text begins or ends with words to the person who asked for it.",
    "residue.placeholder": "Blanks that an assistant leaves for its user were not filled in.",
    "residue.chat-html": "Elements of the page carry attributes or classes of a chat interface.",
    "residue.translation": "The page carries the marks of a machine translator.",
    "residue.generator-host": "The picture, sound or film comes from a host that serves what generators make.",
    "residue.generator-media": "The page or text shows or links what a generator's host serves; says nothing of its text.",
}

WHOLE = 0.5  # share of a text from which a mark speaks for all of it
MAX_NAMED = 8  # rules and hosts that a detail lists
MAX_LINKS = 32  # places of hosts looked at in one record
_LINKS = (b"src", b"href", b"srcset", b"content", b"data-src", b"poster")
_NEEDS = Needs(("text", "raw"))
_NO_COLUMNS = pa.schema([])
_NONE = Evidence(Signal.SILENT, "residue.none")
_GUARDED = Evidence(Signal.SILENT, "residue.guarded")
_NO_TEXT = Evidence(Signal.SKIPPED, "residue.no-text")
_GROUPS = tuple(REASONS)  # at the same strength, what is listed first decides
_VOICES = frozenset({"self-identification", "refusal"})
_ONLY_INTERFACES = frozenset({"markup", "interface", "chat-html"})  # what no person writes, at any date


def llm_residue(*, hosts: Sequence[str] = (), content: bool = False) -> Detector:
    """Finds what chat interfaces leave in pasted text and HTML, and traces of machine translation.

    `hosts` adds hosts of generators, as `images.example.org` or with the beginning of a path. `content` puts the
    words that matched into the detail: they may be anything, names included.

    Raises:
        ValueError: an added host is no host.
    """
    rules, listed = shipped_rules(), generator_hosts(tuple(hosts))
    in_texts = ManyNeedles([*rules.text.needles, *listed.needles])
    in_pages = ManyNeedles([*rules.html.needles, *listed.needles])
    version = f"1 (rules {rules.version}, hosts {listed.as_of})"
    return _LlmResidue(rules, listed, in_texts, in_pages, content, version)


@dataclass(frozen=True, slots=True)
class _Sign:
    """One rule's matches in one record, guards applied: what decides is the strongest."""

    rule: Rule
    strength: Strength
    share: float
    place: str
    start: int
    paragraph: int | None
    count: int
    guard: Guard | None
    words: str | None


@dataclass(frozen=True)
class _LlmResidue:
    """Each search begins with the needles of its rules; those of the hosts follow."""

    rules: Rules
    hosts: GeneratorHosts
    in_texts: ManyNeedles
    in_pages: ManyNeedles
    content: bool
    version: str
    name: str = "llm_residue"
    basis: Basis = Basis.DECLARED
    needs: Needs = _NEEDS
    columns: pa.Schema = _NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Search all texts and pages at once; look closely at the rows where a needle stands."""
        evidence = _silence(records)
        signs: dict[int, list[_Sign | None]] = {}
        for found in found_texts(records, self.in_texts):
            if linked := self._linked_in_text(found):
                evidence[found.row] = _media(linked, "text")
            signs.setdefault(found.row, []).extend(self._text_signs(found, _day(records, found.row)))
        for found in found_pages(records, self.in_pages):
            if linked := self._linked_on_page(found):
                evidence[found.row] = _media(linked, "html")
            signs.setdefault(found.row, []).extend(self._html_signs(found, records))
        for row, entry in self._from_hosts(records):
            where = detail(rule="generator-host", place="url", host=entry.host, name=entry.name)
            evidence[row] = Evidence(
                Signal.SYNTHETIC, "residue.generator-host", entry.strength, Kind.GENERATED, detail=where
            )
        for row, found_signs in signs.items():
            evidence[row] = _with_signs(evidence[row], found_signs, records, row)
        return Findings(evidence)

    def _text_signs(self, found: Found, captured: date | None) -> Iterator[_Sign | None]:
        """The signs in a text; null for a match that a guard took away."""
        by_rule: dict[Rule, list[TextHit]] = {}
        for hit in text_hits(found, self.rules.text):
            if hit.guard in {Guard.CODE, Guard.QUOTE} or _impossible(hit.rule, captured):
                yield None
            else:
                by_rule.setdefault(hit.rule, []).append(hit)
        spans = [(hit.block_start, hit.block_end) for hits in by_rule.values() for hit in hits]
        for rule, hits in by_rule.items():
            yield self._text_sign(rule, hits, spans, found.data, captured)

    def _text_sign(
        self, rule: Rule, hits: Sequence[TextHit], spans: Sequence[tuple[int, int]], text: bytes, captured: date | None
    ) -> _Sign:
        """`spans` are the paragraphs of all matches in the text: what lies between the first and the last is marked."""
        first = hits[0]
        guard = Guard.DATE if _too_early(rule, captured) else first.guard
        covered = max(end for _, end in spans) - min(start for start, _ in spans)
        return _Sign(
            rule,
            Strength.WEAK if guard else rule.strength_of(len(hits)),
            1.0 if first.rule.at or _opens(first, text) else covered / max(1, len(text.strip())),
            "text",
            first.start,
            paragraph_number(text, first.start),
            len(hits),
            guard,
            text[first.start : first.end].decode(errors="replace") if self.content else None,
        )

    def _html_signs(self, found: Found, records: pa.RecordBatch) -> Iterator[_Sign | None]:
        text, captured = records.column("text")[found.row].as_py(), _day(records, found.row)
        url = records.column("url")[found.row].as_py()
        for hit in html_hits(found, self.rules.html, len(text) if text else None, url):
            yield None if _impossible(hit.rule, captured) else self._html_sign(hit, found.data, captured)

    def _html_sign(self, hit: HtmlHit, page: bytes, captured: date | None) -> _Sign:
        guard = Guard.DATE if _too_early(hit.rule, captured) else None
        strength = Strength.WEAK if guard else hit.rule.strength_of(hit.count)
        words = page[hit.start : hit.start + 200].decode(errors="replace") if self.content else None
        return _Sign(hit.rule, strength, hit.share, "html", hit.start, None, hit.count, guard, words)

    def _from_hosts(self, records: pa.RecordBatch) -> Iterator[tuple[int, GeneratorHost]]:
        """Pictures, sounds and films that come from a generator's host."""
        types, urls = records.column("media_type").to_pylist(), records.column("url").to_pylist()
        for row, (type_, url) in enumerate(zip(types, urls, strict=True)):
            if url and is_caption(type_) and (entry := self.hosts.of(url)) and entry.makes != "text":
                yield row, entry

    def _linked_in_text(self, found: Found) -> list[tuple[int, GeneratorHost]]:
        """Addresses on generators' hosts in a text, with their places."""
        places = [start for start, needle in found.places if needle >= len(self.rules.text.needles)][:MAX_LINKS]
        return [(at, entry) for at, url in urls_at(found.data, places) if (entry := self.hosts.of(url))]

    def _linked_on_page(self, found: Found) -> list[tuple[int, GeneratorHost]]:
        """What a page shows or links of generators' hosts, with the places of the elements."""
        linked: dict[int, GeneratorHost] = {}
        places = [start for start, needle in found.places if needle >= len(self.rules.html.needles)]
        for place in places[:MAX_LINKS]:
            tag = tag_around(found.data, place)
            values = [tag.value(name) for name in _LINKS] if tag else []
            entries = [entry for value in values if value and (entry := self.hosts.of(value))]
            if tag and entries:
                linked[tag.start] = entries[0]
        hidden = hidden_ranges(found.data) if linked else []
        return [(at, entry) for at, entry in linked.items() if not is_hidden(hidden, at)]


def _with_signs(before: Evidence, signs: Sequence[_Sign | None], records: pa.RecordBatch, row: int) -> Evidence:
    """The evidence of a row once the signs in its text and page are known."""
    speaking = [sign for sign in signs if sign is not None]
    if not speaking:
        return _GUARDED if signs and before is _NONE else before
    on_caption = records.column("raw")[row].is_valid and is_caption(records.column("media_type")[row].as_py())
    if on_caption and before.reason == "residue.generator-host":
        return before  # what is said of the picture itself comes before what is said of its caption
    return replace(_said(speaking), part="text" if on_caption else None)


def _opens(hit: TextHit, text: bytes) -> bool:
    """Whether the text begins with the model speaking of itself: then it is the model's to its end."""
    return hit.rule.group in _VOICES and len(text[: hit.start].lstrip()) <= START_BYTES


def _silence(records: pa.RecordBatch) -> list[Evidence]:
    """The evidence of records in which nothing is found."""
    has_text = records.column("text").is_valid().to_pylist()
    types = records.column("media_type").to_pylist()
    return [_NO_TEXT if not has and is_caption(type_) else _NONE for has, type_ in zip(has_text, types, strict=True)]


def _day(records: pa.RecordBatch, row: int) -> date | None:
    captured: datetime | None = records.column("captured_at")[row].as_py()
    return captured.date() if captured else None


def _too_early(rule: Rule, captured: date | None) -> bool:
    return rule.since is not None and captured is not None and captured < rule.since


def _impossible(rule: Rule, captured: date | None) -> bool:
    """Whether the date says that a person wrote this: words that people use, before any interface used them."""
    return _too_early(rule, captured) and rule.group not in _ONLY_INTERFACES


def _media(entries: Sequence[tuple[int, GeneratorHost]], place: str) -> Evidence:
    """What a text or page shows or links of generators' hosts: the first decides, with the byte at which it stands."""
    names = sorted({entry.name for _, entry in entries})[:MAX_NAMED]
    at, first = entries[0]
    where = detail(rule="generator-host", place=place, byte=at, host=first.host, names=names, count=len(entries))
    part = "link" if first.makes == "text" else first.makes
    return Evidence(Signal.SYNTHETIC, "residue.generator-media", Strength.WEAK, Kind.GENERATED, part=part, detail=where)


def _said(signs: Sequence[_Sign]) -> Evidence:
    """What the signs of one record come to: the strongest decides, the others are named."""
    reason = {sign: f"residue.{sign.rule.group}" for sign in signs}
    top = min(signs, key=lambda s: (-s.strength.rank, -s.share, _GROUPS.index(reason[s]), s.start, s.rule.id))
    same = [sign for sign in signs if sign.strength is top.strength and sign.rule.kind is top.rule.kind]
    share = max(sign.share for sign in same)
    whole = share >= WHOLE
    others = {sign.rule.id: f"{sign.rule.id} at {sign.place} {sign.start}" for sign in signs if sign.rule != top.rule}
    facts = detail(
        rule=top.rule.id,
        place=top.place,
        byte=top.start,
        paragraph=top.paragraph,
        count=top.count,
        share=round(min(1.0, share), 3),
        guard=top.guard,
        others=sorted(others.values())[:MAX_NAMED] or None,
        words=top.words,
    )
    kind = top.rule.kind if whole or top.rule.kind is not Kind.GENERATED else Kind.COMPOSITE
    return Evidence(Signal.SYNTHETIC if whole else Signal.MIXED, reason[top], top.strength, kind, detail=facts)

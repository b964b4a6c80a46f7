"""Finds what servers, pages, texts and programs say of themselves: AI disclosure, opt-outs, licences.

- Headers, elements, JSON-LD, notices in the main text, commit trailers; each scoped to the thing that it describes.
- Disclosures are unsigned. Those that say AI are against interest; those that deny it are weak.
- Opt-outs are no statement about the origin: they stand in `opt_out` of whatever evidence there is.
- A signal that is there and cannot be read is unknown, and never permission: an opt-out that cannot be read counts as
  one, and a disclosure that cannot be read is FAILED evidence, of which no human label comes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from lowbackground.detectors.carried_manifests import is_caption
from lowbackground.detectors.contract import Detector, Findings, Needs
from lowbackground.detectors.disclosure_values import MODES, Declaration
from lowbackground.detectors.evidence import Basis, Evidence, Kind, Signal, Strength, detail
from lowbackground.detectors.licences import COLUMN, COLUMNS, licence, listed
from lowbackground.detectors.mark_rules import Guard, Ruleset, TextRule, compiled, text_rules
from lowbackground.detectors.page_declarations import SEARCH, Declared, declared_on
from lowbackground.detectors.record_parts import Found, found_pages, found_texts
from lowbackground.detectors.text_marks import TextHit, paragraph_number, text_hits
from lowbackground.detectors.usage_preferences import HEADERS, header_opt_outs
from lowbackground.manifests.many_needles import ManyNeedles
from lowbackground.manifests.structured_fields import parse_dictionary

REASONS = {
    "disclosure.none": "Nothing was found that discloses AI.",
    "disclosure.opt-out": "Nothing discloses AI; a signal asks not to be trained on.",
    "disclosure.header": "The response's AI-Disclosure header says how the content was made.",
    "disclosure.label": "An element of the page, or a meta tag, declares AI or its absence.",
    "disclosure.aigc-label": "China's label for generated content (TC260, GB 45438-2025) on a page.",
    "disclosure.source-type": "JSON-LD or microdata name an IPTC digital source type.",
    "disclosure.author": "The author that the page names is a generator.",
    "disclosure.page-builder": "The page's code was built by an AI; says nothing of its text.",
    "disclosure.notice": "The text says of itself that AI wrote it.",
    "disclosure.notice-assisted": "The text says of itself that it was written with the help of AI.",
    "disclosure.notice-translated": "The text says of itself that a machine translated it.",
    "disclosure.assistant": "A commit trailer or a program's header names an AI assistant.",
    "disclosure.unreadable": "A disclosure is there and could not be read; the detail names it.",
}

AI_DISCLOSURE = "ai-disclosure"  # draft-abaris-aicdh-01, 2026-01
EDGE_BYTES = 1500  # a notice stands before or after the text that it is about
SENTENCE_BYTES = 80  # looked at before a notice, for what denies it
MAX_HEADER_VALUE = 8192
MAX_NAMED = 8  # further rules, opt-outs and licences that a detail lists
_NEEDS = Needs(("headers", "text", "raw"))
_NONE = Evidence(Signal.SILENT, "disclosure.none")
_WANTED_HEADERS = pa.array([AI_DISCLOSURE, *HEADERS, "link"])
_LICENCE_LINK = re.compile(
    r'<([^<>]{1,500})>\s{0,9};[^<>]{0,200}?\brel\s{0,9}=\s{0,9}"?[a-z ]{0,40}?\blicense\b', re.IGNORECASE
)
_SENTENCE_END = re.compile(rb"[.!?\n:]\s|\xe3\x80\x82|\n")
_SIGNALS = {
    Signal.SYNTHETIC: 4,
    Signal.MIXED: 3,
    Signal.FAILED: 2,
    Signal.HUMAN: 1,
}  # of several, the one that excludes
_MADE = {
    Kind.GENERATED: Signal.SYNTHETIC,
    Kind.TRANSLATED: Signal.SYNTHETIC,
    Kind.EDITED: Signal.MIXED,
    Kind.COMPOSITE: Signal.MIXED,
}


@dataclass(frozen=True)
class NoticeRules:
    """The rules for notices and trailers, and what before a notice denies it."""

    rules: Ruleset[TextRule]
    search: ManyNeedles
    denials: re.Pattern[bytes]
    version: int


@lru_cache(maxsize=1)
def notice_rules() -> NoticeRules:
    """The rules that are part of the program."""
    facts: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("disclosures.yaml").read_text("utf-8"))
    rules = text_rules(facts["text"])
    return NoticeRules(rules, ManyNeedles(rules.needles), compiled(facts["denials"]), int(facts["version"]))


def disclosures(*, content: bool = False) -> Detector:
    """Finds statements that content is AI-made, opt-outs and licences, in headers, pages, texts and commits.

    `content` puts the words of a notice or trailer into the detail: they may hold names and addresses.
    """
    rules = notice_rules()
    return _Disclosures(rules, content, f"1 (rules {rules.version})")


@dataclass(slots=True)
class _Said:
    """What was found in one record: declarations with what their detail adds, other signals with their places."""

    declarations: list[tuple[Declaration, Mapping[str, Any]]] = field(default_factory=list)
    opt_outs: dict[str, str] = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Disclosures:
    texts: NoticeRules
    content: bool
    version: str
    name: str = "disclosures"
    basis: Basis = Basis.DECLARED
    needs: Needs = _NEEDS
    columns: pa.Schema = COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Search headers, pages and texts of all rows at once; look closely where something stands."""
        said: dict[int, _Said] = {}
        for row, headers in _headers(records):
            _read_headers(headers, said.setdefault(row, _Said()))
        for found in found_pages(records, SEARCH):
            declared = declared_on(found, records.column("url")[found.row].as_py())
            _add_page(declared, said.setdefault(found.row, _Said()))
        for found in found_texts(records, self.texts.search):
            on_caption = records.column("raw")[found.row].is_valid and is_caption(
                records.column("media_type")[found.row].as_py()
            )
            said.setdefault(found.row, _Said()).declarations += self._notices(found, "text" if on_caption else None)
        evidence = [_NONE] * records.num_rows
        licences: list[list[str] | None] = [None] * records.num_rows
        for row, one in said.items():
            evidence[row] = _evidence(one)
            licences[row] = listed(list(one.licences))
        return Findings(evidence, {COLUMN: pa.array(licences, COLUMNS.field(COLUMN).type)})

    def _notices(self, found: Found, part: str | None) -> Iterator[tuple[Declaration, Mapping[str, Any]]]:
        """Notices and trailers in a text that nothing around them takes back."""
        for hit in text_hits(found, self.texts.rules):
            if hit.guard in {Guard.CODE, Guard.QUOTE}:
                continue
            trailer = hit.rule.group == "assistant"
            if not trailer and self._is_denied(found.data, hit):
                continue
            at_edge = hit.start <= EDGE_BYTES or len(found.data) - hit.end <= EDGE_BYTES
            strength = hit.rule.strength if trailer or (at_edge and hit.guard is None) else Strength.WEAK
            words = found.data[hit.start : hit.end].decode(errors="replace") if self.content else None
            where = {
                "place": "text",
                "paragraph": paragraph_number(found.data, hit.start),
                "guard": hit.guard,
                "words": words,
            }
            meaning = (_MADE[hit.rule.kind], strength, hit.rule.kind)
            yield Declaration(hit.rule.id, f"disclosure.{hit.rule.group}", meaning, part, hit.start), where

    def _is_denied(self, text: bytes, hit: TextHit) -> bool:
        """Whether the sentence denies or doubts what the notice says."""
        before = text[max(hit.block_start, hit.start - SENTENCE_BYTES) : hit.start]
        ends = [end.end() for end in _SENTENCE_END.finditer(before)]
        sentence = before[ends[-1] :] if ends else before
        after = text[hit.end : hit.end + SENTENCE_BYTES * 2]
        stop = re.search(rb"[.!?\n]|\xe3\x80\x82|\xef\xbc\x9f", after)
        asked = stop is not None and stop[0] in {b"?", b"\xef\xbc\x9f"}
        return asked or self.texts.denials.search(sentence) is not None


def _headers(records: pa.RecordBatch) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """The rows that have one of the wanted headers, with those headers."""
    column = records.column("headers")
    if column.null_count == len(column):
        return
    names = pc.list_flatten(column).field("name")
    wanted = pc.is_in(names, _WANTED_HEADERS)
    if not wanted.true_count:
        return
    for row in pc.unique(pc.list_parent_indices(column).filter(wanted)).to_pylist():
        yield row, [(each["name"], each["value"][:MAX_HEADER_VALUE]) for each in column[row].as_py() if each["value"]]


def _read_headers(headers: Sequence[tuple[str, str]], said: _Said) -> None:
    said.opt_outs |= dict.fromkeys(header_opt_outs(headers), "header")
    disclosed = [value for name, value in headers if name == AI_DISCLOSURE]
    if disclosed:
        members = parse_dictionary(", ".join(disclosed))
        mode = members.get("mode") if members is not None else None
        meaning = MODES.get(mode.lower()) if isinstance(mode, str) else None
        if meaning is None:
            said.unreadable[AI_DISCLOSURE] = "header"
        else:
            declaration = Declaration("header-mode", "disclosure.header", meaning, None, None)
            said.declarations.append((declaration, {"place": "header", "mode": mode}))
    links = [value for name, value in headers if name == "link"]
    named = [licence(found[1]) for value in links for found in _LICENCE_LINK.finditer(value)]
    said.licences |= {each: "header" for each in named if each}


def _add_page(declared: Declared, said: _Said) -> None:
    said.declarations += [(declaration, {"place": "html"}) for declaration in declared.declarations]
    for found, kept in (
        (declared.opt_outs, said.opt_outs),
        (declared.unreadable, said.unreadable),
        (declared.licences, said.licences),
    ):
        for signal, byte in found.items():
            kept.setdefault(signal, f"html {byte}")


def _evidence(said: _Said) -> Evidence:
    """What all statements of one record come to: those about the record itself before those about a part."""
    opt_out = tuple(sorted(said.opt_outs))
    permissions = {"opt_outs": _placed(said.opt_outs), "licences": _placed(said.licences)}
    if said.declarations:
        top, where = max(said.declarations, key=lambda each: _rank(each[0]))
        if not said.unreadable or (top.part is None and top.meaning[0] is not Signal.HUMAN):
            signal, strength, kind = top.meaning
            others = {
                other.rule: place["place"] if other.byte is None else f"{place['place']} {other.byte}"
                for other, place in said.declarations
                if other.rule != top.rule
            }
            facts = detail(rule=top.rule, byte=top.byte, others=_placed(others), **permissions, **where)
            return Evidence(signal, top.reason, strength, kind, part=top.part, opt_out=opt_out, detail=facts)
    if said.unreadable:
        facts = detail(signals=_placed(said.unreadable), **permissions)
        return Evidence(Signal.FAILED, "disclosure.unreadable", opt_out=opt_out, detail=facts)
    if opt_out:
        return Evidence(Signal.SILENT, "disclosure.opt-out", opt_out=opt_out, detail=detail(**permissions))
    return replace(_NONE, detail=detail(**permissions)) if said.licences else _NONE


def _placed(found: Mapping[str, str]) -> list[str] | None:
    """Names with their places, the first few by name; null where there are none."""
    return [f"{name} at {found[name]}" for name in sorted(found)[:MAX_NAMED]] or None


def _rank(declaration: Declaration) -> tuple[bool, int, int, str]:
    signal, strength, _ = declaration.meaning
    return declaration.part is None, strength.rank if strength else 0, _SIGNALS[signal], declaration.rule

"""What the elements of a page declare: AI disclosure, source types, authors, opt-outs and licences.

Elements are read where the search found a needle. What stands in comments, scripts and styles is no element; the
content of a JSON-LD script is read as data.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lowbackground.detectors.disclosure_values import Declaration, by_author, by_label, by_source_type, by_truth
from lowbackground.detectors.licences import CREATIVE_COMMONS_HOST, is_creative_commons, licence, linked
from lowbackground.detectors.linked_data import Statement, statements
from lowbackground.detectors.record_parts import Found
from lowbackground.detectors.usage_preferences import meta_opt_outs
from lowbackground.manifests.html_tags import Range, Tag, hidden_ranges, is_hidden, range_around, tag_around
from lowbackground.manifests.many_needles import ManyNeedles

MAX_PLACES = 100  # of one needle on one page
_DISCLOSURE = "ai-disclosure"  # dweekly/ai-content-disclosure; W3C community group "AI Content Disclosure"
_TRUTHS = frozenset(
    {"ai-generated", "ai-content", "ai_generated", "aigc", "generated-by", "content-origin", "ai-content-type"}
)
_ATTRIBUTES = (b"data-ai-generated", b"data-aigc")
RULES = (  # what the evidence of a page names
    *("meta-disclosure", "attribute-disclosure", "genai-element"),
    *(f"meta-{name.replace('_', '-')}" for name in sorted(_TRUTHS)),
    *(f"attribute-{name.decode()}" for name in _ATTRIBUTES),
    *("meta-author", "meta-builder", "microdata-source-type", "json-ld-source-type", "json-ld-author"),
)
_WHOLE = frozenset({b"html", b"body", b"main", b"article", b"meta"})
_PARTS = {b"img": "picture", b"picture": "picture", b"figure": "picture", b"video": "video", b"audio": "sound"}
_LICENCES = frozenset({"license", "cc:license", "dct:license", "dcterms:license", "schema:license"})  # RDFa's prefixes
_RIGHTS = frozenset(
    {"dc.rights", "dcterms.rights", "dcterms.license", "dc.rights.license", "license"}
)  # as journals write
_STATED = (b"content", b"href", b"resource")
_BUILDERS = re.compile(r"v0(?:\.dev|\.app)?(?: by Vercel)?", re.IGNORECASE)
_LD_JSON = "application/ld+json"

# `noai` is too short to look for by itself, so it is looked for with what stands around it among robots directives.
_ENDS = ('">', '" ', '"/', "'>", "' ", "'/", ' "', " '")  # of an attribute's value
_NOAI_LAST = tuple(f"{before}noai{end}" for before in ",; \"'" for end in _ENDS)  # also the only one
_NOAI_BEFORE = tuple(f"noai{after}" for after in [",no", ", n", ",in", ", i", ",fo", ", f", ",ma", ", m", ",al", ", a"])
_NOAI_UNQUOTED = ("content=noai", *(f"{letter},noai{end}" for letter in "xwlehtdpr01" for end in "> "))
_NEEDLES = (  # 7 bytes or more each: shorter ones cost a search ten times as much
    *("ai-disclosure", "ai-generated", "ai_generated", "ai-content", "data-aigc", "generated-by", "content-origin"),
    *('="aigc"', "='aigc'", "name=aigc", "<genai>", "<genai "),
    *(*_NOAI_LAST, *_NOAI_BEFORE, *_NOAI_UNQUOTED, "noimageai"),
    *("tdm-reservation", "digitalsourcetype"),
    *('"chatgpt"', '="gpt-4', ':"gpt-4', ': "gpt-4', '"openai chatgpt', 'content="ai"', '"name":"ai"', '"name": "ai"'),
    *('"claude"', '"gemini"', '"v0.dev"', '"v0.app"', "lovable generated project"),
    *('rel="license', "rel='license", "rel=license", ' license"', " license'", CREATIVE_COMMONS_HOST),
    *('"license":', '"license" :'),
)
SEARCH = ManyNeedles([each.encode() for each in _NEEDLES])


@dataclass(slots=True)
class Declared:
    """What one page declares; opt-outs, licences, and signals that are there and could not be read, with their bytes."""

    declarations: list[Declaration] = field(default_factory=list)
    opt_outs: dict[str, int] = field(default_factory=dict)
    licences: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)

    def name_licence(self, named: str | None, at: int) -> None:
        """Keep a licence, where there is one, with the first place at which it stands."""
        if named:
            self.licences.setdefault(named, at)


def declared_on(found: Found, url: str | None) -> Declared:
    """Everything that the needles of a page lead to."""
    declared = Declared()
    hidden = hidden_ranges(found.data)
    tags: set[int] = set()
    scripts: set[int] = set()
    seen = Counter[int]()
    for place, needle in found.places:
        seen[needle] += 1
        if seen[needle] > MAX_PLACES:
            continue
        around = range_around(hidden, place)
        if around is not None:
            if around[0] not in scripts:
                scripts.add(around[0])
                _read_script(found.data, around, declared, url)
            continue
        tag = tag_around(found.data, place)
        if tag is not None and tag.start not in tags and not is_hidden(hidden, tag.start):
            tags.add(tag.start)
            _read_tag(tag, declared, url)
    return declared


def _read_tag(tag: Tag, declared: Declared, url: str | None) -> None:
    """An element: `<meta>`, a link to a licence, or one that declares what it holds."""
    if tag.name == b"meta":
        name = (tag.value(b"name") or tag.value(b"property") or tag.value(b"itemprop") or "").lower()
        content = tag.value(b"content") or ""
        for signal in meta_opt_outs(name, content):
            declared.opt_outs.setdefault(signal, tag.start)
        if name == _DISCLOSURE:
            _read_label("meta-disclosure", content, None, tag.start, declared)
        declared.declarations += _of_meta(name, content, tag.start)
        if name in _RIGHTS and is_creative_commons(content):
            declared.name_licence(licence(content), tag.start)
    elif tag.name in {b"a", b"link", b"area"}:
        href = tag.value(b"href") or ""
        relations = (tag.value(b"rel") or "").lower().split()
        if not _LICENCES.isdisjoint(relations):
            declared.name_licence(licence(href, url), tag.start)
        elif tag.name == b"a" and is_creative_commons(href):
            declared.name_licence(linked(href), tag.start)
    value = tag.value(_DISCLOSURE.encode())
    if value is not None and tag.name != b"meta":
        _read_label("attribute-disclosure", value, _part_of(tag), tag.start, declared)
    declared.declarations += _of_element(tag)


def _read_label(rule: str, value: str, part: str | None, at: int, declared: Declared) -> None:
    """A label of the vocabulary; any other word is a disclosure that cannot be read."""
    found = list(by_label(rule, value, part, at))
    declared.declarations += found
    if not found:
        declared.unreadable.setdefault(_DISCLOSURE, at)


def _of_meta(name: str, content: str, at: int) -> Iterator[Declaration]:
    if name in _TRUTHS:
        yield from by_truth(f"meta-{name.replace('_', '-')}", content, None, at)
    elif name in {"author", "article:author"}:
        yield from by_author("meta-author", content, None, at)
    elif (name == "generator" and _BUILDERS.fullmatch(content)) or (
        name in {"description", "og:description"} and content.lower() == "lovable generated project"
    ):
        yield Declaration.weak("meta-builder", "disclosure.page-builder", "code", at)


def _part_of(tag: Tag) -> str | None:
    """What an element is of the page; null for one that holds its main text."""
    return None if tag.name in _WHOLE else _PARTS.get(tag.name, "element")


def _of_element(tag: Tag) -> Iterator[Declaration]:
    item = (tag.value(b"itemprop") or tag.value(b"property") or tag.value(b"name") or "").rpartition(":")[2]
    if item.lower() == "digitalsourcetype":  # of microdata and RDFa, with the type as text or as an address
        stated = next((value for name in _STATED if (value := tag.value(name))), "")
        yield from by_source_type("microdata-source-type", stated, "thing", tag.start)
    if tag.name == b"genai":
        yield from by_label("genai-element", "ai-generated", "element", tag.start)
    for attribute in _ATTRIBUTES:
        value = tag.value(attribute)
        if value is not None:
            yield from by_truth(f"attribute-{attribute.decode()}", value or "true", _part_of(tag), tag.start)


def _read_script(page: bytes, around: Range, declared: Declared, url: str | None) -> None:
    """JSON-LD; any other script, and a comment, says nothing."""
    opening = tag_around(page, around[0] - 1)
    if opening is None or (opening.value(b"type") or "").lower().partition(";")[0].strip() != _LD_JSON:
        return
    script = page[around[0] + 1 : around[1]]  # the range begins with the ">" of the tag
    found = statements(script)
    if found is None:
        if b"digitalsourcetype" in script.lower():
            declared.unreadable.setdefault("json-ld", around[0])
        return
    for statement in found:
        if statement.what == "licence":
            if statement.part is None:
                declared.name_licence(licence(statement.value, url), around[0])
        else:
            declared.declarations += _of_statement(statement, around[0])


def _of_statement(statement: Statement, at: int) -> Iterator[Declaration]:
    if statement.what == "source-type":
        yield from by_source_type("json-ld-source-type", statement.value, statement.part, at)
    else:
        yield from by_author("json-ld-author", statement.value, statement.part, at)
